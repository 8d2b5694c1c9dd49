"""Forecasts read the latest window of a series, whose earlier values change nothing."""

import numpy as np
import pandas as pd
import pytest

import skrnn
from skrnn.forecasting import forecasts
from skrnn.forecasting.tables import WindowTable

N = 60
TIMES = pd.date_range("2024-01-01", periods=N + 10, freq="D")
SMALL = {"units": 4, "epochs": 5, "window_length": 5, "horizon": 3, "random_state": 0}
SMALL |= {"learning_rate": 0.05, "early_stopping": False, "batch_size": 16}


def panel(*, with_missing=False):
    rng = np.random.default_rng(0)
    parts = {}
    for key, n in (("a", N), ("b", N - 20), ("c", 4)):
        part = pd.DataFrame(rng.normal(size=(n, 2)).cumsum(axis=0), index=TIMES[:n])
        if with_missing and key == "b":
            part.iloc[-9:-1, 0] = np.nan  # from before the window into it
        parts[key] = part
    return pd.concat(parts, names=["key", "day"])


def covariates():
    rng = np.random.default_rng(1)
    part = pd.DataFrame(rng.normal(size=(len(TIMES), 3)), index=TIMES, columns=[*"pkf"])
    each = {key: part.assign(f=float(n)) for n, key in enumerate("abc")}
    return pd.concat(each, names=["key", "day"])


@pytest.mark.parametrize("with_missing", [False, True])
@pytest.mark.parametrize("fh", [[1, 2, 7], [-1, 0, 2]])
@pytest.mark.parametrize("is_by_column", [False, True])
def test_forecasts_are_those_from_whole_series(monkeypatch, with_missing, fh, is_by_column):
    y, X = panel(with_missing=with_missing), covariates()
    roles = {"past_covariates": ["p"], "static_covariates": ["f"]}
    model = skrnn.GRUForecaster(**SMALL, **roles, differences=3, channel_independent=is_by_column)
    newer = y.loc[["a", "b"]].groupby(level="key").tail(6).index
    first = y.drop(newer)
    with pytest.warns(UserWarning, match="end at different"):
        model.fit(first, X=X.loc[first.index])
    # A static covariate is known from the first time on, and not asked for again.
    model.update(y.loc[newer], X=X.loc[newer].assign(f=np.nan), update_params=False)
    later = X.drop(y.index)
    recent = model.predict(fh, later)
    monkeypatch.setattr(forecasts, "_recent", lambda series, *_: list(series))
    pd.testing.assert_frame_equal(recent, model.predict(fh, later), rtol=0, atol=0)


@pytest.mark.parametrize("fh", [[1, 2, 7], [-1, 0, 2]])
@pytest.mark.parametrize("freq", ["SMS", "bh", "D"])
def test_a_cycle_of_a_number_of_times_goes_on(monkeypatch, freq, fh):
    times = pd.date_range("2024-01-01", periods=N, freq=freq)
    y = panel().loc["a"].set_axis(times)
    model = skrnn.GRUForecaster(**SMALL, time_features=[5]).fit(y)
    recent = model.predict(fh)
    monkeypatch.setattr(forecasts, "_recent", lambda series, *_: list(series))
    pd.testing.assert_frame_equal(recent, model.predict(fh), rtol=0, atol=0)


def test_the_table_of_a_forecast_has_the_latest_window(monkeypatch):
    sizes = []
    made = WindowTable.of.__func__

    def of(cls, series, *args, **settings):
        sizes.append([len(one) for one in series])
        return made(cls, series, *args, **settings)

    model = skrnn.GRUForecaster(**SMALL).fit(panel().loc["a"])
    monkeypatch.setattr(WindowTable, "of", classmethod(of))
    model.predict([1, 2])
    model.predict([-2, 1])
    assert sizes == [[5, 5], [5 + 3, 5 + 3]]  # of two columns
