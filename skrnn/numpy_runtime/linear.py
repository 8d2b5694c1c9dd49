"""Linear model of the latest steps of streams."""

from __future__ import annotations

import numpy as np

from skrnn.numpy_runtime.cells import Stage
from skrnn.numpy_runtime.weights import Array


class LinearOfSteps(Stage):
    """Linear model of the latest steps; the first step also stands for those before it."""

    def __init__(self, n: int, coefficients: Array, intercept: Array) -> None:
        n_steps, n_features, n_outputs = coefficients.shape
        latest = np.zeros((n_steps, n_features), coefficients.dtype)
        super().__init__(n, latest, np.array(True))  # and whether the next step is the first
        self.weights = coefficients.reshape(-1, n_outputs), intercept

    def __call__(self, x: Array) -> Array:
        """Process a step."""
        latest, is_first = self.state
        latest[:, :-1] = latest[:, 1:]
        latest[:, -1] = x
        if is_first.any():
            latest[is_first] = x[is_first, None]
            is_first[:] = False
        coefficients, intercept = self.weights
        return latest.reshape(len(x), -1) @ coefficients + intercept
