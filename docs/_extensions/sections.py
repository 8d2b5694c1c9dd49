"""Let the first page have the sections of the site as its table of contents.

The page itself is plain Markdown, which also reads well in the repository.
"""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the pages of the header and the table of contents."""
    app.add_config_value("header_pages", [], "env", types=[list])
    app.connect("source-read", add_sections)
    return {"parallel_read_safe": True}


def add_sections(app: Sphinx, docname: str, source: list[str]) -> None:
    """Append a hidden table of contents to the source of the first page."""
    if docname == app.config.root_doc:
        pages = "\n".join(app.config.header_pages)
        source[0] += f"\n```{{toctree}}\n:hidden:\n\n{pages}\n```\n"
