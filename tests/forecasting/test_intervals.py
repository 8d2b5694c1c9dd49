"""The point forecast lies in every interval, and is the median, however they are corrected."""

import functools

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import skrnn
from skrnn.engine.losses import REGRESSION
from skrnn.forecasting.uncertainty import LEVELS, MEDIAN, Correction, at_levels

LOSSES = [*REGRESSION, "quantile", "gaussian", "student_t"]
STEPS = [-20, -1, 0, 1, 2, 5, 6, 11]  # in the series, in the horizon of 5, and in blocks after it
COVERAGE = [0.001, 0.5, 0.9, 0.998]
SEEDS = st.integers(0, 2**16)


def wave(n=80):
    times = np.arange(n)
    index = pd.date_range("2024", periods=n, freq="D")
    return pd.Series(np.sin(times / 3) + 0.05 * times, index=index, name="y")


@functools.cache
def fitted(loss, calibration, constant=False, **params):
    model = skrnn.GRUForecaster(
        units=2,
        window_length=8,
        horizon=5,
        epochs=2,
        loss=loss,
        calibration=calibration,
        early_stopping=False,
        random_state=0,
        **params,
    )
    return model.fit(0 * wave() if constant else wave())


@pytest.mark.parametrize("calibration", [None, 0.3])
@pytest.mark.parametrize("loss", LOSSES)
def test_the_point_forecast_lies_in_every_interval(loss, calibration):
    model = fitted(loss, calibration)
    point = model.predict(fh=STEPS).to_numpy()
    bounds = model.predict_interval(fh=STEPS, coverage=COVERAGE).to_numpy()
    low, high = bounds[:, ::2].T, bounds[:, 1::2].T
    assert (low <= point).all()
    assert (point <= high).all()
    assert (np.diff(low, axis=0) <= 0).all()  # a wider coverage holds a narrower one
    assert (np.diff(high, axis=0) >= 0).all()


@pytest.mark.parametrize("calibration", [None, 0.3])
@pytest.mark.parametrize("loss", LOSSES)
def test_the_point_forecast_is_the_median_and_quantiles_rise(loss, calibration):
    model = fitted(loss, calibration)
    alpha = [0.0005, 0.01, 0.3, 0.49, 0.5, 0.51, 0.7, 0.99, 0.9995]
    quantiles = model.predict_quantiles(fh=STEPS, alpha=alpha).to_numpy()
    np.testing.assert_array_equal(quantiles[:, 4], model.predict(fh=STEPS))
    assert (np.diff(quantiles, axis=1) >= 0).all()


@pytest.mark.parametrize("calibration", [None, 0.3])
def test_intervals_of_constant_zeros_hold_the_truth_and_the_point(calibration):
    model = fitted("mae", calibration, constant=True)
    point = model.predict(fh=STEPS).to_numpy()
    low, high = model.predict_interval(fh=STEPS, coverage=0.9).to_numpy().T
    measured = np.array(STEPS) <= 5  # the errors of later steps were not measured
    np.testing.assert_array_equal(low[measured], np.minimum(point, 0)[measured])
    np.testing.assert_array_equal(high[measured], np.maximum(point, 0)[measured])
    assert ((low <= point) & (point <= high)).all()


@settings(max_examples=60, deadline=None)
@given(n=st.integers(3, 40), bias=st.floats(-5, 5), seed=SEEDS)
def test_correction_never_moves_the_median_nor_less_than_promised_outwards(n, bias, seed):
    generator = np.random.default_rng(seed)
    learned = np.sort(generator.normal(size=(n, 1, 1, len(LEVELS))), axis=-1)
    truth = learned[..., MEDIAN] + bias + generator.normal(size=(n, 1, 1))
    correction = Correction.measure(learned, truth)
    new = np.sort(generator.normal(size=(5, 1, 1, len(LEVELS))), axis=-1)
    got = correction.apply(new, np.array([1]))
    np.testing.assert_array_equal(got[..., MEDIAN], new[..., MEDIAN])
    assert (np.diff(got) >= 0).all()
    promised = new + correction.shifts[0]  # what split-conformal prediction says, level by level
    assert (got[..., MEDIAN + 1 :] >= promised[..., MEDIAN + 1 :]).all()
    assert (got[..., :MEDIAN] <= promised[..., :MEDIAN]).all()


@settings(max_examples=100, deadline=None)
@example(values=[2.2250738585e-313, -1.0], at=len(LEVELS) - 1, levels=[0.0])
@given(
    values=st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=2),
    at=st.integers(0, len(LEVELS)),
    levels=st.lists(st.floats(0, 1), min_size=1, max_size=8),
)
def test_levels_between_equal_quantiles_are_that_quantile(values, at, levels):
    quantiles = np.full(len(LEVELS), max(values))
    quantiles[:at] = min(values)
    got = at_levels(quantiles, np.sort(levels))
    assert (np.diff(got) >= 0).all()
    assert (got >= min(values)).all()
    assert (got <= max(values)).all()
    np.testing.assert_array_equal(at_levels(quantiles, LEVELS), quantiles)
