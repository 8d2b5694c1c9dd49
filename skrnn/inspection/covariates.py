"""Importance of covariates: the increase of a forecaster's errors without them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import mean_absolute_error
from sklearn.utils import Bunch, check_random_state

from skrnn._wording import type_name
from skrnn.inspection.scoring import summarized
from skrnn.parameters import NONE, integers, require

Rows = NDArray[np.int64]


def covariate_importance(
    forecaster: Any,
    y: Any,
    X: Any,
    fh: Any = None,
    *,
    start: Any = None,
    step_length: int = 1,
    metric: Callable[[Any, Any], float] = mean_absolute_error,
    block_length: int | None = None,
    n_repeats: int = 5,
    random_state: Any = None,
) -> Bunch:
    """Return the importance of each covariate of a forecaster on later data.

    The importance is the increase of the forecast error when the values of a covariate are permuted
    in time. The forecasts are those of ``forecaster.backtest``: from each cutoff, without training.

    Parameters
    ----------
    forecaster : forecaster
        Fitted forecaster of this package; it is not changed.
    y : Series or DataFrame
        Series of the fit and their continuation, as in ``backtest``.
    X : DataFrame
        Covariates at the times of y. They are permuted at all of these times, so that windows of a
        forecast hold permuted values, too. X is not changed.
    fh : int, list or ForecastingHorizon, default=None
        Steps ahead of each cutoff; None is those of the fit.
    start : optional
        Time of the first cutoff; None is the last time of the fit.
    step_length : int, default=1
        Steps between cutoffs.
    metric : callable, default=mean_absolute_error
        Error of all forecasts together, a function of y_true and y_pred; lower is better. y_true
        and y_pred are DataFrames with the columns of y, without rows in which y is missing.
    block_length : int, default=None
        Mean length of the blocks that are permuted, in steps. Long blocks keep the course of a
        covariate realistic, short ones separate it better from y. None is the number of steps up
        to the last one of ``fh``.
    n_repeats : int, default=5
        Number of permutations.
    random_state : int, RandomState instance or None, default=None
        Seed of the permutations. Each repeat uses the same one for all covariates.

    Returns
    -------
    result : `~sklearn.utils.Bunch`
        With the attributes

        importances : ndarray of shape (n_covariates, n_repeats)
            Increase of the error by covariate.
        importances_mean, importances_std : ndarray of shape (n_covariates,)
            Mean and standard deviation over the repeats.
        error : float
            Error of the forecasts with X as it is.
        feature_names : list
            Columns of X.
        by, method : str
            "covariate" and "permutation".

    Raises
    ------
    TypeError
        If the forecaster has no ``backtest``, or X is not a DataFrame.
    ValueError
        If an argument is not accepted, or no forecast has an observed value to compare with.

    See Also
    --------
    ImportanceDisplay : Plot of the importances.
    sequence_importance : Importance of channels and of stretches of time for other estimators.

    Notes
    -----
    The times of each series are split at random into blocks, whose lengths have a geometric
    distribution as in the stationary bootstrap (Politis and Romano, 1994,
    doi:10.1080/01621459.1994.10476870), and the blocks are permuted. So the season of a covariate
    is separated from that of y, whatever ``block_length`` is. Static covariates, which are
    constant in time, are exchanged between series; of a single series, their importance is 0.
    The past of a series and its calendar are not rated: only the columns of X are.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from skrnn import GRUForecaster
    >>> from skrnn.inspection import covariate_importance
    >>> rng = np.random.default_rng(0)
    >>> days = pd.period_range("2024-01-01", periods=200, freq="D")
    >>> X = pd.DataFrame(rng.normal(size=(200, 2)), index=days, columns=["price", "humidity"])
    >>> y = 3 * X["price"] + 0.1 * rng.normal(size=200)
    >>> model = GRUForecaster(epochs=20, random_state=0).fit(y[:150], X=X[:150], fh=[1, 2])
    >>> result = covariate_importance(model, y, X, random_state=0)
    >>> result.feature_names[result.importances_mean.argmax()]
    'price'
    """
    require(integers(1), "n_repeats", n_repeats, "covariate_importance")
    require(integers(1) | NONE, "block_length", block_length, "covariate_importance")
    _check_types(forecaster, y, X)

    def forecasts(X: pd.DataFrame) -> pd.DataFrame:
        return forecaster.backtest(y, X, fh, start=start, step_length=step_length)

    first = forecasts(X)
    before = _error(y, first, metric)
    length = _n_forecasts(first) if block_length is None else block_length
    random, static = check_random_state(random_state), forecaster.static_covariates or ()
    rises = []
    for _ in range(n_repeats):
        in_time, of_series = _permuted_times(X.index, length, random), _exchanged(X.index, random)
        changed = (
            _with_rows(X, column, of_series if column in static else in_time)
            for column in X.columns
        )
        rises.append([_error(y, forecasts(one), metric) - before for one in changed])
    importances = np.transpose(rises)
    return summarized(
        importances,
        error=before,
        feature_names=list(X.columns),
        by="covariate",
        method="permutation",
    )


def _check_types(forecaster: Any, y: Any, X: Any) -> None:
    """Raise TypeError for a forecaster without backtests, or data that are not pandas."""
    if not hasattr(forecaster, "backtest"):
        raise TypeError(
            f"{type_name(forecaster)} was given, which has no method backtest; give a fitted "
            "forecaster of skrnn."
        )
    if not isinstance(y, pd.Series | pd.DataFrame):
        raise TypeError(f"y is {type_name(y)}; give a pandas Series or DataFrame.")
    if not isinstance(X, pd.DataFrame):
        raise TypeError(
            f"X is {type_name(X)}; give a pandas DataFrame with a column for each covariate."
        )


def _error(y: pd.Series | pd.DataFrame, forecasts: pd.DataFrame, metric: Any) -> float:
    """Return the error of forecasts, indexed by instance, cutoff and time."""
    frame = y.to_frame() if isinstance(y, pd.Series) else y
    times: Any = forecasts.index
    actual = frame.reindex(times.droplevel(-2))
    actual.index, actual.columns = forecasts.index, forecasts.columns
    is_observed = actual.notna().all(axis=1)
    if not is_observed.any():
        raise ValueError(
            "y has no observed value at the times of the forecasts; give later rows of y, or an "
            "earlier start."
        )
    return float(metric(actual[is_observed], forecasts[is_observed]))


def _n_forecasts(forecasts: pd.DataFrame) -> int:
    """Return the number of forecasts from a cutoff."""
    return int(forecasts.groupby(level=list(range(forecasts.index.nlevels - 1))).size().max())


def _series_of(index: Any) -> Rows:
    """Return the number of the series of each row."""
    if index.nlevels == 1:
        return np.zeros(len(index), dtype=np.int64)
    return index.droplevel(-1).factorize()[0]


def _permuted_times(index: pd.Index, length: int, random: np.random.RandomState) -> Rows:
    """Return the row to take for each row: blocks of times, permuted within each series."""
    series, taken = _series_of(index), np.arange(len(index))
    for number in np.unique(series):
        rows = np.flatnonzero(series == number)
        cuts = np.flatnonzero(random.uniform(size=len(rows) - 1) < 1 / length) + 1
        blocks = np.split(rows, cuts)
        taken[rows] = np.concatenate([blocks[at] for at in random.permutation(len(blocks))])
    return taken


def _exchanged(index: pd.Index, random: np.random.RandomState) -> Rows:
    """Return the row to take for each row: the first one of another series."""
    series = _series_of(index)
    _, firsts = np.unique(series, return_index=True)
    return random.permutation(firsts)[series]


def _with_rows(X: pd.DataFrame, column: Hashable, rows: Rows) -> pd.DataFrame:
    """Return X with the values of one column taken from other rows."""
    changed = X.copy()
    changed[column] = X[column].to_numpy()[rows]
    return changed
