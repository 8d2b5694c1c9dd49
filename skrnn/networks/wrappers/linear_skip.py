"""Network with a linear skip connection from the sequence to the outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from skrnn.networks.wrappers.base import AroundOne
from skrnn.numpy_runtime.cells import Chain, Stage, Sum
from skrnn.numpy_runtime.linear import LinearOfSteps
from skrnn.numpy_runtime.weights import WeightReader


@dataclass(eq=False, repr=False)
class LinearSkip(AroundOne):
    """Model whose outputs are added to those of a linear model of the latest steps.

    The linear model is fitted before the network, which learns what it leaves (after Lai et al.,
    2018, arXiv:1703.07015, where both are trained together).

    Parameters
    ----------
    n_steps : int
        Steps that the linear model reads.
    """

    n_steps: int

    def outputs(self, inputs: Any, lengths: Any, n_outputs: int) -> Any:
        """Return the sum of both outputs, (batch, n_outputs)."""
        from skrnn.networks import layers

        left = self.network.outputs(inputs, lengths, n_outputs)
        linear = layers.LinearOfSteps(n_outputs, self.n_steps, self.needs_fixed_length)
        return layers.Add()([left, linear(inputs, lengths)])

    def output_stages(self, weights: WeightReader, n: int) -> list[Stage]:
        """Return one stage: the network plus the linear model."""
        network = Chain(self._stages_within(weights, n))
        coefficients, intercept = weights.take((self.n_steps, None, None), (None,))
        return [Sum([network, LinearOfSteps(n, coefficients, intercept)])]

    def __repr__(self) -> str:
        return f"{self.network!r} with a linear skip connection"
