"""Table of all series as one sequence of steps, and its windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn._validation import all_finite
from skrnn.engine.batches import Examples, NetworkInputs, Table, is_resident, zero_table
from skrnn.engine.sizes import index_dtype
from skrnn.forecasting.calendar import cyclic_features, number_of_first
from skrnn.forecasting.covariates import Ahead
from skrnn.forecasting.series import Series, named
from skrnn.forecasting.series_scaling import SeriesScaling
from skrnn.networks.wrappers.forecast import WindowLayout
from skrnn.preprocessing.scaling import AffineScaling
from skrnn.sequences import Sequences

Rows = NDArray[np.int64]

#: Number of series whose windows are found together.
_TOGETHER = 1024


@dataclass(frozen=True, eq=False)
class WindowTable:
    """Rows of all times of all series, with a window length of padding before each series.

    Attributes
    ----------
    layout : WindowLayout
        Layout of the columns.
    padded : ndarray of float32 of shape (n_rows and margins, layout.n_columns)
        The rows, scaled, for training between margins of zeros; missing values are filled in, and
        marked as not observed.
    before : int
        Rows of margin before the first one, 0 without margins.
    truth : ndarray of float32 of shape (n_rows, layout.n_targets)
        Scaled values, NaN if not observed.
    firsts, n_times : ndarray of int of shape (n_series,)
        Row of the first time of each series, and its number of times.
    shared : Table
        The rows on the device of a backend, shared by all examples.
    """

    layout: WindowLayout
    padded: NDArray[np.float32]
    before: int
    truth: NDArray[np.float32]
    firsts: Rows
    n_times: Rows
    shared: Table = field(default_factory=Table)

    @property
    def steps(self) -> NDArray[np.float32]:
        """Return the rows without margins, (n_rows, layout.n_columns)."""
        return self.padded[self.before : self.before + len(self.truth)]

    @classmethod
    def of(
        cls,
        series: Sequence[Series],
        scalings: Sequence[SeriesScaling],
        ahead: Sequence[Ahead],
        layout: WindowLayout,
        covariates: AffineScaling,
        cycles: Sequence[str | float],
        season: int,
        *,
        with_level: bool = False,
        with_margins: bool = False,
    ) -> WindowTable:
        """Return the table of series, whose missing values are `filled`.

        Raises
        ------
        ValueError
            If a scaled value is beyond single precision.
        """
        n_times = np.array([*map(len, series)])
        sizes = layout.window_length + n_times + [len(later.index) for later in ahead]
        ends = np.cumsum(sizes)
        firsts = ends - sizes + layout.window_length
        padded, before = _zeros(int(ends[-1]), layout, with_margins=with_margins)
        steps = padded[before:]
        truth = np.full((ends[-1], layout.n_targets), np.nan, dtype=np.float32)
        past, fixed = layout.columns("past").start, slice(layout.columns("static").start, None)
        observed, filled_in = layout.columns("observed"), layout.columns("values")
        waves = _waves(series, ahead, cycles)
        for one, scaling, later, wave, first, end in zip(
            series, scalings, ahead, waves, firsts, ends, strict=True
        ):
            values = as_singles(one.values, scaling, one.index, named(one.key))
            truth[first : first + len(one)] = values
            rows = steps[first:end]
            complete = filled(values, season, with_level=with_level)
            rows[: len(one), filled_in] = _finite(complete, named(one.key))
            rows[: len(one), observed] = ~np.isnan(one.values)
            known = _known(one, later, covariates)
            n_moving = known.shape[1] - layout.n_static
            rows[:, past : past + n_moving] = known[:, :n_moving]
            rows[:, past + n_moving : fixed.start] = wave
            channel = [one.channel] if layout.n_channels > 1 else []
            constant = *known[0, n_moving:], *scaling.rules.ravel(), *channel
            steps[first - layout.window_length : end, fixed] = constant
        return cls(layout, padded, before, truth, firsts, n_times)

    def origins(self, begins: Rows, ends: Rows, *, only_after: bool = False) -> tuple[Rows, Rows]:
        """Return windows with an observed target from ``begins`` up to before ``ends``.

        Parameters
        ----------
        begins, ends : ndarray of int of shape (n_series,)
            Times of each series, counted from its first.
        only_after : bool
            Leave out windows with a target before ``begins``.

        Returns
        -------
        numbers, origins : ndarray of int of shape (n_windows,)
            Series of each window, and the position of the window's last time. Incomplete
            windows are included only if a series has few complete ones: fewer than two
            horizons follow the first.
        """
        length, horizon = self.layout.window_length, self.layout.horizon
        # Complete windows only, if there are enough to train each step of the horizon.
        least = np.where(ends - length >= 2 * horizon, length - 1, 0)
        least = np.maximum(least, begins - 1 if only_after else begins - horizon)
        counts = np.maximum(ends - 1 - least, 0)
        numbers, found = [], []
        for first in range(0, len(ends), _TOGETHER):
            some = np.arange(first, min(first + _TOGETHER, len(ends)))
            own = np.repeat(some, counts[some])
            skipped = least[some] - np.cumsum(counts[some]) + counts[some]
            origins = np.arange(len(own)) + np.repeat(skipped, counts[some])
            begin, end = self.firsts[some[0]], self.firsts[some[-1]] + ends[some[-1]]
            observed = ~np.isnan(self.truth[begin:end]).all(axis=1)
            before = np.concatenate([[0], np.cumsum(observed)])
            rows = self.firsts[own] - begin
            targets = before[rows + np.minimum(origins + 1 + horizon, ends[own])]
            seen = before[rows + origins + 1] - before[rows + np.maximum(origins + 1 - length, 0)]
            kept = (targets > before[rows + np.maximum(origins + 1, begins[own])]) & (seen > 0)
            numbers.append(own[kept])
            found.append(origins[kept])
        return np.concatenate(numbers), np.concatenate(found)

    def starts(self, numbers: Rows, origins: Rows) -> Rows:
        """Return the first rows of windows."""
        return self.firsts[numbers] + origins + 1 - self.layout.window_length

    def targets(self, numbers: Rows, origins: Rows, ends: Rows, horizon: int) -> WindowTargets:
        """Return the values after windows that lie before ``ends`` of their series."""
        starts, length = self.starts(numbers, origins), self.layout.window_length
        return WindowTargets(self.truth, starts, length, ends[numbers] - origins - 1, horizon)

    def examples(self, numbers: Rows, origins: Rows, ends: Rows) -> Examples:
        """Return windows as examples whose targets lie before ``ends`` of their series."""
        layout = self.layout
        starts = self.starts(numbers, origins) + self.before
        starts = starts.astype(index_dtype(len(self.padded)), copy=False)
        lengths = np.broadcast_to(np.int64(layout.n_steps), len(starts))
        inputs = NetworkInputs(
            Sequences(self.padded, starts, lengths),
            AffineScaling.identity(layout.n_columns),
            indicator=False,
            table=self.shared if self.before and is_resident(self.padded) else None,
        )
        n_left = np.minimum(ends[numbers] - origins - 1, layout.horizon)
        n_left = n_left.astype(index_dtype(layout.horizon), copy=False)
        delay = layout.window_length - self.before
        targets = WindowTargets(self.truth, starts, delay, n_left, layout.horizon)
        return Examples(inputs, targets, np.broadcast_to(1.0, len(starts)))


@dataclass(frozen=True, eq=False)
class WindowTargets:
    """Targets of windows, gathered when they are needed.

    Attributes
    ----------
    truth : ndarray of float32 of shape (n_rows, n_targets)
        NaN where not observed.
    starts : ndarray of int of shape (n_windows,)
        First row of each window, in ``truth`` or in the table with margins.
    delay : int
        Difference from there to the row of the first target in ``truth``.
    n_left : ndarray of int of shape (n_windows,)
        Number of rows from the first target on before targets are masked.
    horizon : int
        Targets of a window.
    """

    truth: NDArray[np.float32]
    starts: Rows
    delay: int
    n_left: Rows
    horizon: int

    def __getitem__(self, windows: Rows) -> NDArray[np.float32]:
        """Return targets (n_windows, horizon * n_targets), NaN for missing ones."""
        ahead = np.arange(self.horizon)
        rows = self.starts[windows, None] + (self.delay + ahead)
        rows = np.minimum(rows, len(self.truth) - 1)
        values = self.truth[rows]
        values[ahead >= self.n_left[windows, None]] = np.nan
        return values.reshape(len(windows), -1)


def _zeros(
    n_rows: int, layout: WindowLayout, *, with_margins: bool
) -> tuple[NDArray[np.float32], int]:
    """Return an empty table, and its first row, which is 0 without margins."""
    if with_margins:
        return zero_table(n_rows, layout.n_columns, layout.n_steps)
    return np.zeros((n_rows, layout.n_columns), dtype=np.float32), 0


def _waves(
    series: Sequence[Series], ahead: Sequence[Ahead], cycles: Sequence[str | float]
) -> list[NDArray[np.float64]]:
    """Return the cyclic features of each series and the times after it, once for equal times."""
    made: dict[tuple[int, int], NDArray[np.float64]] = {}
    for one, later in zip(series, ahead, strict=True):
        same = id(one.index), id(later.index)
        if same not in made:
            first = number_of_first(one.index) if cycles else 0
            made[same] = cyclic_features(_both(one, later), first, cycles)
    return [made[id(one.index), id(later.index)] for one, later in zip(series, ahead, strict=True)]


def _known(one: Series, later: Ahead, scaling: AffineScaling) -> NDArray[np.float32]:
    """Return the scaled covariates of a series and the times after it, zero if missing."""
    known = np.concatenate([one.covariates[: len(one)], later.covariates])
    if not known.shape[1]:
        return known.astype(np.float32)
    return np.nan_to_num(as_singles(known, scaling, _both(one, later), f"X for {named(one.key)}"))


def _both(one: Series, later: Ahead) -> pd.Index:
    """Return the times of a series and those after it."""
    return one.index.append(later.index) if len(later.index) else one.index


def as_singles(
    values: NDArray[np.float64], scaling: AffineScaling | SeriesScaling, times: pd.Index, name: str
) -> NDArray[np.float32]:
    """Return scaled values in the single precision of networks.

    Raises
    ------
    ValueError
        If a finite value becomes infinite.
    """
    singles = scaling.transform_single(values)
    beyond = np.isinf(singles)
    if beyond.any():
        row, column = np.argwhere(beyond)[0]
        when = times[row] if row < len(times) else f"a time after {times[-1]}"
        raise ValueError(
            f"{name} holds {values[row, column]:.3g} at {when}, too far from the other values for "
            "a network, which computes in single precision; correct it, or mark it as missing "
            "(NaN)."
        )
    return singles


def _finite(values: NDArray[np.float32], name: str) -> NDArray[np.float32]:
    """Return filled values, or raise ValueError if one became infinite."""
    if not all_finite(values):
        raise ValueError(
            f"{name} has missing values that cannot be filled in by those before, which are too "
            "far apart for a network, which computes in single precision; divide y by a power of "
            "ten, or leave the series out."
        )
    return values


def filled(values: NDArray[Any], season: int, *, with_level: bool = False) -> NDArray[Any]:
    """Return values (n_times, n) with missing ones filled from the previous season.

    Without a previous season, from the previous value, and at the start with zero, the mean.

    Parameters
    ----------
    values : ndarray
        Values, NaN if missing.
    season : int
        Length of a season.
    with_level : bool
        Add the change of the level, the mean of the last season less that of the one before.
    """
    if not np.isnan(values).any():
        return values
    values = values.copy()
    for row in np.flatnonzero(np.isnan(values).any(axis=1)):
        before = values[row - season] if row >= season else values[row - 1] if row else 0.0
        if with_level and 1 < season <= row // 2:
            last, earlier = values[row - season : row], values[row - 2 * season : row - season]
            before = before + last.mean(axis=0) - earlier.mean(axis=0)
        values[row] = np.where(np.isnan(values[row]), before, values[row])
    return values
