"""The importance of a covariate is the increase of the error of backtests without it."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_absolute_error, mean_squared_error

from skrnn import SequenceForecaster, networks
from skrnn.inspection import covariate_importance
from skrnn.inspection.covariates import _permuted_times

SETTINGS = {"network": networks.GRU(units=4), "window_length": 6, "horizon": 2, "epochs": 60}
SETTINGS |= {"learning_rate": 0.01, "random_state": 0}


def series(seed=0, n_times=160):
    """Return sales that depend on the price of the day alone, and two covariates beside it."""
    rng = np.random.default_rng(seed)
    times = pd.period_range("2024-01-01", periods=n_times, freq="D", name="day")
    X = pd.DataFrame(rng.normal(size=(n_times, 3)), times, ["rain", "price", "wind"])
    return (10 - 3 * X["price"] + 0.1 * rng.normal(size=n_times)).rename("sold"), X


@pytest.fixture(scope="module")
def fitted():
    y, X = series()
    return SequenceForecaster(**SETTINGS).fit(y[:120], X=X[:120], fh=[1, 2])


def test_the_covariate_that_the_series_depends_on_is_found(fitted):
    y, X = series()
    result = covariate_importance(fitted, y, X, random_state=0)
    assert result.importances.shape == (3, 5)
    assert result.feature_names == ["rain", "price", "wind"]
    assert result.importances_mean.argmax() == 1
    assert result.importances_mean[1] > 10 * np.abs(result.importances_mean[[0, 2]]).max()
    np.testing.assert_array_equal(result.importances_mean, result.importances.mean(axis=1))
    np.testing.assert_array_equal(result.importances_std, result.importances.std(axis=1))
    assert (result.by, result.method) == ("covariate", "permutation")


@pytest.mark.parametrize("metric", [mean_absolute_error, mean_squared_error])
@pytest.mark.parametrize("step_length", [1, 3])
def test_the_error_is_that_of_the_backtest(fitted, metric, step_length):
    y, X = series()
    settings = {"start": y.index[129], "step_length": step_length}
    result = covariate_importance(fitted, y, X, metric=metric, n_repeats=1, **settings)
    forecasts = fitted.backtest(y, X, **settings)
    observed = y.loc[forecasts.index.get_level_values("day")]
    assert result.error == pytest.approx(metric(observed, forecasts["sold"]))


def test_the_forecaster_and_the_data_are_left_alone(fitted):
    y, X = series()
    y_before, X_before, cutoff = y.copy(), X.copy(), fitted.cutoff[0]
    forecast = fitted.predict(X=X[120:])
    first = covariate_importance(fitted, y, X, n_repeats=2, random_state=1)
    pd.testing.assert_series_equal(y, y_before)
    pd.testing.assert_frame_equal(X, X_before)
    assert fitted.cutoff[0] == cutoff
    pd.testing.assert_series_equal(fitted.predict(X=X[120:]), forecast)
    again = covariate_importance(fitted, y, X, n_repeats=2, random_state=1)
    np.testing.assert_array_equal(again.importances, first.importances)


def test_missing_values_of_y_are_left_out(fitted):
    y, X = series()
    y.iloc[[130, 140]] = np.nan
    result = covariate_importance(fitted, y, X, n_repeats=1)
    forecasts = fitted.backtest(y, X)
    errors = (y.loc[forecasts.index.get_level_values("day")].to_numpy() - forecasts["sold"]).abs()
    assert np.isnan(errors).any()
    assert result.error == pytest.approx(errors.mean())


@pytest.mark.parametrize("n_static", [1, 3])
def test_static_covariates_are_exchanged_between_series(n_static):
    sizes = {"a": 0.0, "b": 4.0, "c": 8.0}
    parts = {}
    for number, name in enumerate(list(sizes)[:n_static]):
        y, X = series(number, 60)
        parts[name] = X[["price"]].assign(size=sizes[name], y=y + sizes[name] * X["price"])
    both = pd.concat(parts, names=["shop", "day"])
    y, X = both[["y"]], both[["price", "size"]]
    is_known = y.index.get_level_values("day") < y.index.get_level_values("day")[45]
    model = SequenceForecaster(static_covariates=["size"], **SETTINGS)
    model.fit(y[is_known], X=X[is_known], fh=[1, 2])
    result = covariate_importance(model, y, X, n_repeats=4, random_state=0)
    assert result.importances_mean[0] > 0
    if n_static == 1:
        assert not result.importances[1].any()
    else:
        assert result.importances_mean[1] > 0


# ------------------------------------------------------------------ blocks


@pytest.mark.parametrize("length", [1, 7, 1000])
def test_times_are_permuted_within_each_series(length):
    index = pd.MultiIndex.from_tuples([(name, t) for name in "cab" for t in range(50)])
    taken = _permuted_times(index, length, np.random.RandomState(0))
    names = index.get_level_values(0).to_numpy()
    np.testing.assert_array_equal(names[taken], names)
    assert sorted(taken) == list(range(150))


def test_blocks_have_the_mean_length_and_any_phase():
    random, n_rows = np.random.RandomState(0), 70_000
    taken = _permuted_times(pd.RangeIndex(n_rows), 7, random)
    n_blocks = 1 + np.count_nonzero(np.diff(taken) != 1)
    assert n_rows / n_blocks == pytest.approx(7, rel=0.03)
    phases = np.bincount((taken - np.arange(n_rows)) % 7) / n_rows
    np.testing.assert_allclose(phases, 1 / 7, atol=0.01)


# ------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("changed", "kind", "message"),
    [
        ({"forecaster": 3}, TypeError, r"an int was given, which has no method backtest"),
        ({"y": np.ones(160)}, TypeError, r"y is an ndarray; give a pandas Series"),
        ({"X": np.ones((160, 3))}, TypeError, r"X is an ndarray; give a pandas DataFrame"),
        ({"n_repeats": 0}, ValueError, r"n_repeats=0 was given to covariate_importance"),
        ({"block_length": 0.5}, ValueError, r"block_length=0.5 was given to covariate_importance"),
        ({"fh": [41]}, ValueError, r"y has no cutoff"),
    ],
)
def test_an_argument_that_is_not_accepted_is_refused(fitted, changed, kind, message):
    y, X = series()
    with pytest.raises(kind, match=message):
        covariate_importance(**({"forecaster": fitted, "y": y, "X": X} | changed))


def test_later_values_have_to_be_observed(fitted):
    y, X = series()
    y.iloc[120:] = np.nan
    with pytest.raises(ValueError, match=r"no observed value at the times of the forecasts"):
        covariate_importance(fitted, y, X)
