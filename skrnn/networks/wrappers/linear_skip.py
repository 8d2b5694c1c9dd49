"""Network with a linear skip connection from the sequence to the outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from skrnn.networks.wrappers.base import AroundOne
from skrnn.numpy_runtime.categories import EmbedCategories
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
    categories : tuple of (int, int)
        Positions of features that are codes of categories, which the linear model reads as one-hot
        vectors, and their numbers of categories; 0 leaves a feature out.
    """

    n_steps: int
    categories: tuple[tuple[int, int], ...] = ()

    def outputs(self, inputs: Any, lengths: Any, n_outputs: int) -> Any:
        """Return the sum of both outputs, (batch, n_outputs)."""
        from skrnn.networks import layers

        left = self.network.outputs(inputs, lengths, n_outputs)
        linear = layers.LinearOfSteps(n_outputs, self.n_steps, self.needs_fixed_length)
        if self.categories:
            inputs = layers.OneHotCategories(*self._columns_and_sizes())(inputs)
        return layers.Add()([left, linear(inputs, lengths)])

    def output_stages(self, weights: WeightReader, n: int) -> list[Stage]:
        """Return one stage: the network plus the linear model."""
        network = Chain(self._stages_within(weights, n))
        coefficients, intercept = weights.take((self.n_steps, None, None), (None,))
        linear: Stage = LinearOfSteps(n, coefficients, intercept)
        if self.categories:
            columns, sizes = self._columns_and_sizes()
            vectors = [np.eye(size, dtype=coefficients.dtype) for size in sizes]
            linear = Chain([EmbedCategories(columns, vectors), linear])
        return [Sum([network, linear])]

    def _columns_and_sizes(self) -> tuple[list[int], list[int]]:
        columns, sizes = zip(*self.categories, strict=True)
        return list(columns), list(sizes)

    def __repr__(self) -> str:
        return f"{self.network!r} with a linear skip connection"
