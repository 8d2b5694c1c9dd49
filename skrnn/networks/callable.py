"""A network written by the user as a function of Keras tensors."""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Callable, Hashable
from typing import Any

from skrnn.networks.base import Network


class FromCallable(Network):
    """Wrap ``(inputs, lengths) -> KerasTensor``, or ``(inputs) -> KerasTensor``, as a network.

    A function that takes the inputs alone cannot tell padding from steps, so it is built
    for sequences of one length only.
    """

    keeps_missing_steps = True

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.takes_lengths = _n_required(function) >= 2
        self.needs_fixed_length = not self.takes_lengths  # type: ignore[misc]

    def encode(self, inputs: Any, lengths: Any) -> Any:
        """Return what the function returns."""
        return self.function(inputs, lengths) if self.takes_lengths else self.function(inputs)

    def steps(self, inputs: Any, lengths: Any) -> Any:
        """Return what the function returns."""
        return self.encode(inputs, lengths)

    def key(self) -> Hashable:
        """Return the identity of the function, held weakly."""
        return FromCallable, Identity(self.function)


class Identity:
    """Compare by identity while the object lives, and keep it alive no longer."""

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


def _n_required(function: Callable[..., Any]) -> int:
    """Return how many positional arguments the function takes, its defaults not counted."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(
        argument.kind in kinds and argument.default is inspect.Parameter.empty
        for argument in inspect.signature(function).parameters.values()
    )
