"""Rows of the fit as the history of later rows, and the rows that continue them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn._stored_index import StoresIndices
from skrnn._validation import Floats
from skrnn.sequences.series import TimedSeries
from skrnn.sequences.stored_rows import StoredRows
from skrnn.sequences.timeline import Calendar, Groups
from skrnn.sequences.times import kind_of


@dataclass(frozen=True, eq=False)
class Link:
    """Kept rows that precede the rows of a series.

    Attributes
    ----------
    numbers : ndarray of int of shape (n_groups,)
        Number of each group in the fit, -1 for a new group.
    times : Index or None
        Times of the series in the time zone of the fit; None if they are not comparable.
    codes : ndarray of int of shape (n_history,)
        Group of each row of the history, numbered as in the series.
    rows : ndarray of int of shape (n_history,)
        Rows of the tail that make up the history.
    """

    numbers: NDArray[np.int64]
    times: pd.Index | None
    codes: NDArray[np.int64]
    rows: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Joined:
    """Rows with their history before them.

    Attributes
    ----------
    values : ndarray of shape (n_history + n_rows, n_features)
        Rows by group, each after its history.
    places : ndarray of int of shape (n_rows,)
        Position of each row of the table.
    begins : ndarray of int
        Positions that no window spans.
    starts : ndarray of int of shape (n_groups,)
        Positions at which the groups begin.
    cut_off : ndarray of int
        Positions of first rows of X that a gap separates from their history.
    link : Link
        Kept rows of the groups.
    """

    values: Floats
    places: NDArray[np.int64]
    begins: NDArray[np.int64]
    starts: NDArray[np.int64]
    cut_off: NDArray[np.int64]
    link: Link


@dataclass(frozen=True, eq=False)
class History(StoresIndices):
    """End of the fitted rows of each group, and their beginning, to recognize them.

    Attributes
    ----------
    keys : Index or None
        The key of each fitted group.
    is_whole : ndarray of bool of shape (n_groups,)
        Whether all fitted rows of a group are kept.
    tail, head : ndarray of shape (n_kept, n_features)
        Last and first rows, by group.
    tail_codes, head_codes : ndarray of int of shape (n_kept,)
        Group of each row.
    tail_times : Index or None
        The time of each row of the tail.
    first_times : Index or None
        The time of the first row of each group.
    calendar : Calendar or None
        Usual time steps, if times are known.
    """

    keys: pd.Index | None
    is_whole: NDArray[np.bool_]
    tail: Floats
    tail_codes: NDArray[np.int64]
    tail_times: pd.Index | None
    head: Floats
    head_codes: NDArray[np.int64]
    first_times: pd.Index | None
    calendar: Calendar | None

    @classmethod
    def of(cls, series: TimedSeries, n_kept: int) -> Self:
        """Keep the last ``n_kept`` rows of each group."""
        groups, times = series.groups, series.times
        rank, sizes = groups.rank(), groups.sizes
        last = np.flatnonzero(rank >= np.repeat(sizes - n_kept, sizes))
        first = np.flatnonzero(rank <= n_kept)
        return cls(
            keys=groups.keys,
            is_whole=sizes <= n_kept,
            tail=series.values[last],
            tail_codes=groups.codes[last],
            tail_times=None if times is None else times[last],
            head=series.values[first],
            head_codes=groups.codes[first],
            first_times=None if times is None else times[groups.starts],
            calendar=None if times is None else Calendar.of(times, groups),
        )

    def join(
        self, series: TimedSeries, *, continues: bool, on_gap: str, tolerance: float
    ) -> Joined:
        """Return the rows with the history of each group before them.

        Raises
        ------
        ValueError
            If there is a gap under ``on_gap="raise"``.
        """
        link = self._link(series, continues=continues)
        late_before, late = self._gaps(series, link, on_gap, tolerance, continues=continues)
        groups, n_before = series.groups, len(link.rows)
        both = Groups.ordered(groups.keys, np.concatenate([link.codes, groups.codes]))
        values = series.values
        if n_before:
            before = self.tail[link.rows].astype(values.dtype, copy=False)
            if isinstance(values, StoredRows) and both.order is None:
                values = values.after(before)
            else:
                values = both.sort(np.concatenate([before, values]))
        begins = both.sort(np.concatenate([late_before, late]))
        own = both.places()[n_before:]
        cut_off = own[groups.starts[late[groups.starts]]]
        begins[both.starts] = True
        places, at = own[groups.places()], np.flatnonzero(begins)
        return Joined(values, places, at, both.starts, cut_off, link)

    def lacks_rows(self, series: TimedSeries, joined: Joined) -> NDArray[np.bool_]:
        """Return for each row whether earlier rows may exist that were not passed.

        The start of the fitted rows and gaps inside X are known; but
        before a first row that is not of the fit there may be others.
        """
        is_open = np.zeros(len(joined.values), dtype=bool)
        is_open[joined.cut_off] = True
        is_open[joined.starts[~self._knows_beginning(series, joined.link)]] = True
        part = np.searchsorted(joined.begins, joined.places, side="right") - 1
        return np.asarray(is_open[joined.begins[part]])

    def _link(self, series: TimedSeries, *, continues: bool) -> Link:
        """Return the kept rows that precede the rows of a series."""
        groups, times = series.groups, self._comparable(series.times)
        if self.keys is None or groups.keys is None:
            numbers = np.zeros(len(groups.starts), dtype=np.int64)
        else:
            numbers = np.asarray(self.keys.get_indexer(groups.keys), dtype=np.int64)
        codes_of = np.full(len(self.is_whole), -1, dtype=np.int64)
        codes_of[numbers[numbers >= 0]] = np.flatnonzero(numbers >= 0)
        codes = codes_of[self.tail_codes]
        used = codes >= 0
        if times is not None and self.tail_times is not None and not continues:
            used &= np.asarray(self.tail_times < times[groups.starts][codes])
        elif not continues:
            used[:] = False
        rows = np.flatnonzero(used)
        return Link(numbers, times, codes[rows], rows)

    def _comparable(self, times: pd.Index | None) -> pd.Index | None:
        """Return times in the time zone of the fit, or None if they are not comparable."""
        if times is None or self.tail_times is None or kind_of(times) != kind_of(self.tail_times):
            return None
        if isinstance(times, pd.DatetimeIndex) and times.tz is not None:
            return times.tz_convert(getattr(self.tail_times, "tz", None))
        return times

    def _gaps(
        self,
        series: TimedSeries,
        link: Link,
        on_gap: str,
        tolerance: float,
        *,
        continues: bool,
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return the gaps of the history, and those of a series after it."""
        late_before = np.zeros(len(link.rows), dtype=bool)
        late = np.zeros(len(series.values), dtype=bool)
        if self.calendar is None or self.tail_times is None or on_gap == "ignore":
            return late_before, late
        kept, before = self.tail_times[link.rows], None
        if on_gap == "restart" and len(kept):
            fitted = Groups.ordered(None, self.tail_codes[link.rows])
            every = np.arange(len(self.is_whole))
            late_before = self.calendar.gaps(kept, fitted, every, tolerance)
        if link.times is None:
            return late_before, late
        late = self.calendar.gaps(link.times, series.groups, link.numbers, tolerance)
        starts = series.groups.starts
        last = np.full(len(starts), -1, dtype=np.int64)
        last[link.codes] = np.arange(len(kept))  # the last row of each group remains
        if len(kept) and not continues:
            before, has = kept[last], last >= 0
            late[starts[has]] = self.calendar.is_late(
                before[has], link.times[starts[has]], link.numbers[has], tolerance
            )
        if on_gap == "raise":
            series.refuse_gaps(late, self.calendar, link.numbers, before)
        return late_before, late

    def _knows_beginning(self, series: TimedSeries, link: Link) -> NDArray[np.bool_]:
        """Return for each group whether its history is known from the beginning."""
        has_history = np.zeros(len(link.numbers), dtype=bool)
        has_history[link.codes] = True
        known = np.where(has_history, self.is_whole[link.numbers], self._is_beginning(series, link))
        return np.asarray(known & (link.numbers >= 0))

    def _is_beginning(self, series: TimedSeries, link: Link) -> NDArray[np.bool_]:
        """Return for each group whether it begins with the first fitted rows, by time and value."""
        groups, numbers = series.groups, link.numbers
        sizes = np.bincount(self.head_codes, minlength=len(self.is_whole))
        begins, rank, of = np.cumsum(sizes) - sizes, groups.rank(), numbers[groups.codes]
        here = np.flatnonzero((of >= 0) & (rank < sizes[of]))
        theirs = self.head[begins[of[here]] + rank[here]]
        same = np.ones(len(numbers), dtype=bool)
        same[groups.codes[here][_differ(series.values[here], theirs)]] = False
        if link.times is not None and self.first_times is not None:
            same &= np.asarray(link.times[groups.starts] == self.first_times[numbers])
        elif series.times is not None and self.first_times is not None:
            same[:] = False  # times of another kind
        return same


def _differ(rows: Floats, others: Floats) -> NDArray[np.bool_]:
    """Return whether rows differ by more than rounding between fit_transform and transform."""
    differ = (rows != others).any(axis=1)
    if differ.any():
        size = float(np.abs(np.nan_to_num(others)).max(initial=0.0))
        close = np.isclose(rows, others, atol=1e-6 * size, equal_nan=True)
        differ = ~close.all(axis=1)
    return np.asarray(differ)
