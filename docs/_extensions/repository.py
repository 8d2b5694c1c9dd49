"""Make pages of files outside docs/: of Markdown pages, and of the source code.

The Markdown pages in `COPIED` are copied into docs/ before the site is built. Relative links are
written for readers of the repository; here, those that leave docs/ are led to the copy of their
page, or to a page with the source of their goal.
"""

from __future__ import annotations

import html
import importlib
import inspect
import os
import posixpath
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, get_lexer_for_filename
from pygments.util import ClassNotFound
from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
#: Files outside docs/, by the pages that are made of them.
COPIED = {
    "project/contributing.md": "CONTRIBUTING.md",
    "project/changelog.md": "CHANGELOG.md",
    "benchmarks/index.md": "benchmarks/README.md",
}
#: Pages that the build generates, by the folders of their sources.
GENERATED = {"docs/gallery": "auto_gallery/index.rst"}
#: Files of docs/ that are pages or pictures of the site.
SUFFIXES = (".md", ".rst", ".png", ".svg")
#: Links in Markdown outside of code: the text, and a goal that is no address.
LINK = re.compile(
    r"(?P<text>!?\[(?:[^][]|\[[^]]*\])*\])\((?!\w+:)(?P<path>[^)#\s]+)(?P<anchor>#[^)\s]*)?\)"
)
FENCED = re.compile(r"^ *```.*?^ *```\s*$", re.MULTILINE | re.DOTALL)

#: Paths of files and folders of the repository that pages link to.
linked: set[str] = set()


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the steps of the build."""
    app.connect("builder-inited", copy_pages, priority=100)
    app.connect("source-read", redirect_links)
    app.connect("html-collect-pages", source_pages)
    return {"parallel_read_safe": False}


# ------------------------------------------------------------------ Markdown pages


def origins() -> dict[str, str]:
    """Return the paths in the repository of the files that are copied, by those in docs/."""
    results = sorted((ROOT / "benchmarks" / "results").glob("*.[mp][dn]*"))
    return COPIED | {f"benchmarks/results/{path.name}": relative(path) for path in results}


def copy_pages(app: Sphinx) -> None:
    """Copy the pages outside docs/ to where Sphinx finds them, if they changed."""
    for copy, origin in origins().items():
        goal = DOCS / copy
        goal.parent.mkdir(exist_ok=True, parents=True)
        content = (ROOT / origin).read_bytes()
        if not goal.exists() or goal.read_bytes() != content:
            shutil.copyfile(ROOT / origin, goal)


def redirect_links(app: Sphinx, docname: str, source: list[str]) -> None:
    """Lead the links of a Markdown page that leave docs/ to pages of the site."""
    page = f"{docname}.md"
    if not (DOCS / page).exists():
        return
    origin = ROOT / origins().get(page, f"docs/{page}")

    def redirected(match: re.Match[str]) -> str:
        goal = Path(os.path.normpath(origin.parent / match["path"]))
        return link_to(goal, page, match["text"], match["anchor"] or "")

    parts, end = [], 0
    for fence in FENCED.finditer(source[0]):
        parts += [LINK.sub(redirected, source[0][end : fence.start()]), fence[0]]
        end = fence.end()
    source[0] = "".join([*parts, LINK.sub(redirected, source[0][end:])])


def link_to(goal: Path, page: str, text: str, anchor: str) -> str:
    """Return a link from a page of the site to a file or folder of the repository."""
    copies = {origin: copy for copy, origin in origins().items()} | GENERATED
    path = relative(goal)
    folder = posixpath.dirname(page)
    if path == "README.md":
        return f"{text}({posixpath.relpath('index.md', folder or '.')})"
    if path in copies or (path.startswith("docs/") and goal.suffix in SUFFIXES):
        inside = copies.get(path, path.removeprefix("docs/"))
        return f"{text}({posixpath.relpath(inside, folder or '.')}{anchor})"
    linked.add(path)
    address = posixpath.relpath(f"source/{path}.html", folder or ".")
    return f'<a href="{address}">{text[1:-1]}</a>'


# ------------------------------------------------------------------ source code


def address_of_source(info: dict[str, str]) -> str | None:
    """Return the address, from a page of the API, of the lines that define an object."""
    found: Any = importlib.import_module(info["module"])
    for name in info["fullname"].split("."):
        found = getattr(found, name, None)
    try:
        found = inspect.unwrap(found)
        path, line = Path(str(inspect.getsourcefile(found))), inspect.getsourcelines(found)[1]
    except (TypeError, OSError):
        return None
    if not path.is_relative_to(ROOT / "skrnn"):
        return None
    return f"../source/{relative(path)}.html#L-{line}"


def source_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Return a page for each module of the package, and for each file or folder linked to."""
    modules = {relative(path) for path in (ROOT / "skrnn").rglob("*.py")}
    listed = {path for path in linked if (ROOT / path).is_dir()}
    inside = {relative(file) for path in listed for file in files_of(ROOT / path)}
    for path in sorted(modules | linked | inside):
        body = listing(path) if path in listed else highlighted(ROOT / path)
        title = html.escape(path)
        yield f"source/{path}", {"title": title, "body": f"<h1>{title}</h1>{body}"}, "page.html"


def files_of(folder: Path) -> list[Path]:
    """Return the files directly in a folder that are shown."""
    return sorted(path for path in folder.iterdir() if path.suffix in (".py", ".txt", ".sh"))


def listing(path: str) -> str:
    """Return links to the files of a folder."""
    name = posixpath.basename(path)
    items = "".join(
        f'<li><a href="{name}/{file.name}.html">{file.name}</a></li>'
        for file in files_of(ROOT / path)
    )
    return f"<ul>{items}</ul>"


def highlighted(path: Path) -> str:
    """Return the lines of a file, numbered and with anchors."""
    try:
        lexer = get_lexer_for_filename(path.name)
    except ClassNotFound:
        lexer = TextLexer()
    formatter = HtmlFormatter(linenos="inline", lineanchors="L", wrapcode=True)
    return str(highlight(path.read_text(encoding="utf-8"), lexer, formatter))


def relative(path: Path) -> str:
    """Return a path from the root of the repository."""
    return path.relative_to(ROOT).as_posix()
