"""Cycles of the calendar, and regular time indices."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn._compat.pandas import CLOCK_ERRORS
from skrnn._wording import type_name

#: Position of a date in a cycle, from 0 to 1, by the name of the cycle.
CYCLES: dict[str, Callable[[pd.DatetimeIndex], NDArray[np.float64]]] = {
    "minute_of_hour": lambda dates: dates.minute.to_numpy() / 60,
    "hour_of_day": lambda dates: (dates.hour + dates.minute / 60).to_numpy() / 24,
    "day_of_week": lambda dates: (dates.dayofweek + dates.hour / 24).to_numpy() / 7,
    "day_of_month": lambda dates: (dates.day - 1).to_numpy() / dates.days_in_month.to_numpy(),
    "day_of_year": lambda dates: (dates.dayofyear - 1).to_numpy() / 365.25,
    "month_of_year": lambda dates: (dates.month - 1).to_numpy() / 12,
    "quarter_of_year": lambda dates: (dates.quarter - 1).to_numpy() / 4,
}


#: Durations of the cycles that a series may be seen to repeat.
_DURATIONS = {
    "hour_of_day": pd.Timedelta(days=1),
    "day_of_week": pd.Timedelta(weeks=1),
    "day_of_year": pd.Timedelta(days=365.25),
}


def longer_cycles(index: pd.Index, window_length: int) -> tuple[str, ...]:
    """Return the cycles of dates that are longer than a window and that an index holds twice."""
    dates = index.to_timestamp() if isinstance(index, pd.PeriodIndex) else index
    if not isinstance(dates, pd.DatetimeIndex) or len(dates) < 2:
        return ()
    whole = dates[-1] - dates[0]
    window = whole / (len(dates) - 1) * window_length
    return tuple(name for name, each in _DURATIONS.items() if window < each <= whole / 2)


def cyclic_features(
    index: pd.Index, first: int, cycles: Sequence[str | float]
) -> NDArray[np.float64]:
    """Return sine and cosine of each cycle at the times of an index, (n_times, 2 n_cycles).

    Parameters
    ----------
    index : pandas.Index
        Regular times.
    first : int
        Number of the first time, for cycles given as numbers of steps.
    cycles : sequence of str or float
        Names of `CYCLES`, or numbers of steps.

    Raises
    ------
    TypeError
        If a cycle is a name and the index has no dates.
    """
    columns = []
    for cycle in cycles:
        if isinstance(cycle, str):
            position = CYCLES[cycle](_dates(index, cycle))
        else:
            position = (first + np.arange(len(index))) / cycle
        columns += [np.sin(2 * math.pi * position), np.cos(2 * math.pi * position)]
    return np.stack(columns, axis=1) if columns else np.empty((len(index), 0))


def _dates(index: pd.Index, cycle: str) -> pd.DatetimeIndex:
    if isinstance(index, pd.PeriodIndex):
        index = index.to_timestamp()
    if not isinstance(index, pd.DatetimeIndex):
        raise TypeError(
            f"time_features has {cycle!r}, which needs dates, and the index of y is a "
            f"{type(index).__name__}; give a number of steps, such as 24, in its place."
        )
    return index


def number_of_first(index: pd.Index) -> int:
    """Return the number of the first time, counted from 1970, or an integer time itself.

    Cycles given as numbers of steps thus have the same phase in all series.
    """
    if isinstance(index, pd.PeriodIndex):
        return int(index[0].ordinal // index[0].freq.n)
    if not isinstance(index, pd.DatetimeIndex):
        return int(index[0])
    first, step = index[0].tz_localize(None), index.freq
    if step is None:
        return 0
    if isinstance(step, pd.offsets.BusinessDay):
        return int(np.busday_count("1970-01-01", first.date()) // step.n)
    after = first + step
    if isinstance(step, pd.offsets.Tick) and not isinstance(step, pd.offsets.Day):
        passed = index[0] - pd.Timestamp(0, tz=index.tz)  # regardless of changes of the clocks
        return int(passed // pd.Timedelta(step))
    if isinstance(step, pd.offsets.Day | pd.offsets.Week):
        return int((first - pd.Timestamp(0)) // (after - first))
    months = 12 * (after.year - first.year) + after.month - first.month
    return int((12 * (first.year - 1970) + first.month - 1) // months) if months else 0


def regular(index: pd.Index, like: pd.Index | None = None) -> pd.Index:
    """Return all times from the first to the last of an index, with their frequency.

    Parameters
    ----------
    index : pandas.Index
        Increasing times, some of which may be missing.
    like : pandas.Index, optional
        Times whose frequency is used if it fits.

    Raises
    ------
    ValueError
        If the times are not on a regular grid.
    TypeError
        If the times are of a kind that forecasters do not accept.
    """
    if isinstance(index, pd.PeriodIndex):
        return pd.period_range(index[0], index[-1], freq=index.freq, name=index.name)
    if isinstance(index, pd.DatetimeIndex):
        return _regular_dates(index, getattr(like, "freq", None))
    if pd.api.types.is_integer_dtype(index.dtype):
        step = int(np.gcd.reduce(np.diff(index.to_numpy())))
        if step > 1 and like is None:
            raise ValueError(
                f"the index of y has integers that are {step} apart, and fh counts in ones, so "
                "that most times would be missing; number the rows with y.reset_index(drop=True), "
                "or give dates or periods."
            )
        return pd.RangeIndex(int(index[0]), int(index[-1]) + 1, name=index.name)
    raise TypeError(
        f"the index of y is {type_name(index)}; forecasters take a PeriodIndex, a "
        "DatetimeIndex, a RangeIndex or an index of integers."
    )


def following(index: pd.Index, n_times: int) -> pd.Index:
    """Return the times after the last one of a regular index."""
    last = index[-1]
    if isinstance(index, pd.PeriodIndex):
        return pd.period_range(last, periods=n_times + 1, freq=index.freq, name=index.name)[1:]
    if isinstance(index, pd.DatetimeIndex):
        _check_continues(index)
        return _dates_from(index[-1:], index.freq, periods=n_times + 1)[1:]
    return pd.RangeIndex(int(last) + 1, int(last) + 1 + n_times, name=index.name)


def reaching(index: pd.Index, last: Any) -> pd.Index:
    """Return the times of a regular index, extended to a last one."""
    if isinstance(index, pd.PeriodIndex):
        return pd.period_range(index[0], last, freq=index.freq, name=index.name)
    if isinstance(index, pd.DatetimeIndex):
        _check_continues(index)
        return _dates_from(index, index.freq, end=pd.Timestamp(last).as_unit(index.unit))
    return pd.RangeIndex(int(index[0]), int(last) + 1, name=index.name)


def _check_continues(index: pd.DatetimeIndex) -> None:
    """Raise ValueError if the times after an index are not known."""
    if index.freq is None:
        raise ValueError(
            f"y has one time, {index[-1]}, and no frequency, so that later times are not known; "
            "give its index a freq, or more rows."
        )


def _dates_from(index: pd.DatetimeIndex, frequency: Any, **extent: Any) -> pd.DatetimeIndex:
    """Return dates from the first one of an index, in its unit.

    Raises
    ------
    ValueError
        If a date does not exist in the time zone or in the unit.
    """
    try:
        dates = pd.date_range(index[0], freq=frequency, name=index.name, unit=index.unit, **extent)
    except pd.errors.OutOfBoundsDatetime as error:
        raise ValueError(
            f"times of y that continue from {index[0]} by {frequency} exceed the range of "
            f"dates in the unit {index.unit!r}; give fewer steps, or dates in a coarser unit, for "
            "example with y.index.as_unit('s')."
        ) from error
    except CLOCK_ERRORS as error:
        if index.tz is None:
            raise
        raise ValueError(
            f"y has dates in the time zone {index.tz}, and its clocks skip or repeat one of the "
            f"times that continue from {index[0]} by {frequency} ({error}); give the times in UTC, "
            "or without a time zone."
        ) from error
    return dates


def _regular_dates(index: pd.DatetimeIndex, frequency: Any) -> pd.DatetimeIndex:
    wanted = index.freq or frequency
    if len(index) == 1 and wanted is None:
        return index
    grids = [
        _dates_from(index, candidate, end=index[-1])
        for candidate in ([wanted] if wanted is not None else _frequencies(index))
    ]
    fitting = [grid for grid in grids if index.isin(grid).all()]
    if fitting:
        fullest: pd.DatetimeIndex = min(fitting, key=len)
        return fullest
    if frequency is not None and index.freq is None:
        return _regular_dates(index, None)
    steps = pd.Series(index).diff().value_counts()
    raise ValueError(
        f"the {len(index)} times of a series, from {index[0]} to {index[-1]}, are not on a regular "
        f"grid: the most common step is {steps.index[0]} ({steps.iloc[0]} times); resample it, "
        "for example with y.resample(...).mean(), or give it a PeriodIndex."
    )


def _frequencies(index: pd.DatetimeIndex) -> list[Any]:
    """Return candidate frequencies of dates; of equally full grids, the first is preferred."""
    inferred = pd.infer_freq(index) if len(index) >= 3 else None
    if inferred:  # none is missing
        return [inferred]
    month = index[0].month
    found: list[Any] = [
        "MS",
        "ME",
        "BMS",
        "BME",
        pd.offsets.QuarterBegin(startingMonth=month),
        pd.offsets.QuarterEnd(startingMonth=month),
        pd.offsets.YearBegin(month=month),
        pd.offsets.YearEnd(month=month),
    ]
    wall = index.tz_localize(None)
    whole_days = (wall - wall.normalize()).nunique() == 1  # a day may have 23 hours
    steps = np.diff((wall if whole_days else index).asi8)
    smallest = int(np.gcd.reduce(steps))
    # A month has no fixed length: a grid of days under months would be nearly empty.
    if smallest == np.median(steps) or steps.sum() < 2 * smallest * len(index):
        step = pd.Timedelta(np.timedelta64(smallest, index.unit))
        found.append(pd.offsets.Day(step.days) if whole_days else step)
    return [*found, "B"]
