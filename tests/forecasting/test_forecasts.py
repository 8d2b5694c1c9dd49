"""Forecasts read the latest window of a series, whose earlier values change nothing."""

import numpy as np
import pandas as pd
import pytest

import skrnn
from skrnn.forecasting import forecasts
from skrnn.forecasting.tables import WindowTable

N = 60
TIMES = pd.date_range("2024-01-01", periods=N + 10, freq="D")
SMALL = {"units": 2, "epochs": 1, "window_length": 5, "horizon": 3, "random_state": 0}


def panel(*, with_missing=False):
    rng = np.random.default_rng(0)
    parts = {}
    for key, n in (("a", N), ("b", N - 20), ("c", 4)):
        part = pd.DataFrame(rng.normal(size=(n, 2)).cumsum(axis=0), index=TIMES[:n])
        if with_missing and key == "b":
            part.iloc[-2:, 0] = np.nan
        parts[key] = part
    return pd.concat(parts, names=["key", "day"])


def covariates():
    rng = np.random.default_rng(1)
    part = pd.DataFrame(rng.normal(size=(len(TIMES), 3)), index=TIMES, columns=[*"pkf"])
    each = {key: part.assign(f=float(n)) for n, key in enumerate("abc")}
    return pd.concat(each, names=["key", "day"])


@pytest.mark.parametrize("with_missing", [False, True])
@pytest.mark.parametrize("fh", [[1, 2, 7], [-1, 0, 2]])
@pytest.mark.parametrize("settings", [{"channel_independent": False}, {"channel_independent": True}])
def test_forecasts_are_those_from_whole_series(monkeypatch, with_missing, fh, settings):
    y, X = panel(with_missing=with_missing), covariates()
    roles = {"past_covariates": ["p"], "static_covariates": ["f"]}
    model = skrnn.GRUForecaster(**SMALL, **roles, **settings)
    with pytest.warns(UserWarning, match="end at different"):
        model.fit(y, X=X.loc[y.index])
    later = X.drop(y.index)
    recent = model.predict(fh, later)
    monkeypatch.setattr(forecasts, "_recent", lambda series, *_: list(series))
    pd.testing.assert_frame_equal(recent, model.predict(fh, later), rtol=0, atol=0)


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
