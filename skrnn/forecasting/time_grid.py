"""Conversion between times and steps from the end of a series, in its frequency and time zone."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn._conversion import dtype_name
from skrnn._wording import type_name
from skrnn.forecasting.calendar import following, reaching

Steps = NDArray[np.int64]

#: Furthest step that can be forecast, since all steps before it are computed.
MOST_STEPS = 100_000


def alike(times: pd.Index, grid: pd.Index, name: str, of_grid: str = "y") -> pd.Index:
    """Return times in the time zone of a grid.

    Parameters
    ----------
    times : pandas.Index
        Integers, periods or dates.
    grid : pandas.Index
        Times of one series.
    name, of_grid : str
        Names of both in messages.

    Raises
    ------
    TypeError
        If the times are not of the kind of the grid.
    ValueError
        If one of them is missing.
    """
    given, expected = _kind(times), _kind(grid)
    if given != expected:
        raise TypeError(f"{name} has {given}, and {of_grid} has {expected}; give {expected}.")
    if times.hasnans:
        raise ValueError(f"{name} has a missing time (NaT); leave it out.")
    if isinstance(grid, pd.DatetimeIndex) and isinstance(times, pd.DatetimeIndex):
        return times if times.tz == grid.tz else times.tz_convert(grid.tz)
    return times


def up_to(time: Any, index: pd.Index, name: str) -> NDArray[np.bool_]:
    """Return which times of an index of y are not later than a given one.

    Parameters
    ----------
    time : object
        A time of the kind of the index, an index of one time, or a text that pandas reads as one:
        as in slices of pandas, "2024" is the year up to its end.
    index : pandas.Index
        Times.
    name : str
        Name of the given time in messages.

    Raises
    ------
    TypeError, ValueError
        If it is no time of that kind.
    """
    if isinstance(time, pd.Index) and len(time) == 1:
        time = time[0]
    if type(time) is date:
        time = pd.Timestamp(time)
    if not isinstance(time, str):
        (time,) = alike(pd.Index([time]), index, name)
        return np.asarray(index <= time)
    has_dates = isinstance(index, pd.DatetimeIndex | pd.PeriodIndex)
    ordered = index.unique().sort_values()
    try:
        earlier = ordered[ordered.slice_indexer(None, time)] if has_dates else None
    except (TypeError, ValueError, KeyError):
        earlier = None
    if earlier is None:
        example = repr(str(index[-1])) if has_dates else index[-1]
        raise ValueError(
            f"{name}={time!r} was given, which is not a time of y; give one, such as {example}."
        )
    return np.asarray(index <= earlier[-1]) if len(earlier) else np.zeros(len(index), dtype=bool)


def _kind(index: pd.Index) -> str:
    """Return the kind of times for messages, equal for comparable times."""
    if isinstance(index, pd.PeriodIndex):
        return f"periods of the frequency {index.freqstr!r}"
    if isinstance(index, pd.DatetimeIndex):
        return "dates without a time zone" if index.tz is None else "dates with a time zone"
    if pd.api.types.is_integer_dtype(index.dtype):
        return "integers"
    return f"{type_name(index)} of {dtype_name(index)}"


def steps_to(grid: pd.Index, times: pd.Index) -> Steps:
    """Return the steps from the last time of a grid to other times; zero or less before it.

    Parameters
    ----------
    grid : pandas.Index
        Regular times, with their frequency.
    times : pandas.Index
        Times of the same kind, in any time zone or unit.

    Raises
    ------
    ValueError
        If one of them is not on the grid.
    TypeError
        If they are of another kind.
    """
    times = alike(times, grid, "fh")
    frequency: Any = getattr(grid, "freq", None)
    if isinstance(grid, pd.PeriodIndex) and isinstance(times, pd.PeriodIndex):
        return _whole(grid, times, times.asi8 - grid.asi8[-1], frequency.n)
    if isinstance(grid, pd.DatetimeIndex) and isinstance(times, pd.DatetimeIndex):
        is_day = isinstance(frequency, pd.offsets.Day)  # a Tick before pandas 3
        if isinstance(frequency, pd.offsets.Tick) and not is_day:  # instants, whatever the clocks
            return _whole(grid, times, times - grid[-1], pd.Timedelta(frequency))
        return _looked_up(grid, times)
    return times.to_numpy(np.int64) - np.int64(grid[-1])


def steps_over(grid: pd.Index, durations: pd.TimedeltaIndex) -> Steps:
    """Return durations from the last time of a grid in steps.

    If all steps have one length, such as hours or days,
    durations are divided by it. Otherwise they are added to the last time.

    Raises
    ------
    ValueError
        If one of them is not a whole number of steps.
    TypeError
        If times of the grid have no duration.
    """
    if durations.hasnans:
        raise ValueError("fh has a missing duration (NaT); leave it out.")
    length = step_length(getattr(grid, "freq", None))
    if length is not None:
        rest = durations[durations % length != pd.Timedelta(0)]
        if len(rest):
            raise ValueError(
                f"fh has {rest[0]}, which is not a whole number of steps of y: its frequency is "
                f"{getattr(grid, 'freqstr', None)!r}, steps of {length}."
            )
        return np.asarray(durations // length, dtype=np.int64)
    if not isinstance(grid, pd.DatetimeIndex):
        raise TypeError(
            f"fh has durations, such as {durations[0]}, and y has {_kind(grid)}, which are not of "
            "one length; give numbers of steps, such as fh=[1, 2, 3]."
        )
    wall = grid[-1].tz_localize(None) + durations
    return steps_to(grid, wall.tz_localize(grid.tz) if grid.tz is not None else wall)


def step_length(frequency: Any) -> pd.Timedelta | None:
    """Return the length of each step of a frequency, None if lengths differ."""
    if isinstance(frequency, pd.offsets.Week):
        return pd.Timedelta(weeks=frequency.n)
    if isinstance(frequency, pd.offsets.Day):
        return pd.Timedelta(days=frequency.n)
    return pd.Timedelta(frequency) if isinstance(frequency, pd.offsets.Tick) else None


def times_at(grid: pd.Index, steps: Steps) -> pd.Index:
    """Return the times at increasing steps after the last one of a grid."""
    whole, first = grid, 1 - len(grid)
    if steps[-1] > 0:
        later = following(grid, int(steps[-1]))
        whole, first = (later, 1) if steps[0] > 0 else (grid.append(later), first)
    places = steps - first
    if places[-1] - places[0] == len(places) - 1:
        return whole[places[0] : places[-1] + 1]  # a slice keeps its frequency
    return whole[places]


def _whole(grid: Any, times: pd.Index, gaps: Any, length: Any) -> Steps:
    """Return differences from times as numbers of steps of one length."""
    steps = np.asarray(gaps // length, dtype=np.int64)
    between = np.flatnonzero(gaps % length != 0 * length)
    if len(between):
        before = grid[-1] + int(steps[between[0]]) * grid.freq
        raise _not_on_grid(times[between[0]], grid.freqstr, before, before + grid.freq)
    return steps


def _looked_up(grid: Any, times: pd.DatetimeIndex) -> Steps:
    """Return the positions of times in a grid that is extended up to them."""
    last = times.max()
    later = grid[-1:]
    if last > grid[-1]:
        typical = (following(grid, 1)[0] - grid[0]) / len(grid)
        estimate = int((last - grid[-1]) / typical)
        if estimate > 5 * MOST_STEPS:  # too high for a series within one day of business hours
            refuse_far(estimate)
        later = reaching(grid[-1:], last)
    whole = later if times.min() >= grid[-1] else grid.append(later[1:])
    places = whole.get_indexer(times)
    lacking = times[places < 0]
    if len(lacking):
        place = int(np.sum(whole <= lacking[0]))
        if place == 0:
            raise ValueError(f"fh has {lacking[0]}, before the first time of y, {whole[0]}.")
        before = whole[place - 1]
        after = whole[place] if place < len(whole) else before + grid.freq
        raise _not_on_grid(lacking[0], grid.freqstr, before, after)
    return np.asarray(places - (len(whole) - len(later)), dtype=np.int64)


def _not_on_grid(time: Any, frequency: str, before: Any, after: Any) -> ValueError:
    return ValueError(
        f"fh has {time}, which is not a time of y: its frequency is {frequency!r}, and the "
        f"times around are {before} and {after}; give times of y, or numbers of steps."
    )


def refuse_far(step: int) -> None:
    """Raise ValueError if a step is too far ahead."""
    if step > MOST_STEPS:
        raise ValueError(
            f"fh reaches {step} steps after the last time of y, and at most {MOST_STEPS} can be "
            "forecast; give a nearer one, or a series of longer steps, for example with "
            "y.resample(...)."
        )
