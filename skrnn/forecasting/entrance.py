"""The entrance of every method that takes y or X: what sktime reads is checked there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from sktime.forecasting.base import BaseForecaster

from skrnn._parameters import fitted, reals, require, tuples_of
from skrnn.forecasting.containers import (
    Container,
    in_order,
    readable,
    refuse_empty,
    refuse_index,
)
from skrnn.forecasting.learning import Learned

_LEVEL = reals(0, 1, closed="neither")
_LEVELS = _LEVEL | tuples_of(_LEVEL)


class CheckedForecaster(BaseForecaster):
    """Refuse what no forecaster can read, and later y and X of another form than y in fit."""

    learned_: Learned
    _container: Container = fitted()

    def _check_X_y(self, X: Any = None, y: Any = None, **kwargs: Any) -> Any:
        refuse_empty(y, "y")
        y, X = readable(y, "y"), readable(X, "X")
        X_inner, y_inner = super()._check_X_y(X=X, y=y, **kwargs)
        for name, before, read in (("y", y, y_inner), ("X", X, X_inner)):
            if read is not None and read is not before:  # sktime converted it
                refuse_index(read.index, name)
        return X_inner, y_inner

    def predict_quantiles(self, fh: Any = None, X: Any = None, alpha: Any = None) -> pd.DataFrame:
        """Return quantiles of forecasts.

        Parameters
        ----------
        fh : int, list, Index or ForecastingHorizon, optional
            What is forecast; None takes what the fit was given.
        X : DataFrame, optional
            Covariates, as in ``predict``.
        alpha : float or list of float, optional
            The probabilities of the quantiles, between 0 and 1; None is 0.05 and 0.95.

        Returns
        -------
        DataFrame
            By column of y and probability.
        """
        levels = None if alpha is None else self._levels(alpha, "alpha")
        return super().predict_quantiles(fh, X, levels)

    def predict_interval(self, fh: Any = None, X: Any = None, coverage: Any = 0.90) -> pd.DataFrame:
        """Return intervals in which values are to lie with a given probability.

        Parameters
        ----------
        fh : int, list, Index or ForecastingHorizon, optional
            What is forecast; None takes what the fit was given.
        X : DataFrame, optional
            Covariates, as in ``predict``.
        coverage : float or list of float, default=0.9
            The probabilities, between 0 and 1.

        Returns
        -------
        DataFrame
            By column of y, probability, and "lower" and "upper".
        """
        return super().predict_interval(fh, X, self._levels(coverage, "coverage"))

    def _levels(self, levels: Any, name: str) -> list[float]:
        """Return one probability, or several, as the list of floats that sktime takes."""
        if isinstance(levels, np.ndarray | pd.Index | pd.Series):
            levels = levels.tolist()
        require(_LEVELS, name, levels, type(self).__name__)
        return list(map(float, levels if isinstance(levels, list | tuple) else [levels]))

    def _get_varnames(self) -> list[Any]:
        """Return the columns of forecasts: those of the fit, in whatever order later ones came."""
        return list(self._container.columns)

    def _remember_container(self, y: pd.DataFrame) -> None:
        """Let later y and X have the levels and columns of this one."""
        self._container = Container.of(y)

    def _remember_columns(self, y: pd.DataFrame) -> None:
        """Let later fits take columns by the names of these, where there are several."""
        self.learned_ = replace(self.learned_, columns=tuple(y.columns))

    def _aligned(self, y: pd.DataFrame, *, is_later: bool) -> pd.DataFrame:
        """Return y with the columns that were learnt, taken by name.

        Parameters
        ----------
        y : DataFrame
            Of a fit after ``pretrain``, or later rows of the series of a fit.
        is_later : bool
            Whether they are later rows, which have the levels of y in fit and, even if there is
            but one, its column.

        Raises
        ------
        ValueError
            If it has others.
        """
        n_columns = self.learned_.n_columns
        if y.shape[1] != n_columns:
            raise ValueError(
                f"y has {y.shape[1]} columns, and {type(self).__name__} learnt {n_columns}; give "
                "the same columns."
            )
        if is_later:
            self._container.check_levels(y, "y")
            return in_order(y, self._container.columns, "y")
        return in_order(y, self.learned_.columns, "y") if n_columns > 1 else y
