"""Differences from step to step as further features of a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from skrnn.networks.wrappers.base import AroundOne
from skrnn.numpy_runtime.cells import Stage
from skrnn.numpy_runtime.differences import AppendDifferences
from skrnn.numpy_runtime.weights import WeightReader


@dataclass(eq=False, repr=False)
class WithDifferences(AroundOne):
    """Model that also reads the difference of each feature from the previous step.

    The differences are divided by their root mean square over the training set, which small but
    fast changes need to count beside large slow ones.

    Parameters
    ----------
    n_features : int or None
        Number of features, the first ones, that have differences; None for all.
    """

    n_features: int | None = None

    def outputs(self, inputs: Any, lengths: Any, n_outputs: int) -> Any:
        """Return the outputs of the model for the wider sequences."""
        from skrnn.networks import layers

        wider = layers.AppendDifferences(self.needs_fixed_length, self.n_features)(inputs, lengths)
        return self.network.outputs(wider, lengths, n_outputs)

    def output_stages(self, weights: WeightReader, n: int) -> list[Stage]:
        """Return the differences and the stages of the model."""
        (scale,) = weights.take((None,))
        return [AppendDifferences(n, scale), *self._stages_within(weights, n)]

    def __repr__(self) -> str:
        return f"{self.network!r} with add_differences=True"
