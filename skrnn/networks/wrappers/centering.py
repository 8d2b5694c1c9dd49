"""Network that reads deviations from the mean of the training sequences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from skrnn.networks.wrappers.base import AroundOne
from skrnn.numpy_runtime.cells import Stage
from skrnn.numpy_runtime.centering import CenterSteps
from skrnn.numpy_runtime.weights import WeightReader


@dataclass(eq=False, repr=False)
class CenteredSteps(AroundOne):
    """Model that reads, at each step, deviations from the mean of the training sequences there.

    The deviations of a feature are divided by their root mean square over the training set.

    Parameters
    ----------
    n_steps, n_features : int
        Shape of the sequences.
    most : float
        Maximum root mean square of the deviations, relative to the standard deviation of the
        feature; a feature with larger ones, or none beyond rounding, is left as it is.
    categorical : tuple of int
        Positions of features that are codes of categories, which are left as they are.
    """

    n_steps: int
    n_features: int
    most: float
    categorical: tuple[int, ...] = ()
    needs_positions: ClassVar[bool] = True

    def outputs(self, inputs: Any, lengths: Any, n_outputs: int) -> Any:
        """Return the outputs of the model for the deviations."""
        import keras

        from skrnn.networks import layers

        # Not in the 16 bits of mixed precision, which would round off most of the deviations.
        dtype = keras.config.dtype_policy().variable_dtype
        center = layers.CenterSteps(self.n_steps, self.n_features, dtype=dtype)
        return self.network.outputs(center(inputs, lengths), lengths, n_outputs)

    def output_stages(self, weights: WeightReader, n: int) -> list[Stage]:
        """Return the centering and the stages of the model."""
        mean, scale = weights.take((self.n_steps, self.n_features), (self.n_features,))
        return [CenterSteps(n, mean, scale), *self._stages_within(weights, n)]

    def __repr__(self) -> str:
        return f"{self.network!r} with center_steps=True"
