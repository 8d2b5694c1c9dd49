"""Forecasts of all series at given steps, as points and as quantiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sktime.forecasting.base import ForecastingHorizon

from skrnn.forecasting.covariates import Ahead
from skrnn.forecasting.fitted import FittedForecaster, SeriesEncoder, rolled
from skrnn.forecasting.history import History
from skrnn.forecasting.horizons import of_each_grid, steps_of, times_of
from skrnn.forecasting.rolling import finite
from skrnn.forecasting.series import Series, read_covariates
from skrnn.forecasting.series_scaling import SeriesScaling, restored
from skrnn.forecasting.tables import Rows, WindowTable
from skrnn.forecasting.uncertainty import quantiles_of, uncrossed, widened

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Forecasts:
    """Forecasts of all series at one horizon, as distribution parameters in scaled units.

    Attributes
    ----------
    fitted : FittedNetwork
        Network of the forecasts.
    history : History
        The series, with their scalings, levels and columns.
    series : sequence of Series
        The series up to the cutoff.
    fh : ForecastingHorizon
        The horizon.
    steps : ndarray of int of shape (n_units, n_steps)
        Steps of the horizon: 1 is the first after the last time of a series, 0 the
        last time itself, which is forecast from the times before it.
    ahead : ndarray of shape (n_units, n_ahead, n_targets, n_parameters)
        Parameters of all steps after the last time, up to the end of the horizon.
    back : ndarray of shape (n_back, n_targets, n_parameters)
        Parameters of the steps up to the last time, one step ahead each, in the order of ``steps``.
    """

    fitted: FittedForecaster
    history: History
    series: Sequence[Series]
    fh: ForecastingHorizon
    steps: Rows
    ahead: Array
    back: Array

    @classmethod
    def of(
        cls,
        fitted: FittedForecaster,
        history: History,
        cutoff: Any,
        fh: ForecastingHorizon,
        X: pd.DataFrame | None,
    ) -> Self:
        """Forecast all series of a history from a cutoff, with the covariates of X after it.

        Raises
        ------
        ValueError
            If the horizon cannot be forecast, or X is of another form or lacks a covariate.
        """
        learned, layout = fitted.encoder, fitted.encoder.network.layout
        series = history.until(cutoff)
        if X is not None:
            history.container.check_levels(X, "X")
            learned.roles.check(X, ahead=True)
        given = read_covariates(X, learned.roles.names)
        relative = np.stack(of_each_grid(series, lambda grid: steps_of(fh, grid)))
        n_ahead = max(0, int(relative.max()))
        # Whole blocks, in which forecasts of times before the end may see the calendar, too.
        n_blocks = max(-(-n_ahead // layout.horizon), 1 if learned.cycles else 0)
        n_times = n_blocks * layout.horizon
        ahead = Ahead.of_each(series, learned.roles, n_times, given, n_ahead)
        units, scalings = learned.units(series, history.scalings_of(series))
        of_units = [later for later in ahead for _ in range(layout.n_channels)]
        n_back = max(0, 1 - int(relative.min()))
        recent = _recent(units, layout.window_length + n_back, learned)
        table = learned.table(recent, scalings, of_units)
        steps = np.repeat(relative, layout.n_channels, axis=0)
        parameters = _parameters(fitted, table, steps, n_ahead)
        return cls(fitted, history, series, fh, steps, *parameters)

    def points(self) -> Array:
        """Return the point forecasts (n_units, n_steps, n_targets)."""
        center = self.fitted.target.center
        return self._chosen(self.ahead[..., center], self.back[..., center])

    def quantiles(self) -> Array:
        """Return the quantiles at `LEVELS` (n_units, n_steps, n_targets, n_levels)."""
        head, horizon = self.fitted.target, self.fitted.encoder.network.layout.horizon
        ahead = quantiles_of(head, self.ahead)
        if ahead.shape[1]:
            ahead = widened(ahead, horizon)
        back = quantiles_of(head, self.back)
        correction = self.fitted.encoder.correction
        if correction is None:
            return self._chosen(uncrossed(ahead), uncrossed(back))
        ahead = correction.apply(ahead, np.arange(1, ahead.shape[1] + 1))
        return self._chosen(ahead, correction.apply(back[:, None], np.ones(1, dtype=int))[:, 0])

    def _chosen(self, ahead: Array, back: Array) -> Array:
        """Return the steps of the horizon from those ahead and those back."""
        chosen = np.empty((*self.steps.shape, *ahead.shape[2:]))
        numbers, columns = np.nonzero(self.steps >= 1)
        chosen[numbers, columns] = ahead[numbers, self.steps[numbers, columns] - 1]
        chosen[self.steps < 1] = back
        return chosen

    def frame(self, values: Array, columns: pd.Index) -> pd.DataFrame:
        """Return values (n_units, n_steps, n_targets, n_values) in the units and index of y."""
        whole = of_instances(values, self.fitted.encoder.network.layout.n_channels)
        in_units_of_y = in_units(whole, self.history.scalings_of(self.series))
        rows = in_units_of_y.reshape(-1, len(columns))
        times = of_each_grid(self.series, lambda grid: times_of(self.fh, grid))
        names = list(self.history.container.levels)
        keys = [one.key for one in self.series]
        if keys[0] == ():
            return pd.DataFrame(rows, index=times[0].rename(names[0]), columns=columns)
        every_time = _appended(times)
        levels = [pd.Index(level).repeat(self.steps.shape[1]) for level in zip(*keys, strict=True)]
        index = pd.MultiIndex.from_arrays([*levels, every_time], names=names)
        return pd.DataFrame(rows, index=index, columns=columns)


def _recent(units: list[Series], n_times: int, learned: SeriesEncoder) -> list[Series]:
    """Return the latest times of each unit, as many as the windows of the forecasts span.

    Units with missing values are returned whole, since these are filled from earlier values; and so
    are all units if a cycle is a number of times, which is counted from the first time.
    """
    if any(not isinstance(cycle, str) for cycle in learned.cycles):
        return units
    n_static = len(learned.roles.static)
    grids = of_each_grid(units, lambda grid: grid[-n_times:])
    recent = []
    for one, grid in zip(units, grids, strict=True):
        first = len(one) - len(grid)
        if first and not np.isnan(one.values).any():
            covariates = one.covariates[first:]
            if n_static:  # the table takes them from the first time, at which they are known
                covariates = covariates.copy()
                covariates[:, -n_static:] = one.covariates[0, -n_static:]
            one = replace(one, index=grid, values=one.values[first:], covariates=covariates)
        recent.append(one)
    return recent


def _appended(times: Sequence[pd.Index]) -> pd.Index:
    """Return several indices as one; many of them may be one object."""
    numbers = {id(one): one for one in times}
    each = list(numbers.values())
    firsts = dict(zip(numbers, np.cumsum([0, *map(len, each)]), strict=False))
    places = [np.arange(firsts[id(one)], firsts[id(one)] + len(one)) for one in times]
    return each[0].append(each[1:]).take(np.concatenate(places))


def _parameters(
    fitted: FittedForecaster, table: WindowTable, steps: Rows, n_ahead: int
) -> tuple[Array, Array]:
    """Return the parameters of forecasts ahead and back; see `Forecasts`.

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
    shape = (table.layout.n_targets, fitted.target.n_parameters)
    ahead = np.empty((len(everyone), 0, *shape))
    back = np.empty((0, *shape))
    if n_ahead:
        ahead = rolled(fitted, table, table.starts(everyone, table.n_times - 1), n_ahead)
    if len(numbers):
        back = rolled(fitted, table, table.starts(numbers, origins), 1)[:, 0]
    return ahead, back


def of_instances(values: Array, n_channels: int) -> Array:
    """Return values of channels (n * n_channels, n_steps, 1, ...) as those of instances."""
    if n_channels == 1:
        return values
    apart = values.reshape(-1, n_channels, *values.shape[1:])
    return np.moveaxis(apart[:, :, :, 0], 1, 2)


def in_units(values: Array, scalings: Sequence[SeriesScaling]) -> Array:
    """Return scaled forecasts (n, n_steps, n_columns, n_values) in the units of their series.

    Parameters
    ----------
    values : ndarray
        Forecasts.
    scalings : sequence of SeriesScaling
        One for each series, or one for all.

    Raises
    ------
    ValueError
        If they exceed the range of float64.
    """
    return finite(restored(values, scalings))
