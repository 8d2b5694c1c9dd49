"""Functions compared by identity, for the keys of compiled programs."""

from __future__ import annotations

import inspect
import weakref
from typing import Any


class Identity:
    """Weak reference to a function, compared by identity."""

    def __init__(self, thing: Any) -> None:
        if inspect.ismethod(thing):
            self._hash = hash((id(thing.__self__), id(thing.__func__)))
            self._reference: weakref.ref[Any] = weakref.WeakMethod(thing)
        else:
            self._hash = id(thing)
            self._reference = weakref.ref(thing)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Identity):
            return False
        mine, theirs = self._reference(), other._reference()
        if inspect.ismethod(mine):
            return bool(mine == theirs)
        return mine is not None and mine is theirs
