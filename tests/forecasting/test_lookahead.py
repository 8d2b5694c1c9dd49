"""Forecasts depend on the past and on known covariates, and on nothing later."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sktime.forecasting.base import ForecastingHorizon

from tests.forecasting.walks import (
    SETTINGS,
    N,
    covariates,
    each_setting,
    fitted,
    fresh,
    from_pretrained,
    make,
    same,
    series,
    values_for,
)

pytestmark = [
    # sktime announces it for its own forecasters, also those it makes inside.
    pytest.mark.filterwarnings("ignore:The default of config ``remember_data``:FutureWarning"),
]


# ------------------------------------------------------------------ what a forecast depends on


@pytest.mark.parametrize("normalization", [None, "global"])
def test_later_values_change_no_forecast(normalization):
    y, t = series() - 60, 30
    y.iloc[[12, 13, 30, 36]] = np.nan
    changed = y.copy()
    changed.iloc[t + 1 :] += np.random.default_rng(1).normal(scale=50, size=N - t - 1)
    params = {**SETTINGS["recursive"], "normalization": normalization}
    a, b = (from_pretrained(one, **params) for one in (y, changed))
    until = ForecastingHorizon(y.index[: t + 2], is_relative=False)
    for method in ("predict", "predict_quantiles"):
        same(getattr(a, method)(fh=until), getattr(b, method)(fh=until), 0)
    after = ForecastingHorizon(y.index[t + 2 :], is_relative=False)
    assert (a.predict(fh=after) != b.predict(fh=after)).all()


@each_setting
def test_values_of_an_update_change_no_forecast_before_them(name):
    y, t = values_for(name), 40
    changed = y.copy()
    changed.iloc[t + 1 :] *= 3
    a, b = (fresh(name).update(one[36:], update_params=False) for one in (y, changed))
    until = ForecastingHorizon(y.index[: t + 2], is_relative=False)
    for method in ("predict", "predict_quantiles"):
        same(getattr(a, method)(fh=until), getattr(b, method)(fh=until), 0)


@each_setting
def test_a_forecast_in_sample_is_one_step_ahead_of_the_times_before(name):
    y = values_for(name)
    whole = fresh(name).update(y[36:], update_params=False)
    for t in (37, 40, 47):
        cut = fresh(name).update(y[36:t], update_params=False)
        inside = ForecastingHorizon(y.index[[t]], is_relative=False)
        for method in ("predict", "predict_quantiles"):
            same(getattr(whole, method)(fh=inside), getattr(cut, method)(fh=[1]))


@each_setting
def test_forecasts_beyond_the_horizon_stand_on_those_within(name):
    model = fitted(name)
    near, far = model.predict(fh=[1, 2, 3]), model.predict(fh=range(1, 9))
    same(far[:3], near)
    same(model.predict_quantiles(fh=range(1, 9))[:3], model.predict_quantiles(fh=[1, 2, 3]))
    by_hand = fresh(name)
    n_each = 1 if name == "recursive" else 3
    blocks = []
    while sum(map(len, blocks)) < 8:
        blocks.append(by_hand.predict(fh=range(1, n_each + 1)))
        by_hand.update(blocks[-1], update_params=False)
    same(far, pd.concat(blocks)[:8], 1e-4)


def test_a_horizon_is_that_of_fh_unless_given():
    y = series()
    model = make(horizon=None).fit(y, fh=[1, 3])
    same(model.predict(), make(horizon=3).fit(y).predict(fh=[1, 3]))


@settings(deadline=None, max_examples=20)
@given(
    name=st.sampled_from(sorted(SETTINGS)),
    steps=st.lists(st.integers(-35, 9), min_size=1, max_size=6, unique=True).map(sorted),
)
def test_some_steps_are_taken_from_all(name, steps):
    model = fitted(name)
    rows = [step + 35 for step in steps]
    every = list(range(-35, 10))
    same(model.predict(fh=steps), model.predict(fh=every).iloc[rows])
    absolute = ForecastingHorizon(
        pd.period_range("2000-01", periods=45, freq="M")[rows], is_relative=False
    )
    same(model.predict(fh=absolute), model.predict(fh=steps), 0)
    quantiles = model.predict_quantiles(fh=every, alpha=[0.2, 0.7])
    same(model.predict_quantiles(fh=steps, alpha=[0.2, 0.7]), quantiles.iloc[rows])


# ------------------------------------------------------------------ covariates


LEVELS = [0.15, 0.3, 0.5, 0.6, 0.75]


def test_columns_known_in_advance_matter_up_to_the_step_forecast():
    y, X = series(), covariates(60)
    model = make().fit(y, X=X[:N])
    before = model.predict(fh=range(1, 10), X=X[N:])
    changed = X.copy()
    changed.iloc[N + 4 :] += 5
    after = model.predict(fh=range(1, 10), X=changed[N:])
    same(after[:3], before[:3], 0)
    assert (after[4:] != before[4:]).all()


def test_the_future_of_what_is_known_up_to_now_does_not_matter():
    y, X = series(), covariates(60)
    changed = X.copy()
    changed.loc[X.index[N:], "b"] += 100
    params = {"past_covariates": ["a", "b"], "strategy": "recursive"}
    model = make(**params).fit(y, X=X[:N])
    expected = model.predict(fh=range(1, 9))
    for rows in (X, changed, X[N:]):
        same(model.predict(fh=range(1, 9), X=rows), expected, 0)
    quantiles = []
    for rows in (X, changed):
        model = make(**params).fit(y[:40], X=X[:40])
        model.update(y[40:], X=rows, update_params=False)
        quantiles.append(model.predict_quantiles(fh=range(1, 9)))
    same(*quantiles, 0)


def test_errors_are_measured_without_looking_ahead():
    """Of the last two rows the first matters to one forecast of the calibration alone."""
    y, X = series(60), covariates(60)
    swapped = X.copy()
    swapped.iloc[[N - 2, N - 1], 1] = X.iloc[[N - 1, N - 2], 1].to_numpy()
    quantiles = []
    for rows in (X, swapped):
        params = {"past_covariates": ["a", "b"], "strategy": "recursive", "horizon": 6}
        model = make(**params, calibration=0.12).fit(y[:N], X=rows[: N + 1])
        model.update(y[N:55], X=X[N:55], update_params=False)
        quantiles.append(model.predict_quantiles(fh=range(1, 6), alpha=LEVELS))
    same(quantiles[0][1:], quantiles[1][1:], 1e-6)  # sums in another order
    assert not np.allclose(quantiles[0].iloc[0], quantiles[1].iloc[0], rtol=1e-6)


def test_more_rows_of_covariates_in_fit_serve_predict():
    y, X = series(), covariates(60)
    model = make().fit(y, X=X)
    same(model.predict(fh=[1, 5]), make().fit(y, X=X).predict(fh=[1, 5], X=X[N:]), 0)


# ------------------------------------------------------------------ what was once wrong


@pytest.mark.parametrize("normalization", ["window", "last", "series"])
def test_what_differences_continue_starts_from_the_last_value_seen(normalization):
    y = pd.Series(np.linspace(0.0, 100.0, 60))
    y.iloc[-2:] = np.nan
    model = make(differences=1, normalization=normalization).fit(y, fh=[1, 2])
    model.weights_ = tuple(np.zeros_like(weight) for weight in model.weights_)
    np.testing.assert_allclose(model.predict(), y.iloc[-3], rtol=1e-5)
