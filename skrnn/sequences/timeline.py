"""The time index of a series: its order, its usual step and its gaps."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

#: A step this much longer than the usual one is a gap; clocks that jitter make none.
TOLERANCE = 1.1


def time_index(X: Any) -> pd.Index | None:
    """Return the index of a DataFrame or Series if it tells times, else None.

    Dates, periods, time differences and numbers tell times; strings do not.

    Raises
    ------
    ValueError
        If the index has several levels, or a time that is missing, repeated or falls.
    """
    index = getattr(X, "index", None)
    if not isinstance(index, pd.Index):
        return None
    if isinstance(index, pd.MultiIndex):
        raise ValueError(
            f"X has an index of {index.nlevels} levels; windows are taken from one series, with "
            "one row for each time: window each instance by itself."
        )
    if kind_of(index) is None:
        return None
    if index.hasnans:
        raise ValueError("the index of X has missing times; drop those rows first.")
    check_rising(index)
    return index


def check_rising(index: pd.Index) -> None:
    """Raise ValueError unless each time is later than the one before."""
    rising = np.asarray(index[1:] > index[:-1])
    if rising.all():
        return
    row = int(np.argmin(rising)) + 1
    fault = "is repeated" if index[row] == index[row - 1] else "is earlier than the row before"
    raise ValueError(
        f"the index of X has to rise, but row {row}, {index[row]}, {fault}; sort the series with "
        "X.sort_index() and remove repeated times, and split it in order of time, not at random."
    )


def rows_before(kept: pd.Index | None, index: pd.Index | None) -> int:
    """Return how many kept times come before those of ``index``, 0 where they do not compare."""
    if kept is None or index is None or kind_of(kept) != kind_of(index):
        return 0
    return int(np.sum(np.asarray(kept < index[0])))


def one_after_the_other(kept: pd.Index, index: pd.Index) -> pd.Index:
    """Return kept times and, in their time zone, those that come after them."""
    if isinstance(index, pd.DatetimeIndex) and index.tz is not None:
        index = index.tz_convert(getattr(kept, "tz", None))
    return kept.append(index)


def kind_of(index: pd.Index) -> str | None:
    """Return what the times of an index compare with, or None if it tells no times."""
    if isinstance(index, pd.DatetimeIndex):
        return "aware dates" if index.tz is not None else "dates"
    if isinstance(index, pd.PeriodIndex):
        return f"periods of {index.freqstr}"
    if isinstance(index, pd.TimedeltaIndex):
        return "time differences"
    is_number = pd.api.types.is_numeric_dtype(index.dtype)
    return "numbers" if is_number and not pd.api.types.is_bool_dtype(index.dtype) else None


@dataclass(frozen=True, eq=False)
class Calendar:
    """How the times of a series usually follow each other.

    Attributes
    ----------
    offset : pandas offset or None
        The frequency of dates that follow one without exception, such as business days.
    step : float
        Otherwise the median difference from one time to the next, in ``unit``.
    unit : str
        That of dates and time differences; else empty.
    kind : str
        What the times compare with.
    """

    offset: Any
    step: float
    unit: Any
    kind: str

    @classmethod
    def of(cls, index: pd.Index) -> Self:
        """Learn the usual step of an index."""
        offset = None
        if isinstance(index, pd.DatetimeIndex):
            name = index.freq or (pd.infer_freq(index) if len(index) >= 3 else None)
            offset = pd.tseries.frequencies.to_offset(name) if name else None
        differences = np.diff(_numbers(index))
        step = float(np.median(differences)) if len(differences) else np.inf
        return cls(offset, step, getattr(index, "unit", ""), str(kind_of(index)))

    def begins(self, index: pd.Index) -> NDArray[np.int64]:
        """Return the rows where a part without gaps begins; the first row is one of them."""
        if self.offset is not None and isinstance(index, pd.DatetimeIndex):
            with warnings.catch_warnings():  # a calendar with holidays is added date by date
                warnings.simplefilter("ignore", pd.errors.PerformanceWarning)
                usual = (index[:-1] + self.offset) - index[:-1]
            late = np.asarray(index[1:] - index[:-1] > TOLERANCE * usual)
        else:
            if isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex):
                index = index.as_unit(self.unit)
            late = np.diff(_numbers(index)) > TOLERANCE * self.step
        return np.concatenate([[0], np.flatnonzero(late) + 1])

    def fail_gaps(self, index: pd.Index, n_before: int = 0) -> None:
        """Raise ValueError if there is a gap; the first ``n_before`` rows are not X's own."""
        rows = self.begins(index)[1:]
        if len(rows) == 0:
            return
        row = rows[0]
        usual = self.offset.freqstr if self.offset is not None else self._text(index)
        raise ValueError(
            f"the index of X has {len(rows)} gap(s), the first before row {row - n_before}: "
            f"{index[row]} comes after {index[row - 1]}, and the usual step is {usual}; "
            'on_gap="restart" lets no window span a gap, "ignore" takes rows as they follow.'
        )

    def _text(self, index: pd.Index) -> str:
        if isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex):
            return str(pd.Timedelta(np.timedelta64(round(self.step), self.unit)))
        return f"{self.step:g}"


def _numbers(index: pd.Index) -> NDArray[Any]:
    """Return times as numbers: in units of the index, periods, or as they are."""
    if isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex | pd.PeriodIndex):
        return index.asi8
    return index.to_numpy(dtype=np.float64)
