"""Many series train one network, which then forecasts each of them and new ones."""

import numpy as np
import pandas as pd
import pytest

from tests.forecasting.walks import equal_weights, from_pretrained, make, panel, same, series

pytestmark = [
    # sktime announces it for its own forecasters, also those it makes inside.
    pytest.mark.filterwarnings("ignore:The default of config ``remember_data``:FutureWarning"),
]


# ------------------------------------------------------------------ many series


@pytest.mark.filterwarnings("ignore:the series of y end at different dates:UserWarning")
def test_a_series_is_forecast_alone_as_it_is_in_a_panel():
    parts = [series(48, 0), series(30, 1) * 50, series(9, 2), series(3, 3)]
    model = from_pretrained(panel(*parts))
    fh = [-1, 1, 2, 5]
    together, quantiles = model.predict(fh=fh), model.predict_quantiles(fh=fh)
    for key, part in zip("abcd", parts, strict=True):
        alone = from_pretrained(part.to_frame())
        assert equal_weights(alone.weights_, model.weights_)
        same(together.loc[key], alone.predict(fh=fh).rename_axis("time"))
        same(quantiles.loc[key], alone.predict_quantiles(fh=fh).rename_axis("time"))


@pytest.mark.filterwarnings("ignore:the series of y end at different dates:UserWarning")
def test_each_series_is_forecast_from_its_own_end():
    times = pd.period_range("2000-01", periods=60, freq="M")
    ends = {"a": 48, "b": 31, "c": 60}
    parts = [series(index=times[end - 24 : end], seed=end) for end in ends.values()]
    forecast = make().fit(panel(*parts)).predict(fh=[1, 2])
    for key, end in ends.items():
        expected = pd.period_range(times[end - 1], periods=3, freq="M")[1:]
        assert list(forecast.loc[key].index) == list(expected)


def test_pretrained_weights_are_not_trained_in_fit():
    model = make(epochs=3).pretrain(panel(series(seed=5), series(seed=6)))
    before, history = model.weights_, model.history_
    model.fit(series())
    assert all(a is b for a, b in zip(model.weights_, before, strict=True))
    assert model.history_ is history
    first = model.predict(fh=[1])
    model.fit(series(seed=9))
    assert all(a is b for a, b in zip(model.weights_, before, strict=True))
    assert model.predict(fh=[1]).iloc[0] != first.iloc[0]
    trained = make(epochs=3).fit(series())
    assert not equal_weights(trained.weights_, before)


def test_more_series_train_pretrained_weights_on():
    model = make().pretrain(panel(series(seed=5), series(seed=6)))
    before = model.weights_
    model.pretrain(panel(series(seed=7), series(seed=8)))
    assert not equal_weights(model.weights_, before)
    assert np.isfinite(model.fit(series()).predict(fh=[1, 4])).all()


def test_a_new_series_joins_in_an_update():
    model = make().fit(panel(series(seed=0), series(seed=1)))
    before = model.weights_
    known = model.predict(fh=[1, 2])
    model.update(panel(series(seed=2), keys="c"), update_params=False)
    assert model.weights_ is before
    forecast = model.predict(fh=[1, 2])
    assert list(forecast.index.unique("instance")) == ["a", "b", "c"]
    same(forecast.loc[["a", "b"]], known)
    assert forecast.loc["c", "y"].between(20, 100).all()


# ------------------------------------------------------------------ what was once wrong


def test_update_after_two_fits_on_a_pretrained_network():
    y = series(60)
    panel_of_two = pd.concat({"a": y.to_frame("y"), "b": y.to_frame("y")}, names=["k", "t"])
    model = make().pretrain(panel_of_two, fh=[1, 2])
    model.fit(y[:30], fh=[1, 2]).fit(y[10:40], fh=[1, 2]).update(y[40:44])
    assert np.isfinite(model.predict()).all()
