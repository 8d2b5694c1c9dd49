"""Time axis of several series in one table: order, usual step, gaps."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn._stored_index import restored_offset, stored_offset
from skrnn.sequences.times import kind_of, ordinals

#: Fraction of the usual step by which a step may be longer without being a gap.
GAP_TOLERANCE = 0.1

#: Possible causes of many gaps, and remedies.
WHY_GAPS = (
    "rows may have been drawn at random (split them in order of time), their clock may jitter "
    "(raise gap_tolerance, the share of a step that is tolerated), or their days may be trading "
    'days (give the index that frequency, or take on_gap="ignore").'
)


@dataclass(frozen=True, eq=False)
class Groups:
    """Groups of the rows of a table, and the order that sorts the rows by group.

    Attributes
    ----------
    keys : Index or None
        Key of each group; None for a single series.
    codes : ndarray of int of shape (n_rows,)
        Group of each sorted row.
    order : ndarray of int of shape (n_rows,) or None
        Row of the table at each position of that order; None if the table is sorted.
    starts : ndarray of int of shape (n_groups,)
        Position of the start of each group.
    """

    keys: pd.Index | None
    codes: NDArray[np.int64]
    order: NDArray[np.int64] | None
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, keys: pd.Index | None, n_rows: int) -> Self:
        """Return the groups of the rows of a table."""
        if keys is None:
            whole = np.zeros(n_rows, dtype=np.int64)
            return cls(None, whole, None, whole[:1])
        codes, unique = pd.factorize(keys)
        return cls.ordered(pd.Index(unique), codes.astype(np.int64))

    @classmethod
    def ordered(cls, keys: pd.Index | None, codes: NDArray[np.int64]) -> Self:
        """Return groups for rows with these codes."""
        order = None
        if np.any(codes[1:] < codes[:-1]):
            order = np.argsort(codes, kind="stable")
            codes = codes[order]
        starts = np.flatnonzero(np.diff(codes, prepend=-1)).astype(np.int64)
        return cls(keys, codes, order, starts)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Return the number of rows of each group."""
        return np.diff(self.starts, append=len(self.codes)).astype(np.int64)

    def sort(self, rows: Any) -> Any:
        """Return the rows of the table sorted by group; a copy only if necessary."""
        return rows if self.order is None else rows[self.order]

    def places(self) -> NDArray[np.int64]:
        """Return the position of each row of the table in the order."""
        if self.order is None:
            return np.arange(len(self.codes))
        places = np.empty_like(self.order)
        places[self.order] = np.arange(len(self.order))
        return places

    def rank(self) -> NDArray[np.int64]:
        """Return the rank of each sorted row within its group."""
        return np.arange(len(self.codes)) - np.repeat(self.starts, self.sizes)

    def row(self, place: int) -> int:
        """Return the row of the table at a position of the order."""
        return place if self.order is None else int(self.order[place])

    def text(self, place: int) -> str:
        """Return the name of the group at a position of the order, for messages."""
        return "" if self.keys is None else f" of the group {self.keys[self.codes[place]]!r}"


def check_rising(times: pd.Index, groups: Groups, name: str = "the index of X") -> None:
    """Raise ValueError unless times are strictly increasing in each group.

    ``times`` are in the order of the groups.
    """
    rising = np.asarray(times[1:] > times[:-1])
    rising[groups.starts[1:] - 1] = True
    if rising.all():
        return
    place = int(np.argmin(rising)) + 1
    fault = "is repeated" if times[place] == times[place - 1] else "is earlier than the row before"
    is_index, table = name.startswith("the index of "), name.removeprefix("the index of ")
    cure = f"{table}.sort_index()" if is_index else "sort_values or sort"
    several = '; rows of several series need groups="column"' if groups.keys is None else ""
    raise ValueError(
        f"{name} has to rise, but row {groups.row(place)}, {times[place]}{groups.text(place)}, "
        f"{fault}; sort the series with {cure} and remove repeated times, and split it "
        f"in order of time, not at random{several}."
    )


