"""State of a fitted forecaster besides the weights, and the validation and calibration sets."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn.engine.compiled_model import lease
from skrnn.engine.fitted_network import FittedNetwork
from skrnn.forecasting.covariates import Ahead, Roles
from skrnn.forecasting.rolling import roll
from skrnn.forecasting.series import Key, Series, named, read_series, units_of
from skrnn.forecasting.tables import Rows, WindowTable, as_singles
from skrnn.forecasting.uncertainty import Correction, quantiles_of, widened
from skrnn.networks.wrappers.forecast import Forecast, ForecastHead
from skrnn.preprocessing.scaling import AffineScaling

#: Maximum number of windows for errors, and values held at a time to measure them.
MOST_MEASURED = 2000
MOST_NUMBERS = 2 * 10**7


@dataclass(frozen=True, eq=False)
class SeriesEncoder:
    """Encoder of series, with scalings and roles of columns, also for series not trained on.

    Attributes
    ----------
    network : Forecast
        Network, with the layout of the columns of a window.
    roles : Roles
        The columns of X.
    covariates : AffineScaling
        Their scaling.
    common : AffineScaling or None
        Scaling of all series, unless each has its own.
    cycles : tuple
        Calendar cycles among the known columns.
    correction : Correction or None
        Measured errors, for the intervals.
    columns : tuple
        Names of the columns of y in ``pretrain``, by which later fits match them.
    """

    network: Forecast
    roles: Roles
    covariates: AffineScaling
    common: AffineScaling | None
    cycles: tuple[str | float, ...]
    correction: Correction | None = None
    columns: tuple[Any, ...] = ()

    @property
    def n_columns(self) -> int:
        """Return the number of columns of y."""
        return self.network.layout.n_targets * self.network.layout.n_channels

    def scaling_of(self, one: Series) -> AffineScaling:
        """Return the scaling of a series: the common one, or that of its own rows."""
        if self.common is None:
            return AffineScaling.fit(one.values, np.ones(len(one)))
        n_alike = one.values.shape[1] // len(self.common.center)  # one scaling of all channels
        if n_alike == 1:
            return self.common
        return AffineScaling(
            np.tile(self.common.center, n_alike), np.tile(self.common.scale, n_alike)
        )

    def check_width(self, y: pd.DataFrame, owner: str) -> None:
        """Raise ValueError, in the name of a class, if y has more or fewer columns."""
        if y.shape[1] != self.n_columns:
            raise ValueError(
                f"y has {y.shape[1]} columns, and {owner} learned {self.n_columns}; give "
                "the same columns."
            )

    def read(
        self, y: pd.DataFrame, X: pd.DataFrame | None, known: Mapping[Key, Series] | None = None
    ) -> list[Series]:
        """Return the series of y with their covariates; ``known`` are earlier parts.

        Raises
        ------
        ValueError
            If X has other columns, or a series cannot be read.
        """
        self.roles.check(X)
        return read_series(y, X, self.roles.names, may_be_empty=known is not None, known=known)

    def units(
        self, series: Sequence[Series], scalings: Sequence[AffineScaling]
    ) -> tuple[list[Series], list[AffineScaling]]:
        """Return series and scalings of the units of the network: whole series, or columns."""
        by_column = self.network.layout.n_channels > 1
        return units_of(series, by_column), of_channels(scalings) if by_column else list(scalings)

    def check_range(self, one: Series, scaling: AffineScaling) -> None:
        """Raise ValueError if a value of a series is beyond single precision once scaled."""
        as_singles(one.values, scaling, one.index, named(one.key))
        as_singles(one.covariates, self.covariates, one.index, f"X for {named(one.key)}")

    def table(
        self, series: Sequence[Series], scalings: Sequence[AffineScaling], ahead: Sequence[Ahead]
    ) -> WindowTable:
        """Return the table of windows of series."""
        season = max(self.network.differences, default=1)
        layout = self.network.layout
        return WindowTable.of(series, scalings, ahead, layout, self.covariates, self.cycles, season)

    def training_table(
        self, series: Sequence[Series], scalings: Sequence[AffineScaling]
    ) -> WindowTable:
        """Return the table of training windows, a horizon longer than the series."""
        horizon = self.network.layout.horizon
        ahead = [Ahead.of(one, self.roles, horizon) for one in series]
        return self.table(series, scalings, ahead)


#: Fitted forecasting network with its encoder of series.
FittedForecaster = FittedNetwork[SeriesEncoder, ForecastHead]


def rolled(
    fitted: FittedForecaster, table: WindowTable, starts: Rows, n_ahead: int
) -> NDArray[np.float64]:
    """Return the result of `roll` for a fitted network."""
    with lease(fitted.spec) as compiled:
        compiled.load(fitted.weights)
        return roll(compiled, table, fitted.target, starts, n_ahead)


def measure_errors(
    fitted: FittedForecaster, table: WindowTable, begins: Rows, ends: Rows, n_ahead: int
) -> FittedForecaster:
    """Return the network with the errors of its forecasts measured from ``begins`` to ``ends``.

    Raises
    ------
    ValueError
        If there is no window with a target in that part.
    """
    numbers, origins = table.origins(begins, ends, only_after=True)
    if len(numbers) == 0:
        raise ValueError(
            "calibration leaves no window to measure errors on: the latest part of each "
            f"series has at most {int((ends - begins).max())} observed times; give a larger "
            "share, or longer series."
        )
    head, horizon = fitted.target, fitted.encoder.network.layout.horizon
    n_each = n_ahead * table.layout.n_targets * 30
    most = max(50, min(MOST_MEASURED, MOST_NUMBERS // n_each))
    some = np.unique(np.linspace(0, len(numbers) - 1, most).astype(np.int64))
    numbers, origins = numbers[some], origins[some]
    parameters = rolled(fitted, table, table.starts(numbers, origins), n_ahead)
    targets = table.targets(numbers, origins, ends, n_ahead)[np.arange(len(numbers))]
    truth = targets.reshape(parameters.shape[:3]).astype(np.float64)
    quantiles = widened(quantiles_of(head, parameters), horizon)
    correction = Correction.measure(quantiles, truth)
    return replace(fitted, encoder=replace(fitted.encoder, correction=correction))


def of_channels(scalings: Sequence[AffineScaling]) -> list[AffineScaling]:
    """Return the scalings of the columns of series, one for each."""
    return [
        AffineScaling(scaling.center[[channel]], scaling.scale[[channel]])
        for scaling in scalings
        for channel in range(len(scaling.center))
    ]


@dataclass(frozen=True)
class Parts:
    """Ends of training, validation and calibration in each series.

    Attributes
    ----------
    learned, validated, ends : ndarray of int of shape (n_series,)
        Times, counted from the first; equal if there is no such part.
    """

    learned: Rows
    validated: Rows
    ends: Rows

    @classmethod
    def of(
        cls, n_times: Sequence[int], validation: float | None, calibration: float | None
    ) -> Self:
        """Split the latest parts off series of the given lengths, at least one time each."""

        def without(times: Rows, share: float | None) -> Rows:
            if share is None:
                return times
            return np.maximum(times - [math.ceil(share * n) for n in times], 0)

        ends = np.asarray(n_times, dtype=np.int64)
        validated = without(ends, calibration)
        return cls(without(validated, validation), validated, ends)
