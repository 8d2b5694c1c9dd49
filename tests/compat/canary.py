"""Canaries: assumptions of skrnn/_compat, checked against the installed libraries."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pytest

TITLES = {
    "sklearn": "scikit-learn",
    "sktime": "sktime",
    "keras": "Keras",
    "jax": "JAX",
    "torch": "PyTorch",
    "tensorflow": "TensorFlow",
}


def _gone(*_):
    raise AttributeError("gone")


#: Stands for an attribute that instances used to get in their constructor.
GONE = property(_gone, lambda *_: None)


@dataclass(frozen=True)
class Canary:
    """A name of another library, and a check of all that is relied on about it.

    ``owner`` is a class or a module, as a function since it may not be imported too early.
    """

    library: str
    owner: Callable[[], Any]
    name: str
    instead: str
    function: Callable[[], None]

    def __str__(self):
        return f"{self.library}-{self.name}-{self.function.__name__}"

    def check(self):
        """Fail with what broke and what to do about it."""
        try:
            self.function()
        except Exception as error:
            version = import_module(self.library).__version__
            pytest.fail(
                f"{TITLES[self.library]} {version} no longer has {self.name}, or it does something "
                f"else: {error!r}. {self.instead}; see skrnn/_compat/{self.library}.py."
            )

    def take_away(self, patch):
        """Make the name vanish from the library."""
        owner = self.owner()
        if isinstance(owner, dict):
            patch.setitem(owner, self.name, "gone")
            return
        for place in getattr(owner, "__mro__", [owner]):
            if self.name in vars(place):
                patch.delattr(place, self.name)
        if hasattr(owner, self.name) or isinstance(owner, type):
            patch.setattr(owner, self.name, GONE, raising=False)


def dotted(path):
    """Return what finds a module, or what a module holds, by its path."""

    def find():
        module, _, name = path.rpartition(".")
        try:
            return import_module(path)
        except ImportError:
            return getattr(import_module(module), name)

    return find


def canary(canaries, library, owner, name, instead):
    """Add a function to a list of canaries."""
    owner = dotted(owner) if isinstance(owner, str) else owner

    def add(function):
        canaries.append(Canary(library, owner, name, instead, function))
        return function

    return add