@dataclass(frozen=True, eq=False)
class Calendar:
    """Usual time step of each series.

    Attributes
    ----------
    kind : str
        Type of comparable times.
    unit : str
        Unit of dates and time differences; else empty.
    step : float
        Median time step over all groups, in ``unit``.
    steps : ndarray of shape (n_groups,)
        Median time step of each group.
    offsets : tuple of pandas offset or None
        Frequency that all dates of a group follow, such as business days.
    """

    kind: str
    unit: Any
    step: float
    steps: NDArray[np.float64]
    offsets: tuple[Any, ...]

    def __getstate__(self) -> dict[str, Any]:
        """Return the fields, with frequencies as texts."""
        return {**vars(self), "offsets": tuple(map(stored_offset, self.offsets))}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Restore the fields."""
        vars(self).update({**state, "offsets": tuple(map(restored_offset, state["offsets"]))})

    @classmethod
    def of(cls, times: pd.Index, groups: Groups) -> Self:
        """Learn the usual steps of times sorted by group."""
        differences = np.diff(ordinals(times))
        within = np.ones(len(differences), dtype=bool)
        within[groups.starts[1:] - 1] = False
        step = float(np.median(differences[within])) if within.any() else np.inf
        n_groups = len(groups.starts)
        if n_groups <= 1:
            return cls(
                kind_of(times),
                getattr(times, "unit", ""),
                step,
                np.full(n_groups, step),
                tuple(_frequency(times) for _ in range(n_groups)),
            )
        by_group = pd.Series(differences[within]).groupby(groups.codes[1:][within])
        summary = by_group.agg(["median", "min", "max", "count"])
        known = summary[summary["count"] > 1]  # a single step cannot be told from a gap
        steps = np.full(n_groups, step)
        steps[known.index] = known["median"]
        irregular = set(known.index[known["min"] != known["max"]])
        parts = zip(groups.starts, groups.starts + groups.sizes, strict=True)
        offsets = tuple(
            _frequency(times[first:last]) if group in irregular else None
            for group, (first, last) in enumerate(parts)
        )
        return cls(kind_of(times), getattr(times, "unit", ""), step, steps, offsets)

    def is_late(
        self, before: pd.Index, after: pd.Index, groups: NDArray[np.int64], tolerance: float
    ) -> NDArray[np.bool_]:
        """Return whether ``after`` is later than a usual step after ``before``.

        ``groups`` are the numbers of the groups in the fit, -1 for new ones.
        """
        before, after = self._in_unit(before), self._in_unit(after)
        differences = ordinals(after) - ordinals(before)
        usual_steps = np.where(groups < 0, self.step, self.steps[groups])
        late = np.asarray(differences > (1 + tolerance) * usual_steps)
        for offset in {offset for offset in self.offsets if self._varies(offset)}:
            of = np.isin(groups, [n for n, own in enumerate(self.offsets) if own == offset])
            if all(own == offset for own in self.offsets):
                of |= groups < 0
            with warnings.catch_warnings():  # a calendar with holidays is added date by date
                warnings.simplefilter("ignore", pd.errors.PerformanceWarning)
                usual = (before[of] + offset) - before[of]
            late[of] = np.asarray(after[of] - before[of] > (1 + tolerance) * usual)
        return late

    def is_late_step(self, before: Any, after: Any, tolerance: float) -> bool:
        """Return whether a time is later than a usual step after another one, in one series.

        It is `is_late` for two times of that series, in microseconds.
        """
        (offset,), (step,) = self.offsets, self.steps
        if self._varies(offset):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", pd.errors.PerformanceWarning)
                usual = (before + offset) - before
            return bool(after - before > (1 + tolerance) * usual)
        return self._ordinal(after) - self._ordinal(before) > (1 + tolerance) * step

    def _ordinal(self, time: Any) -> float:
        """Return a time as `ordinals` returns an index of them."""
        if isinstance(time, pd.Period):
            return time.ordinal
        if isinstance(time, pd.Timestamp | pd.Timedelta):
            return int(time.as_unit(self.unit).asm8.view(np.int64))
        return float(time)

    def _varies(self, offset: Any) -> bool:
        """Return whether the steps of a frequency differ in length."""
        is_day = isinstance(offset, pd.offsets.Day) and self.kind == "dates"
        is_fixed = offset is None or is_day or isinstance(offset, pd.offsets.Tick)
        return not is_fixed or (offset is not None and not np.isfinite(self.step))

    def gaps(
        self, times: pd.Index, groups: Groups, numbers: NDArray[np.int64], tolerance: float
    ) -> NDArray[np.bool_]:
        """Return whether each row follows a gap; ``numbers`` are those of its groups in the fit."""
        late = np.zeros(len(times), dtype=bool)
        if len(times) > 1:
            late[1:] = self.is_late(times[:-1], times[1:], numbers[groups.codes[1:]], tolerance)
            late[groups.starts] = False
        return late

    def positions(self, times: pd.Index) -> NDArray[np.float64]:
        """Return the number of usual steps from the earliest time to each time."""
        times = self._in_unit(times)
        offset = next((offset for offset in self.offsets if self._varies(offset)), None)
        numbers = ordinals(times)
        numbers = numbers - numbers.min()
        if offset is not None and isinstance(times, pd.DatetimeIndex):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", pd.errors.PerformanceWarning)
                first, last = times.min() - offset, times.max() + offset
                grid = pd.date_range(first, last, freq=offset).as_unit(self.unit)
            marks = (grid.asi8 - times.asi8.min()).astype(np.float64)
            places = np.interp(numbers, marks, np.arange(len(marks), dtype=np.float64))
            return np.round(places - places.min(), 6)
        if not np.isfinite(self.step):
            return np.unique(numbers, return_inverse=True)[1].astype(np.float64)
        return np.round(numbers / self.step, 6)

    def _in_unit(self, times: Any) -> Any:
        return times.as_unit(self.unit) if self.unit else times

    def usual(self, number: int) -> str:
        """Return the usual step of a group in words."""
        offset = self.offsets[number] if number >= 0 else None
        if offset is not None:
            return str(offset.freqstr)
        step = self.steps[number] if number >= 0 else self.step
        if self.unit:
            return str(pd.Timedelta(np.timedelta64(round(step), self.unit)))
        return f"{step:g}"


def fail_gap(name: str, n_gaps: int, row: int, pair: tuple[Any, Any], usual: str) -> None:
    """Raise the error for gaps under ``on_gap="raise"``."""
    before, after = pair
    raise ValueError(
        f"{name} has {n_gaps} gap(s), the first before row {row}: {after} comes after {before}, "
        f'and the usual step is {usual}; on_gap="restart" lets no window span a gap, '
        '"ignore" takes rows as they follow. If the clock jitters, raise gap_tolerance, the '
        "share of a step that is tolerated."
    )


def _frequency(times: pd.Index) -> Any:
    """Return the frequency that all dates follow, or None."""
    if not isinstance(times, pd.DatetimeIndex):
        return None
    name = times.freq or (pd.infer_freq(times) if len(times) >= 3 else None)
    return pd.tseries.frequencies.to_offset(name) if name else None
