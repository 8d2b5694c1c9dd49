"""Preparation of a fit: horizons, lags of differencing, loss and training windows."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pandas as pd

from skrnn.engine.batches import Examples
from skrnn.engine.fitted_network import FittedNetwork
from skrnn.engine.forecast_losses import ForecastLoss
from skrnn.engine.losses import REGRESSION
from skrnn.engine.model_spec import ModelSpec
from skrnn.estimators.budget import stops_early
from skrnn.forecasting.automatic import WindowSettings, window_settings
from skrnn.forecasting.categories import CategoricalCovariates
from skrnn.forecasting.covariates import Roles
from skrnn.forecasting.fitted import FittedForecaster, Parts, SeriesEncoder
from skrnn.forecasting.horizons import furthest_of
from skrnn.forecasting.series import Key, Series, read_series, units_of
from skrnn.forecasting.series_scaling import SeriesScaling
from skrnn.forecasting.tables import Rows, WindowTable
from skrnn.networks.base import Network, resolved
from skrnn.networks.wrappers.forecast import Forecast, ForecastHead, WindowLayout
from skrnn.parameters import plain
from skrnn.preprocessing.scaling import AffineScaling

#: Default horizon, without ``horizon`` and ``fh``.
DEFAULT_HORIZON = 12


@dataclass(eq=False)
class ForecastData:
    """Series to train on.

    Attributes
    ----------
    series : sequence of Series
        Series with the columns of y.
    units : sequence of Series
        Units of the network: whole series, or columns.
    roles : Roles
        The columns of X.
    horizon : int
        Steps that the network forecasts in one pass.
    n_measured : int
        Steps ahead with measured errors.
    parts : Parts
        Ends of training, validation and calibration in each unit.
    n_observed : int
        Observed times of all units, by which a validation set is made.
    categories : CategoricalCovariates
        Categorical columns of X.
    scalings : mapping of tuple to SeriesScaling
        Scalings of the series, once the network is prepared.
    table : WindowTable
        Table of windows of the units, once the network is prepared.
    """

    series: Sequence[Series]
    units: Sequence[Series]
    roles: Roles
    horizon: int
    n_measured: int
    parts: Parts
    n_observed: int
    categories: CategoricalCovariates
    scalings: Mapping[Key, SeriesScaling] = field(init=False)
    table: WindowTable = field(init=False)

    @classmethod
    def read(cls, forecaster: Any, y: pd.DataFrame, X: pd.DataFrame | None, fh: Any) -> Self:
        """Read the series of y for a new fit of a forecaster.

        Raises
        ------
        ValueError
            If y or X cannot be read, or no series is longer than the horizon.
        """
        roles = Roles.of(X, forecaster.past_covariates, forecaster.static_covariates)
        series = read_series(y, X, roles.names)
        units = units_of(series, forecaster.channel_independent)
        longest, furthest = max(map(len, units)), furthest_of(fh, series)
        horizon, n_measured = horizons(forecaster.horizon, forecaster.strategy, longest, furthest)
        observed = [one.observed_times for one in units]
        n_each = [len(rows) for rows in observed]
        n_observed = sum(n_each)
        held_out = stops_early(forecaster, n_observed)
        validation = float(forecaster.validation_fraction) if held_out else None
        least = horizon if isinstance(forecaster.early_stopping, str) else 0
        parts = Parts.of(n_each, validation, forecaster.calibration, least).at(observed)
        categories = forecaster._categories
        return cls(series, units, roles, horizon, n_measured, parts, n_observed, categories)

    def __len__(self) -> int:
        """Return the number of observed times."""
        return self.n_observed

    def lay_out(self, learned: SeriesEncoder) -> None:
        """Set the scalings of the series, and the table of the units."""
        measured = learned.scalings_of(self.series)
        self.scalings = {one.key: each for one, each in zip(self.series, measured, strict=True)}
        _, scalings = learned.units(self.series, measured)
        self.table = learned.training_table(self.units, scalings)

    @property
    def n_targets(self) -> int:
        """Return the number of columns of a unit."""
        return int(self.units[0].values.shape[1])

    def layout(self, settings: WindowSettings) -> WindowLayout:
        """Return the layout of the windows of the network."""
        return WindowLayout(
            window_length=settings.window_length,
            horizon=self.horizon,
            n_targets=self.n_targets,
            n_past=len(self.roles.past),
            n_known=len(self.roles.known) + 2 * len(settings.cycles),
            n_static=len(self.roles.static),
            n_channels=self.series[0].values.shape[1] // self.n_targets,
            n_rules=settings.n_rules,
        )

    def places(self, layout: WindowLayout) -> tuple[tuple[int, int], ...]:
        """Return the columns of a window with codes, and their numbers of categories."""
        return tuple(
            (layout.columns(role).start + place, size)
            for role in ("past", "known", "static")
            for place, size in self.categories.places(getattr(self.roles, role)).items()
        )

    def common_scaling(self, normalization: str | None) -> AffineScaling | None:
        """Return the common scaling of all series, or None if each has its own."""
        if normalization is None:
            return AffineScaling.identity(self.n_targets)
        if normalization != "global":
            return None
        values = np.concatenate([one.values for one in self.units])
        return AffineScaling.fit(values, np.ones(len(values)))


@dataclass(frozen=True, eq=False)
class UpdateData:
    """Windows of units to train further on.

    Attributes
    ----------
    units : sequence of Series
        Units of the network.
    scalings : sequence of SeriesScaling
        Their scalings.
    table : WindowTable
        Table of their windows.
    numbers, origins : ndarray of int of shape (n_windows,)
        The windows; see `WindowTable.origins`.
    """

    units: Sequence[Series]
    scalings: Sequence[SeriesScaling]
    table: WindowTable
    numbers: Rows
    origins: Rows

    @classmethod
    def of(
        cls,
        learned: SeriesEncoder,
        units: Sequence[Series],
        scalings: Sequence[SeriesScaling],
        begins: Rows,
    ) -> Self:
        """Return the windows with a target at or after ``begins`` of their units."""
        table = learned.training_table(units, scalings)
        return cls(units, scalings, table, *table.origins(begins, table.n_times))

    def __len__(self) -> int:
        return len(self.numbers)

    def examples(self) -> Examples:
        """Return the windows as examples."""
        return self.table.examples(self.numbers, self.origins, self.table.n_times)


def new_network(forecaster: Any, data: ForecastData, encoder: Network) -> FittedForecaster:
    """Return the network of a forecaster for its data, and the encoder of series."""
    head = forecast_head(forecaster.loss, forecaster.quantiles)
    settings = window_settings(forecaster, data.series, data.horizon)
    layout = data.layout(settings)
    kind = forecaster.normalization
    is_mean = forecaster.loss == "mse" or not isinstance(forecaster.loss, str)
    network = Forecast(
        resolved(encoder, layout.window_length // (settings.segment_length or 1)),
        layout,
        head,
        normalization=kind if kind in ("window", "last") else None,
        differences=settings.lags,
        seasons=settings.seasons,
        segment_length=settings.segment_length,
        teacher_forcing=forecaster.strategy == "seq2seq",
        categories=data.places(layout),
    )
    spec = ModelSpec(
        network=network,
        n_steps=layout.n_steps,
        n_features=layout.n_columns,
        n_outputs=layout.horizon * layout.n_targets * head.n_parameters,
        **forecaster._compiled_in(forecast_loss(head, forecaster.loss)),
    )
    learned = SeriesEncoder(
        network,
        data.roles,
        data.roles.measure(data.series).without([*data.categories.places(data.roles.names)]),
        data.common_scaling(kind),
        "bound" if forecaster.transform == "auto" and is_mean else plain(forecaster.transform),
        settings.cycles,
        categories=data.categories,
    )
    return FittedNetwork(spec, learned, head)


def forecast_head(loss: str | Callable[..., Any], quantiles: Sequence[float]) -> ForecastHead:
    """Return the kind of forecast of a loss: point, quantiles or density."""
    if loss == "quantile":
        return ForecastHead(loss, tuple(float(level) for level in quantiles))
    return ForecastHead(loss if loss in ("gaussian", "student_t") else "point")


def forecast_loss(head: ForecastHead, loss: str | Callable[..., Any]) -> ForecastLoss:
    """Return a loss, given by name or as a function, of the forecasts of a head."""
    if head.kind != "point":
        return ForecastLoss(head)
    return ForecastLoss(head, REGRESSION[loss] if isinstance(loss, str) else loss)


def horizons(
    horizon: int | None, strategy: str, longest: int, furthest: int | None
) -> tuple[int, int]:
    """Return the horizon of one pass, and the number of steps with measured errors.

    Parameters
    ----------
    horizon, strategy
        Parameters of that name.
    longest : int
        Length of the longest series.
    furthest : int or None
        The last step of ``fh``, if it was given and lies ahead.

    Raises
    ------
    ValueError
        If no series is longer than the horizon.
    """
    if horizon is not None and horizon >= longest:
        raise ValueError(
            f"horizon={horizon} needs a series of more than {horizon} times, and "
            f"the longest of y has {longest}; give a shorter horizon."
        )
    most = max(1, longest // 3)
    wanted = int(horizon or min(furthest or DEFAULT_HORIZON, most))
    measured = max(wanted, min(furthest or 1, most))
    return (1 if strategy == "recursive" else wanted), measured


def training_examples(
    data: ForecastData,
    network: Forecast,
    *,
    early_stopping: bool,
    calibration: float | None,
    owner: str,
    warns: bool,
    stacklevel: int,
) -> Examples:
    """Return the training windows.

    Parameters
    ----------
    data : ForecastData
        Data with its table.
    network : Forecast
        Network, whose window length is used.
    early_stopping, calibration
        Parameters that reduce the training part, for the message.
    owner : str
        The class of the forecaster, for the warning.
    warns : bool
        Whether to warn.
    stacklevel : int
        Stack level of the warning, as in `warnings.warn`.

    Raises
    ------
    ValueError
        If there is none.

    Warns
    -----
    UserWarning
        If most windows begin before their series.
    """
    table, parts = data.table, data.parts
    numbers, origins = table.origins(np.zeros_like(parts.ends), parts.learned)
    if len(numbers) == 0:
        raise ValueError(
            f"y leaves no training window: its longest series has {max(parts.ends)} "
            f"times, of which {max(parts.learned)} are left by early_stopping="
            f"{early_stopping} and calibration={calibration}; give a series with two "
            "observed values or more in them."
        )
    if warns:
        _warn_of_few_windows(network, origins, int(max(parts.learned)), owner, stacklevel + 1)
    return table.examples(numbers, origins, parts.learned)


def validation_examples(data: ForecastData) -> Examples:
    """Return the validation windows.

    Raises
    ------
    ValueError
        If there is none.
    """
    table, parts = data.table, data.parts
    numbers, origins = table.origins(parts.learned, parts.validated, only_after=True)
    if len(numbers) == 0:
        raise ValueError(
            "early_stopping=True leaves no validation window: the latest "
            f"{max(parts.validated - parts.learned)} times of each series hold no observed "
            "value; give a larger validation_fraction, or set early_stopping=False."
        )
    return table.examples(numbers, origins, parts.validated)


def warn_of_few_times(n_times: int, owner: str, stacklevel: int) -> None:
    """Warn that the forecast of a few times is a simple one."""
    warnings.warn(
        f"y has {n_times} observed times, too few to train the network of {owner}: its forecast "
        "is by exponential smoothing alone. Give longer series, or more of them.",
        UserWarning,
        stacklevel=stacklevel + 1,
    )


def _warn_of_few_windows(
    network: Forecast, origins: Rows, longest: int, owner: str, stacklevel: int
) -> None:
    """Warn if most training windows begin before their series."""
    window_length = network.layout.window_length
    n_complete = int(np.sum(origins >= window_length - 1))
    if n_complete >= max(len(origins) / 2, 2):
        return
    step = network.segment_length or 1
    shorter = longest // 2 // step * step
    is_shorter = shorter >= max(2, sum(network.differences))
    warnings.warn(
        f"only {n_complete} of the {len(origins)} training windows of {owner} "
        f"are complete: window_length={window_length}, and the longest series has "
        f"{longest} times for training. Steps missing from a window count as not observed. "
        + (f"Set window_length={shorter} or less, or give" if is_shorter else "Give")
        + " longer series.",
        UserWarning,
        stacklevel=stacklevel + 1,
    )
