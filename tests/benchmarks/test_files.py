"""Links to the scripts and pages of benchmarks/, and from them, are valid."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "benchmarks"
SCRIPTS = sorted(FOLDER.rglob("*.py"))
PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/*.md"), *FOLDER.rglob("*.md")])
NAMED = re.compile(r"benchmarks/[\w/]+\.(?:py|md|txt|csv|png)")
LINK = re.compile(r"!?\[[^]]*\]\((?!\w+:)([^)#\s]+)")


def name(path):
    return str(path.relative_to(ROOT))


def imports_of_neighbors(path):
    """Yield the modules of its own folder or of benchmarks/ that a script imports, with names."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            modules = {node.module: [alias.name for alias in node.names]}
        elif isinstance(node, ast.Import):
            modules = {alias.name: [] for alias in node.names}
        else:
            continue
        for module, names in modules.items():
            for folder in (path.parent, FOLDER):
                if (folder / f"{module}.py").is_file():
                    yield folder / f"{module}.py", names
                    break


def names_at_the_top(path):
    """Return the names that a module defines or imports at its top."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    defined = {n.name for n in tree.body if hasattr(n, "name")}
    for node in tree.body:
        targets = getattr(node, "targets", [getattr(node, "target", None)])
        defined |= {n.id for t in targets if t for n in ast.walk(t) if isinstance(n, ast.Name)}
        defined |= {alias.asname or alias.name for alias in getattr(node, "names", [])}
    return defined


@pytest.mark.parametrize("path", [*SCRIPTS, *PAGES], ids=name)
def test_files_of_benchmarks_that_are_named_exist(path):
    for named in NAMED.findall(path.read_text(encoding="utf-8")):
        assert (ROOT / named).is_file(), named


@pytest.mark.parametrize("page", sorted(FOLDER.rglob("*.md")), ids=name)
def test_the_links_of_a_page_lead_somewhere(page):
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / link).exists(), link


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_what_a_script_imports_from_another_is_there(path):
    for module, names in imports_of_neighbors(path):
        assert set(names) <= names_at_the_top(module), module


def test_imports_from_other_scripts_are_found():
    found = {module.name for module, _ in imports_of_neighbors(FOLDER / "tasks" / "anomaly.py")}
    assert found == {"common.py", "nab.py"}


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_a_script_guesses_no_place_of_the_data(path):
    assert '"shared"' not in path.read_text(encoding="utf-8")
