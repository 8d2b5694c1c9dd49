"""Configuration of the documentation site: python -m sphinx -W docs docs/_build/html.

The pages are the Markdown files of this folder; docs/sections groups them. The examples of
docs/gallery run while the site is built, unless ``-D plot_gallery=0`` is given.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

DOCS = Path(__file__).resolve().parent
sys.path[:0] = [str(DOCS.parent), str(DOCS / "_extensions")]

import skrnn  # noqa: E402

project = "skrnn"
copyright = "The skrnn developers"
version = release = skrnn.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.linkcode",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
    "notfound.extension",
    "repository",
    "sections",
    "members",
    "llms",
]
exclude_patterns = ["_build", "_extensions", "gallery", "api/backreferences"]
templates_path = ["_templates"]
root_doc = "index"
#: Pages of the header, in order; docs/_extensions/sections.py makes a table of contents of them.
header_pages = [
    "sections/start",
    "sections/tutorials",
    "sections/guides",
    "sections/background",
    "reference/index",
    "auto_gallery/index",
    "sections/benchmarks",
    "sections/contribute",
]
#: Where the site is served, if that is known: see docs/hatch_build.py.
html_baseurl = os.environ.get("SKRNN_DOCS_URL", "")

# ------------------------------------------------------------------ pages

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_exclude = ".linenos, .gp, .go"

# ------------------------------------------------------------------ API reference

autosummary_generate = True
autodoc_member_order = "groupwise"
toc_object_entries_show_parents = "hide"  # names of methods without that of their class
autodoc_typehints = "none"  # the docstrings state types
numpydoc_show_class_members = False  # the templates list the methods that skrnn defines
numpydoc_class_members_toctree = False

# ------------------------------------------------------------------ gallery

SECTIONS = ["forecasting", "classification", "steps", "text", "workflow", "migrating"]
sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "auto_gallery",
    "subsection_order": [f"gallery/{name}" for name in SECTIONS],
    "within_subsection_order": "FileNameSortKey",
    "backreferences_dir": "api/backreferences",
    "doc_module": ("skrnn",),
    "inspect_global_variables": False,
    "reset_modules": ("matplotlib", "example_style.use_style"),
    "capture_repr": (),  # the output is what an example prints
    "show_memory": False,
    "show_signature": False,
    "plot_gallery": "True",
    "nested_sections": False,
}

# ------------------------------------------------------------------ theme

html_theme = "pydata_sphinx_theme"
html_title = "skrnn"
html_static_path = ["_static"]
html_favicon = "_static/skrnn.svg"
html_css_files = ["skrnn.css"]
html_show_sourcelink = False
html_theme_options = {
    "logo": {
        "text": "skrnn",
        "image_light": "_static/skrnn.svg",
        "image_dark": "_static/skrnn.svg",
    },
    "navbar_align": "left",
    "header_links_before_dropdown": 5,
    "navigation_with_keys": False,
    "show_prev_next": True,
    "secondary_sidebar_items": {"index": [], "**": ["page-toc", "sg_download_links"]},
    "footer_start": ["copyright"],
    "footer_end": ["theme-version"],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
#: The page for wrong addresses links to the site by absolute paths, since it can be shown anywhere.
notfound_urls_prefix = urlsplit(html_baseurl).path.rstrip("/") + "/"
notfound_context = {
    "title": "Page not found",
    "body": "<h1>Page not found</h1><p>There is no page at this address. Search for it above, or"
    f' start from the <a href="{notfound_urls_prefix}index.html">first page</a>.</p>',
}


def linkcode_resolve(domain: str, info: dict[str, str]) -> str | None:
    """Return the address of the source of a documented object, relative to its page."""
    from repository import address_of_source

    return address_of_source(info) if domain == "py" else None
