"""Quantiles of forecasts, and their calibration by measured errors (split conformal)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from skrnn.networks.wrappers.forecast import ForecastHead

Array = NDArray[np.float64]

_LOWER = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4)

#: Stored quantile levels; others are interpolated up to the outermost ones.
LEVELS = np.array([*_LOWER, 0.5, *(1 - level for level in reversed(_LOWER))])

#: Index of the median, the point forecast, among the levels.
MEDIAN = len(_LOWER)


def quantiles_of(head: ForecastHead, parameters: Array) -> Array:
    """Return the quantiles at `LEVELS` of forecasts with parameters in the last axis.

    A point forecast has one value at all levels.
    """
    center = parameters[..., head.center, None]
    if head.kind == "point":
        return np.repeat(center, len(LEVELS), axis=-1)
    if head.kind == "gaussian":
        return center + parameters[..., 1, None] * ndtri(LEVELS)
    if head.kind == "student_t":
        return center + parameters[..., 1, None] * stdtrit(parameters[..., 2, None], LEVELS)
    return parameters @ interpolation(np.array(head.quantiles), LEVELS).T


def at_levels(quantiles: Array, levels: Array) -> Array:
    """Return the quantiles at any levels from those at `LEVELS`, in the last axis.

    They increase with the level, and the median is exactly that at 0.5: if two quantiles are
    equal, rounding must not move one between them outside.
    """
    z, wanted = ndtri(LEVELS), ndtri(np.clip(levels, LEVELS[0], LEVELS[-1]))
    left = np.clip(np.searchsorted(z, wanted, side="right") - 1, 0, len(z) - 2)
    share = (wanted - z[left]) / (z[left + 1] - z[left])
    lower, upper = quantiles[..., left], quantiles[..., left + 1]
    between = np.minimum(lower + share * (upper - lower), upper)
    exact: Array = np.where(share == 1, upper, between)
    return exact


def widened(quantiles: Array, horizon: int) -> Array:
    """Return quantiles (n, n_ahead, ...) whose width grows from block to block.

    The errors of blocks are assumed to add up like the steps of a random walk: the squared
    distances from the median at the ends of earlier blocks are added.
    """
    median = quantiles[..., [MEDIAN]]
    distances = quantiles - median
    squares, before = distances**2, np.zeros_like(distances[:, 0])
    for begin in range(0, quantiles.shape[1], horizon):
        block = slice(begin, begin + horizon)
        end = squares[:, block][:, -1].copy()
        squares[:, block] += before[:, None]
        before = before + end
    return median + np.sign(distances) * np.sqrt(squares)


def interpolation(known: Array, wanted: Array) -> Array:
    """Return the matrix that interpolates, linearly in normal scores, also beyond the ends."""
    x, z = ndtri(known), ndtri(wanted)
    if len(known) == 1:
        return np.ones((len(wanted), 1))
    right = np.clip(np.searchsorted(x, z), 1, len(x) - 1)
    share = (z - x[right - 1]) / (x[right] - x[right - 1])
    matrix = np.zeros((len(wanted), len(known)))
    rows = np.arange(len(wanted))
    matrix[rows, right - 1] = 1 - share
    matrix[rows, right] = share
    return matrix


@dataclass(frozen=True, eq=False)
class Correction:
    """Corrections added to the quantiles at each step ahead.

    Attributes
    ----------
    shifts : ndarray of shape (n_ahead, n_targets, n_levels)
        Corrections in scaled units.
    """

    shifts: Array

    @classmethod
    def measure(cls, quantiles: Array, truth: Array) -> Self:
        """Measure the corrections from quantiles and true values, level by level.

        The shift of a level is the quantile, at that level, of the errors of its forecasts,
        with the rank of split-conformal prediction (Vovk, Gammerman and Shafer, 2005,
        doi:10.1007/b106715); with few errors it is the outermost of them.

        Parameters
        ----------
        quantiles : ndarray of shape (n_windows, n_ahead, n_targets, n_levels)
            Forecasts.
        truth : ndarray of shape (n_windows, n_ahead, n_targets)
            NaN if not observed. A step that never was observed has the shift of the previous one.
        """
        errors = np.sort(truth[..., None] - quantiles, axis=0)  # NaN is last
        counts = np.sum(~np.isnan(truth), axis=0)[..., None]
        ranks = np.where(
            LEVELS < 0.5, np.floor((counts + 1) * LEVELS), np.ceil((counts + 1) * LEVELS)
        )
        positions = np.clip(ranks, 1, np.maximum(counts, 1)).astype(np.int64) - 1
        shifts = np.take_along_axis(errors, positions[None], axis=0)[0]
        for step in range(len(shifts)):
            before = shifts[step - 1] if step else 0.0
            shifts[step] = np.where(np.isnan(shifts[step]), before, shifts[step])
        return cls(shifts)

    def shifts_at(self, steps: NDArray[np.int64]) -> Array:
        """Return the corrections at steps ahead, from 1, (n_steps, n_targets, n_levels)."""
        n_ahead = len(self.shifts)
        growth = np.sqrt(np.maximum(steps / n_ahead, 1.0))[:, None, None]
        shifts: Array = self.shifts[np.minimum(steps, n_ahead) - 1] * growth
        return shifts

    def apply(self, quantiles: Array, steps: NDArray[np.int64]) -> Array:
        """Return corrected quantiles that never cross, around the unchanged median.

        Beyond the measured steps, the last shift grows with the square root of
        the number of steps.

        The median is the point forecast, so every interval contains it. A quantile that its shift
        would move past the median stays on it, which only widens the interval: at least the
        nominal share of values is still on its inner side.

        Parameters
        ----------
        quantiles : ndarray of shape (n_windows, n_steps, n_targets, n_levels)
            Forecasts.
        steps : ndarray of int of shape (n_steps,)
            Steps ahead, from 1.
        """
        shifted = quantiles + self.shifts_at(steps)
        shifted[..., MEDIAN] = quantiles[..., MEDIAN]
        return uncrossed(shifted)


def uncrossed(quantiles: Array) -> Array:
    """Return quantiles made monotone, from the median outwards."""
    upper = np.maximum.accumulate(quantiles[..., MEDIAN:], axis=-1)
    lower = np.minimum.accumulate(quantiles[..., MEDIAN::-1], axis=-1)[..., ::-1]
    return np.concatenate([lower[..., :-1], upper], axis=-1)


def finite_variances(variances: pd.DataFrame) -> pd.DataFrame:
    """Return the variances of forecasts, if they are finite.

    Raises
    ------
    FloatingPointError
        If a variance is beyond the range of floats.
    """
    if not np.isfinite(variances.to_numpy()).all():
        raise FloatingPointError(
            "The variance of the forecasts is too large for a float; divide y by a power of ten, "
            "or use predict_interval."
        )
    return variances
