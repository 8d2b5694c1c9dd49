"""Times of the steps of a forecaster, and the calendar features of its horizon."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn.forecasting.calendar import cyclic_features, following, number_of_first
from skrnn.forecasting.grids import MOST_ROWS
from skrnn.forecasting.time_grid import alike, steps_to

#: Times that are computed at once.
BLOCK = 512


class ForecastTimes:
    """Regular times after a series.

    Parameters
    ----------
    index : pandas.Index
        Times of the series.
    cycles : sequence of str or float
        Calendar cycles among the known columns.
    n_ahead : int
        Steps ahead of a time whose features are known.
    """

    def __init__(self, index: pd.Index, cycles: Sequence[str | float], n_ahead: int) -> None:
        self._cycles, self._n_ahead = cycles, n_ahead
        self._number = number_of_first(index) + len(index)  # of the first time of the block
        self._make(index[-1:])

    def steps_to(self, time: Any) -> int:
        """Return the steps from the latest time to another one, 1 for None.

        Raises
        ------
        TypeError
            If it is of another kind than those of the series.
        ValueError
            If it is not later, not a time of the series, or very far ahead.
        """
        if time is None:
            return 1
        number = _ordinal(time, self._block)
        if number is None:  # such as a date of the standard library
            (time,) = alike(pd.Index([time]), self._block, "time")
            number = _ordinal(time, self._block)
        assert number is not None, "a time like those of the series has a number"
        place = int(np.searchsorted(self._ordinals, number))
        if place < len(self._ordinals) and self._ordinals[place] == number:
            n_steps = place - self._place + 1
        else:
            latest = self._latest if self._place == 0 else self._block[self._place - 1 :][:1]
            n_steps = int(steps_to(latest, pd.Index([time]))[0])
        if n_steps < 1:
            raise ValueError(
                f"time={time!r} was given, and the series continues at "
                f"{self._block[self._place]}; give the steps in order of time, each once."
            )
        if n_steps > MOST_ROWS:
            raise ValueError(
                f"time={time!r} leaves a gap of {n_steps - 1} steps; correct it if it is mistyped, "
                "or fit the forecaster on the part after the gap."
            )
        return n_steps

    def move(self) -> NDArray[np.float64]:
        """Move to the next time, and return the features of the last time of its horizon."""
        features = self._features[self._place + self._n_ahead]
        self._place += 1
        if self._place == BLOCK:
            self._number += BLOCK
            self._make(self._block[BLOCK - 1 : BLOCK])
        return features

    def _make(self, latest: pd.Index) -> None:
        """Compute the times after the latest one."""
        whole = following(latest, BLOCK + self._n_ahead)
        self._latest, self._block, self._place = latest, whole[:BLOCK], 0
        self._features = cyclic_features(whole, self._number, self._cycles)
        self._ordinals = _ordinals(self._block)


def _ordinals(index: pd.Index) -> NDArray[np.int64]:
    if isinstance(index, pd.DatetimeIndex | pd.PeriodIndex):
        return np.asarray(index.asi8)
    return index.to_numpy(np.int64)


def _ordinal(time: Any, like: pd.Index) -> int | None:
    """Return the number of a time of the kind of an index, None for another kind."""
    if isinstance(like, pd.DatetimeIndex):
        if not isinstance(time, pd.Timestamp) or (time.tz is None) != (like.tz is None):
            return None
        return int(time.as_unit(like.unit).asm8.view(np.int64))
    if isinstance(like, pd.PeriodIndex):
        is_alike = isinstance(time, pd.Period) and time.freqstr == like.freqstr
        return int(time.ordinal) if is_alike else None
    return int(time) if isinstance(time, int | np.integer) else None
