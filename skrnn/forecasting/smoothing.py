"""Weights of exponential smoothing for each series, from the errors of its past forecasts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from skrnn.forecasting.tables import filled
from skrnn.numpy_runtime.smoothing import TREND, combined, n_rules, smoothing_parts, valid_steps

Floats = NDArray[np.float64]

#: Cutoffs within a series from which the rules are tried.
N_CUTOFFS = 12

#: A rule weighs as the inverse of its mean error to this power.
POWER = 16.0


def smoothing_weights(
    values: Floats,
    window_length: int,
    horizon: int,
    seasons: tuple[int, ...],
    restore: Callable[[Floats], Floats],
) -> tuple[Floats, Floats]:
    """Return the weights of exponential smoothing of a series, and the error with them.

    Each rule, a profile with a smoothing factor, with or without trend, forecasts from cutoffs
    within the series; combinations of such forecasts are hard to beat (Bates and Granger, 1969,
    doi:10.1057/jors.1969.103).

    Parameters
    ----------
    values : ndarray of shape (n_times, n_columns)
        Scaled values, NaN if not observed.
    window_length, horizon : int
        Steps of windows and of forecasts.
    seasons : tuple of int
        Lengths of seasons.
    restore : callable
        From scaled values, whose first axis has the columns, to those of the series.

    Returns
    -------
    weights : ndarray of shape (n_columns, n_rules)
        As for `layers.Smoothing`.
    errors : ndarray of shape (n_columns,)
        Mean absolute error of the combined forecasts, in the units of the series.
    """
    values = values[: _n_observed_times(values)]
    if len(values) < 2:
        return _last_value(seasons, window_length, values.shape[1])
    season = max(seasons, default=1)
    n_ahead = max(1, min(horizon, len(values) // 3))
    cutoffs = _cutoffs(len(values), n_ahead, seasons)
    whole = filled(values, season, with_level=True)
    windows, valid = _windows(values, whole, window_length, cutoffs)
    parts = smoothing_parts(np, windows, valid, seasons, n_ahead)
    since = parts.ages[..., None] + np.arange(1, n_ahead + 1)
    lines = TREND * parts.slopes[..., None, None] * since[..., None, :, :]
    levels = parts.levels[..., None] + parts.profiles[..., None, :]
    rules = np.stack([levels, levels + lines], axis=-2)  # with and without trend
    truth = np.stack([values[at : at + n_ahead].T for at in cutoffs], axis=1)
    truth = restore(truth.reshape(len(truth), -1)).reshape(truth.shape)

    def errors_of(forecasts: Floats) -> Floats:
        """Return the mean absolute errors (n_columns, ...) of forecasts (n, n_columns, ...)."""
        moved = np.moveaxis(forecasts, (1, 0, -1), (0, 1, 2))
        made = restore(moved.reshape(len(moved), -1)).reshape(moved.shape)
        with np.errstate(over="ignore", invalid="ignore"):
            errors = np.abs(made - truth.reshape(*truth.shape, *[1] * (made.ndim - 3)))
        observed = ~np.isnan(errors)
        total = np.where(observed, errors, 0.0).sum(axis=(1, 2))
        return total / np.maximum(observed.sum(axis=(1, 2)), 1)

    errors = errors_of(rules)
    if horizon > window_length / 2:  # a trend of a short window is no guide to so many steps
        errors[..., 1] = np.inf
    weights = _marginal(errors, errors_of(parts.repeats))
    made = combined(np, parts, np.broadcast_to(weights, (len(cutoffs), *weights.shape)))
    return weights, errors_of(made)


def _last_value(
    seasons: tuple[int, ...], window_length: int, n_columns: int
) -> tuple[Floats, Floats]:
    """Return the weights that forecast the last value, and errors of zero."""
    weights = np.zeros((n_columns, n_rules(seasons, window_length)))
    weights[:, [0, 1 + 2 * len(seasons)]] = 1.0
    return weights, np.zeros(n_columns)


def _marginal(rules: Floats, repeats: Floats) -> Floats:
    """Return weights from the errors of rules (n, n_profiles, n_factors, 2) and repeats.

    A rule has the product of the weights of its parts, which sums to nearly the same forecast
    as a weight for each rule.
    """
    n = len(rules)
    every = np.concatenate([rules.reshape(n, -1), repeats], axis=1)
    least = every.min(axis=1, keepdims=True)
    exact = every <= np.maximum(least, 1e-300)
    ratios = np.where(exact, 1.0, every / np.maximum(least, 1e-300))
    weights = np.minimum(ratios, 1e12) ** -POWER
    weights /= weights.sum(axis=1, keepdims=True)
    of_rules = weights[:, : rules[0].size].reshape(rules.shape)
    whole = np.maximum(of_rules.sum(axis=(1, 2, 3)), 1e-300)[:, None]
    return np.concatenate(
        [
            of_rules.sum(axis=(2, 3)),
            weights[:, rules[0].size :],
            of_rules.sum(axis=(1, 3)) / whole,
            of_rules[..., 1].sum(axis=(1, 2))[:, None] / whole,
        ],
        axis=1,
    )


def _cutoffs(n_times: int, n_ahead: int, seasons: tuple[int, ...]) -> NDArray[np.int64]:
    """Return numbers of times before cutoffs in a series, after two seasons if it is so long."""
    last = max(1, n_times - n_ahead)
    two_seasons = min(2 * max(seasons, default=1) + 1, last - 1)
    first = max(two_seasons, min(n_times // 2, 12), last - max(2 * n_ahead, 24))
    return np.unique(np.linspace(min(first, last), last, N_CUTOFFS).astype(np.int64))


def _n_observed_times(values: Floats) -> int:
    """Return the number of times up to the last one with an observed value."""
    rows = np.flatnonzero(~np.isnan(values).all(axis=1))
    return int(rows[-1]) + 1 if len(rows) else 0


def _windows(
    values: Floats, whole: Floats, window_length: int, cutoffs: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Return windows of filled values up to cutoffs, and their valid steps.

    Both have the shape (n_windows, n_columns, n_steps); steps are valid from the first observed
    value of a window on.
    """
    rows = cutoffs[:, None] + np.arange(-window_length, 0)
    inside = rows[..., None] >= 0
    windows = np.where(inside, whole[np.maximum(rows, 0)], 0.0)
    observed = inside & ~np.isnan(values)[np.maximum(rows, 0)]
    valid = valid_steps(np, np.swapaxes(observed.astype(np.float64), 1, 2))
    return np.swapaxes(windows, 1, 2), valid
