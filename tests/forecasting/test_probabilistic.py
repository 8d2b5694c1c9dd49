"""Quantiles, intervals and distributions of forecasts."""

import functools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sktime.forecasting.base import ForecastingHorizon

from tests.forecasting.walks import SETTINGS, each_setting, fitted, make, values_for

pytestmark = [
    # sktime announces it for its own forecasters, also those it makes inside.
    pytest.mark.filterwarnings("ignore:The default of config ``remember_data``:FutureWarning"),
]


@functools.cache
def with_uncertainty(name, calibration):
    return make(**SETTINGS[name], calibration=calibration).fit(values_for(name)[:36])


@settings(deadline=None, max_examples=40)
@given(
    name=st.sampled_from(sorted(SETTINGS)),
    calibration=st.sampled_from([None, 0.1, 0.4]),
    levels=st.lists(st.floats(1e-6, 1 - 1e-6), min_size=2, max_size=8, unique=True).map(sorted),
    steps=st.lists(st.integers(-35, 12), min_size=1, max_size=4, unique=True).map(sorted),
)
def test_quantiles_never_cross(name, calibration, levels, steps):
    model = with_uncertainty(name, calibration)
    quantiles = model.predict_quantiles(fh=steps, alpha=levels)
    assert np.isfinite(quantiles.to_numpy()).all()
    for column in quantiles.columns.unique(0):
        rising = np.diff(quantiles[column].to_numpy(), axis=1)
        assert (rising >= -1e-9).all()


@pytest.mark.parametrize("name", ["seq2seq", "channels"])
def test_intervals_of_a_symmetrical_density_lie_round_the_point(name):
    model, fh = fitted(name), [-3, 1, 3, 4, 8]
    points = model.predict(fh=fh)
    points = points.to_frame("y") if points.ndim == 1 else points
    interval = model.predict_interval(fh=fh, coverage=[0.5, 0.9])
    for column in points:
        widths = []
        for coverage in (0.5, 0.9):
            ends = interval[column, coverage]
            middle = (ends["lower"] + ends["upper"]) / 2
            np.testing.assert_allclose(middle, points[column], rtol=1e-5)
            widths.append((ends["upper"] - ends["lower"]).to_numpy())
        assert (widths[0] < widths[1]).all()
        assert widths[0].min() > 0
        assert widths[1][4] > widths[1][3] > widths[1][2] * 0.99


@each_setting
def test_the_point_is_the_median(name):
    model = fitted(name)
    median = model.predict_quantiles(fh=[-2, 1, 5], alpha=[0.5])
    points = model.predict(fh=[-2, 1, 5])
    np.testing.assert_array_equal(median.to_numpy().ravel(), points.to_numpy().ravel())


@each_setting
def test_distributions_have_the_mean_and_order_of_forecasts(name):
    model, fh = fitted(name), [1, 4]
    distribution = model.predict_proba(fh=fh)
    assert type(distribution).__module__.startswith("skpro")
    points = model.predict(fh=fh)
    np.testing.assert_allclose(
        distribution.mean().to_numpy().ravel(), points.to_numpy().ravel(), rtol=1e-6
    )
    variance = model.predict_var(fh=fh).to_numpy().ravel()
    np.testing.assert_allclose(distribution.var().to_numpy().ravel(), variance, rtol=1e-6)
    assert (variance > 0).all()


def test_calibrated_intervals_cover_what_they_say():
    """Errors are measured on 400 steps outside the training set."""
    generator = np.random.default_rng(0)
    index = pd.RangeIndex(1000)
    y = pd.Series(generator.standard_t(3, size=1000), index=index, name="y")
    model = make(calibration=0.5).fit(y[:800])
    model.update(y[800:], update_params=False)
    inside = ForecastingHorizon(index[800:], is_relative=False)
    interval = model.predict_interval(fh=inside, coverage=0.8)["y", 0.8]
    covered = ((interval["lower"] <= y[800:]) & (y[800:] <= interval["upper"])).mean()
    assert covered == pytest.approx(0.8, abs=0.1)
