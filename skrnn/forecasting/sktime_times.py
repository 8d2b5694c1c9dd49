"""What sktime's base class does with times, done in the regular grid of the series."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pandas as pd
from sktime.forecasting.base import BaseForecaster, ForecastingHorizon

from skrnn._all_or_nothing import all_or_nothing, unless_it_fails
from skrnn._parameters import fitted
from skrnn.forecasting.horizons import read_horizon
from skrnn.forecasting.time_grid import alike


def _of_data(method: Any) -> Any:
    """Refuse a class in place of y, whose length sktime asks for before it looks at it."""

    @functools.wraps(method)
    def checked(forecaster: Any, y: Any = None, *args: Any, **kwargs: Any) -> Any:
        if isinstance(y, type):
            raise TypeError(f"y is the class {y.__name__}; give a Series or DataFrame.")
        return method(forecaster, y, *args, **kwargs)

    return checked


class GridForecaster(BaseForecaster):
    """Let no method that fails leave a trace, and count time in steps of the series.

    sktime counts in pandas' periods, which know no time zone, and not all frequencies.
    """

    _converter_store_y: dict[str, Any] = fitted()
    _cutoff: pd.Index
    _fh: ForecastingHorizon | None

    fit = all_or_nothing(BaseForecaster.fit)
    fit_predict = all_or_nothing(BaseForecaster.fit_predict)
    update = all_or_nothing(_of_data(BaseForecaster.update))
    update_predict_single = all_or_nothing(_of_data(BaseForecaster.update_predict_single))
    update_predict = all_or_nothing(_of_data(BaseForecaster.update_predict))
    # A horizon that cannot be forecast is not the one that later calls go by.
    predict = unless_it_fails(BaseForecaster.predict)
    predict_quantiles = unless_it_fails(BaseForecaster.predict_quantiles)
    predict_interval = unless_it_fails(BaseForecaster.predict_interval)
    predict_var = unless_it_fails(BaseForecaster.predict_var)
    predict_proba = unless_it_fails(BaseForecaster.predict_proba)

    @all_or_nothing
    def pretrain(self, y: Any, X: Any = None, fh: Any = None) -> Any:
        """Train the network on many series; ``fit`` then takes its weights as they are.

        Parameters
        ----------
        y : DataFrame
            A panel or a hierarchy, or more of it, to train on further.
        X : DataFrame, optional
            Covariates at the times of y.
        fh : int, list, Index or ForecastingHorizon, optional
            What will be forecast, for the horizon of the network.

        Returns
        -------
        self
        """
        return super().pretrain(y, X=X, fh=None if fh is None else read_horizon(fh))

    @unless_it_fails
    def predict_residuals(self, y: Any = None, X: Any = None) -> Any:
        """Return the values of y less their forecasts, one step ahead up to the cutoff.

        Parameters
        ----------
        y : Series or DataFrame
            Values at times up to the cutoff, or after it.
        X : DataFrame, optional
            Covariates, as in ``predict``.

        Returns
        -------
        Series or DataFrame
            Indexed as y.
        """
        remembered = self._fh
        if isinstance(y, pd.DataFrame | pd.Series):
            self._fh = None  # or sktime makes steps of the times of y
        residuals = super().predict_residuals(y=y, X=X)
        self._fh = remembered
        return residuals

    def _check_X_y(self, X: Any = None, y: Any = None, **kwargs: Any) -> Any:
        if isinstance(y, np.ndarray) and self.is_fitted and not kwargs:  # in an update
            raise ValueError(
                "y is an array, whose rows have no times, so that they would be taken for the "
                "first ones of the fit; give a Series or DataFrame with an index that goes on "
                f"after {self._cutoff[0]}."
            )
        if y is not None:  # sktime writes into it, and what fails has to leave no trace
            self._converter_store_y = dict(self._converter_store_y)
        return super()._check_X_y(X=X, y=y, **kwargs)

    def _check_fh(self, fh: Any, pred_int: bool = False) -> ForecastingHorizon | None:
        """Return the horizon of a method, a new one if it was given any."""
        if fh is not None:
            fh = read_horizon(fh, self._cutoff)
        horizon: ForecastingHorizon | None = super()._check_fh(fh, pred_int)
        return horizon

    def _set_cutoff_from_y(self, y: pd.DataFrame) -> None:
        """Set the cutoff to the last time of y, but never back in an update."""
        multiple = isinstance(y.index, pd.MultiIndex)
        times = y.index.get_level_values(-1) if multiple else y.index
        latest = int(times.argmax())
        last = times[latest : latest + 1]
        if self.is_fitted:
            last = alike(last, self._cutoff, "y", "the y of the fit")
            last = last if last[0] > self._cutoff[0] else self._cutoff
        self._cutoff = last
