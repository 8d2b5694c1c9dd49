"""State of a fitted forecaster besides the weights, and the validation and calibration sets."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn.engine.compiled_model import lease
from skrnn.engine.fitted_network import FittedNetwork
from skrnn.forecasting.categories import CategoricalCovariates
from skrnn.forecasting.covariates import Ahead, Roles
from skrnn.forecasting.rolling import roll
from skrnn.forecasting.series import Key, Series, named, read_series, units_of
from skrnn.forecasting.series_scaling import SeriesScaling, restored
from skrnn.forecasting.smoothing import smoothing_weights
from skrnn.forecasting.tables import Rows, WindowTable, as_singles
from skrnn.forecasting.uncertainty import Correction, quantiles_of, widened
from skrnn.networks.wrappers.forecast import Forecast, ForecastHead
from skrnn.preprocessing.scaling import AffineScaling
from skrnn.preprocessing.subsets import stratified_sample

#: Maximum number of windows for errors, and values held at a time to measure them.
MOST_MEASURED = 2000
MOST_NUMBERS = 2 * 10**7

#: Minimum number of windows for errors that lie before the validation part, over all series.
LEAST_MEASURED = 100

#: Maximum number of series whose scalings are measured at a time.
_MOST_TOGETHER = 128

#: Share by which chance may better the forecasts of one horizon.
CHANCE = 0.2


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
    transform : {"auto", "log", "bound"} or None
        Transformation of the values before they are scaled; with "bound" there is only the bound of
        forecasts of series without negative values, which "auto" and "log" have, too.
    cycles : tuple
        Calendar cycles among the known columns.
    correction : Correction or None
        Measured errors, for the intervals.
    columns : tuple
        Names of the columns of y in ``pretrain``, by which later fits match them.
    categories : CategoricalCovariates or None
        Categorical columns of X; None in fits by versions without them.
    """

    network: Forecast
    roles: Roles
    covariates: AffineScaling
    common: AffineScaling | None
    transform: str | None
    cycles: tuple[str | float, ...]
    correction: Correction | None = None
    columns: tuple[Any, ...] = ()
    categories: CategoricalCovariates | None = None

    @property
    def n_columns(self) -> int:
        """Return the number of columns of y."""
        return self.network.layout.n_targets * self.network.layout.n_channels

    def scalings_of(self, series: Sequence[Series]) -> list[SeriesScaling]:
        """Return the scaling of each series, the common one or that of its own rows.

        Series of one length without missing values are measured together, which takes a
        fraction of the time.

        Raises
        ------
        ValueError
            If the logarithm of a value is to be taken that is not positive.
        """
        alike: dict[tuple[int, ...], list[int]] = {}
        for number, one in enumerate(series):
            if self.transform == "log" and (one.values <= 0).any():
                raise ValueError(
                    f"transform='log' needs positive values, and {named(one.key)} has "
                    f"{np.nanmin(one.values):g}; give transform='auto', or None."
                )
            is_whole = not np.isnan(one.values).any()
            alike.setdefault(one.values.shape if is_whole else (number,), []).append(number)
        found: dict[int, SeriesScaling] = {}
        for numbers in alike.values():
            for first in range(0, len(numbers), _MOST_TOGETHER):
                some = numbers[first : first + _MOST_TOGETHER]
                together = self._measured(np.concatenate([series[n].values for n in some], axis=1))
                width = series[some[0]].values.shape[1]
                for place, number in enumerate(some):
                    found[number] = together.columns(range(place * width, (place + 1) * width))
        return [found[number] for number in range(len(series))]

    def _measured(self, values: NDArray[np.float64]) -> SeriesScaling:
        """Return the scaling of columns of values (n_times, n_columns), each by itself."""
        lowest = np.nanmin(values, axis=0, initial=np.inf)
        found = []
        if self.transform != "log":
            found.append(SeriesScaling.fit(values) if self.common is None else self._alike(values))
        chooses = self.network.seasons is not None and self.common is None
        if self.transform == "log" or (self.transform == "auto" and chooses):
            found.append(SeriesScaling.fit(values, log=(lowest > 0) & np.isfinite(lowest)))
        (scaling, errors), *others = [self._with_rules(values, scaling) for scaling in found]
        for other, its_errors in others:
            scaling = scaling.replaced(its_errors < errors, other)
        if self.transform is None:
            return scaling
        has_none = (lowest >= 0) & np.isfinite(lowest)
        return replace(scaling, least=np.where(has_none, 0.0, -np.inf))

    def _alike(self, values: NDArray[np.float64]) -> SeriesScaling:
        """Return the common scaling for columns of values."""
        assert self.common is not None
        n_alike = values.shape[1] // len(self.common.center)  # one scaling of all channels
        center, scale = (np.tile(part, n_alike) for part in vars(self.common).values())
        return SeriesScaling.of(AffineScaling(center, scale))

    def _with_rules(
        self, values: NDArray[np.float64], scaling: SeriesScaling
    ) -> tuple[SeriesScaling, NDArray[np.float64]]:
        """Return a scaling with the weights of exponential smoothing, and its errors."""
        if self.network.seasons is None:
            return scaling, np.zeros(values.shape[1])

        def restore(values: NDArray[np.float64]) -> NDArray[np.float64]:
            return restored(values.T[None, :, :, None], [scaling])[0, :, :, 0].T

        layout = self.network.layout
        rules, errors = smoothing_weights(
            scaling.transform(values),
            layout.window_length,
            layout.horizon,
            self.network.seasons,
            restore,
        )
        return replace(scaling, rules=rules), errors

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
        self, series: Sequence[Series], scalings: Sequence[SeriesScaling]
    ) -> tuple[list[Series], list[SeriesScaling]]:
        """Return series and scalings of the units of the network: whole series, or columns."""
        by_column = self.network.layout.n_channels > 1
        return units_of(series, by_column), of_channels(scalings) if by_column else list(scalings)

    def check_range(self, one: Series, scaling: SeriesScaling) -> None:
        """Raise ValueError if a value of a series is beyond single precision once scaled."""
        as_singles(one.values, scaling, one.index, named(one.key))
        as_singles(one.covariates, self.covariates, one.index, f"X for {named(one.key)}")

    def table(
        self,
        series: Sequence[Series],
        scalings: Sequence[SeriesScaling],
        ahead: Sequence[Ahead],
        *,
        with_margins: bool = False,
    ) -> WindowTable:
        """Return the table of windows of series."""
        network = self.network
        return WindowTable.of(
            series,
            scalings,
            ahead,
            network.layout,
            self.covariates,
            self.cycles,
            max(network.differences or network.seasons or (1,)),
            with_level=network.seasons is not None,
            with_margins=with_margins,
        )

    def training_table(
        self, series: Sequence[Series], scalings: Sequence[SeriesScaling]
    ) -> WindowTable:
        """Return the table of training windows, a horizon longer than the series."""
        horizon = self.network.layout.horizon
        ahead = Ahead.of_each(series, self.roles, horizon)
        return self.table(series, scalings, ahead, with_margins=True)


