"""Centering of each step of streams by its mean over the training sequences."""

from __future__ import annotations

import numpy as np

from skrnn.numpy_runtime.cells import Stage
from skrnn.numpy_runtime.weights import Array


class CenterSteps(Stage):
    """Deviations of a step from the mean sequence at its position, in units of ``scale``.

    Further features mark values that were not observed, whose deviations are zero. The last mean
    is also that of later steps.
    """

    def __init__(self, n: int, mean: Array, scale: Array) -> None:
        super().__init__(n, np.array(0))  # the position of the step
        self.weights = mean, scale

    def __call__(self, x: Array) -> Array:
        """Process a step."""
        (position,), (mean, scale) = self.state, self.weights
        n_features = len(scale)
        deviations = (x[:, :n_features] - mean[position]) / scale
        np.minimum(position + 1, len(mean) - 1, out=position)
        if x.shape[1] == n_features:
            return deviations
        missing = x[:, n_features:]
        return np.concatenate([deviations * (1 - missing), missing], axis=1)
