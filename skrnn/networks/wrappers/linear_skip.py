"""Network with a linear skip connection from the sequence to the outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from skrnn.networks.base import ModelBuilder
from skrnn.networks.wrappers.base import Wrapper
from skrnn.numpy_runtime.cells import Chain, Stage, Sum
from skrnn.numpy_runtime.linear import LinearOfSteps
from skrnn.numpy_runtime.model import StepModel, StreamingModel, streaming_error
from skrnn.numpy_runtime.weights import WeightReader


@dataclass(eq=False, repr=False)
class LinearSkip(Wrapper, StreamingModel):
    """Model whose outputs are added to those of a linear model of the latest steps.

    The linear model is fitted before the network, which learns what it leaves (after Lai et al.,
    2018, arXiv:1703.07015, where both are trained together).

    Parameters
    ----------
    network : ModelBuilder
        The network.
    n_steps : int
        Steps that the linear model reads.
    """

    network: ModelBuilder
    n_steps: int

    def __post_init__(self) -> None:
        self.needs_fixed_length = self.network.needs_fixed_length
        self.keeps_missing_steps = self.network.keeps_missing_steps

    @property
    def looks_ahead(self) -> bool:
        """Return whether the model looks at later steps."""
        return isinstance(self.network, StepModel) and self.network.looks_ahead

    def outputs(self, inputs: Any, lengths: Any, n_outputs: int) -> Any:
        """Return the sum of both outputs, (batch, n_outputs)."""
        from skrnn.networks import layers

        left = self.network.outputs(inputs, lengths, n_outputs)
        linear = layers.LinearOfSteps(n_outputs, self.n_steps, self.needs_fixed_length)
        return layers.Add()([left, linear(inputs, lengths)])

    def output_stages(self, weights: WeightReader, n: int) -> list[Stage]:
        """Return one stage: the network plus the linear model."""
        if not isinstance(self.network, StreamingModel):
            raise streaming_error(self.network)
        network = Chain(self.network.output_stages(weights, n))
        coefficients, intercept = weights.take((self.n_steps, None, None), (None,))
        return [Sum([network, LinearOfSteps(n, coefficients, intercept)])]

    def __repr__(self) -> str:
        return f"{self.network!r} with a linear skip connection"
