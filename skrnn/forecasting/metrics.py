"""Metrics of a forecaster's fit: scores of its forecasts of windows, in the units of y."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skrnn._typing import BaseEstimator
from skrnn.estimators.metrics import Metrics, measured
from skrnn.forecasting.fitted import FittedForecaster, Parts, SeriesEncoder, rolled
from skrnn.forecasting.forecasts import in_units
from skrnn.forecasting.series import Series
from skrnn.forecasting.series_scaling import SeriesScaling
from skrnn.forecasting.tables import Rows, WindowTable
from skrnn.forecasting.training import ForecastData, UpdateData


@dataclass(frozen=True, eq=False)
class ForecastWindows:
    """Windows of series with the values after them, in the units of y.

    Attributes
    ----------
    table : WindowTable
        Table of the windows.
    starts : ndarray of int of shape (n_windows,)
        First row of each window.
    scalings : sequence of SeriesScaling
        Scaling of the series of each window.
    truth : ndarray of shape (n_windows, horizon, n_targets)
        The values, NaN if not observed or not to be used.
    """

    table: WindowTable
    starts: Rows
    scalings: Sequence[SeriesScaling]
    truth: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        table: WindowTable,
        units: Sequence[Series],
        scalings: Sequence[SeriesScaling],
        numbers: Rows,
        origins: Rows,
        ends: Rows,
    ) -> Self:
        """Return windows with the values before ``ends`` of their series; see `WindowTable`."""
        rows = origins[:, None] + 1 + np.arange(table.layout.horizon)
        truth = np.full((*rows.shape, table.layout.n_targets), np.nan)
        for number in np.unique(numbers):
            of_one = np.flatnonzero(numbers == number)
            windows, steps = np.nonzero(rows[of_one] < ends[number])
            truth[of_one[windows], steps] = units[number].values[rows[of_one][windows, steps]]
        of_each = [scalings[number] for number in numbers]
        return cls(table, table.starts(numbers, origins), of_each, truth)

    @classmethod
    def of_update(cls, data: UpdateData) -> Self:
        """Return the windows of an update."""
        windows, ends = (data.numbers, data.origins), data.table.n_times
        return cls.of(data.table, data.units, data.scalings, *windows, ends)

    @classmethod
    def of_fit(cls, data: ForecastData, learned: SeriesEncoder, split: Parts | None) -> Self:
        """Return the windows of the validation part or, without a split, of the training part."""
        begins, ends = np.zeros_like(data.parts.ends), data.parts.learned
        if split is not None:
            begins, ends = split.learned, split.validated
        windows = data.table.origins(begins, ends, only_after=split is not None)
        _, scalings = learned.units(data.series, [data.scalings[one.key] for one in data.series])
        return cls.of(data.table, data.units, scalings, *windows, ends)

    @property
    def is_observed(self) -> NDArray[np.bool_]:
        """Return which of the values are observed and may be used."""
        return ~np.isnan(self.truth)

    def __len__(self) -> int:
        return int(self.is_observed.sum())


class WindowForecaster(BaseEstimator):
    """Forecasts of windows as one row per observed value, as scorers expect them."""

    def __init__(self, network: FittedForecaster) -> None:
        self.network = network

    def fit(self, X: Any, y: Any) -> None:
        """Refuse: scikit-learn takes objects with this method for estimators."""
        raise NotImplementedError

    def predict(self, X: ForecastWindows) -> NDArray[np.float64]:
        """Return the forecasts of the observed values, in the units of y."""
        center = self.network.target.center
        scaled = rolled(self.network, X.table, X.starts, X.table.layout.horizon)
        return in_units(scaled[..., center, None], X.scalings)[..., 0][X.is_observed]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.estimator_type = "regressor"
        return tags


def metrics_of(
    forecaster: Any, data: ForecastData | UpdateData, split: Parts | None, held_out: None
) -> Metrics | None:
    """Return the metrics of a forecaster, if it has any.

    They are measured on the windows of an update, on the validation part of a split, or on the
    training part.
    """
    del held_out  # a forecaster has no other validation data
    if not forecaster.metrics:
        return None
    if isinstance(data, UpdateData):
        X = ForecastWindows.of_update(data)
    else:
        X = ForecastWindows.of_fit(data, forecaster._learned, split)
    return measured(forecaster, WindowForecaster, X, X.truth[X.is_observed])
