"""Write llms.txt, a list of the pages for language models (https://llmstxt.org)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

SUMMARY = (
    "Recurrent and temporal convolutional networks (RNN, LSTM, GRU, TCN) as scikit-learn "
    "estimators and sktime forecasters, on JAX, TensorFlow or PyTorch through Keras 3."
)


def setup(app: Sphinx) -> dict[str, Any]:
    """Write the file after the pages."""
    app.connect("build-finished", write)
    return {"parallel_read_safe": True}


def write(app: Sphinx, exception: Exception | None) -> None:
    """Write the list of the sections and their pages, with their first sentences."""
    if exception is not None or app.builder.name != "html":
        return
    lines = [f"# {app.config.project}", "", f"> {SUMMARY}"]
    for section in app.env.toctree_includes.get(app.config.root_doc, []):
        lines += ["", f"## {title_of(app, section)}", ""]
        lines += [line_of(app, page) for page in pages_below(app, section)]
    Path(app.outdir, "llms.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def pages_below(app: Sphinx, section: str) -> list[str]:
    """Return a section and the pages that its tables of contents list, at any depth."""
    pages = [section]
    for page in app.env.toctree_includes.get(section, []):
        pages += pages_below(app, page)
    return list(dict.fromkeys(pages))


def title_of(app: Sphinx, page: str) -> str:
    """Return the title of a page."""
    return app.env.titles[page].astext()


def line_of(app: Sphinx, page: str) -> str:
    """Return a link to a page, and how it begins."""
    base = app.config.html_baseurl.rstrip("/")
    address = f"{base}/{page}.html" if base else f"{page}.html"
    paragraphs = app.env.get_doctree(page).findall(nodes.paragraph)
    beginning = next((p.astext() for p in paragraphs if not in_table_or_list(p)), "")
    return f"- [{title_of(app, page)}]({address}): {' '.join(beginning.split())}"


def in_table_or_list(paragraph: nodes.paragraph) -> bool:
    """Return whether a paragraph is no prose."""
    return isinstance(paragraph.parent, nodes.list_item | nodes.entry | addnodes.toctree)
