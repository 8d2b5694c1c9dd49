"""Finite values that single precision cannot hold are refused, and no forecast is NaN."""

import functools

import numpy as np
import pytest

import skrnn.forecasting.rolling
from skrnn.forecasting.forecasts import in_units
from skrnn.forecasting.series_scaling import SeriesScaling
from skrnn.preprocessing.scaling import AffineScaling
from tests.forecasting.series import DAYS, N, make, panel, prices, refuses, wave

BEYOND = 1e60


@functools.cache
def fitted():
    return make().fit(wave(), X=prices(), fh=[1, 2])


def spoilt(data, row, value=BEYOND):
    data = data.copy()
    data.iloc[row] = value
    return data


@pytest.mark.parametrize("value", [BEYOND, -BEYOND])
def test_values_of_y_beyond_single_precision(value):
    model = fitted()
    y, X = wave(4, start=N), prices(4, start=N)
    match = f"y holds {value:.3g} at {DAYS[N + 2]}, too far from the other values".replace("+", ".")
    for update_params in (True, False):
        more = spoilt(y, 2, value)
        refuses(model.update, more, X=X, update_params=update_params, match=match)
    refuses(model.backtest, spoilt(y, 2, value), X=X, fh=[1], match=match)
    before = model.predict(X=X)
    np.testing.assert_array_equal(model.predict(X=X), before)


def test_values_of_y_in_a_fit():
    match = r"y holds 1e.60 at 2024-01-06 00:00:00, too far .* mark it as missing \(NaN\)"
    refuses(make(normalization=None).fit, spoilt(wave(), 5), fh=[1], match=match)
    pretrained = make(normalization="global").pretrain(panel(a=wave(), b=wave(seed=1)))
    refuses(pretrained.fit, spoilt(wave(), 5), fh=[1], match=match)
    named = match.replace("y holds", "the series 'b' of y holds")
    refuses(make(normalization=None).fit, panel(a=wave(), b=spoilt(wave(), 5)), fh=[1], match=named)
    many = make(normalization=None, channel_independent=True)
    refuses(many.fit, wave().to_frame().assign(v=spoilt(wave(), 5)), fh=[1], match=match)


def test_values_of_X():
    model = fitted()
    y, X = wave(4, start=N), spoilt(prices(4, start=N), 1)
    match = "X for y holds 1e.60 at 2024-02-11 00:00:00, too far from the other values"
    refuses(model.predict, X=X, match=match)
    for update_params in (True, False):
        refuses(model.update, y, X=X, update_params=update_params, match=match)
    refuses(model.backtest, y, X=X, fh=[1], match=match)
    later = spoilt(prices(44), N + 1)  # given in fit, for times after y
    refuses(make().fit, wave(), X=later, fh=[1, 2], match=match)


def test_a_value_that_single_precision_holds_is_taken():
    y = spoilt(wave(4, start=N), 3, 1e38)
    model = make().fit(wave(), fh=[1, 2]).update(y, update_params=False)
    assert np.isfinite(model.predict()).all()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_forecast_that_is_no_number_is_never_returned(value, monkeypatch):
    model = fitted()
    X = prices(8, start=N)
    plain = skrnn.forecasting.rolling.predict

    def broken(*args):
        outputs = plain(*args)
        outputs[-1, -1] = value
        return outputs

    monkeypatch.setattr("skrnn.forecasting.rolling.predict", broken)
    match = "a forecast came out NaN or infinite: .* look for outliers"
    for method in (model.predict, model.predict_interval, model.predict_quantiles):
        refuses(method, fh=[1, 2], X=X, match=match)
    refuses(model.backtest, wave(4, start=N), X=X[:4], fh=[1, 2], match=match)
    refuses(make().fit, wave(), fh=[1], match=match)  # which measures errors


def test_forecasts_beyond_the_largest_float():
    scaling = SeriesScaling.of(AffineScaling(np.zeros(1), np.array([1e308])))
    values = np.array([1.5, -4.0]).reshape(1, 2, 1, 1)
    np.testing.assert_array_equal(in_units(values[:, :1], [scaling]), [[[[1.5e308]]]])
    with pytest.raises(ValueError, match="a forecast came out NaN or infinite"):
        in_units(values, [scaling])
