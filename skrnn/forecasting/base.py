"""What every forecaster shares: sktime's methods on one network for all series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sktime.forecasting.base import BaseForecaster, ForecastingHorizon

from skrnn._parameters import fitted, integers, require, validate
from skrnn.forecasting.backtesting import cutoffs_of, forecasts_from, frame_of_cutoffs
from skrnn.forecasting.covariates import Ahead, Roles
from skrnn.forecasting.entrance import CheckedForecaster
from skrnn.forecasting.fitting import FittingForecaster
from skrnn.forecasting.forecasts import Forecasts, frame_of, in_units, of_instances
from skrnn.forecasting.horizons import (
    ahead_of,
    furthest_of,
    of_each_grid,
    steps_of,
    times_of,
)
from skrnn.forecasting.learning import of_channels
from skrnn.forecasting.series import Series, named, read_covariates, read_series
from skrnn.forecasting.sktime_times import GridForecaster
from skrnn.forecasting.uncertainty import at_levels
from skrnn.preprocessing.scaling import Standardiser

_CONTAINERS = ["pd.DataFrame", "pd-multiindex", "pd_multiindex_hier"]


class BaseSequenceForecaster(CheckedForecaster, GridForecaster, FittingForecaster):
    """Forecast series with one network, trained on all of them."""

    _tags: ClassVar[dict[str, Any]] = {
        "authors": "the skrnn developers",
        "maintainers": "the skrnn developers",
        "y_inner_mtype": _CONTAINERS,
        "X_inner_mtype": _CONTAINERS,
        "capability:multivariate": True,
        "capability:exogenous": True,
        "capability:insample": True,
        "capability:pred_int": True,
        "capability:pred_int:insample": True,
        "capability:missing_values": True,
        "capability:update": True,
        "capability:pretrain": True,
        "capability:random_state": True,
        "capability:categorical_in_X": False,
        "capability:non_contiguous_X": False,
        "property:randomness": "derandomized",
        "requires-fh-in-fit": False,
    }
    _config: ClassVar[dict[str, Any]] = {"remember_data": False}
    _history: dict[tuple[Any, ...], Series] = fitted()
    _scalings: dict[tuple[Any, ...], Standardiser] = fitted()

    def _before_init(self) -> None:
        # It passes on to the other bases, which assign defaults: the values come after it.
        BaseForecaster.__init__(self)
        self._y = self._X = None  # sktime does so only where it is told to remember data

    def backtest(
        self,
        y: Any,
        X: Any = None,
        fh: Any = None,
        *,
        start: Any = None,
        step_length: int = 1,
    ) -> pd.DataFrame:
        """Return the forecasts from every cutoff in y, in one pass and without training.

        As `sktime.forecasting.model_evaluation.evaluate` with ``strategy="no-update_params"``
        forecasts, but all cutoffs at once. The forecaster stays as it is.

        Parameters
        ----------
        y : DataFrame or Series
            The series of the fit, or what comes after it.
        X : DataFrame, optional
            Covariates at the times of y, as in ``fit``.
        fh : int, list or ForecastingHorizon, optional
            Steps after each cutoff; None takes those of the fit.
        start : optional
            The first cutoff, a time; None takes the last time of the fit.
        step_length : int, default=1
            Times from one cutoff to the next. The last cutoff is the latest after which all
            of ``fh`` lies in y.

        Returns
        -------
        DataFrame
            Indexed by instance, where there are several, cutoff and time; columns as in y.

        Raises
        ------
        ValueError
            If y has no time for ``fh`` after ``start``, or ``fh`` is not ahead.
        """
        self.check_is_fitted()
        require(integers(1), "step_length", step_length, "backtest")
        X_inner, y_inner = self.clone()._check_X_y(X=X, y=y)
        wanted = self._fh if fh is None else fh
        begin = self.cutoff[0] if start is None else start
        frames = []
        for newer in self._read_later(y_inner, X_inner):
            if newer.key not in self._history:
                raise ValueError(f"{named(newer.key)} was not in fit; update with it first.")
            one = self._history[newer.key].merged(newer)
            steps = ahead_of(wanted, one.index)
            origins = cutoffs_of(one, begin, int(steps.max()), step_length)
            if len(origins) == 0:
                continue
            units, scalings = self._as_seen([one]), self._scalings_of([one])
            values = forecasts_from(self.learned_, self.weights_, units, scalings, origins, steps)
            values = in_units(values[..., None], [self._scalings[one.key]])[..., 0]
            frames.append(frame_of_cutoffs(values, one, origins, steps, self._container.levels))
        if not frames:
            raise ValueError(
                f"y has no cutoff from {begin} on with {steps.max()} times after it; give more "
                "rows, or another start."
            )
        return pd.concat(frames).set_axis(list(self._container.columns), axis=1)

    def to_keras(self) -> Any:
        """Return a new Keras model with the fitted weights.

        Its input is a window, the past and the steps after it, in scaled units and with the
        columns that ``learned_.network.layout`` tells; its outputs are the parameters of the
        forecasts.

        Returns
        -------
        keras.Model
            Inputs float (batch, window_length + horizon, n_columns) and int (batch,).
        """
        if self._state == "new":
            self.check_is_fitted()
        return self._new_keras_model()

    def _fit(self, y: pd.DataFrame, X: pd.DataFrame | None, fh: Any) -> Any:
        validate(self)
        self._history, self._scalings = {}, {}
        if self._state == "pretrained":
            y = self._aligned(y, is_later=False)
            series = self._read_others(y, X)
        else:
            roles = Roles.of(X, self.past_covariates, self.static_covariates)
            series = read_series(y, X, roles.names)
            self._learn(series, roles, furthest_of(fh, series))
        self._remember_container(y)
        self._remember(series)
        self._set_cutoff(self._end())
        return self

    def _pretrain(self, y: pd.DataFrame, X: pd.DataFrame | None = None, fh: Any = None) -> Any:
        validate(self)
        roles = Roles.of(X, self.past_covariates, self.static_covariates)
        series = read_series(y, X, roles.names)
        self._learn(series, roles, furthest_of(fh, series))
        self._remember_columns(y)
        return self

    def _pretrain_update(
        self, y: pd.DataFrame, X: pd.DataFrame | None = None, fh: Any = None
    ) -> Any:
        del fh
        y = self._aligned(y, is_later=False)
        units = self._as_seen(self._read_others(y, X))
        scalings = [self.learned_.scaling_of(one) for one in units]
        self._learn_more(units, scalings, [0] * len(units), int(self.epochs))
        return self

    def _update(
        self, y: pd.DataFrame, X: pd.DataFrame | None = None, update_params: bool = True
    ) -> Any:
        newer = self._read_later(y, X)
        self._history, self._scalings = dict(self._history), dict(self._scalings)
        self._remember(newer)
        self._set_cutoff(self._end())
        if update_params:
            merged = [self._history[one.key] for one in newer]
            begins = [
                int(whole.index.get_indexer(one.index[:1])[0])
                for one, whole in zip(newer, merged, strict=True)
            ]
            self._learn_more(
                self._as_seen(merged),
                self._scalings_of(merged),
                np.repeat(begins, self.learned_.network.layout.n_channels).tolist(),
                int(self.update_epochs),
            )
        return self

    def _read_others(self, y: pd.DataFrame, X: pd.DataFrame | None) -> list[Series]:
        """Return series that need not be those of a fit before, for what was learnt."""
        self.learned_.roles.check(X)
        return read_series(y, X, self.learned_.roles.names)

    def _read_later(self, y: pd.DataFrame, X: pd.DataFrame | None) -> list[Series]:
        """Return later rows of the series of the fit, and perhaps new series."""
        y = self._aligned(y, is_later=True)
        self.learned_.roles.check(X)
        return read_series(y, X, self.learned_.roles.names, may_be_empty=True, known=self._history)

    def _remember(self, series: Sequence[Series]) -> None:
        """Add series to the history, and measure the scaling of new ones."""
        for one in series:
            known = self._history.get(one.key)
            self._history[one.key] = one if known is None else known.merged(one)
            if one.key not in self._scalings:
                self._scalings[one.key] = self.learned_.scaling_of(one)
            self.learned_.check_range(one, self._scalings[one.key])

    def _end(self) -> pd.Index:
        """Return the cutoff with the frequency of the series, which new rows may not tell."""
        ends = [one.index[-1:] for one in self._history.values()]
        return next((end for end in ends if end[0] == self.cutoff[0]), self.cutoff)

    def _scalings_of(self, series: Sequence[Series]) -> list[Standardiser]:
        """Return the scalings of the units of series."""
        scalings = [self._scalings[one.key] for one in series]
        return of_channels(scalings) if self.channel_independent else scalings

    def _predict(self, fh: ForecastingHorizon, X: pd.DataFrame | None) -> pd.DataFrame:
        series = self._current()
        points = self._forecasts(series, fh, X).points()
        return self._frame(series, fh, points[..., None], self._get_columns())

    def _predict_quantiles(
        self, fh: ForecastingHorizon, X: pd.DataFrame | None, alpha: list[float]
    ) -> pd.DataFrame:
        series = self._current()
        quantiles = at_levels(self._forecasts(series, fh, X).quantiles(), np.asarray(alpha))
        columns = self._get_columns(method="predict_quantiles", alpha=alpha)
        return self._frame(series, fh, quantiles, columns)

    def _current(self) -> list[Series]:
        """Return the history of all series up to the cutoff."""
        cutoff = self.cutoff[0]
        series = [one.until(cutoff) for one in self._history.values()]
        late = [one.key for one in series if len(one) == 0]
        if late:
            raise ValueError(f"the series {late[0]} of y begins after the cutoff, {cutoff}.")
        return series

    def _forecasts(
        self, series: Sequence[Series], fh: ForecastingHorizon, X: pd.DataFrame | None
    ) -> Forecasts:
        """Return the forecasts of series at ``fh``, in scaled units."""
        learned = self.learned_
        if X is not None:
            self._container.check_levels(X, "X")
            learned.roles.check(X, ahead=True)
        given = read_covariates(X, learned.roles.names)
        relative = of_each_grid(series, lambda grid: steps_of(fh, grid))
        n_ahead = max(0, int(np.max(relative)))
        horizon = learned.network.layout.horizon
        n_times = -(-n_ahead // horizon) * horizon  # whole blocks
        ahead = [
            Ahead.of(one, learned.roles, n_times, given.get(one.key), n_ahead) for one in series
        ]
        n_each = learned.network.layout.n_channels
        table = learned.table(
            self._as_seen(series),
            self._scalings_of(series),
            [later for later in ahead for _ in range(n_each)],
        )
        steps = np.repeat(np.stack(relative), n_each, axis=0)
        return Forecasts.at(learned, self.weights_, table, steps, n_ahead)

    def _frame(
        self,
        series: Sequence[Series],
        fh: ForecastingHorizon,
        values: NDArray[np.float64],
        columns: pd.Index,
    ) -> pd.DataFrame:
        """Return scaled values (n_units, n_steps, n_targets, n_values) in the units of y."""
        whole = of_instances(values, self.learned_.network.layout.n_channels)
        restored = in_units(whole, [self._scalings[one.key] for one in series])
        return frame_of(
            restored.reshape(*restored.shape[:2], -1),
            [one.key for one in series],
            of_each_grid(series, lambda grid: times_of(fh, grid)),
            list(self._container.levels),
            columns,
        )
