"""Count lines of code in skrnn, by folder, by file and by function, here and in another checkout.

A line of code holds a token that is neither a comment nor part of a docstring, so blank lines do
not count. A function is counted from its ``def`` to its end, with what is defined inside it.
``python benchmarks/code_size.py OTHER`` prints beside each number that of the checkout in the
folder OTHER and the difference.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from common import ROOT, Parser, table

PACKAGE = "skrnn"

#: Tokens that do not count as code.
IGNORED = {
    tokenize.COMMENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
    tokenize.INDENT,
    tokenize.NEWLINE,
    tokenize.NL,
}
Position = tuple[int, int]
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Size:
    """Lines of code of a package: of its files by path, and of its functions by path and name."""

    files: dict[str, int]
    functions: dict[str, int]

    @property
    def folders(self) -> dict[str, int]:
        """Lines of each folder right under the package, and of the files beside them."""
        counts: Counter[str] = Counter()
        for path, lines in self.files.items():
            package, *folder, _ = path.split("/")
            counts["/".join([package, *folder[:1]])] += lines
        return dict(sorted(counts.items()))


def docstrings(tree: ast.AST) -> Iterator[tuple[Position, Position]]:
    """Yield the first and the last position of each docstring; columns are in UTF-8 bytes."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Module | ast.ClassDef | Function):
            continue
        if ast.get_docstring(node, clean=False) is not None:
            text = node.body[0]
            yield (
                (text.lineno, text.col_offset),
                (text.end_lineno or text.lineno, text.end_col_offset or 0),
            )


def code_lines(source: str) -> set[int]:
    """Return the numbers of the lines that hold code."""
    ranges = list(docstrings(ast.parse(source)))
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        (row, column), (last, _) = token.start, token.end
        start = row, len(token.line[:column].encode())
        inside = any(first <= start < end for first, end in ranges)
        if token.type not in IGNORED and not inside:
            lines.update(range(row, last + 1))
    return lines


def functions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, Function]]:
    """Yield all functions with their qualified names."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, Function):
            yield f"{prefix}{node.name}", node
        name = f"{node.name}." if isinstance(node, Function | ast.ClassDef) else ""
        yield from functions(node, prefix + name)


def measure(package: Path) -> Size:
    """Return the size of a package."""
    sizes = Size({}, {})
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package.parent).as_posix()
        source = path.read_text(encoding="utf-8")
        lines = code_lines(source)
        sizes.files[name] = len(lines)
        for function, node in functions(ast.parse(source)):
            own = range(node.lineno, (node.end_lineno or node.lineno) + 1)
            sizes.functions[f"{name}: {function}"] = len(lines.intersection(own))
    return sizes


# ------------------------------------------------------------------ the report


def counts_table(title: str, here: dict[str, int], there: dict[str, int] | None) -> str:
    """Return the counts of ``here``, and those of the other checkout if there is one."""
    if there is None:
        return table([title, "lines"], list(here.items()))
    rows = [
        [name, lines, there.get(name), f"{lines - there.get(name, 0):+d}"]
        for name, lines in here.items()
    ]
    return table([title, "lines here", "there", "difference"], rows)


def longest(counts: dict[str, int], n: int) -> dict[str, int]:
    """Return the greatest counts, in descending order."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:n])


def changed(here: dict[str, int], there: dict[str, int], n: int) -> dict[str, int]:
    """Return the files of either checkout whose counts differ most, with their lines here."""
    differences = {
        name: abs(here.get(name, 0) - there.get(name, 0)) for name in sorted({*here, *there})
    }
    return {name: here.get(name, 0) for name, lines in longest(differences, n).items() if lines}


def report(here: Size, there: Size | None, n: int) -> str:
    """Return the tables of folders, of the longest files and functions, and of differences."""
    other = there or Size({}, {})
    names = sorted({*here.folders, *other.folders})
    folders = {name: here.folders.get(name, 0) for name in names}

    def section(title: str, column: str, ours: dict[str, int], theirs: dict[str, int]) -> str:
        return f"## {title}\n\n{counts_table(column, ours, theirs if there else None)}"

    parts = [
        section("Folders", "folder", with_total(folders), with_total(other.folders)),
        section("Longest files", "file", longest(here.files, n), other.files),
        section("Longest functions", "function", longest(here.functions, n), other.functions),
    ]
    if there:
        differing = changed(here.files, other.files, n)
        parts.append(section("Greatest differences", "file", differing, other.files))
    return "\n\n".join(parts)


def with_total(counts: dict[str, int]) -> dict[str, int]:
    """Return counts, and their sum at the end."""
    return counts | {"total": sum(counts.values())}


def main() -> None:
    parser = Parser(__doc__)
    parser.add_argument("other", nargs="?", type=Path, help="folder of another checkout")
    parser.add_argument("--longest", type=int, default=10, help="number of files and functions")
    args = parser.parse_args()
    if args.other is not None and not (args.other / PACKAGE).is_dir():
        parser.error(f"there is no folder {PACKAGE} in {args.other}")
    there = args.other and measure(args.other.resolve() / PACKAGE)
    print(report(measure(ROOT / PACKAGE), there, args.longest))


if __name__ == "__main__":
    main()
