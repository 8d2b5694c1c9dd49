"""Pooling of the steps so far, one step at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from skrnn.numpy_runtime.cells import Stage
from skrnn.numpy_runtime.weights import Array, WeightReader


def running_pool(kind: str, weights: WeightReader, n: int, width: int | None = None) -> list[Stage]:
    """Return the stages of a pooling over the steps so far; none for the last step.

    ``width`` is the number of features, by default the number of inputs of the next layer.
    """
    if kind == "last":
        return []
    if kind == "attention" or width is None:
        width = weights.n_inputs
    if kind == "attention":
        return [RunningAttention(n, *weights.take((width, width), (width,), (width, 1)))]
    return [RunningMean(n, width) if kind == "mean" else RunningMax(n, width, np.float32)]


class RunningMean(Stage):
    """Mean over the steps so far."""

    def __init__(self, n: int, width: int) -> None:
        super().__init__(n, np.zeros(width), np.zeros(1))

    def __call__(self, x: Array) -> Array:
        """Process a step."""
        total, count = self.state
        total += x
        count += 1
        return (total / count).astype(x.dtype)


class RunningMax(Stage):
    """Maximum of each feature over the steps so far."""

    def __init__(self, n: int, width: int, dtype: Any) -> None:
        super().__init__(n, np.full(width, -np.inf, dtype))

    def __call__(self, x: Array) -> Array:
        """Process a step."""
        (most,) = self.state
        np.maximum(most, x, out=most)
        return most


class RunningAttention(Stage):
    """Average over the steps so far, weighted by a learned score of each."""

    def __init__(self, n: int, kernel: Array, bias: Array, score: Array) -> None:
        super().__init__(n, np.zeros(len(kernel)), np.zeros(1), np.zeros(1))
        self.weights = kernel, bias, score

    def __call__(self, x: Array) -> Array:
        """Process a step."""
        kernel, bias, score = self.weights
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
