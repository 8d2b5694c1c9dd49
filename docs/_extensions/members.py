"""Of inherited members, let the pages of the API show those that skrnn defines."""

from __future__ import annotations

import inspect
from typing import Any

from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the choice of members."""
    app.connect("autodoc-skip-member", skip_foreign_member)
    return {"parallel_read_safe": True}


def skip_foreign_member(
    app: Sphinx, what: str, name: str, obj: Any, skip: bool, options: Any
) -> bool | None:
    """Leave members out that another library defines, or that have no docstring."""
    if what != "class" or skip:
        return None
    if isinstance(obj, type):
        return True
    method = inspect.unwrap(getattr(obj, "fget", None) or getattr(obj, "__func__", obj))
    module = getattr(method, "__module__", "") or ""
    return None if module.startswith("skrnn") and inspect.getdoc(method) else True