#: Fitted forecasting network with its encoder of series.
FittedForecaster = FittedNetwork[SeriesEncoder, ForecastHead]


def rolled(
    fitted: FittedForecaster, table: WindowTable, starts: Rows, n_ahead: int
) -> NDArray[np.float64]:
    """Return the result of `roll` for a fitted network, combined if there are several.

    Each continues from its own forecasts beyond the horizon.
    """
    of_each = partial(roll, table=table, head=fitted.target, starts=starts, n_ahead=n_ahead)
    with lease(fitted.spec) as compiled:
        return fitted.run(compiled, of_each)


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
    some = stratified_sample(len(numbers), most)
    numbers, origins = numbers[some], origins[some]
    parameters = rolled(fitted, table, table.starts(numbers, origins), n_ahead)
    targets = table.targets(numbers, origins, ends, n_ahead)[np.arange(len(numbers))]
    truth = targets.reshape(parameters.shape[:3]).astype(np.float64)
    quantiles = widened(quantiles_of(head, parameters), horizon)
    correction = Correction.measure(quantiles, truth)
    return replace(fitted, encoder=replace(fitted.encoder, correction=correction))


def of_channels(scalings: Sequence[SeriesScaling]) -> list[SeriesScaling]:
    """Return the scalings of the columns of series, one for each."""
    return [
        scaling.columns([channel]) for scaling in scalings for channel in range(len(scaling.floor))
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
        cls,
        n_times: Sequence[int],
        validation: float | None,
        calibration: float | None,
        least: int = 0,
    ) -> Self:
        """Split the latest parts off series of the given lengths, at least one time each.

        For validation it is ``least`` times, or a fifth of the series if that is fewer.
        """

        def without(times: Rows, share: float | None, least: int = 0) -> Rows:
            if share is None:
                return times
            wanted = np.array([math.ceil(share * n) for n in times], dtype=np.int64)
            return np.maximum(times - np.maximum(wanted, np.minimum(least, -(-times // 5))), 0)

        ends = np.asarray(n_times, dtype=np.int64)
        validated = without(ends, calibration)
        return cls(without(validated, validation, least), validated, ends)

    def at(self, observed: Sequence[Rows]) -> Self:
        """Return the parts as times, from numbers of observed values and their times."""
        return type(self)(
            *(
                np.array(
                    [rows[n - 1] + 1 if n else 0 for rows, n in zip(observed, part, strict=True)],
                    dtype=np.int64,
                )
                for part in (self.learned, self.validated, self.ends)
            )
        )

    def margin(self, horizon: int) -> float:
        """Return the share by which forecasts of the validation part have to be better.

        It falls with the number of horizons in that part, by which chance does.
        """
        n_times = int(np.sum(self.validated - self.learned))
        return CHANCE / math.sqrt(max(n_times / horizon, 1.0))

    def errors(self, *, held_out: bool, is_point: bool, calibration: float | None) -> Rows:
        """Return the begin of the part to measure errors on; without any, that of the series."""
        if calibration is not None:
            return self.validated
        if not held_out:
            return np.zeros_like(self.ends)
        return self.measured() if is_point else self.learned

    def measured(self) -> Rows:
        """Return the begin of the part to measure errors on in each series.

        It is that of the validation part, or earlier if there are few series.
        """
        return np.maximum(self.learned - math.ceil(LEAST_MEASURED / len(self.ends)), 0)
