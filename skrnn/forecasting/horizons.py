"""Forecasting horizons of sktime, read and checked; `time_grid` counts their steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sktime.forecasting.base import ForecastingHorizon

from skrnn.forecasting.series import Series
from skrnn.forecasting.time_grid import (
    Steps,
    refuse_far,
    step_length,
    steps_over,
    steps_to,
    times_at,
)


def read_horizon(fh: Any, cutoff: pd.Index | None = None) -> ForecastingHorizon:
    """Return a copy of a forecasting horizon, without a frequency but the cutoff's.

    Parameters
    ----------
    fh : int, list, Index, ForecastingHorizon or offsets
        Steps, durations or times.
    cutoff : Index of length 1, optional
        The last time of the series, with its frequency.

    Raises
    ------
    ValueError
        If it is empty, or has steps of another frequency.
    TypeError
        If ``fh`` is of another kind.
    """
    frequency = getattr(cutoff, "freq", None)
    if isinstance(fh, ForecastingHorizon):
        values, relative = fh.to_pandas(), fh.is_relative
        steps = relative and pd.api.types.is_integer_dtype(values.dtype)
        if steps and frequency is not None and fh.freq not in (None, frequency.freqstr):
            raise ValueError(
                f"fh counts steps of the frequency {fh.freq!r}, and y has "
                f"{frequency.freqstr!r}; give steps of y, or times."
            )
    else:
        values, relative = _offsets_read(fh, frequency), None
    try:
        horizon = ForecastingHorizon(values, is_relative=relative, freq=cutoff)
    except OverflowError as error:
        raise ValueError(f"fh={fh} holds numbers beyond 64 bits; give nearer steps.") from error
    if len(horizon) == 0:
        raise ValueError("fh is empty; give at least one step or time, such as fh=[1].")
    return horizon


def _offsets_read(fh: Any, frequency: Any) -> Any:
    """Return offsets as numbers of steps or durations, other horizons unchanged."""
    offsets = [fh] if isinstance(fh, pd.offsets.BaseOffset) else fh
    if not isinstance(offsets, list | tuple | np.ndarray | pd.Index) or not (
        len(offsets) and all(isinstance(one, pd.offsets.BaseOffset) for one in offsets)
    ):
        return fh
    lengths = [step_length(one) for one in offsets]
    if None not in lengths:
        return pd.TimedeltaIndex(lengths)
    if frequency is not None and all(
        one.base == frequency.base and one.n % frequency.n == 0 for one in offsets
    ):
        return [one.n // frequency.n for one in offsets]
    raise ValueError(
        f"fh={fh} has offsets that are not steps of y"
        + (f", whose frequency is {frequency.freqstr!r}" if frequency is not None else "")
        + "; give numbers of steps, such as fh=[1, 2, 3]."
    )


def steps_of(fh: ForecastingHorizon, grid: pd.Index) -> Steps:
    """Return the steps of a horizon after the last time of a grid, in increasing order.

    Raises
    ------
    ValueError
        If a time is not on the grid, a duration is not a whole number of its steps, or one of them
        is further than can be forecast.
    TypeError
        If times are of another kind than those of the grid.
    """
    values = fh.to_pandas()
    if not fh.is_relative:
        steps = steps_to(grid, values)
    elif isinstance(values, pd.TimedeltaIndex):
        steps = steps_over(grid, values)
    else:
        steps = values.to_numpy(np.int64)
    refuse_far(int(steps[-1]))
    return steps


def times_of(fh: ForecastingHorizon, grid: pd.Index) -> pd.Index:
    """Return the times of forecasts: those of the horizon, or those of its steps."""
    return times_at(grid, steps_of(fh, grid)) if fh.is_relative else fh.to_pandas()


def of_each_grid(series: Sequence[Series], function: Callable[[pd.Index], Any]) -> list[Any]:
    """Return the results of a function on the times of each series, once for equal times."""
    of_object: dict[int, Any] = {}
    made: dict[Any, Any] = {}
    for one in series:
        grid = one.index
        if id(grid) in of_object:
            continue
        key = grid[0], grid[-1], getattr(grid, "freq", None)
        if key not in made:
            made[key] = function(grid)
        of_object[id(grid)] = made[key]
    return [of_object[id(one.index)] for one in series]


def furthest_of(fh: ForecastingHorizon | None, series: Sequence[Series]) -> int | None:
    """Return the furthest step of a horizon after the last times of all series.

    Returns
    -------
    int or None
        None if no step is ahead.
    """
    if fh is None:
        return None
    latest = max(series, key=lambda one: one.index[-1])
    last = int(steps_of(fh, latest.index)[-1])
    return last if last > 0 else None


def ahead_of(fh: Any, grid: pd.Index) -> Steps:
    """Return the steps of a horizon, or raise ValueError if one is not ahead."""
    if fh is None:
        raise ValueError("no fh was given, here or in fit; give the steps to forecast.")
    horizon = read_horizon(fh, grid[-1:])
    steps = steps_of(horizon, grid) if horizon.is_relative else np.zeros(1, dtype=np.int64)
    if steps[0] < 1:
        raise ValueError(f"fh={fh} has to be steps after each cutoff, such as [1, 2, 3].")
    return steps
