"""The address of the documentation, to which the HTML representations of estimators link."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, metadata


@cache
def documentation_address() -> str:
    """Return the address in the metadata of the installed package, or an empty text."""
    try:
        links = metadata("skrnn").get_all("Project-URL") or []
    except PackageNotFoundError:  # a checkout that is not installed
        return ""
    pairs = (link.split(", ", 1) for link in links)
    return next((pair[1].rstrip("/") for pair in pairs if pair[0] == "Documentation"), "")
