"""Layers that run one step at a time, with their states: recurrent cells and others.

A step of a small network in numpy takes less time than calling a compiled program, so this is
used on every backend. Stages hold the states of many streams, one row each, and update them
in place.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
from scipy.special import expit, log_expit

from skrnn.numpy_runtime.weights import Array, Shape, WeightReader

#: Constant that Keras adds to the variance in layer normalization.
EPSILON = 1e-3
#: Initial log weight of an `SLSTMCell`, which stands for a weight of zero.
NO_WEIGHT = float(np.finfo(np.float32).min) / 2


class Stage(ABC):
    """Layer that maps the features of a step to new features.

    Parameters
    ----------
    n : int
        Number of streams.
    *start : array-like
        Initial state, one array for each part of the state.

    Attributes
    ----------
    state : list of ndarray of shape (n_streams, ...)
        State after the latest step.
    weights : sequence of ndarray
        The weights.
    """

    weights: Sequence[Array] = ()

    def __init__(self, n: int = 0, *start: Any) -> None:
        self._start: Sequence[Any] = start
        self.state: list[Array] = [np.repeat(part[None], n, axis=0) for part in start]

    @abstractmethod
    def __call__(self, x: Array) -> Array:
        """Process a step of every stream, (n_streams, n_features), and return the new features."""

    def reset(self, rows: Any) -> None:
        """Reset some streams to their initial state."""
        for part, start in zip(self.state, self._start, strict=True):
            part[rows] = start

    def go_on_from(self, other: Self) -> None:
        """Copy the state of a stage that differs in its weights only."""
        for part, kept in zip(self.state, other.state, strict=True):
            part[:] = kept


class Cell(Stage):
    """Recurrent layer.

    Parameters
    ----------
    n : int
        Number of streams.
    start : sequence of ndarray of shape (units,)
        The states before the first step.
    *weights : ndarray
        The weights, as in the Keras layer.

    Attributes
    ----------
    start_values : sequence of float
        Value of each state, of ``units`` numbers, before the first step if none is learned.
    start : sequence of ndarray of shape (units,)
        The states before the first step.
    """

    start_values: ClassVar[Sequence[float]] = (0.0,)

    def __init__(self, n: int, start: Sequence[Array], *weights: Array) -> None:
        super().__init__(n, *start)
        self.start = start
        self.weights = weights

    @classmethod
    @abstractmethod
    def shapes(cls, units: int) -> Sequence[Shape]:
        """Return the shapes of the weights, in the order of the Keras layer."""

    @classmethod
    def read(cls, weights: WeightReader, n: int, units: int, *, learned_start: bool) -> Self:
        """Read the layer with its weights, which come after those of a learned initial state."""
        start = [np.full(units, value, np.float32) for value in cls.start_values]
        if learned_start:
            start = weights.take(*[(units,)] * len(start))
        return cls(n, start, *weights.take(*cls.shapes(units)))


class Projected(ABC):
    """Mixin of recurrent layers whose inputs are projected before the state is used.

    The projections of all steps of a sequence are then one product.
    """

    @abstractmethod
    def project(self, x: Array) -> Array:
        """Return the projection of steps (..., n_features)."""

    @abstractmethod
    def advance(self, given: Array) -> Array:
        """Process a projected step (n_streams, ...), and return the state after it."""

    def __call__(self, x: Array) -> Array:
        """Process a step."""
        return self.advance(self.project(x))


class Affine(Projected):
    """Mixin of layers that multiply inputs by their first weight, and add their last, the bias."""

    weights: Sequence[Array]

    def project(self, x: Array) -> Array:
        """Return the product with the kernel, and the bias."""
        return x @ self.weights[0] + self.weights[-1]


class SimpleCell(Affine, Cell):
    """Simple recurrent layer."""

    @classmethod
    def shapes(cls, units: int) -> Sequence[Shape]:
        """Return those of kernel, recurrent kernel and bias."""
        return (None, units), (units, units), (units,)

    def advance(self, given: Array) -> Array:
        """Process a projected step."""
        (hidden,) = self.state
        np.tanh(given + hidden @ self.weights[1], out=hidden)
        return hidden


class GRUCell(Projected, Cell):
    """GRU layer with gates z, r, h and the reset after the product."""

    @classmethod
    def shapes(cls, units: int) -> Sequence[Shape]:
        """Return those of kernel, recurrent kernel and both biases."""
        return (None, 3 * units), (units, 3 * units), (2, 3 * units)

    def project(self, x: Array) -> Array:
        """Return the product with the kernel, and its bias."""
        kernel, _, bias = self.weights
        return x @ kernel + bias[0]

    def advance(self, given: Array) -> Array:
        """Process a projected step."""
        _, recurrent, bias = self.weights
        (hidden,) = self.state
        units = len(recurrent)
        kept = hidden @ recurrent
        kept += bias[1]
        gates = given[:, : 2 * units] + kept[:, : 2 * units]
        expit(gates, out=gates)
        candidate = gates[:, units:] * kept[:, 2 * units :]
        candidate += given[:, 2 * units :]
        np.tanh(candidate, out=candidate)
        hidden -= candidate
        hidden *= gates[:, :units]
        hidden += candidate
        return hidden


class MinGRUCell(Affine, Cell):
    """Minimal gated recurrent unit with update gate z and candidate."""

    @classmethod
    def shapes(cls, units: int) -> Sequence[Shape]:
        """Return those of kernel and bias."""
        return (None, 2 * units), (2 * units,)

    def advance(self, given: Array) -> Array:
        """Process a projected step."""
        (hidden,) = self.state
        units = given.shape[1] // 2
        update, candidate = expit(given[:, :units]), given[:, units:]
        hidden += update * (np.maximum(candidate, 0) + expit(np.minimum(candidate, 0)) - hidden)
        return hidden


class LSTMWeights(Affine):
    """Mixin of layers with the weights of an LSTM."""

    @classmethod
    def shapes(cls, units: int) -> Sequence[Shape]:
        """Return those of kernel, recurrent kernel and bias."""
        return (None, 4 * units), (units, 4 * units), (4 * units,)


class LSTMCell(LSTMWeights, Cell):
    """LSTM layer with gates i, f, c, o."""

    start_values = (0.0, 0.0)

    def advance(self, given: Array) -> Array:
        """Process a projected step."""
        recurrent = self.weights[1]
        hidden, cell = self.state
        units = len(recurrent)
        raw = given + hidden @ recurrent
        gates = expit(raw)
        cell *= gates[:, units : 2 * units]
        cell += gates[:, :units] * np.tanh(raw[:, 2 * units : 3 * units])
        np.multiply(gates[:, 3 * units :], np.tanh(cell), out=hidden)
        return hidden


class SLSTMCell(LSTMWeights, Cell):
    """LSTM layer with exponential input gates.

    The states are the output, the weighted mean of the candidates, and the logarithm of the sum of
    their weights.
    """

    start_values = (0.0, 0.0, NO_WEIGHT)

    def advance(self, given: Array) -> Array:
        """Process a projected step."""
        hidden, mean, log_weight = self.state
        raw = given + hidden @ self.weights[1]
        enter, keep, candidate, output = np.split(raw, 4, axis=1)
        log_weight += log_expit(keep)
        mean += expit(enter - log_weight) * (np.tanh(candidate) - mean)
        np.logaddexp(log_weight, enter, out=log_weight)
        np.multiply(expit(output), mean, out=hidden)
        return hidden


class CausalConvolution(Stage):
    """Causal convolution with a ring buffer of the steps in its receptive field.

    Attributes
    ----------
    back : ndarray of shape (kernel_size,)
        Number of steps from each step of the kernel to the latest one.
    """

    def __init__(self, n: int, kernel: Array, bias: Array, dilation: int = 1) -> None:
        size, n_features, filters = kernel.shape
        ring = np.zeros((dilation * (size - 1) + 1, n_features), kernel.dtype)
        super().__init__(n, ring, np.array(0))  # and the position of each stream in it
        self.weights = kernel.reshape(size * n_features, filters), bias
        self.back = dilation * np.arange(size - 1, -1, -1)
        self._rows = np.arange(n)
        self._shifts = dilation == 1

    def __call__(self, x: Array) -> Array:
        """Process a step."""
        ring, now = self.state
        if self._shifts:
            ring[:, :-1] = ring[:, 1:]
            ring[:, -1] = x
            seen = ring
        else:
            seen = self._turned(ring, now, x)
            now += 1
            now %= ring.shape[1]
        kernel, bias = self.weights
        return seen.reshape(len(x), -1) @ kernel + bias

    def _turned(self, ring: Array, now: Array, x: Array) -> Array:
        """Add a step to the ring buffer and return the steps in the receptive field."""
        first = int(now[0])
        if len(now) == 1 or (now == first).all():  # without resets; slices are faster
            ring[:, first] = x
            return ring.take((first - self.back) % ring.shape[1], axis=1)
        ring[self._rows, now] = x
        return ring[self._rows[:, None], (now[:, None] - self.back) % ring.shape[1]]


class Rectifier(Stage):
    """Rectifier (ReLU)."""

    def __call__(self, x: Array) -> Array:
        """Process a step."""
        return np.maximum(x, 0.0)


class LayerNormalization(Stage):
    """Layer normalization."""

    def __init__(self, gain: Array, offset: Array) -> None:
        super().__init__()
        self.weights = gain, offset

    def __call__(self, x: Array) -> Array:
        """Process a step."""
        centered = x - x.mean(axis=1, keepdims=True)
        variance = np.mean(centered * centered, axis=1, keepdims=True)
        gain, offset = self.weights
        return centered / np.sqrt(variance + EPSILON) * gain + offset


class Embedding(Stage):
    """Embedding of tokens, whose id is the only feature of a step."""

    def __init__(self, vectors: Array) -> None:
        super().__init__()
        self.weights = (vectors,)

    def __call__(self, x: Array) -> Array:
        """Process a step."""
        (vectors,) = self.weights
        return vectors[x[:, 0].astype(np.intp)]


class Dense(Stage):
    """Dense layer."""

    def __init__(self, kernel: Array, bias: Array) -> None:
        super().__init__()
        self.weights = kernel, bias

    @classmethod
    def read(cls, weights: WeightReader, n_inputs: int | None = None) -> Self:
        """Return the layer with the next weights, of any number of inputs by default."""
        return cls(*weights.take((n_inputs, None), (None,)))

    def __call__(self, x: Array) -> Array:
        """Process a step."""
        kernel, bias = self.weights
        return x @ kernel + bias


class Product(Stage):
    """Dense layer without bias."""

    def __init__(self, kernel: Array) -> None:
        super().__init__()
        self.weights = (kernel,)

    def __call__(self, x: Array) -> Array:
        """Process a step."""
        (kernel,) = self.weights
        return x @ kernel


class Composite(Stage):
    """Stage composed of others, with their states."""

    def __init__(self, stages: Sequence[Stage]) -> None:
        super().__init__()
        self.stages = stages
        self.state = [part for stage in stages for part in stage.state]
        self._start = [start for stage in stages for start in stage._start]


class Chain(Composite):
    """Sequential composition of stages."""

    def __call__(self, x: Array) -> Array:
        """Process a step."""
        for stage in self.stages:
            x = stage(x)
        return x


class Sum(Composite):
    """Sum of the outputs of two stages for the same step."""

    def __call__(self, x: Array) -> Array:
        """Process a step."""
        one, other = self.stages
        return one(x) + other(x)


class Residual(Composite):
    """Stages with a residual connection, which ``skip`` may project to their width."""

    def __init__(self, stages: Sequence[Stage], skip: Stage | None) -> None:
        super().__init__(stages)
        self.skip = skip

    def __call__(self, x: Array) -> Array:
        """Process a step."""
        beside = x if self.skip is None else self.skip(x)
        for stage in self.stages:
            x = stage(x)
        return np.maximum(x + beside, 0.0)
