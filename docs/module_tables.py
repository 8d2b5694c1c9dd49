"""Write the tables of modules in docs/architecture.md from the modules' docstrings.

``python docs/module_tables.py`` rewrites the part of the page between two markers, and with
``--check`` exits with 1 if that part is stale. A module is described by the first line of its
docstring, a folder by that of its ``__init__``. The floors are those that
tests/test_architecture.py enforces.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "skrnn"
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- module tables: begin -->", "<!-- module tables: end -->"


def updated(page: str) -> str:
    """Return the text of the page with its tables as the docstrings now say."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page lacks {BEGIN} or {END}.")
    return f"{before}{BEGIN}\n\n{tables()}\n\n{END}{after}"


def tables() -> str:
    """Return the table of the floors, and a table for each folder."""
    floors = floors_of_units()
    folders = [
        folder
        for unit in floors
        if (PACKAGE / unit).is_dir()
        for folder in [PACKAGE / unit, *sorted(p.parent for p in subpackages(PACKAGE / unit))]
    ]
    floor_rows = [(str(floor), *row_of(path_of(unit))) for unit, floor in floors.items()]
    parts = [table(("floor", "module", "contents"), floor_rows)]
    for folder in folders:
        modules = sorted(path for path in folder.glob("*.py") if path.stem != "__init__")
        title = f"### {folder.relative_to(ROOT).as_posix()}/"
        if modules:
            rows = [row_of(path) for path in modules]
            parts += [title, summary_of(folder), table(("module", "contents"), rows)]
    return "\n\n".join(parts)


def floors_of_units() -> dict[str, int]:
    """Return the floor of each module or folder directly in the package, from the lowest up."""
    tests = ROOT / "tests" / "test_architecture.py"
    for node in ast.parse(tests.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "FLOORS":
            floors = ast.literal_eval(node.value)
            return {unit: n for n, units in enumerate(floors) for unit in sorted(units)}
    raise ValueError(f"{tests} has no FLOORS.")


def subpackages(folder: Path) -> Iterable[Path]:
    """Return the ``__init__`` files of the folders inside a folder."""
    return (path for path in folder.rglob("__init__.py") if path.parent != folder)


def path_of(unit: str) -> Path:
    """Return the folder or file of a name directly in the package."""
    return PACKAGE / unit if (PACKAGE / unit).is_dir() else PACKAGE / f"{unit}.py"


def row_of(path: Path) -> tuple[str, str]:
    """Return the link to a module or folder, and what it contains."""
    name = f"{path.name}/" if path.is_dir() else path.name
    return f"[`{name}`](../{path.relative_to(ROOT).as_posix()})", summary_of(path)


def summary_of(path: Path) -> str:
    """Return the first line of the docstring of a module or folder, in Markdown."""
    source = path / "__init__.py" if path.is_dir() else path
    docstring = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8")))
    if not docstring:
        raise ValueError(f"{source} has no docstring.")
    return docstring.splitlines()[0].replace("``", "`").replace("|", "\\|")


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> int:
    """Rewrite the tables of the page, or check them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="exit with 1 if the tables are stale")
    check = parser.parse_args().check
    old = PAGE.read_text(encoding="utf-8")
    new = updated(old)
    if check:
        if new != old:
            print(f"{PAGE} is stale: run python docs/module_tables.py", file=sys.stderr)
        return int(new != old)
    PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
