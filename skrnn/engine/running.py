"""Poolings of the steps so far, one step at a time, in numpy."""

from __future__ import annotations

from typing import Any

import numpy as np

from skrnn.engine.stages import Array, Stage


class RunningMean(Stage):
    """The mean over the steps so far."""

    def __init__(self, n: int, width: int) -> None:
        super().__init__(n, np.zeros(width), np.zeros(1))

    def __call__(self, x: Array) -> Array:
        """Take a step."""
        total, count = self.state
        total += x
        count += 1
        return (total / count).astype(x.dtype)


class RunningMax(Stage):
    """The greatest value of each feature so far."""

    def __init__(self, n: int, width: int, dtype: Any) -> None:
        super().__init__(n, np.full(width, -np.inf, dtype))

    def __call__(self, x: Array) -> Array:
        """Take a step."""
        (most,) = self.state
        np.maximum(most, x, out=most)
        return most


class RunningAttention(Stage):
    """The average over the steps so far, weighted by a learned score of each."""

    def __init__(self, n: int, kernel: Array, bias: Array, score: Array) -> None:
        super().__init__(n, np.zeros(len(kernel)), np.zeros(1), np.zeros(1))
        self._weights = kernel, bias, score

    def __call__(self, x: Array) -> Array:
        """Take a step."""
        kernel, bias, score = self._weights
        total, weight, most = self.state  # weights relative to that of the greatest score
        scores = np.tanh(x @ kernel + bias) @ score
        greatest = np.where(weight > 0, np.maximum(most, scores), scores)
        fade = np.where(weight > 0, np.exp(np.minimum(most - greatest, 0.0)), 0.0)
        new = np.exp(scores - greatest)
        total *= fade
        total += new * x
        weight *= fade
        weight += new
        most[:] = greatest
        return (total / weight).astype(x.dtype)
