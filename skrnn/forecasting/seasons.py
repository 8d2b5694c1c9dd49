"""Lengths of the seasons of series, from their frequency and their autocorrelation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn.forecasting.series import Series
from skrnn.forecasting.time_grid import step_length
from skrnn.preprocessing.subsets import stratified_sample

Floats = NDArray[np.float64]

#: Maximum number of steps of a season, and of series whose autocorrelation is measured.
LONGEST, MOST_SERIES = 400, 200

#: Least autocorrelation, of differences, at the length of a season: if the frequency of the
#: series suggests it, and otherwise, where the bounds of noise are added.
EXPECTED, FOUND = 0.1, 0.1

#: A peak of the autocorrelation is high from this share of the highest one on.
HIGH = 0.75

#: Shortest season that is found without a frequency.
SHORTEST = 3

#: Cycles of clocks and weeks, in hours.
_CYCLES = (1.0, 24.0, 168.0)

#: Least number of steps of such a cycle, and those of a day that may be part of a week.
_SHORTEST_CYCLE, _DAYS = 5, (24, 48)


def seasons_of(series: Sequence[Series]) -> tuple[int, ...]:
    """Return up to two lengths of seasons of most series, in steps, the shorter one first.

    The autocorrelation of the differences from step to step, in the mean over the series, has
    to be high at the length of a season. Those that the frequency suggests, such as 12 for
    months, come first; without one, or for years, its peaks are taken.
    """
    longest = max(series, key=len)
    n_lags = min(LONGEST, len(longest) // 2)
    tried = [series[number].values for number in stratified_sample(len(series), MOST_SERIES)]
    correlation = _mean_autocorrelation(tried, n_lags)
    expected = [season for season in usual_seasons(longest.index) if season <= n_lags]
    kept = [season for season in expected if correlation[season] >= EXPECTED]
    if expected:
        return tuple(kept[:2])
    noise = 2.0 / np.sqrt(sum(values.size for values in tried))
    return _peaks(correlation, FOUND + noise)


def usual_seasons(index: pd.Index) -> tuple[int, ...]:
    """Return the lengths of seasons that a frequency suggests, in steps; empty if it has none."""
    frequency = getattr(index, "freq", None)
    if frequency is None:
        return ()
    if isinstance(frequency, pd.offsets.BusinessDay):
        return (5,) if frequency.n == 1 else ()
    if isinstance(frequency, pd.offsets.Week):
        return (52,) if frequency.n == 1 else ()
    length = step_length(frequency)
    if length is not None:
        hours = length / pd.Timedelta(hours=1)
        counts = [cycle / hours for cycle in _CYCLES]
        return tuple(int(n) for n in counts if n == int(n) and _SHORTEST_CYCLE <= n <= LONGEST)
    first = pd.Timestamp(2001, 1, 31)
    months = round((((first + frequency) + frequency) - (first + frequency)).days / 30.4)
    return (12 // months,) if 0 < months <= 6 and 12 % months == 0 else ()


def _mean_autocorrelation(series: Sequence[Floats], n_lags: int) -> Floats:
    """Return the mean autocorrelation of the differences of series, up to a number of lags.

    A series counts for lags of up to half of its length.
    """
    total, count = np.zeros(n_lags + 1), np.zeros(n_lags + 1)
    for values in series:
        for column in values.T:
            with np.errstate(over="ignore"):
                changes = np.diff(column)
            observed = np.isfinite(changes)
            if not observed.any():
                continue
            largest = np.abs(changes[observed]).max()
            n = min(n_lags, len(changes) // 2)
            if n < 1 or not largest > 0:
                continue
            changes = changes / largest  # squares of very large or small values leave the range
            changes = np.where(observed, changes - changes[observed].mean(), 0.0)
            power = np.sqrt(changes @ changes)
            if not power > 0:
                continue
            size = 2 ** int(np.ceil(np.log2(2 * len(changes))))
            spectrum = np.abs(np.fft.rfft(changes / power, size)) ** 2
            total[: n + 1] += np.fft.irfft(spectrum)[: n + 1]
            count[: n + 1] += 1
    return np.divide(total, count, out=np.zeros_like(total), where=count > 0)


def _peaks(correlation: Floats, least: float) -> tuple[int, ...]:
    """Return the first high peak, and seven times it if that may be a week after a day."""
    if len(correlation) < SHORTEST + 2:
        return ()
    lags = np.arange(SHORTEST, len(correlation) - 1)
    at, before, after = correlation[lags], correlation[lags - 1], correlation[lags + 1]
    peaks = lags[(at > before) & (at >= after) & (at >= least)]
    if not len(peaks):
        return ()
    first = int(peaks[correlation[peaks] >= HIGH * correlation[peaks].max()][0])
    if first not in _DAYS or 8 * first >= len(correlation):
        return (first,)
    sixth, week, eighth = correlation[6 * first : 9 * first : first]
    return (first, 7 * first) if week > (sixth + eighth) / 2 else (first,)
