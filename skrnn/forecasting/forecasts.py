"""Forecasts of all series at some steps, as points and as quantiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn.forecasting.learning import Learned
from skrnn.forecasting.rolling import finite
from skrnn.forecasting.tables import Rows, WindowTable
from skrnn.forecasting.uncertainty import quantiles_of, uncrossed, widened
from skrnn.preprocessing.scaling import Standardiser

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Forecasts:
    """The parameters of forecasts, in scaled units.

    Attributes
    ----------
    learned : Learned
        What they were made with.
    steps : ndarray of int of shape (n_series, n_steps)
        Which steps were asked for: 1 is the first after the last time of a series, 0 the
        last time itself, which is forecast from the times before it.
    ahead : ndarray of shape (n_series, n_ahead, n_targets, n_parameters)
        Of all steps after the last time, up to the furthest asked for.
    back : ndarray of shape (n_back, n_targets, n_parameters)
        Of the steps up to the last time, one step ahead each, in their order in ``steps``.
    """

    learned: Learned
    steps: NDArray[np.int64]
    ahead: Array
    back: Array

    @classmethod
    def at(
        cls, learned: Learned, weights: Any, table: WindowTable, steps: Rows, n_ahead: int
    ) -> Self:
        """Forecast the steps of the series of a table.

        Raises
        ------
        ValueError
            If a step lies before the first time of its series.
        """
        numbers, columns = np.nonzero(steps < 1)
        origins = (table.n_times[:, None] + steps - 2)[numbers, columns]
        if len(origins) and origins.min() < -1:
            raise ValueError(
                f"fh reaches back to {-1 - int(origins.min())} times before the first one of y; "
                "give times from the first one on."
            )
        everyone = np.arange(len(table.firsts))
        shape = (table.layout.n_targets, learned.network.head.n_parameters)
        ahead = np.empty((len(everyone), 0, *shape))
        back = np.empty((0, *shape))
        if n_ahead:
            starts = table.starts(everyone, table.n_times - 1)
            ahead = learned.rolled(weights, table, starts, n_ahead)
        if len(numbers):
            back = learned.rolled(weights, table, table.starts(numbers, origins), 1)[:, 0]
        return cls(learned, steps, ahead, back)

    def points(self) -> Array:
        """Return the point forecasts (n_series, n_steps, n_targets)."""
        centre = self.learned.network.head.centre
        return self._chosen(self.ahead[..., centre], self.back[..., centre])

    def quantiles(self) -> Array:
        """Return the quantiles at `LEVELS` (n_series, n_steps, n_targets, n_levels)."""
        head, horizon = self.learned.network.head, self.learned.network.layout.horizon
        ahead = quantiles_of(head, self.ahead)
        if ahead.shape[1]:
            ahead = widened(ahead, horizon)
        back = quantiles_of(head, self.back)
        correction = self.learned.correction
        if correction is None:
            return self._chosen(uncrossed(ahead), uncrossed(back))
        ahead = correction.apply(ahead, np.arange(1, ahead.shape[1] + 1))
        return self._chosen(ahead, correction.apply(back[:, None], np.ones(1, dtype=int))[:, 0])

    def _chosen(self, ahead: Array, back: Array) -> Array:
        """Return the steps asked for out of those ahead and those back."""
        chosen = np.empty((*self.steps.shape, *ahead.shape[2:]))
        numbers, columns = np.nonzero(self.steps >= 1)
        chosen[numbers, columns] = ahead[numbers, self.steps[numbers, columns] - 1]
        chosen[self.steps < 1] = back
        return chosen


def of_instances(values: Array, n_channels: int) -> Array:
    """Return values of channels (n * n_channels, n_steps, 1, ...) as those of instances."""
    if n_channels == 1:
        return values
    apart = values.reshape(-1, n_channels, *values.shape[1:])
    return np.moveaxis(apart[:, :, :, 0], 1, 2)


def in_units(values: Array, scalings: Sequence[Standardiser]) -> Array:
    """Return scaled forecasts (n, n_steps, n_columns, n_values) in the units of their series.

    Parameters
    ----------
    values : ndarray
        Forecasts.
    scalings : sequence of Standardiser
        One for each series, or one for all.

    Raises
    ------
    ValueError
        If they are beyond the largest float.
    """
    scale, mean = (
        np.stack([getattr(scaling, name) for scaling in scalings])[:, None, :, None]
        for name in ("scale", "mean")
    )
    with np.errstate(over="ignore"):
        return finite(values * scale + mean)


def frame_of(
    values: Array,
    keys: Sequence[tuple[Any, ...]],
    times: Sequence[pd.Index],
    names: list[Any],
    columns: pd.Index,
) -> pd.DataFrame:
    """Return values (n_instances, n_times, n_columns) as a frame indexed as y was.

    Parameters
    ----------
    values : ndarray
        What stands in the frame.
    keys : sequence of tuple
        The instances; empty tuples where there is but one series.
    times : sequence of pandas.Index
        The times of each of them.
    names : sequence
        The names of the index's levels.
    columns : pandas.Index
        The columns.
    """
    rows = values.reshape(-1, values.shape[-1])
    if keys[0] == ():
        return pd.DataFrame(rows, index=times[0].rename(names[0]), columns=columns)
    every_time = times[0].append(list(times[1:]))
    levels = [
        pd.Index([key[level] for key in keys]).repeat([len(part) for part in times])
        for level in range(len(keys[0]))
    ]
    index = pd.MultiIndex.from_arrays([*levels, every_time], names=names)
    return pd.DataFrame(rows, index=index, columns=columns)
