"""Forecasts of windows by exponential smoothing, in numpy or in ``keras.ops``."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

#: Smoothing factors of the level: 1 takes the last value.
FACTORS = (1.0, 0.5, 0.2, 0.05, 0.01)

#: Steps of a window for which a factor is used, in units of the mean age of values in its level.
AGES = 2.5

#: Share of the linear trend that a forecast with trend continues, as the Theta method has it
#: (Assimakopoulos and Nikolopoulos, 2000, doi:10.1016/S0169-2070(00)00066-2).
TREND = 0.5


class SmoothingParts(NamedTuple):
    """Parts of the forecasts of windows by exponential smoothing.

    Attributes
    ----------
    levels : tensor of shape (batch, n, n_profiles, n_factors)
        Exponentially weighted means of the values without each seasonal profile. The first
        profile is none, then there is one for each season.
    ages : tensor of shape (batch, n, n_factors)
        Mean age of the values in a level, in steps.
    slopes : tensor of shape (batch, n, n_profiles)
        Linear trend of the values without each profile, per step.
    profiles : tensor of shape (batch, n, n_profiles, horizon)
        Seasonal deviations ahead.
    repeats : tensor of shape (batch, n, n_seasons, horizon)
        Values of the last season of each length, repeated; the last value if a series is shorter.
    """

    levels: Any
    ages: Any
    slopes: Any
    profiles: Any
    repeats: Any


def factors_for(n_steps: int) -> tuple[float, ...]:
    """Return the smoothing factors for windows of ``n_steps``."""
    return tuple(factor for factor in FACTORS if factor == 1 or n_steps * factor >= AGES)


def n_rules(seasons: tuple[int, ...], n_steps: int) -> int:
    """Return the number of weights of a series: of profiles, repeats, factors and the trend."""
    return 1 + 2 * len(seasons) + len(factors_for(n_steps)) + 1


def valid_steps(xp: Any, observed: Any) -> Any:
    """Return 1 from the first observed step of a window on; everywhere if there is none.

    ``observed`` has the shape (batch, n, n_steps).
    """
    since_first = xp.minimum(xp.cumsum(observed, axis=-1), 1.0)
    return xp.maximum(since_first, 1.0 - since_first[..., -1:])


def smoothing_parts(
    xp: Any, values: Any, valid: Any, seasons: tuple[int, ...], horizon: int
) -> SmoothingParts:
    """Return the parts of the forecasts of windows.

    Parameters
    ----------
    xp : module
        ``numpy`` or ``keras.ops``.
    values, valid : array or tensor of shape (batch, n, n_steps)
        Values without gaps, and 1 from the first step of a series on, 0 before it.
    seasons : tuple of int
        Lengths of seasons, at most half of ``n_steps``.
    horizon : int
        Steps ahead.
    """
    n_steps = values.shape[-1]
    numbers = np.arange(n_steps - 1, -1, -1, dtype=np.float32)
    factors = np.array(factors_for(n_steps), dtype=np.float32)
    ages, decays = xp.array(numbers), xp.array(factors * (1 - factors) ** numbers[:, None])
    last = valid[..., -1:] * 0
    profiles = [xp.repeat(last, horizon, axis=-1)]
    series = [values]
    for season in seasons:
        profile = _profile(xp, values, valid, season)
        profiles.append(xp.take(profile, np.arange(horizon) % season, axis=-1))
        series.append(values - xp.take(profile, np.arange(-n_steps, 0) % season, axis=-1))
    stacked = xp.stack(series, axis=-2)
    known = xp.expand_dims(valid, -2)
    count = xp.maximum(xp.sum(valid, axis=-1, keepdims=True), 1.0)
    since = (xp.sum(valid * ages, axis=-1, keepdims=True) / count - ages) * valid
    squares = xp.maximum(xp.sum(since * since, axis=-1, keepdims=True), 0.5)
    weights = xp.maximum(xp.matmul(valid, decays), 1e-9)
    repeats = []
    for season in seasons:
        is_whole = valid[..., n_steps - season : n_steps - season + 1]
        again = xp.take(values[..., n_steps - season :], np.arange(horizon) % season, axis=-1)
        repeats.append(is_whole * again + (1.0 - is_whole) * values[..., -1:])
    return SmoothingParts(
        levels=xp.matmul(stacked * known, decays) / xp.expand_dims(weights, -2),
        ages=xp.matmul(valid * ages, decays) / weights,
        slopes=xp.sum(stacked * xp.expand_dims(since, -2), axis=-1) / squares,
        profiles=xp.stack(profiles, axis=-2),
        repeats=xp.stack(repeats, axis=-2) if repeats else xp.stack(profiles, axis=-2)[..., :0, :],
    )


def _profile(xp: Any, values: Any, valid: Any, season: int) -> Any:
    """Return the mean deviation (batch, n, season) of each step of a season, 0 with one season.

    The means and the linear trend of the seasons are subtracted first. The season ends at the
    last step, so that the first entry is that of the first step ahead.
    """
    n_steps = values.shape[-1]
    n_blocks = n_steps // season
    shape = (-1, *values.shape[1:-1], n_blocks, season)
    blocks = xp.reshape(values[..., n_steps - n_blocks * season :], shape)
    known = valid[..., n_steps - n_blocks * season :: season]
    count = xp.sum(known, axis=-1, keepdims=True)
    numbers = xp.array(np.arange(n_blocks, dtype=np.float32))
    middle = xp.sum(known * numbers, axis=-1, keepdims=True) / xp.maximum(count, 1.0)
    since = (numbers - middle) * known
    means = xp.mean(blocks, axis=-1)
    squares = xp.maximum(xp.sum(since * since, axis=-1, keepdims=True), 0.5)
    slope = xp.sum(since * means, axis=-1, keepdims=True) / squares / season
    within = np.arange(season, dtype=np.float32) - np.float32((season - 1) / 2)
    trend = xp.expand_dims(slope, -1) * xp.array(within)
    deviations = (blocks - xp.expand_dims(means, -1) - trend) * xp.expand_dims(known, -1)
    profile = xp.sum(deviations, axis=-2) / xp.maximum(count, 1.0)
    return profile * xp.minimum(xp.maximum(count - 1.0, 0.0), 1.0)


def combined(xp: Any, parts: SmoothingParts, weights: Any) -> Any:
    """Return the weighted forecasts (batch, n, horizon) of the parts.

    Parameters
    ----------
    xp : module
        ``numpy`` or ``keras.ops``.
    parts : SmoothingParts
        Parts of the forecasts.
    weights : array or tensor of shape (batch, n, n_rules)
        Weights of the profiles and the repeated seasons, which sum to 1; of the factors, which
        sum to 1; and of the trend, from 0 to 1.
    """
    n_profiles, horizon = parts.profiles.shape[-2:]
    n_kinds = n_profiles + parts.repeats.shape[-2]
    of_factors = weights[..., n_kinds:-1]
    trend = TREND * weights[..., -1:]
    ahead = xp.array(np.arange(1, horizon + 1, dtype=np.float32))
    levels = xp.sum(parts.levels * xp.expand_dims(of_factors, -2), axis=-1)
    since = xp.sum(parts.ages * of_factors, axis=-1, keepdims=True) + ahead
    lines = xp.expand_dims(trend * parts.slopes, -1) * xp.expand_dims(since, -2)
    kinds = [xp.expand_dims(levels, -1) + lines + parts.profiles, parts.repeats]
    every = xp.concatenate(kinds, axis=-2)
    return xp.sum(every * xp.expand_dims(weights[..., :n_kinds], -1), axis=-2)
