"""Refusal of times without a common regular grid."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

#: Limits of a grid, in rows and in rows per observation, above which a mistake is likely.
MOST_ROWS, MOST_ROWS_EACH = 1000, 100

#: Minimum number of rows, and of steps of the longest series per step, for which a constant step
#: is a frequency of its own.
LEAST_ROWS, LEAST_STEPS = 6, 3


def refuse_gap(index: pd.Index, name: str, like: pd.Index | None = None) -> None:
    """Raise ValueError if the regular grid of rising times is nearly all one gap.

    One mistyped year makes a grid of millions of rows. Sparse series pass: the grid has to have
    more than `MOST_ROWS_EACH` rows for each one given, most of them in a single gap.

    Parameters
    ----------
    index : pandas.Index
        Strictly increasing times of any kind.
    name : str
        Name of their series in the message.
    like : pandas.Index, optional
        Earlier regular times, with the step of the grid.
    """
    unit = getattr(index, "unit", None)
    steps = _steps(index, unit)
    if len(steps) == 0:
        return
    smallest = min(int(part.min()) for part in (steps, _steps(like, unit)) if len(part))
    n_rows = int(steps.sum() // smallest) + 1
    most = max(MOST_ROWS, MOST_ROWS_EACH * len(index))
    widest = int(np.argmax(steps))
    if n_rows > most and 2 * steps[widest] > steps.sum():
        raise ValueError(
            f"the {len(index)} times of {name} leave a gap from {index[widest]} to "
            f"{index[widest + 1]}, so that a regular grid of about {n_rows} rows would be nearly "
            "empty; correct these times if one is mistyped, or give the part after the gap alone."
        )


def refuse_other_frequency(
    times: pd.Index, grid: pd.Index, common: pd.Index, name: str, other: str
) -> None:
    """Raise ValueError if a series of a panel has another frequency than the longest one.

    Parameters
    ----------
    times, grid : pandas.Index
        The times of the series that were given, and all from the first to the last.
    common : pandas.Index
        The regular times of the longest series.
    name, other : str
        Names of the series and of the longest one in the message.
    """
    frequency, wanted = getattr(grid, "freq", None), getattr(common, "freq", None)
    if frequency == wanted and not _is_coarser(times, grid):
        return
    raise ValueError(
        f"{name} and {other} have different frequencies, {_frequency_text(times, grid)} and "
        f"{_frequency_text(common, common)}, and one network learns steps of one frequency; fit "
        f"them apart, or resample them. If {name} has the frequency of the other and gaps, give "
        "the times between its own as rows of NaN."
    )


def _is_coarser(times: pd.Index, grid: pd.Index) -> bool:
    """Return whether times are regular by themselves, with a step of several grid steps."""
    if len(times) < LEAST_ROWS or LEAST_STEPS * (len(times) - 1) > len(grid) - 1:
        return False
    steps = np.diff(grid.get_indexer(times))
    if (steps == steps[0]).all():
        return True
    return isinstance(times, pd.DatetimeIndex) and pd.infer_freq(times) is not None


def _frequency_text(times: pd.Index, grid: pd.Index) -> str:
    """Return the frequency of times, for messages."""
    if isinstance(times, pd.DatetimeIndex):
        regular = pd.infer_freq(times) if len(times) > 2 else None
        return repr(regular or getattr(getattr(grid, "freq", None), "freqstr", None))
    step = int(grid.get_indexer(times[:2])[-1])
    return f"{step} step{'s' if step > 1 else ''}"


def _steps(index: pd.Index | None, unit: Any) -> NDArray[np.int64]:
    """Return the differences between times, dates in a unit; None for other labels."""
    ordinals: Any = ()
    if isinstance(index, pd.DatetimeIndex) and unit is not None:
        ordinals = index.as_unit(unit).asi8
    elif unit is None and isinstance(index, pd.PeriodIndex):
        ordinals = index.asi8
    elif unit is None and index is not None and pd.api.types.is_integer_dtype(index.dtype):
        ordinals = index
    steps: Any = np.diff(np.asarray(ordinals, dtype=np.int64))
    return np.asarray(steps, dtype=np.int64)
