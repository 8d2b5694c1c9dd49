"""Base class of the forecasters: sktime's methods on one network for all series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from sktime.forecasting.base import ForecastingHorizon

from skrnn._compat.sktime import ForecasterHooks
from skrnn._rollback import rollback_on_error, rollback_prediction_on_error
from skrnn.engine.batches import Examples
from skrnn.estimators.budget import Budget, batch_size_of, epochs_of, stops_early
from skrnn.estimators.trainer import Start
from skrnn.forecasting.backtesting import forecasts_from_cutoffs
from skrnn.forecasting.categories import CategoricalCovariates, learn_categories
from skrnn.forecasting.containers import (
    Container,
    both_readable,
    cut,
    in_order,
    refuse_converted,
)
from skrnn.forecasting.entrance import probabilities, refuse_array_in_update, requires_y, takes_data
from skrnn.forecasting.fitted import FittedForecaster, Parts, SeriesEncoder, measure_errors
from skrnn.forecasting.forecasts import Forecasts
from skrnn.forecasting.history import History
from skrnn.forecasting.horizons import furthest_of, read_horizon
from skrnn.forecasting.metrics import metrics_of
from skrnn.forecasting.onnx_task import write_forecaster
from skrnn.forecasting.parameters import ForecastingParameters
from skrnn.forecasting.series import Key, Series, first_positions, units_of
from skrnn.forecasting.series_scaling import SeriesScaling
from skrnn.forecasting.sktime_bases import BaseForecaster
from skrnn.forecasting.sktime_test_params import settings_to_try
from skrnn.forecasting.tables import Rows
from skrnn.forecasting.time_grid import alike
from skrnn.forecasting.training import (
    ForecastData,
    UpdateData,
    forecast_head,
    new_network,
    training_examples,
    validation_examples,
    warn_of_few_times,
)
from skrnn.forecasting.uncertainty import at_levels, finite_variances
from skrnn.parameters import fitted, integers, require, validate

#: Observed times of all series below which the network is not trained.
FEW = 20

#: Series from which on learned distributions are corrected by the errors of the validation part.
MANY = 20

_CONTAINERS = ["pd.DataFrame", "pd-multiindex", "pd_multiindex_hier"]


class BaseSequenceForecaster(ForecasterHooks, BaseForecaster, ForecastingParameters):
    """Base class of forecasters, with one network trained on all series.

    A method that fails leaves the forecaster unchanged. Times are counted in steps of the series;
    sktime would count in pandas periods, which lack time zones and some frequencies.
    """

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
        "capability:categorical_in_X": True,
        "capability:non_contiguous_X": False,
        "property:randomness": "derandomized",
        "requires-fh-in-fit": False,
    }
    _config: ClassVar[dict[str, Any]] = {"remember_data": False}
    _budget: ClassVar[Budget] = Budget(500, 10, most_steps=10_000, batch_sizes=(32, 256), enough=10)
    #: Parameters of a small network, for sktime's suite.
    _small: ClassVar[dict[str, Any]] = {"units": 2}
    network_: FittedForecaster = fitted()
    _history: History = fitted()
    _categories: CategoricalCovariates = fitted()

    fit_predict = rollback_on_error(requires_y(BaseForecaster.fit_predict))
    update = rollback_on_error(takes_data(BaseForecaster.update))
    update_predict_single = rollback_on_error(takes_data(BaseForecaster.update_predict_single))
    update_predict = rollback_on_error(requires_y(BaseForecaster.update_predict))
    score = requires_y(BaseForecaster.score)
    # A horizon that cannot be forecast must not become that of later calls.
    predict = rollback_prediction_on_error(BaseForecaster.predict)
    predict_var = rollback_prediction_on_error(BaseForecaster.predict_var)
    predict_proba = rollback_prediction_on_error(BaseForecaster.predict_proba)

    def _before_init(self) -> None:
        # It passes on to the other bases, which assign defaults: the values come after it.
        BaseForecaster.__init__(self)
        self._hold_no_data()

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:
        """Return parameter settings for sktime's tests, whatever the parameter set."""
        del parameter_set
        return settings_to_try(cls._small)

    @property
    def _learned(self) -> SeriesEncoder:
        """Return the encoder of series, with scalings, calendar cycles and errors."""
        return self.network_.encoder

    @rollback_on_error
    @requires_y
    def fit(self, y: Any, X: Any = None, fh: Any = None, *, cutoff: Any = None) -> Self:
        """Train the network on one or many series.

        Parameters
        ----------
        y : Series or DataFrame
            Series, or a panel or hierarchy of series with their names before the time in the index.
        X : DataFrame, optional
            Covariates at the times of y, and perhaps later ones.
        fh : int, list, Index or ForecastingHorizon, optional
            Forecasting horizon.
        cutoff : optional
            Latest time of y to learn from, in every series; later rows are not read, and series
            that begin later are left out. A text is read as in slices of pandas: "2024" is the
            year up to its end. None reads all rows.

        Returns
        -------
        self : object
            The fitted forecaster.

        Raises
        ------
        ValueError, TypeError
            If a parameter, y, X, fh or the cutoff is not accepted; the forecaster is left
            unchanged.

        Warns
        -----
        UserWarning
            If the series of a panel end at different dates and no cutoff is given: later values
            of one series are then known when another one is forecast, as in no backtest. Or if
            a cutoff leaves out whole series.
        """
        super().fit(y if cutoff is None else cut(y, cutoff, stacklevel=4), X, fh)
        if cutoff is None:
            self._history.warn_of_different_ends(stacklevel=4)
        return self

    @rollback_on_error
    @requires_y
    def pretrain(self, y: Any, X: Any = None, fh: Any = None) -> Self:
        """Train the network on many series; ``fit`` then uses its weights unchanged.

        Parameters
        ----------
        y : DataFrame
            Panel or hierarchy of series; a second call trains further.
        X : DataFrame, optional
            Covariates at the times of y.
        fh : int, list, Index or ForecastingHorizon, optional
            Forecasting horizon, from which the network takes its own.

        Returns
        -------
        self : object
            The pretrained forecaster.

        Raises
        ------
        ValueError, TypeError
            If a parameter, y, X or fh is not accepted; the forecaster is left unchanged.
        """
        return super().pretrain(y, X=X, fh=None if fh is None else read_horizon(fh))

    @rollback_prediction_on_error
    def predict_quantiles(self, fh: Any = None, X: Any = None, alpha: Any = None) -> pd.DataFrame:
        """Forecast quantiles.

        Parameters
        ----------
        fh : int, list, Index or ForecastingHorizon, optional
            Forecasting horizon; None is that of the fit.
        X : DataFrame, optional
            Covariates, as in ``predict``.
        alpha : float or list of float, optional
            Quantile levels between 0 and 1; None is 0.05 and 0.95.

        Returns
        -------
        DataFrame
            Quantiles, with columns by column of y and level.
        """
        levels = None if alpha is None else probabilities(alpha, "alpha", type(self).__name__)
        return super().predict_quantiles(fh, X, levels)

    @rollback_prediction_on_error
    def predict_interval(self, fh: Any = None, X: Any = None, coverage: Any = 0.90) -> pd.DataFrame:
        """Forecast prediction intervals with the given coverage.

        Parameters
        ----------
        fh : int, list, Index or ForecastingHorizon, optional
            Forecasting horizon; None is that of the fit.
        X : DataFrame, optional
            Covariates, as in ``predict``.
        coverage : float or list of float, default=0.9
            Nominal coverage of the intervals, between 0 and 1.

        Returns
        -------
        DataFrame
            Limits, with columns by column of y, coverage, and "lower" or "upper".
        """
        levels = probabilities(coverage, "coverage", type(self).__name__)
        return super().predict_interval(fh, X, levels)

    @rollback_prediction_on_error
    def predict_residuals(self, y: Any = None, X: Any = None) -> Any:
        """Return residuals, y minus its forecasts, which are one step ahead up to the cutoff.

        Parameters
        ----------
        y : Series or DataFrame
            Observed values, up to the cutoff or after it.
        X : DataFrame, optional
            Covariates, as in ``predict``.

        Returns
        -------
        Series or DataFrame
            Residuals, indexed like y.
        """
        remembered = self._remembered_horizon
        if isinstance(y, pd.DataFrame | pd.Series):
            self._remembered_horizon = None  # or sktime makes steps of the times of y
        residuals = super().predict_residuals(y=y, X=X)
        self._remembered_horizon = remembered
        return residuals

    @requires_y
    def backtest(
        self, y: Any, X: Any = None, fh: Any = None, *, start: Any = None, step_length: int = 1
    ) -> pd.DataFrame:
        """Forecast from every cutoff in y, in one pass and without training.

        The forecasts are those of `sktime.forecasting.model_evaluation.evaluate` with
        ``strategy="no-update_params"``. The forecaster is not changed.

        Parameters
        ----------
        y : DataFrame or Series
            Series of the fit, their continuation, or both.
        X : DataFrame, optional
            Covariates at the times of y, as in ``fit``.
        fh : int, list or ForecastingHorizon, optional
            Steps ahead of each cutoff; None is those of the fit.
        start : optional
            Time of the first cutoff; None is the last time of the fit.
        step_length : int, default=1
            Steps between cutoffs. The last cutoff is the latest one after which y has all steps
            of ``fh``.

        Returns
        -------
        DataFrame
            Forecasts with the columns of y, indexed by cutoff and time, after the instance if
            there are several.

        Raises
        ------
        ValueError
            If y has no time for ``fh`` after ``start``, or ``fh`` is not ahead.
        """
        self.check_is_fitted()
        require(integers(1), "step_length", step_length, "backtest")
        X_inner, y_inner = self.clone()._read_data(X=self._categorical(X).coded(X), y=y)
        later = self._read_later(y_inner, X_inner)
        wanted = self._remembered_horizon if fh is None else fh
        begin = self.cutoff[0] if start is None else start
        return forecasts_from_cutoffs(
            self.network_, self._history, later, wanted, begin, step_length
        )

    def to_keras(self) -> Any:
        """Return a new Keras model with the fitted weights.

        Its input is a window of past and future steps in normalized units, with the columns of
        ``network_.encoder.network.layout``; its outputs are the parameters of the forecasts.

        Returns
        -------
        keras.Model
            Inputs float (batch, window_length + horizon, n_columns) and int (batch,).

        Raises
        ------
        NotFittedError
            If the forecaster is not fitted.
        ValueError
            If it has several networks, which ``networks_[0].to_keras()`` and so on return.
        """
        if self.state == "new":
            self.check_is_fitted()
        return self.network_.to_keras()

    def to_onnx(self, path: Any) -> None:
        """Write the fitted forecaster as an ONNX file, which runs without skrnn, sktime and Keras.

        The file has everything between raw values of a series and its forecasts: scaling,
        missing values, the networks, and the calibration of quantiles. Its forecasts are those for
        the series of the fit, with their scalings, also after later values.

        Parameters
        ----------
        path : str or path-like
            File to write, such as "model.onnx"; an existing one is replaced.

        Raises
        ------
        NotFittedError
            If the forecaster is not fitted to series; a pretrained one has none.
        ImportError
            If the package onnx is not installed.
        ValueError
            If the network has layers or settings that are not those of `skrnn.networks`.

        See Also
        --------
        to_keras : The network alone, as a Keras model.

        Notes
        -----
        The input ``y`` is float64 (n_samples, n_times, n_columns): the latest times of series, NaN
        for missing values. The network reads ``window_length_`` of them; give more if values are
        missing, since these are filled from earlier ones. Some fits have further inputs:

        - ``series``, int64 (n_samples,): position of each series in the order of ``predict``;
        - ``past``, float64 (n_samples, n_times, n_past): the past covariates;
        - ``known``, float64 (n_samples, n_times + n_ahead, n_known): covariates known in advance;
          categories are codes, 1, 2 and so on in sorted order, and 0 for unknown ones;
        - ``cycles``, float64 (n_samples, n_times + n_ahead, n_cycles): position in each cycle of
          ``time_features_``, as a share of the cycle, or number of the time divided by its length.

        The outputs are ``prediction``, float64 (n_samples, n_ahead, n_columns), and ``quantiles``,
        float64 (n_samples, n_ahead, n_columns, n_levels), with their levels in the metadata of the
        file as ``quantile_levels``. ``n_ahead`` is the last step of the ``fh`` of the fit, rounded
        up to whole horizons of the network.

        Examples
        --------
        >>> import numpy as np, onnxruntime, pandas as pd, tempfile
        >>> from skrnn import GRUForecaster
        >>> y = pd.Series(np.sin(np.arange(80.0)))
        >>> model = GRUForecaster(window_length=12, epochs=1, random_state=0).fit(y, fh=[1, 2, 3])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     model.to_onnx(f"{folder}/model.onnx")
        ...     session = onnxruntime.InferenceSession(f"{folder}/model.onnx")
        >>> latest = y.to_numpy()[None, -12:, None]
        >>> (prediction,) = session.run(["prediction"], {"y": latest})
        >>> np.allclose(prediction[0, :, 0], model.predict(), atol=1e-5)
        True
        """
        self.check_is_fitted()
        furthest = furthest_of(self._remembered_horizon, list(self._history.series.values()))
        write_forecaster(path, self.network_, self._history, furthest, type(self).__name__)

    # ------------------------------------------------------------------ hooks of sktime

    def _read_data(self, X: Any = None, y: Any = None, **options: Any) -> Any:
        categories = self._categorical(X)
        y, X = both_readable(y, categories.encode(X))
        if self.is_fitted and not options:
            refuse_array_in_update(y, self.cutoff)
        if y is not None:  # sktime writes into y, and a failure has to leave it unchanged
            self._own_conversion()
        X_inner, y_inner = super()._read_data(X=X, y=y, **options)
        refuse_converted(y=(y, y_inner), X=(X, X_inner))
        return categories.marked(X_inner), y_inner

    def _categorical(self, X: Any) -> CategoricalCovariates:
        """Return the categorical columns of the fit, or those of the X of a new one."""
        if not self._has_network():
            self._categories = learn_categories(self, X)
            return self._categories
        return self._learned.categories or CategoricalCovariates.learn(None, X)

    def _resolve_horizon(self, fh: Any, pred_int: bool = False) -> Any:
        """Return the given horizon or, without one, that of an earlier call."""
        horizon = None if fh is None else read_horizon(fh, self.cutoff)
        return super()._resolve_horizon(horizon, pred_int)

    def _move_cutoff(self, y: pd.DataFrame) -> None:
        """Set the cutoff to the last time of y, but never to an earlier time in an update."""
        times = y.index.get_level_values(-1)
        latest = int(times.argmax())
        last = times[latest : latest + 1].copy(deep=True)  # which does not keep all of them
        if self.is_fitted:
            last = alike(last, self.cutoff, "y", "the y of the fit")
            last = last if last[0] > self.cutoff[0] else self.cutoff
        self._put_cutoff(last)

    def _target_names(self) -> list[Any]:
        """Return the columns of forecasts, in the order of the fit."""
        return list(self._history.container.columns)

    def _fit(self, y: pd.DataFrame, X: pd.DataFrame | None, fh: Any) -> Any:
        validate(self)
        if self.state == "pretrained":
            y = self._as_pretrained(y)
            self._remember(History(Container.of(y)), self._learned.read(y, X))
        else:
            data = self._learn(y, X, fh)
            self._remember(History(Container.of(y)), data.series, data.scalings)
        return self

    def _pretrain(self, y: pd.DataFrame, X: pd.DataFrame | None = None, fh: Any = None) -> Any:
        validate(self)
        self._learn(y, X, fh)
        learned = replace(self._learned, columns=tuple(y.columns))
        self.network_ = replace(self.network_, encoder=learned)
        return self

    def _pretrain_update(
        self, y: pd.DataFrame, X: pd.DataFrame | None = None, fh: Any = None
    ) -> Any:
        series = self._learned.read(self._as_pretrained(y), X)
        units = units_of(series, self.channel_independent)
        scalings = self._learned.scalings_of(units)
        begins = np.zeros(len(units), dtype=np.int64)
        self._learn_more(units, scalings, begins, self.epochs)
        return self

    def _update(
        self, y: pd.DataFrame, X: pd.DataFrame | None = None, update_params: bool = True
    ) -> Any:
        newer = self._read_later(y, X)
        self._remember(self._history, newer)
        if update_params:
            merged = [self._history.series[one.key] for one in newer]
            begins = first_positions(newer, merged)
            units, scalings = self._learned.units(merged, self._history.scalings_of(merged))
            n_each = self._learned.network.layout.n_channels
            self._learn_more(units, scalings, np.repeat(begins, n_each), int(self.update_epochs))
        return self

    def _predict(self, fh: ForecastingHorizon, X: pd.DataFrame | None) -> pd.DataFrame:
        forecasts = Forecasts.of(self.network_, self._history, self.cutoff[0], fh, X)
        return forecasts.frame(forecasts.points()[..., None], self._forecast_columns())

    def _predict_quantiles(
        self, fh: ForecastingHorizon, X: pd.DataFrame | None, alpha: list[float]
    ) -> pd.DataFrame:
        forecasts = Forecasts.of(self.network_, self._history, self.cutoff[0], fh, X)
        columns = self._forecast_columns(method="predict_quantiles", alpha=alpha)
        return forecasts.frame(at_levels(forecasts.quantiles(), np.asarray(alpha)), columns)

    def _predict_var(
        self, fh: ForecastingHorizon, X: pd.DataFrame | None = None, cov: bool = False
    ) -> pd.DataFrame:
        return finite_variances(super()._predict_var(fh=fh, X=X, cov=cov))

    # ------------------------------------------------------------------ reading and training

    def _as_pretrained(self, y: pd.DataFrame) -> pd.DataFrame:
        """Return y with the pretrained columns, matched by name if there are several."""
        learned = self._learned
        learned.check_width(y, type(self).__name__)
        return in_order(y, learned.columns, "y") if learned.n_columns > 1 else y

    def _read_later(self, y: pd.DataFrame, X: pd.DataFrame | None) -> list[Series]:
        """Return later rows of the series of the fit, and perhaps new series."""
        self._learned.check_width(y, type(self).__name__)
        return self._learned.read(self._history.container.aligned(y), X, known=self._history.series)

    def _remember(
        self,
        history: History,
        newer: Sequence[Series],
        scalings: Mapping[Key, SeriesScaling] | None = None,
    ) -> None:
        """Extend a history, and set the cutoff to its end; ``scalings`` are those of new series."""
        self._history = history.extended(newer, self._learned, scalings)
        self._put_cutoff(self._history.end(self.cutoff))

    def _learn(self, y: pd.DataFrame, X: pd.DataFrame | None, fh: Any) -> ForecastData:
        """Train a new network on series, measure its forecast errors, and return the data."""
        data = ForecastData.read(self, y, X, fh)
        parts = data.parts
        starts_smooth = self.differences == "auto"
        is_point = forecast_head(self.loss, self.quantiles).kind == "point"
        has_few = starts_smooth and self.epochs == "auto" and len(data) < FEW
        margin = parts.margin(data.horizon) if starts_smooth and is_point else 0.0
        metrics = partial(metrics_of, self, data)
        self._train(data, Start.NEW, epochs=0 if has_few else None, margin=margin, metrics=metrics)
        if has_few:
            warn_of_few_times(len(data), type(self).__name__, stacklevel=7)
        if (
            self.calibration is None
            and not is_point
            and not has_few
            and not (starts_smooth and len(data.units) >= MANY)
        ):
            return data  # as learned: too few errors of each step to correct them
        held_out = stops_early(self, len(data))
        begins = parts.errors(held_out=held_out, is_point=is_point, calibration=self.calibration)
        self.network_ = measure_errors(
            self.network_, data.table, begins, parts.ends, data.n_measured
        )
        return data

    def _learn_more(
        self, units: Sequence[Series], scalings: Sequence[SeriesScaling], begins: Rows, epochs: Any
    ) -> None:
        """Continue training on windows with a target at or after ``begins`` of their units.

        The learning rate is constant, a tenth of ``learning_rate``; ``epochs`` may be "auto".
        """
        data = UpdateData.of(self._learned, units, scalings, begins)
        if len(data) == 0 or epochs == 0:
            return
        windows = data.examples()
        self._train(
            data,
            Start.CONTINUE,
            epochs=epochs_of(self, windows, batch_size_of(self, windows), epochs),
            learning_rate=float(self.learning_rate) / 10,
            metrics=partial(metrics_of, self, data),
        )

    def _split(self, data: ForecastData) -> Parts:
        return data.parts

    def _prepare(self, data: ForecastData, split: Parts | None) -> FittedForecaster:
        return new_network(self, data, self._own_network())

    def _resume(self, data: UpdateData, split: None) -> FittedForecaster:
        before = self.network_.spec
        return self.network_.with_spec(replace(before, **self._compiled_in(before.loss)))

    def _examples(
        self, data: ForecastData | UpdateData, split: Parts | None
    ) -> tuple[Examples, Examples | None]:
        if isinstance(data, UpdateData):
            return data.examples(), None
        data.lay_out(self._learned)
        training = training_examples(
            data,
            self._learned.network,
            early_stopping=split is not None,
            calibration=self.calibration,
            owner=type(self).__name__,
            warns=self.window_length != "auto",
            stacklevel=9,  # the line of the user that calls fit or pretrain
        )
        return training, None if split is None else validation_examples(data)
