"""Every Python block of the README and of docs/ runs as printed, and every link has a goal.

The tables of modules are as docs/module_tables.py writes them.

The blocks of a page share one namespace, top to bottom, as if typed into one session. A
block with prompts (``>>>``) is a doctest: what it prints is compared. A block whose fence
says ``python backend=torch`` is a doctest too, in a new process on that Keras backend, and
is left out where that backend is not installed.
"""

import doctest
import importlib.util
import os
import re
import runpy
import subprocess
import sys
import textwrap
import types
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import all_optimizations

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("README.md"), *ROOT.glob("docs/*.md")])
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
FENCE = re.compile(
    r"^(?P<indent> *)```python(?: backend=(?P<backend>\w+))? *\n(?P<source>.*?)^(?P=indent)```",
    re.MULTILINE | re.DOTALL,
)
LINK = re.compile(r"!?\[[^]]*\]\((?!\w+:)(?P<path>[^)#\s]*)(?:#(?P<heading>[^)\s]*))?\)")

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


@dataclass(frozen=True)
class Block:
    """A Python block of a page: its text, the line it begins on, the backend it asks for."""

    source: str
    line: int
    backend: str | None


def blocks_of(page):
    """Return the Python blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            textwrap.dedent(match["source"]),
            text.count("\n", 0, match.start("source")) + 1,
            match["backend"],
        )
        for match in FENCE.finditer(text)
    ]


def run(block, page, namespace):
    """Run a block of a page; an error names the page and the line."""
    if block.backend is not None:
        run_elsewhere(block, page)
    elif block.source.lstrip().startswith(">>>"):
        run_doctest(block, page, namespace)
    else:
        source = "\n" * (block.line - 1) + block.source
        exec(compile(source, str(page), "exec"), namespace)


def run_doctest(block, page, namespace):
    test = doctest.DocTestParser().get_doctest(
        block.source, {}, page.name, str(page), block.line - 1
    )
    test.globs = namespace
    report = []
    doctest.DocTestRunner(optionflags=FLAGS).run(test, out=report.append, clear_globs=False)
    if report:
        pytest.fail("".join(report), pytrace=False)


def run_elsewhere(block, page):
    if importlib.util.find_spec(block.backend) is None:
        return
    script = Path("block.txt")
    script.write_text("\n" * (block.line - 1) + block.source, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "doctest", *("-o", "ELLIPSIS"), str(script)],
        env=os.environ | {"KERAS_BACKEND": block.backend, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.fail(f"{page}, on {block.backend}:\n{done.stdout}{done.stderr}", pytrace=False)


def prose_of(page):
    """Return the text of a page without its fenced blocks."""
    return re.sub(r"^ *```.*?^ *```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)


def headings_of(page):
    """Return the anchors that GitHub gives to the headings of a page."""
    titles = re.findall(r"^#+ (.*)$", prose_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in titles}


#: Pages whose programs run in the quick tests; the others take minutes together.
QUICK = {"README", "get_started"}


# sktime announces it for each of its own forecasters.
@pytest.mark.filterwarnings("ignore:The default of config ``remember_data``:FutureWarning")
@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=[] if page.stem in QUICK else pytest.mark.long) for page in PAGES],
    ids=lambda page: page.stem,
)
def test_the_python_blocks_of_a_page_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # What a page defines can be pickled only from a module that can be found by its name.
    module = types.ModuleType(f"docs_{page.stem}")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    with nullcontext() if page.stem in QUICK else all_optimizations():
        for block in blocks_of(page):
            run(block, page, vars(module))


@every_page
def test_the_relative_links_of_a_page_lead_somewhere(page):
    for link in LINK.finditer(prose_of(page)):
        target = page.parent / link["path"] if link["path"] else page
        assert target.exists(), f"{page.name}: there is no {link['path']}"
        if link["heading"] and target.suffix == ".md":
            assert link["heading"] in headings_of(target), f"{page.name}: {link[0]}"


@every_page
def test_no_python_block_of_a_page_is_overlooked(page):
    text = page.read_text(encoding="utf-8")
    assert len(blocks_of(page)) == len(re.findall(r"^ *```python", text, re.MULTILINE))


# ------------------------------------------------------------------ tables of modules

TABLES = ROOT / "docs" / "module_tables.py"


def test_the_tables_of_modules_are_those_of_the_docstrings():
    done = subprocess.run(
        [sys.executable, str(TABLES), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_module_is_in_the_tables():
    tables = runpy.run_path(str(TABLES))["tables"]()
    for path in ROOT.glob("skrnn/*/**/*.py"):
        named = f"](../{path.relative_to(ROOT).as_posix()}) |"
        assert (named in tables) == (path.stem != "__init__"), path


def test_a_stale_table_is_updated():
    updated = runpy.run_path(str(TABLES))["updated"]
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    stale = page.replace("Losses of forecasts", "Losses of something else")
    assert stale != page
    assert updated(stale) == page


def test_a_page_without_the_markers_of_the_tables_is_refused():
    with pytest.raises(ValueError, match="module tables: begin"):
        runpy.run_path(str(TABLES))["updated"]("# Architecture")
