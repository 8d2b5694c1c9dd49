"""Parts of forecasts of windows: in numpy, or for both numpy and ``keras.ops``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit

from skrnn.numpy_runtime.cells import Stage
from skrnn.numpy_runtime.encode import run
from skrnn.numpy_runtime.smoothing import combined, n_rules, smoothing_parts, valid_steps
from skrnn.numpy_runtime.weights import Array, WeightReader

#: Minimum scale of a window, in units of its series, so that constant windows are not amplified.
LEAST_SPREAD = 1e-2


@dataclass(frozen=True, eq=False)
class ParallelDecoder:
    """One GRU step from the same state for each position ahead.

    Attributes
    ----------
    positions : ndarray of shape (n_positions, units)
        Input of each position.
    cell : tuple of ndarray
        Kernel, recurrent kernel and biases of a GRU cell.
    entry : ndarray of shape (n_known, units) or None
        Kernel of the known covariates.
    """

    positions: Array
    cell: Sequence[Array]
    entry: Array | None

    @classmethod
    def read(cls, weights: WeightReader, n_positions: int, n_known: int) -> ParallelDecoder:
        """Return the decoder with the next weights."""
        (positions,) = weights.take((n_positions, None))
        units = positions.shape[1]
        shapes = (units, 3 * units), (units, 3 * units), (2, 3 * units)
        cell = weights.take(*shapes)
        entry = weights.take((n_known, units))[0] if n_known else None
        return cls(positions, cell, entry)

    def __call__(self, state: Array, known: Array) -> Array:
        """Return states (batch, n_positions, units) from (batch, units)."""
        kernel, recurrent, bias = self.cell
        units = len(recurrent)
        steps = self.positions[None]
        if self.entry is not None:
            steps = steps + known @ self.entry
        given = steps @ kernel + bias[0]
        kept = (state @ recurrent + bias[1])[:, None]
        gates = expit(given[..., : 2 * units] + kept[..., : 2 * units])
        update, reset = gates[..., :units], gates[..., units:]
        candidate = np.tanh(given[..., 2 * units :] + reset * kept[..., 2 * units :])
        decoded: Array = update * state[:, None] + (1 - update) * candidate
        return decoded


def last_outputs(stages: Sequence[Stage], steps: Array) -> Array:
    """Return the outputs of stages after the last of steps (batch, n_steps, n)."""
    for stage in stages:
        stage.reset(slice(None))
        steps = run(stage, steps)
    return steps[:, -1]


def normalized(xp: Any, kind: str | None, values: Any, observed: Any) -> tuple[Any, Any]:
    """Return location and scale (batch, 1, n) of windows (batch, n_steps, n).

    Parameters
    ----------
    xp : module
        ``numpy`` or ``keras.ops``.
    kind : {"window", "last"} or None
        As for the layer `NormalizeWindow`.
    values, observed : array or tensor
        Values, and 1 where they were observed.
    """
    location = xp.zeros_like(values[:, :1])
    spread = xp.ones_like(location)
    if kind == "last":
        location = values[:, -1:]
    if kind == "window":
        count = xp.maximum(xp.sum(observed, axis=1, keepdims=True), 1.0)
        location = xp.sum(values * observed, axis=1, keepdims=True) / count
        deviations = xp.abs(values - location) * observed
        spread = xp.sum(deviations, axis=1, keepdims=True) / count
        spread = xp.where(spread < LEAST_SPREAD, xp.ones_like(spread), spread)
    return location, spread


def extrapolation(lags: tuple[int, ...], n_steps: int, horizon: int) -> Array:
    """Return the matrix (horizon, n_steps) from a window to its continuation."""
    polynomial = np.ones(1)  # of the backshift operator: the product of 1 - B ** lag
    for lag in lags:
        factor = np.zeros(lag + 1)
        factor[0], factor[lag] = 1.0, -1.0
        polynomial = np.convolve(polynomial, factor)
    rows = np.concatenate([np.eye(n_steps), np.zeros((horizon, n_steps))])
    for row in range(n_steps, n_steps + horizon):
        earlier = rows[row - len(polynomial) + 1 : row][::-1]
        rows[row] = -polynomial[1:] @ earlier
    return rows[n_steps:].astype(np.float32)


def in_segments(steps: Array, length: int) -> Array:
    """Return steps (batch, n_steps, n) in segments, the last padded with zeros."""
    n_batch, n_steps, n_features = steps.shape
    n_segments = -(-n_steps // length)
    if n_segments * length > n_steps:
        rest = np.zeros((n_batch, n_segments * length - n_steps, n_features), steps.dtype)
        steps = np.concatenate([steps, rest], axis=1)
    return steps.reshape(n_batch, n_segments, length * n_features)


def softplus(x: Array) -> Array:
    """Return log(1 + exp(x))."""
    positive: Array = np.logaddexp(np.float32(0), x)
    return positive


def smoothed(
    values: Array, valid: Array, rules: Array, seasons: tuple[int, ...], horizon: int
) -> Array:
    """Return the forecasts (batch, horizon, n) of windows by exponential smoothing."""
    series, real = values.transpose(0, 2, 1), valid.transpose(0, 2, 1)
    parts = smoothing_parts(np, series, real, seasons, horizon)
    apart = rules.reshape(-1, values.shape[-1], n_rules(seasons, values.shape[1]))
    forecasts: Array = combined(np, parts, apart).transpose(0, 2, 1)
    return forecasts


def smoothing_matrix(
    rules: Array, n_targets: int, seasons: tuple[int, ...], n_steps: int, horizon: int
) -> Array:
    """Return the matrices (batch, n_targets, n_steps, horizon) of `smoothed` for whole windows.

    The forecast is linear in the values of a window whose steps are all valid.
    """
    units = np.repeat(np.eye(n_steps)[:, :, None], n_targets, axis=2)
    each = [
        smoothed(units, np.ones_like(units), np.tile(rule, (n_steps, 1)), seasons, horizon)
        for rule in rules
    ]
    return np.stack(each).transpose(0, 3, 1, 2).astype(np.float32)


def shown_steps(observed: Array) -> Array:
    """Return 1 from the first observed step of a window on, (batch, n_steps, n), else 0."""
    valid: Array = valid_steps(np, observed.transpose(0, 2, 1)).transpose(0, 2, 1)
    return valid


def distribution(
    xp: Any,
    softplus: Callable[[Any], Any],
    kind: str,
    n_below: int,
    raw: Any,
    place: tuple[Any, Any],
) -> Any:
    """Return parameters (batch, horizon, n, n_parameters) for raw outputs of that shape.

    Parameters
    ----------
    xp : module
        ``numpy`` or ``keras.ops``.
    softplus : callable
        log(1 + exp(x)).
    kind, n_below
        As for the layer `DistributionParameters`.
    raw : array or tensor
        Raw outputs.
    place : tuple of array or tensor
        Location of each value (batch, horizon, n), and scale (batch, 1, n).
    """
    location, spread = (xp.expand_dims(part, -1) for part in place)
    center = raw[..., :1]
    if kind == "quantile":
        steps = softplus(raw[..., 1:])
        below = xp.flip(xp.cumsum(steps[..., :n_below], axis=-1), axis=-1)
        above = xp.cumsum(steps[..., n_below:], axis=-1)
        values = xp.concatenate([center - below, center, center + above], axis=-1)
        return values * spread + location
    parameters = [center * spread + location]
    if kind != "point":
        parameters.append((softplus(raw[..., 1:2]) + 1e-3) * spread)
    if kind == "student_t":  # a variance needs more than two degrees of freedom
        parameters.append(2.0 + softplus(raw[..., 2:]) + 1e-3)
    return xp.concatenate(parameters, axis=-1)
