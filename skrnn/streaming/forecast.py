"""Steps of a forecaster: the window moves on, and its forecast is computed in NumPy."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn._wording import type_name
from skrnn.estimators.stream_task import read_step
from skrnn.forecasting.base import BaseSequenceForecaster
from skrnn.forecasting.covariates import Ahead
from skrnn.forecasting.forecasts import in_units, of_instances
from skrnn.forecasting.horizons import steps_of
from skrnn.forecasting.rolling import finite
from skrnn.forecasting.series import Series
from skrnn.forecasting.tables import filled
from skrnn.numpy_runtime.ensemble import average_numbers
from skrnn.sequences.steps import numbers
from skrnn.streaming.forecast_times import ForecastTimes

Array = NDArray[Any]


class ForecastSteps:
    """Latest rows of the series of a forecaster, and the network that forecasts from them.

    Parameters
    ----------
    forecaster : fitted forecaster
        Forecaster of one series.
    n_streams : int or None
        None: several streams of a forecaster would need series of their own.

    Raises
    ------
    ValueError
        If the forecaster has several series or covariates, no horizon of steps ahead, or a network
        that does not run in NumPy.
    """

    def __init__(self, forecaster: BaseSequenceForecaster, n_streams: int | None) -> None:
        _refuse_unsupported(forecaster, n_streams)
        self._fitted = fitted = forecaster.network_
        self._begin = forecaster._history
        encoder, layout = fitted.encoder, fitted.encoder.network.layout
        (series,) = self._begin.series.values()
        self._scaling = self._begin.scalings[series.key]
        self._columns = list(self._begin.container.columns)
        self._steps = _steps_ahead(forecaster, series)
        self._n_blocks = -(-int(self._steps[-1]) // layout.horizon)
        self._networks = [
            encoder.network.in_numpy(one.weights, layout.n_channels) for one in fitted.networks
        ]
        names = "values", "observed", "past", "known", "static"
        self._parts = {name: layout.columns(name) for name in names}
        model = encoder.network
        self._season = max(model.differences or model.seasons or (1,))
        self._with_level = model.seasons is not None
        self._n_kept = max(layout.window_length, 2 * self._season + 1)
        self.reset(np.ones(1, dtype=bool))

    def step(self, x: Any, time: Any) -> Array:
        """Return the forecasts (1, n_steps) or (1, n_steps, n_columns) after a value."""
        if time is None and isinstance(x, pd.Series | pd.DataFrame):
            label = x.name if isinstance(x, pd.Series) else x.index[0]
            time = None if isinstance(label, str) else label
        values = self._read(x)
        n_missing = self._times.steps_to(time) - 1
        draft = copy.copy(self)
        draft._rows, draft._times = self._rows.copy(), copy.copy(self._times)
        nothing = np.full(values.shape, np.nan)
        for row in [nothing] * n_missing + [values]:
            draft._take(row)
        forecasts = draft._forecasts()
        vars(self).update(vars(draft))
        return forecasts[None]

    def reset(self, begin: NDArray[np.bool_]) -> None:
        """Return to the end of the rows that the forecaster has seen."""
        encoder, layout = self._fitted.encoder, self._fitted.encoder.network.layout
        (series,) = self._begin.series.values()
        units, scalings = encoder.units([series], [self._scaling])
        n_ahead = self._n_blocks * layout.horizon
        ahead = Ahead.of_each(units, encoder.roles, n_ahead)
        table = encoder.table(units, scalings, ahead)
        n_times, width = len(series), self._n_kept + n_ahead
        rows = np.zeros((len(units), width, layout.n_columns), np.float32)
        for row, first in zip(rows, table.firsts, strict=True):
            known = table.steps[max(first, first + n_times - self._n_kept) :]
            known = known[: min(n_times, self._n_kept) + n_ahead]
            row[width - len(known) :] = known
            row[:, self._parts["static"].start :] = known[-1, self._parts["static"].start :]
        ends = rows[:, self._n_kept :]
        for name in ("values", "observed", "past"):
            ends[..., self._parts[name]] = 0.0
        self._rows, self._n_times = rows, n_times
        self._times = ForecastTimes(series.index, encoder.cycles, n_ahead)

    def go_on_from(self, before: ForecastSteps) -> None:
        """Take over the rows of other steps.

        Raises
        ------
        ValueError
            If the windows or the horizons differ.
        """
        if before._rows.shape != self._rows.shape or not np.array_equal(before._steps, self._steps):
            raise ValueError(
                "the windows or the horizon of the forecaster are not those of the stream; make a "
                "new Stream of it."
            )
        self._rows, self._n_times = before._rows, before._n_times
        self._times, self._scaling = before._times, before._scaling

    def _read(self, x: Any) -> Array:
        """Return the values of a step, (n_columns,).

        Raises
        ------
        ValueError
            If there are others, or a value that the scaling of the series does not take.
        """
        names = self._columns if all(isinstance(name, str) for name in self._columns) else None
        values = np.atleast_1d(numbers(read_step(names, x, None)))
        if values.shape != (len(self._columns),):
            raise ValueError(
                f"the step has the shape {values.shape}; it has to be ({len(self._columns)},)."
            )
        if np.isinf(values).any():
            raise ValueError("the step holds an infinite value; mark it as missing (NaN).")
        if not self._scaling.accepts(values[None]):
            raise ValueError(
                f"the step holds {np.nanmin(values):g}, and the series had no such value before, "
                "so that its scaling changes; call update of the forecaster with the rows since "
                "the fit, and make a new Stream of it."
            )
        return values

    def _take(self, values: Array) -> None:
        """Append a row of values to the windows, NaN filled as in the fit."""
        layout = self._fitted.encoder.network.layout
        rows, n_kept = self._rows, self._n_kept
        now = self._times.move()
        scaled = self._scaling.transform_single(values[None]).reshape(layout.n_channels, -1)
        if np.isinf(scaled).any():
            raise ValueError(
                f"the step holds {values[np.nanargmax(np.abs(values))]:g}, too far from the other "
                "values for a network, which computes in single precision; correct it, or mark it "
                "as missing (NaN)."
            )
        observed = ~np.isnan(scaled)
        if not observed.all():
            scaled = self._filled(scaled)
        rows[:, :-1] = rows[:, 1:].copy()
        rows[:, n_kept - 1, self._parts["values"]] = scaled
        rows[:, n_kept - 1, self._parts["observed"]] = observed
        rows[:, -1] = rows[:, -2]
        rows[:, -1, self._parts["known"]] = now
        self._n_times += 1

    def _filled(self, scaled: Array) -> Array:
        """Return scaled values (n, n_targets) with missing ones from the rows before."""
        n_before = min(self._n_times, self._n_kept)
        before = self._rows[:, self._n_kept - n_before : self._n_kept, self._parts["values"]]
        whole = np.concatenate([before, scaled[:, None]], axis=1)
        return np.stack(
            [filled(one, self._season, with_level=self._with_level)[-1] for one in whole]
        )

    def _forecasts(self) -> Array:
        """Return the forecasts of the horizon, (n_steps,) or (n_steps, n_columns)."""
        layout, head = self._fitted.encoder.network.layout, self._fitted.target
        results = [self._rolled(network) for network in self._networks]
        parameters = results[0] if len(results) == 1 else average_numbers(results)
        points = finite(parameters[..., head.center])[:, self._steps - 1].astype(np.float64)
        whole = of_instances(points[..., None], layout.n_channels)
        forecasts = in_units(whole, [self._scaling])[0, :, :, 0]
        return forecasts[:, 0] if len(self._columns) == 1 else forecasts

    def _rolled(self, network: Any) -> Array:
        """Return the parameters of the forecasts of a network, block by block."""
        layout, head = self._fitted.encoder.network.layout, self._fitted.target
        values, observed = self._parts["values"], self._parts["observed"]
        rows = self._rows if self._n_blocks == 1 else self._rows.copy()
        first = self._n_kept - layout.window_length
        blocks = []
        for begin in range(first, first + self._n_blocks * layout.horizon, layout.horizon):
            blocks.append(network(rows[:, begin : begin + layout.n_steps]))
            if self._n_blocks > 1:
                ahead = slice(begin + layout.window_length, begin + layout.n_steps)
                rows[:, ahead, values] = blocks[-1][..., head.center]
                rows[:, ahead, observed] = 1.0
        return np.concatenate(blocks, axis=1)


def _refuse_unsupported(forecaster: BaseSequenceForecaster, n_streams: int | None) -> None:
    """Raise ValueError for a forecaster whose series cannot be followed step by step."""
    otherwise = "call update(y, update_params=False) and predict of the forecaster instead"
    if forecaster.state != "fitted":
        forecaster.check_is_fitted()
    if n_streams is not None:
        raise ValueError(
            f"n_streams={n_streams} was given with {type_name(forecaster)}, whose stream is its "
            "series; leave n_streams out, and make a Stream for each forecaster."
        )
    n_series = len(forecaster._history.series)
    if n_series > 1:
        raise ValueError(
            f"{type_name(forecaster)} was fitted on {n_series} series, and a stream has one; "
            f"{otherwise}, or pretrain on all series and fit a copy to each."
        )
    names = forecaster.network_.encoder.roles.names
    if names:
        raise ValueError(
            f"{type_name(forecaster)} was fitted with the covariates {list(names)}, and a stream "
            f"has none ahead; {otherwise}, or fit without X."
        )


def _steps_ahead(forecaster: BaseSequenceForecaster, series: Series) -> NDArray[np.int64]:
    """Return the steps of the horizon of a forecaster, which have to be ahead."""
    fh = forecaster._remembered_horizon
    if fh is None or not fh.is_relative:
        raise ValueError(
            f"fh={fh} is the horizon of {type_name(forecaster)}, and a stream forecasts the same "
            "steps after each value; give steps to fit, such as fh=[1, 2, 3]."
        )
    steps = steps_of(fh, series.index)
    if steps[0] < 1:
        raise ValueError(f"fh={fh} has to be steps ahead, such as [1, 2, 3], for a stream.")
    return steps
