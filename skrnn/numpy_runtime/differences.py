"""Differences from step to step as further features of streams."""

from __future__ import annotations

import numpy as np

from skrnn.numpy_runtime.cells import Stage
from skrnn.numpy_runtime.weights import Array


class AppendDifferences(Stage):
    """Features of a step, and their differences from the previous one in units of ``scale``.

    Those of the first step are zero. Features beyond the length of ``scale`` have none.
    """

    def __init__(self, n: int, scale: Array) -> None:
        super().__init__(n, np.full_like(scale, np.nan))  # the previous step
        self.weights = (scale,)

    def __call__(self, x: Array) -> Array:
        """Process a step."""
        (before,), (scale,) = self.state, self.weights
        own = x[:, : len(scale)]
        differences = np.where(np.isnan(before), 0, own - before) / scale
        before[:] = own
        return np.concatenate([x, differences], axis=1)
