"""The sources of the documentation site: every public name and every page has its place."""

import ast
import re
from pathlib import Path

import pytest

import skrnn
from skrnn import datasets, distributed, inspection, networks, parameters

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
EXAMPLES = sorted(DOCS.glob("gallery/*/plot_*.py"))
PUBLIC = {
    "skrnn": skrnn.__all__,
    "skrnn.datasets": datasets.__all__,
    "skrnn.distributed": distributed.__all__,
    "skrnn.inspection": inspection.__all__,
    "skrnn.networks": networks.__all__,
    "skrnn.networks.layers": networks.layers.__all__,
    "skrnn.parameters": parameters.__all__,
}


def names_in(page):
    """Return the full names that a page of the reference lists or describes."""
    names, module = set(), ""
    for line in page.read_text(encoding="utf-8").splitlines():
        if found := re.match(r"\.\. currentmodule:: (\S+)", line):
            module = found[1]
        elif found := re.match(r"(?:   |\.\. py:data:: )([A-Za-z_][\w.]*)$", line):
            names.add(f"{module}.{found[1]}")
    return names


def listed_names():
    """Return the names of all pages of the reference but the first, which lists pages."""
    pages = set(DOCS.glob("reference/*.rst")) - {DOCS / "reference" / "index.rst"}
    return set().union(*map(names_in, pages))


def entries_of_toctrees():
    """Return the pages that the tables of contents list."""
    pages = [DOCS / "index.md", *DOCS.glob("sections/*.md"), *DOCS.glob("reference/*.rst")]
    return {
        line.strip().removeprefix("/")
        for page in pages
        for line in page.read_text(encoding="utf-8").splitlines()
        if re.fullmatch(r"\s*/?[\w/]+", line)
    }


@pytest.mark.parametrize("module", PUBLIC)
def test_the_reference_lists_every_public_name(module):
    assert not {f"{module}.{name}" for name in PUBLIC[module]} - listed_names()


def test_the_reference_lists_no_name_that_is_gone():
    for name in listed_names():
        found = skrnn
        for part in name.split(".")[1:]:
            assert hasattr(found, part), name
            found = getattr(found, part)


def test_every_page_is_in_a_table_of_contents():
    pages = {path.stem for path in DOCS.glob("*.md")} - {"index"}
    results = {f"benchmarks/results/{path.stem}" for path in ROOT.glob("benchmarks/results/*.md")}
    assert not (pages | results) - entries_of_toctrees()


# ------------------------------------------------------------------ gallery


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_has_a_title_an_introduction_and_a_figure(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    title, line, *rest = ast.get_docstring(tree).splitlines()
    assert line == "=" * len(title)
    assert any(rest)
    called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert called & {"plt.show", "display.ax_.set"}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_in_a_section_and_downloads_nothing(path):
    assert f'"{path.parent.name}"' in (DOCS / "conf.py").read_text(encoding="utf-8")
    assert not re.search(r"\bfetch_|urlopen|https?://", path.read_text(encoding="utf-8"))


# ------------------------------------------------------------------ figures of the overview


def rows_of_the_overview():
    """Return the cells of the table of benchmarks, without its head."""
    text = (DOCS / "benchmarks_overview.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return rows[1:]


@pytest.mark.parametrize("row", rows_of_the_overview(), ids=lambda row: row[0])
def test_a_figure_of_the_overview_is_on_the_page_that_it_links_to(row):
    page = re.search(r"\]\((\S+)\)", row[-1])[1]
    known = {
        float(number)
        for number in re.findall(r"\d+\.?\d*(?:e-\d+)?", (DOCS / page).read_text(encoding="utf-8"))
    }
    figures = re.findall(r"(?<![\w.])\d+\.?\d*(?:e-\d+)?", " ".join(row[2:5]))
    assert figures
    for figure in map(float, figures):
        assert any(figure == number for number in known), figure
