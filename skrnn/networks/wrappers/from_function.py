"""Network made of a user's function of Keras tensors."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from skrnn.networks.base import StepNetwork
from skrnn.parameters import FUNCTION, parameter


class FromFunction(StepNetwork):
    """Wrap ``(inputs, lengths) -> KerasTensor``, or ``(inputs) -> KerasTensor``, as a network.

    A function of the inputs only cannot distinguish padding from steps, so it is built
    for sequences of one length only.

    Parameters
    ----------
    {parameters}
    """

    keeps_missing_steps = True

    function: Callable[..., Any] = parameter(
        domain=FUNCTION,
        doc="Function from inputs and, optionally, lengths to features.",
        kw_only=False,
    )

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.takes_lengths = _n_required(function) >= 2
        self.needs_fixed_length = not self.takes_lengths

    @property
    def looks_ahead(self) -> bool:
        """Return False, since this cannot be inferred from a function."""
        return False

    def encode(self, inputs: Any, lengths: Any) -> Any:
        """Return the result of the function."""
        return self.function(inputs, lengths) if self.takes_lengths else self.function(inputs)

    def steps(self, inputs: Any, lengths: Any) -> Any:
        """Return the result of the function."""
        return self.encode(inputs, lengths)


def _n_required(function: Callable[..., Any]) -> int:
    """Return the number of positional arguments without default."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(
        argument.kind in kinds and argument.default is inspect.Parameter.empty
        for argument in inspect.signature(function).parameters.values()
    )
