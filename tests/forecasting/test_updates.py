"""Seeds, copies, missing values and updates of forecasters."""

import numpy as np
import pandas as pd
import pytest
from sktime.base import load
from sktime.split import ExpandingWindowSplitter

from tests.forecasting.walks import (
    SETTINGS,
    N,
    each_setting,
    equal_weights,
    fitted,
    fresh,
    make,
    same,
    series,
    values_for,
)

pytestmark = [
    # sktime announces it for its own forecasters, also those it makes inside.
    pytest.mark.filterwarnings("ignore:The default of config ``remember_data``:FutureWarning"),
]


# ------------------------------------------------------------------ the same again


@each_setting
def test_a_seed_gives_the_same_forecast(name):
    model, other = fitted(name), fresh(name)
    assert equal_weights(model.weights_, other.weights_)
    copy = model.clone().fit(values_for(name)[:36])
    fh = [-2, 1, 4]
    for method in ("predict", "predict_quantiles"):
        expected = getattr(model, method)(fh=fh)
        same(getattr(other, method)(fh=fh), expected, 0)
        same(getattr(copy, method)(fh=fh), expected, 0)
    different = make(**SETTINGS[name], random_state=1)
    assert not equal_weights(different.fit(values_for(name)[:36]).weights_, model.weights_)


@each_setting
def test_a_forecaster_read_back_forecasts_the_same(tmp_path, name):
    model = fresh(name)
    model.save(tmp_path / "model")
    for read in (load(model.save()), load(str(tmp_path / "model"))):
        for method in ("predict", "predict_quantiles"):
            same(getattr(read, method)(fh=[1, 5]), getattr(model, method)(fh=[1, 5]), 0)
        read.update(values_for(name)[36:])
        assert read.predict(fh=[1]).index[0] == pd.Period("2004-01", freq="M")


def test_predicting_changes_nothing():
    model = fresh()
    before = dict(vars(model))
    model.predict(fh=[1, 2])
    model.predict_interval(fh=[-1, 7])
    changed = {key for key, value in vars(model).items() if before.get(key) is not value}
    assert changed <= {"_fh"}


# ------------------------------------------------------------------ missing values


def test_a_row_that_is_lacking_is_a_missing_value():
    y = series()
    y.iloc[[0, 7, 8, 30]] = np.nan
    rows = y.drop(y.index[[7, 8, 30]])
    a, b = make().fit(y), make().fit(rows)
    assert equal_weights(a.weights_, b.weights_)
    same(a.predict(fh=[-16, 1, 4]), b.predict(fh=[-16, 1, 4]), 0)
    whole = make().fit(series())
    assert not equal_weights(a.weights_, whole.weights_)


def test_a_missing_value_is_forecast_too():
    y = series()
    y.iloc[-4:] = np.nan
    forecast = make().fit(y).predict(fh=[-1, 0, 1, 2])
    assert forecast.between(20, 100).all()


@pytest.mark.parametrize("column", [0, 1])
def test_a_column_may_be_missing_in_part(column):
    y = values_for("channels")
    y.iloc[[3, 20, 21, 47], column] = np.nan
    assert np.isfinite(make(**SETTINGS["channels"]).fit(y).predict(fh=[1, 4])).all(axis=None)


# ------------------------------------------------------------------ updates


@each_setting
def test_an_update_without_training_moves_the_forecast(name):
    model, y = fresh(name), values_for(name)
    before, old = model.weights_, model.predict(fh=[1, 2])
    model.update(y[36:40], update_params=False)
    assert model.weights_ is before
    new = model.predict(fh=[1, 2])
    assert list(new.index.astype(str)) == ["2003-05", "2003-06"]
    assert not np.isclose(old.to_numpy(), new.to_numpy()).any()


@each_setting
def test_an_update_with_training_changes_the_weights(name):
    model, y = fresh(name), values_for(name)
    before = [np.array(one) for one in model.weights_]
    model.update(y[36:40])
    assert not equal_weights(model.weights_, before)
    assert np.isfinite(model.predict(fh=[1, 5]).to_numpy()).all()
    assert equal_weights(fitted(name).weights_, before)
    still = make(**SETTINGS[name], update_epochs=0).fit(y[:36]).update(y[36:40])
    assert equal_weights(still.weights_, before)


@each_setting
def test_updates_one_by_one_are_one_update(name):
    once, stepwise, y = fresh(name), fresh(name), values_for(name)
    once.update(y[36:40], update_params=False)
    for row in range(36, 40):
        stepwise.update(y[row : row + 1], update_params=False)
    same(stepwise.predict(fh=[-1, 1, 5]), once.predict(fh=[-1, 1, 5]), 0)


@pytest.mark.parametrize("given", [[40, 47], [36, 38, 47], [47]])
def test_rows_known_already_change_no_forecast(given):
    y = series()
    for whole in (y, y.set_axis(y.index.to_timestamp())):
        model = make().fit(whole)
        before = model.predict(fh=[-5, 1, 2])
        model.update(whole.iloc[given], update_params=False)
        same(model.predict(fh=[-5, 1, 2]), before, 0)


@pytest.mark.parametrize("given", [[41, 44], [38, 44], [36, 37, 44], [44]])
def test_rows_lacking_in_an_update_are_missing(given):
    dates = pd.date_range("2000-01-01", periods=N, freq="D")
    y = series(index=dates)
    full = y[36:45].copy()
    full[~np.isin(np.arange(36, 45), given)] = np.nan
    forecasts = [
        make().fit(y[:36]).update(newer, update_params=False).predict(fh=[-2, 1, 4])
        for newer in (y.iloc[given].set_axis(pd.DatetimeIndex(dates[given], freq=None)), full)
    ]
    same(*forecasts, 0)


@pytest.mark.parametrize("update_params", [True, False])
def test_updating_and_predicting_is_a_loop(update_params):
    y = series()
    splits = ExpandingWindowSplitter(initial_window=3, step_length=3, fh=[1, 2])
    model = fresh()
    forecasts = model.update_predict(y[36:], splits, update_params=update_params)
    loop = fresh()
    for end in (39, 42, 45):
        expected = loop.update(y[36:end], update_params=update_params).predict(fh=[1, 2])
        got = forecasts[y.index[end - 1]].dropna()
        np.testing.assert_allclose(got, expected, rtol=1e-6)
        assert list(got.index) == list(expected.index)
    assert model.cutoff[0] == y.index[35]
    same(model.predict(fh=[1, 2]), fitted().predict(fh=[1, 2]), 0)


# ------------------------------------------------------------------ what was once wrong


def test_an_attribute_set_between_fit_and_update_keeps_the_kind_of_forecast():
    y = series(60)
    model = make().fit(y[:40], fh=[1, 2])
    model.loss, model.optimizer = "quantile", "sgd"
    model.update(y[40:44])
    model.optimizer = "adam"
    assert np.isfinite(model.update(y[44:46]).predict()).all()
