"""Forecasts from many cutoffs of series in one pass, without training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from skrnn.forecasting.fitted import FittedForecaster, rolled
from skrnn.forecasting.forecasts import Array, in_units, of_instances
from skrnn.forecasting.history import History
from skrnn.forecasting.horizons import ahead_of
from skrnn.forecasting.series import Series, named
from skrnn.forecasting.series_scaling import SeriesScaling
from skrnn.forecasting.tables import Rows
from skrnn.forecasting.time_grid import up_to


def forecasts_from_cutoffs(
    fitted: FittedForecaster,
    history: History,
    newer: Sequence[Series],
    fh: Any,
    start: Any,
    step_length: int,
) -> pd.DataFrame:
    """Return point forecasts by instance, cutoff and time, in the columns of y.

    Parameters
    ----------
    fitted : FittedNetwork
        The network of the forecaster.
    history : History
        Series of the fit and updates, with their levels and columns.
    newer : sequence of Series
        Series with the cutoffs, parts of those or later rows.
    fh : int, list, ForecastingHorizon or None
        Steps after each cutoff.
    start : object
        The first cutoff, a time.
    step_length : int
        Steps between successive cutoffs.

    Raises
    ------
    ValueError
        If a series is new, ``fh`` is not ahead, or no cutoff has all of ``fh`` in the series.
    """
    frames = []
    for part in newer:
        if part.key not in history.series:
            raise ValueError(f"{named(part.key)} was not in fit; update with it first.")
        one = history.series[part.key].merged(part)
        scaling = history.scaling_for(part, fitted.encoder)
        steps = ahead_of(fh, one.index)
        origins = _cutoffs_of(one, start, int(steps.max()), step_length)
        if len(origins) > 0:
            values = in_units(_points(fitted, one, scaling, origins, steps), [scaling])[..., 0]
            frames.append(_frame_of_cutoffs(values, one, origins, steps, history.container.levels))
    if not frames:
        raise ValueError(
            f"y has no cutoff from {start} on with {steps.max()} times after it; give more "
            "rows, or another start."
        )
    return pd.concat(frames).set_axis(list(history.container.columns), axis=1)


def _cutoffs_of(one: Series, start: Any, n_ahead: int, step_length: int) -> Rows:
    """Return the positions of the cutoffs in a series, from ``start`` on."""
    first = int(np.sum(up_to(start, one.index, "start"))) - 1
    step = min(int(step_length), len(one))
    return np.arange(first, len(one) - n_ahead, step) if first >= 0 else np.empty(0, int)


def _points(
    fitted: FittedForecaster, one: Series, scaling: SeriesScaling, origins: Rows, steps: Rows
) -> Array:
    """Return point forecasts (n_origins, n_steps, n_columns, 1) of one instance, in scaled units.

    Parameters
    ----------
    fitted : FittedNetwork
        The network of the forecaster.
    one : Series
        The instance.
    scaling : SeriesScaling
        Its scaling.
    origins : ndarray of int
        Positions of the cutoffs.
    steps : ndarray of int
        Steps ahead, from 1.
    """
    units, scalings = fitted.encoder.units([one], [scaling])
    table = fitted.encoder.training_table(units, scalings)
    numbers = np.tile(np.arange(len(units)), len(origins))
    starts = table.starts(numbers, np.repeat(origins, len(units)))
    parameters = rolled(fitted, table, starts, int(steps.max()))
    points = parameters[:, steps - 1][..., [fitted.target.center]]
    return of_instances(points, table.layout.n_channels)


def _frame_of_cutoffs(
    values: Array, one: Series, origins: Rows, steps: Rows, names: Any
) -> pd.DataFrame:
    """Return values (n_origins, n_steps, n_columns), indexed by instance, cutoff and time."""
    rows = (origins[:, None] + steps).ravel()
    levels: list[Any] = [
        *([part] * len(rows) for part in one.key),
        one.index[np.repeat(origins, len(steps))],
        one.index[rows],
    ]
    index = pd.MultiIndex.from_arrays(levels, names=[*names[:-1], "cutoff", names[-1] or "time"])
    return pd.DataFrame(values.reshape(-1, values.shape[-1]), index=index)
