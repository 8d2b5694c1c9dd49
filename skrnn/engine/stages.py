"""The parts of a network one step at a time, in numpy: each carries its state along.

A step of a small network is over sooner than a call of a compiled program begins, so this is
the same on every backend. Stages hold the state of many streams, one row for each, and change it
in place.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Array = NDArray[Any]

#: What Keras adds to the variance in a layer normalisation.
EPSILON = 1e-3


class Stage(ABC):
    """A part of a network that turns the features of a step into others.

    Parameters
    ----------
    n : int
        How many streams there are.
    *start : array-like
        What each stream carries to its first step, one for each part of the state.

    Attributes
    ----------
    state : list of ndarray of shape (n_streams, ...)
        What is carried to the next step.
    """

    def __init__(self, n: int = 0, *start: Any) -> None:
        self._start = start
        self.state: list[Array] = [np.repeat(part[None], n, axis=0) for part in start]

    @abstractmethod
    def __call__(self, x: Array) -> Array:
        """Take a step of every stream, (n_streams, n_features), and return the new features."""

    def reset(self, rows: Any) -> None:
        """Let some streams begin anew."""
        for part, start in zip(self.state, self._start, strict=True):
            part[rows] = start

    def go_on_from(self, other: Self) -> None:
        """Take over the state of a stage that differs in its weights alone."""
        for part, kept in zip(self.state, other.state, strict=True):
            part[:] = kept


class Cell(Stage):
    """A recurrent layer.

    Parameters
    ----------
    n : int
        How many streams there are.
    start : sequence of ndarray of shape (units,)
        The states before the first step.
    kernel, recurrent, bias : ndarray
        The weights, as in the Keras layer.
    """

    n_states = 1

    def __init__(
        self, n: int, start: Sequence[Array], kernel: Array, recurrent: Array, bias: Array
    ) -> None:
        super().__init__(n, *start)
        self._weights = kernel, recurrent, bias


class SimpleCell(Cell):
    """A simple recurrent layer."""

    def __call__(self, x: Array) -> Array:
        """Take a step."""
        kernel, recurrent, bias = self._weights
        (hidden,) = self.state
        np.tanh(x @ kernel + hidden @ recurrent + bias, out=hidden)
        return hidden


class GRUCell(Cell):
    """A GRU layer, gates z, r, h, that resets after the product."""

    def __call__(self, x: Array) -> Array:
        """Take a step."""
        kernel, recurrent, bias = self._weights
        (hidden,) = self.state
        units = len(recurrent)
        given, kept = x @ kernel + bias[0], hidden @ recurrent + bias[1]
        gates = expit(given[:, : 2 * units] + kept[:, : 2 * units])
        update, reset = gates[:, :units], gates[:, units:]
        candidate = np.tanh(given[:, 2 * units :] + reset * kept[:, 2 * units :])
        hidden -= candidate
        hidden *= update
        hidden += candidate
        return hidden


class LSTMCell(Cell):
    """An LSTM layer, gates i, f, c, o."""

    n_states = 2

    def __call__(self, x: Array) -> Array:
        """Take a step."""
        kernel, recurrent, bias = self._weights
        hidden, cell = self.state
        units = len(recurrent)
        raw = x @ kernel + hidden @ recurrent + bias
        gates = expit(raw)
        cell *= gates[:, units : 2 * units]
        cell += gates[:, :units] * np.tanh(raw[:, 2 * units : 3 * units])
        np.multiply(gates[:, 3 * units :], np.tanh(cell), out=hidden)
        return hidden


class CausalConvolution(Stage):
    """A causal convolution that keeps the steps it will look at again."""

    def __init__(self, n: int, kernel: Array, bias: Array, dilation: int = 1) -> None:
        size, n_features, filters = kernel.shape
        ring = np.zeros((dilation * (size - 1) + 1, n_features), kernel.dtype)
        super().__init__(n, ring, np.array(0))  # and where in it each stream is
        self._kernel = kernel.reshape(size * n_features, filters)
        self._bias = bias
        self._back = dilation * np.arange(size - 1, -1, -1)
        self._rows = np.arange(n)
        self._shifts = dilation == 1

    def __call__(self, x: Array) -> Array:
        """Take a step."""
        ring, now = self.state
        if self._shifts:
            ring[:, :-1] = ring[:, 1:]
            ring[:, -1] = x
            seen = ring
        else:
            seen = self._turned(ring, now, x)
            now += 1
            now %= ring.shape[1]
        return seen.reshape(len(x), -1) @ self._kernel + self._bias

    def _turned(self, ring: Array, now: Array, x: Array) -> Array:
        """Put steps into the ring and return the steps that are seen."""
        first = int(now[0])
        if len(now) == 1 or (now == first).all():  # as where none was reset: slices are quicker
            ring[:, first] = x
            return ring.take((first - self._back) % ring.shape[1], axis=1)
        ring[self._rows, now] = x
        return ring[self._rows[:, None], (now[:, None] - self._back) % ring.shape[1]]


class Rectifier(Stage):
    """A rectifier."""

    def __call__(self, x: Array) -> Array:
        """Take a step."""
        return np.maximum(x, 0.0)


class Normalisation(Stage):
    """A layer normalisation."""

    def __init__(self, gain: Array, offset: Array) -> None:
        super().__init__()
        self._gain, self._offset = gain, offset

    def __call__(self, x: Array) -> Array:
        """Take a step."""
        centred = x - x.mean(axis=1, keepdims=True)
        variance = np.mean(centred * centred, axis=1, keepdims=True)
        return centred / np.sqrt(variance + EPSILON) * self._gain + self._offset


class Embedding(Stage):
    """A vector for each number of a token, the only feature of a step."""

    def __init__(self, vectors: Array) -> None:
        super().__init__()
        self._vectors = vectors

    def __call__(self, x: Array) -> Array:
        """Take a step."""
        return self._vectors[x[:, 0].astype(np.intp)]


class Dense(Stage):
    """A dense layer."""

    def __init__(self, kernel: Array, bias: Array) -> None:
        super().__init__()
        self._kernel, self._bias = kernel, bias

    def __call__(self, x: Array) -> Array:
        """Take a step."""
        return x @ self._kernel + self._bias


class Product(Stage):
    """A dense layer without an offset."""

    def __init__(self, kernel: Array) -> None:
        super().__init__()
        self._kernel = kernel

    def __call__(self, x: Array) -> Array:
        """Take a step."""
        return x @ self._kernel


class Chain(Stage):
    """Stages one after the other."""

    def __init__(self, stages: list[Stage]) -> None:
        super().__init__()
        self.stages = stages
        self.state = [part for stage in stages for part in stage.state]

    def __call__(self, x: Array) -> Array:
        """Take a step."""
        for stage in self.stages:
            x = stage(x)
        return x

    def reset(self, rows: Any) -> None:
        """Let some streams begin anew."""
        for stage in self.stages:
            stage.reset(rows)

    def go_on_from(self, other: Self) -> None:
        """Take over the state of each stage."""
        for stage, kept in zip(self.stages, other.stages, strict=True):
            stage.go_on_from(kept)


class Sum(Chain):
    """What two stages make of the same step, added."""

    def __init__(self, one: Stage, other: Stage) -> None:
        super().__init__([one, other])

    def __call__(self, x: Array) -> Array:
        """Take a step."""
        one, other = self.stages
        return one(x) + other(x)


class Residual(Chain):
    """Stages added to their input, which another stage may bring to their width."""

    def __init__(self, stages: list[Stage], skip: Stage | None) -> None:
        super().__init__(stages)
        self._skip = skip

    def __call__(self, x: Array) -> Array:
        """Take a step."""
        beside = x if self._skip is None else self._skip(x)
        return np.maximum(super().__call__(x) + beside, 0.0)
