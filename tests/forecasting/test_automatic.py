"""Forecasters with default parameters: seasons, windows, smoothing, logarithms and bounds."""

import functools
import warnings
from statistics import fmean

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import skrnn
from skrnn.datasets import load_airline
from skrnn.forecasting.calendar import longer_cycles
from skrnn.forecasting.seasons import seasons_of, usual_seasons
from skrnn.forecasting.series import Series
from skrnn.forecasting.series_scaling import SeriesScaling, restored
from skrnn.forecasting.smoothing import smoothing_weights
from skrnn.forecasting.tables import filled
from skrnn.networks import layers
from skrnn.numpy_runtime.smoothing import combined, factors_for, n_rules, smoothing_parts
from tests.forecasting.parts import keras
from tests.forecasting.series import panel

#: Training that leaves the network at its start, where its outputs are zero.
STILL = {"epochs": 1, "learning_rate": 1e-30, "random_state": 0, "units": 2}
STILL |= {"early_stopping": False}


def unindexed(*columns):
    """Return a series without dates."""
    values = np.stack(columns, axis=1)
    return Series((), pd.RangeIndex(len(values)), values, np.empty((len(values), 0)))


# ------------------------------------------------------------------ seasons


@pytest.mark.parametrize(
    ("frequency", "seasons"),
    [
        ("h", (24, 168)),
        ("30min", (48, 336)),
        ("15min", (96,)),
        ("min", (60,)),
        ("D", (7,)),
        ("B", (5,)),
        ("W", (52,)),
        ("2W", ()),
        ("MS", (12,)),
        ("ME", (12,)),
        ("QS", (4,)),
        ("QE-NOV", (4,)),
        ("YS", ()),
        ("2YS", ()),
    ],
)
def test_a_frequency_suggests_its_seasons(frequency, seasons):
    assert usual_seasons(pd.date_range("2001-01-01", periods=30, freq=frequency)) == seasons


@pytest.mark.parametrize(
    ("frequency", "seasons"), [("h", (24, 168)), ("D", (7,)), ("M", (12,)), ("Q", (4,)), ("Y", ())]
)
def test_so_does_that_of_periods(frequency, seasons):
    assert usual_seasons(pd.period_range("2001-01-01", periods=30, freq=frequency)) == seasons


@settings(max_examples=30, deadline=None)
@given(season=st.integers(4, 30), cycles=st.integers(8, 20), seed=st.integers(0, 999))
def test_a_season_of_numbered_rows_is_found(season, cycles, seed):
    rng = np.random.default_rng(seed)
    profile = 0.3 * rng.normal(size=season)
    profile[0] += 3  # one high step, so that no part of a season repeats
    values = np.tile(profile, cycles) + 0.1 * rng.normal(size=season * cycles)
    assert seasons_of([unindexed(values + 0.02 * np.arange(len(values)))])[:1] == (season,)


def test_noise_and_random_walks_have_no_season():
    rng = np.random.default_rng(0)
    every = [seasons_of([unindexed(rng.normal(size=120).cumsum())]) for _ in range(40)]
    assert fmean(bool(found) for found in every) < 0.3


def test_hourly_rows_have_a_day_and_a_week():
    hours = np.arange(24 * 7 * 6)
    rng = np.random.default_rng(0)
    day = np.sin(2 * np.pi * hours / 24) * np.where(hours // 24 % 7 < 5, 1.0, 0.2)
    values = day + 0.05 * rng.normal(size=len(hours))
    assert seasons_of([unindexed(values)]) == (24, 168)


def test_most_series_of_a_panel_decide():
    rng = np.random.default_rng(1)
    seasonal = [unindexed(np.tile(rng.normal(size=6), 12)) for _ in range(8)]
    others = [unindexed(rng.normal(size=72).cumsum()) for _ in range(4)]
    assert seasons_of(seasonal + others) == (6,)


# ------------------------------------------------------------------ exponential smoothing


def reference(values, season, factor, with_trend, horizon):
    """Return the forecast of one rule, step by step."""
    n = len(values)
    profile = np.zeros(max(season, 1))
    if season:
        n_blocks = n // season
        blocks = values[n - n_blocks * season :].reshape(n_blocks, season)
        means = blocks.mean(axis=1)
        slope = np.polyfit(np.arange(n_blocks), means, 1)[0] / season
        within = np.arange(season) - (season - 1) / 2
        profile = (blocks - means[:, None] - slope * within).mean(axis=0)
    rest = np.array([v - profile[(i - n) % len(profile)] for i, v in enumerate(values)])
    weights = np.array([factor * (1 - factor) ** (n - 1 - i) for i in range(n)])
    weights /= weights.sum()
    age = np.sum(weights * np.arange(n)[::-1])
    trend = 0.5 * np.polyfit(np.arange(n), rest, 1)[0] if with_trend else 0.0
    level = np.sum(weights * rest)
    return np.array(
        [level + trend * (age + h) + profile[(h - 1) % len(profile)] for h in range(1, horizon + 1)]
    )


@functools.cache
def smoothing_model(seasons, horizon, n_steps, n_weights):
    """Return a Keras model of the layer alone, for one column."""
    inputs = [keras.Input((n_steps, 1)), keras.Input((n_steps, 1)), keras.Input((n_weights,))]
    return keras.Model(inputs, layers.Smoothing(seasons, horizon)(*inputs))


@settings(max_examples=25, deadline=None)
@given(
    n=st.integers(0, 6),
    season=st.sampled_from([0, 3, 7]),
    factor=st.sampled_from([1.0, 0.5, 0.2]),
    with_trend=st.booleans(),
    horizon=st.sampled_from([1, 9]),  # few shapes, each of which is compiled
    seed=st.integers(0, 999),
)
def test_a_rule_is_the_one_of_a_loop(n, season, factor, with_trend, horizon, seed):
    """Also of a series that begins within the window."""
    n_steps, n_times = 24, 24 - n
    values = np.random.default_rng(seed).normal(size=n_times).cumsum()
    seasons, factors = ((season,) if season else ()), factors_for(n_steps)
    windows, valid = np.zeros((1, 1, n_steps)), np.zeros((1, 1, n_steps))
    windows[0, 0, n:], valid[0, 0, n:] = values, 1
    weights = np.zeros((1, 1, n_rules(seasons, n_steps)))
    weights[0, 0, 1 if season else 0] = 1
    weights[0, 0, 1 + 2 * len(seasons) + factors.index(factor)] = 1
    weights[0, 0, -1] = with_trend
    got = combined(np, smoothing_parts(np, windows, valid, seasons, horizon), weights)[0, 0]
    # Whole seasons count from the first that lies in the series.
    whole = values
    if season and n_times % season and n:
        whole = None
    if whole is not None:
        expected = reference(whole, season, factor, with_trend, horizon)
        np.testing.assert_allclose(got, expected, atol=1e-4)
    inputs = [windows.transpose(0, 2, 1), valid.transpose(0, 2, 1), weights[0]]
    model = smoothing_model(seasons, horizon, n_steps, weights.shape[-1])
    tensor = model.predict_on_batch([np.float32(each) for each in inputs])
    np.testing.assert_allclose(tensor[0, :, 0], got, rtol=1e-4, atol=1e-4)


def test_the_last_season_may_be_repeated():
    values = np.arange(12.0)[None, None]
    weights = np.zeros((1, 1, n_rules((4,), 12)))
    weights[0, 0, 2] = 1
    parts = smoothing_parts(np, values, np.ones_like(values), (4,), 6)
    np.testing.assert_array_equal(combined(np, parts, weights)[0, 0], [8, 9, 10, 11, 8, 9])


def test_the_rules_with_small_past_errors_weigh_most():
    """A clean season weighs on its profile or its repetition; a random walk on its last value."""
    rng = np.random.default_rng(0)
    seasonal = np.tile(rng.normal(size=6), 12)
    walk = rng.normal(size=72).cumsum() * 10
    values = np.stack([seasonal, walk], axis=1)
    weights, errors = smoothing_weights(values, 36, 6, (6,), lambda scaled: scaled)
    assert weights.shape == (2, n_rules((6,), 36))
    np.testing.assert_allclose(weights[:, :3].sum(axis=1), 1, atol=1e-9)
    np.testing.assert_allclose(weights[:, 3:-1].sum(axis=1), 1, atol=1e-9)
    assert weights[0, 1:3].sum() > 0.99
    assert weights[1, 3] > 0.5
    assert errors[0] < 1e-6 < errors[1]


@pytest.mark.parametrize("n", [1, 2, 3, 4, 7, 30])
def test_weights_of_any_length_with_gaps_are_finite(n):
    values = np.random.default_rng(n).normal(size=(n, 2))
    values[: n // 3, 0] = np.nan
    values[n // 2 : n // 2 + 2, 1] = np.nan
    weights, errors = smoothing_weights(values, 24, 5, (4,), lambda scaled: scaled)
    assert np.isfinite(weights).all()
    assert np.isfinite(errors).all()


# ------------------------------------------------------------------ logarithms and bounds


def test_logarithms_are_undone():
    values = np.exp(np.random.default_rng(0).normal(size=(20, 2)))
    scaling = SeriesScaling.fit(values, log=np.array([True, False]))
    scaled = scaling.transform(values)
    np.testing.assert_allclose(scaled[:, 0].mean(), 0, atol=1e-9)
    back = restored(scaled[None, ..., None], [scaling])[0, ..., 0]
    np.testing.assert_allclose(back, values, rtol=1e-9)


def test_later_values_that_are_not_positive_count_as_small():
    scaling = SeriesScaling.fit(np.array([[1.0], [10.0]]), log=np.array([True]))
    low = scaling.transform(np.array([[0.0], [-5.0], [0.001]]))
    np.testing.assert_allclose(low, low[0, 0])


def test_transform_log_needs_positive_values():
    model = skrnn.GRUForecaster(transform="log", **STILL)
    y = pd.Series(np.arange(40.0))
    with pytest.raises(ValueError, match="transform='log' needs positive values, and y has 0"):
        model.fit(y, fh=[1])


def test_a_series_that_grows_by_its_season_is_forecast_as_logarithms():
    model = skrnn.GRUForecaster(**STILL).fit(load_airline()[:-12], fh=range(1, 13))
    scaling = model._history.scalings[()]
    assert not np.isnan(scaling.floor).any()
    error = np.abs(model.predict() - load_airline()[-12:]).mean()
    assert error < 30  # that of the seasonal naive is 47.8
    plain = model.clone().set_params(transform=None).fit(load_airline()[:-12], fh=range(1, 13))
    assert np.isnan(plain._history.scalings[()].floor).all()


def test_no_negative_forecast_of_a_series_that_has_none():
    """Counts, most of them zero, have points and bounds from zero on; others may be negative."""
    rng = np.random.default_rng(0)
    counts = pd.Series(rng.poisson(0.3, size=120).astype(float))
    model = skrnn.GRUForecaster(epochs=3, random_state=0, units=4).fit(counts, fh=range(1, 13))
    assert (model.predict() >= 0).all()
    assert (model.predict_interval() >= 0).all(axis=None)
    lower = model.clone().fit(counts - 3, fh=range(1, 13)).predict_interval()
    assert (lower.iloc[:, 0] < 0).all()


@pytest.mark.parametrize("level", [1e-6, 7.0, -5e-6, 500.0, 1.0, 1e6])
@pytest.mark.parametrize("params", [{}, {"differences": None}, {"normalization": "series"}])
def test_a_constant_column_beside_another_stays_at_its_level(level, params):
    walk = np.random.default_rng(0).normal(size=80).cumsum()
    y = pd.DataFrame({"walk": walk, "constant": level})
    model = skrnn.GRUForecaster(units=4, epochs=3, early_stopping=False, random_state=0, **params)
    model.fit(y, fh=range(1, 7))
    np.testing.assert_allclose(model.predict()["constant"], level, rtol=1e-4)
    np.testing.assert_allclose(model.predict_interval()["constant"], level, rtol=1e-3)
    later = pd.DataFrame({"walk": walk[:3], "constant": [2 * level, 3 * level, 2 * level]})
    model.update(later.set_index(pd.RangeIndex(80, 83)), update_params=False)
    ratios = model.predict()["constant"] / level
    assert ratios.between(1.5, 3).all() if not params else np.isfinite(ratios).all()


# ------------------------------------------------------------------ settings


def test_settings_follow_from_the_series():
    model = skrnn.GRUForecaster(**STILL).fit(load_airline(), fh=range(1, 13))
    layout = model.network_.encoder.network.layout
    assert (model.window_length_, model.seasons_, model.segment_length_) == (60, (12,), None)
    assert layout.window_length == 60
    hours = pd.Series(
        np.sin(np.arange(1000) * 2 * np.pi / 24) + 0.1 * np.random.default_rng(0).normal(size=1000),
        index=pd.date_range("2001-01-01", periods=1000, freq="h"),
    )
    model = skrnn.GRUForecaster(**STILL).fit(hours, fh=range(1, 49))
    assert model.window_length_ % 24 == 0
    assert model.window_length_ >= 240
    assert model.segment_length_ == 24


@pytest.mark.parametrize(
    ("index", "cycles"),
    [
        (pd.date_range("2001-01-01", periods=750, freq="D"), ("day_of_year",)),
        (pd.period_range("2001-01-01", periods=750, freq="D"), ("day_of_year",)),
        (pd.date_range("2001-01-01", periods=700, freq="D"), ()),  # not two years
        (pd.date_range("2001-01-01", periods=750, freq="h"), ("day_of_week",)),
        (pd.date_range("2001-01-01", periods=750, freq="10min"), ("hour_of_day",)),
        (pd.date_range("2001-01-01", periods=750, freq="MS"), ()),  # a window has years
        (pd.RangeIndex(750), ()),
        (pd.date_range("2001-01-01", periods=1, freq="D"), ()),
    ],
)
def test_cycles_longer_than_a_window_are_time_features(index, cycles):
    y = pd.Series(np.random.default_rng(0).normal(size=len(index)), index=index)
    if len(index) > 1:
        model = skrnn.GRUForecaster(window_length=40, differences=None, **STILL).fit(y, fh=[1])
        assert model.time_features_ == cycles
    assert longer_cycles(index, 40) == cycles


def test_given_settings_are_kept():
    given = {"window_length": 30, "differences": (1, 12), "segment_length": 5}
    given["time_features"] = ("month_of_year",)
    model = skrnn.GRUForecaster(**STILL, **given).fit(load_airline(), fh=[1])
    assert (model.window_length_, model.seasons_, model.segment_length_) == (30, None, 5)
    assert model.time_features_ == ("month_of_year",)
    assert model.set_params(time_features=None).fit(load_airline(), fh=[1]).time_features_ == ()


def test_the_network_never_starts_worse_than_exponential_smoothing():
    """The weights with the least validation loss are kept, the first ones among them."""
    y = load_airline()[:-12]
    still = skrnn.GRUForecaster(**STILL).fit(y, fh=range(1, 13))
    wild = skrnn.GRUForecaster(epochs=2, learning_rate=1.0, random_state=0, units=2)
    wild.fit(y, fh=range(1, 13))
    np.testing.assert_allclose(wild.predict(), still.predict(), rtol=0.2)


@pytest.mark.parametrize("n", [2, 3, 5, 9])
def test_few_times_have_a_simple_forecast_and_a_warning(n):
    y = pd.Series(np.arange(n) + 1.0, name="y")
    with pytest.warns(UserWarning, match=f"y has {n} observed times, too few to train") as seen:
        model = skrnn.GRUForecaster(random_state=0).fit(y, fh=[1, 2])
    (warning,) = (one for one in seen if "observed times" in str(one.message))
    assert warning.filename == __file__
    assert model.n_iter_ == 0
    assert model.predict().between(1, n + 3).all()
    assert np.isfinite(model.predict_interval()).all(axis=None)


def test_of_a_panel_each_series_has_its_own_rules():
    rng = np.random.default_rng(0)
    y = panel(
        a=pd.Series(np.tile(rng.normal(size=7), 12)), b=pd.Series(rng.normal(size=84).cumsum())
    )
    model = skrnn.GRUForecaster(**STILL).fit(y, fh=range(1, 8))
    first, second = (one.rules for one in model._history.scalings.values())
    assert not np.allclose(first, second)
    last = y.loc["a"].to_numpy()[-7:]
    np.testing.assert_allclose(model.predict().loc["a"].to_numpy(), last, atol=1e-2)


# ------------------------------------------------------------------ gaps, signs and distributions


def monthly(values):
    """Return values as a series of months."""
    index = pd.period_range("2010-01", periods=len(values), freq="M")
    return pd.Series(np.asarray(values, float), index=index, name="y")


def rising(n=90):
    """Return a series with a trend and a season."""
    t = np.arange(n)
    noise = np.random.default_rng(1).normal(size=n)
    return monthly(200 + 4 * t + 20 * np.sin(t * 2 * np.pi / 12) + noise)


@pytest.mark.parametrize("row", [-1, -8])
def test_one_missing_value_hardly_changes_a_forecast(row):
    whole, holed = rising(), rising()
    holed.iloc[row] = np.nan
    models = [
        skrnn.GRUForecaster(transform=None, **STILL).fit(y, fh=range(1, 13)) for y in (whole, holed)
    ]
    first, second = (model.predict() for model in models)
    assert np.abs(first - second).max() < 6


def test_gaps_are_filled_with_the_change_of_the_level():
    values = np.arange(12.0)[:, None]
    values[9] = np.nan
    np.testing.assert_allclose(filled(values, 4, with_level=True)[9], 9)
    np.testing.assert_allclose(filled(values, 4)[9], 5)


def test_a_window_without_observations_forecasts_from_those_before():
    noise = np.random.default_rng(0).normal(size=200)
    y = pd.Series(100 + np.arange(200.0) + noise)
    model = skrnn.GRUForecaster(**STILL).fit(y, fh=[1])
    gap = pd.Series(np.full(60, np.nan), index=range(200, 260))
    model.update(gap, update_params=False)
    assert 290 < model.predict().iloc[0] < 330


def test_a_network_trained_without_gaps_does_not_leap_at_one():
    y = pd.Series(100 + np.arange(300) + np.random.default_rng(3).normal(size=300))
    model = skrnn.GRUForecaster(random_state=0, units=8).fit(y, fh=[1])
    before = model.predict().iloc[0]
    model.update(pd.Series([np.nan], index=[300]), update_params=False)
    assert abs(model.predict().iloc[0] - before) < 3


def test_later_values_of_another_sign_give_up_logarithms_and_bounds():
    """In updates; in backtests, without learning from what comes later."""
    noise = 0.3 * np.random.default_rng(0).normal(size=80)
    y = monthly(20 + 5 * np.sin(np.arange(80) * 2 * np.pi / 40) + noise)
    y.iloc[60:] = np.linspace(10, -10, 20)
    model = skrnn.GRUForecaster(**STILL).fit(y[:60], fh=[1, 2])
    assert not np.isnan(model._history.scalings[()].floor).any()
    assert (model.backtest(y[60:], fh=[1]).to_numpy()[-3:] < -4).all()
    assert (model.update(y[60:], update_params=False).predict() < -8).all()
    strict = skrnn.GRUForecaster(transform="log", **STILL).fit(y[:60], fh=[1])
    for method in (strict.update, strict.backtest):
        with pytest.raises(ValueError, match="transform='log' needs positive values"):
            method(y[60:])


def test_a_column_that_was_never_observed_has_no_bound():
    index = rising(60).index
    y = pd.DataFrame({"a": rising(60), "b": np.nan}, index=index)
    model = skrnn.GRUForecaster(**STILL).fit(y, fh=[1])
    later = pd.period_range("2015-01", periods=2, freq="M")
    model.update(pd.DataFrame({"a": [440.0, 444], "b": [-50.0, -51]}, later), update_params=False)
    assert model.predict()["b"].iloc[0] < -40


@pytest.mark.parametrize("normalization", [None, "global"])
def test_logarithms_need_a_scaling_of_each_series(normalization):
    model = skrnn.GRUForecaster(transform="log", normalization=normalization)
    with pytest.raises(ValueError, match="transform='log' was given with normalization="):
        model.fit(rising(), fh=[1])


def test_the_mean_of_a_skewed_series_is_not_forecast_as_logarithms():
    y = monthly(np.exp(np.random.default_rng(0).normal(size=300)))
    mean, median = (
        skrnn.GRUForecaster(loss=loss, **STILL).fit(y, fh=[1]) for loss in ("mse", "mae")
    )
    assert np.isnan(mean._history.scalings[()].floor).all()
    assert mean.predict().iloc[0] > median.predict().iloc[0]


@pytest.mark.parametrize("n_missing", [7, 55])
def test_the_latest_values_may_be_missing(n_missing):
    """Also if few are left, before or after them."""
    values = 100 + np.random.default_rng(0).normal(size=60)
    late, early = values.copy(), values.copy()
    late[-n_missing:] = early[:n_missing] = np.nan
    for y in (late, early):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="y has 5 observed times")
            model = skrnn.GRUForecaster(random_state=0, units=2).fit(monthly(y), fh=range(1, 7))
        assert model.predict().between(95, 105).all()


def test_a_decoder_step_by_step_starts_from_the_simple_forecast():
    direct, stepwise = (
        skrnn.GRUForecaster(strategy=strategy, **STILL).fit(rising(), fh=[1, 2, 3])
        for strategy in ("direct", "seq2seq")
    )
    np.testing.assert_allclose(stepwise.predict(), direct.predict(), rtol=1e-4)


@pytest.mark.filterwarnings("ignore:the series of y end at different dates:UserWarning")
def test_a_short_series_of_a_seasonal_panel_continues_from_its_last_value():
    season = 100 + 10 * np.sin(np.arange(60) * 2 * np.pi / 12)
    y = panel(a=monthly(season), b=monthly(2 * season), new=monthly([5, 6, 7]))
    model = skrnn.GRUForecaster(**STILL).fit(y, fh=[1, 2])
    assert model.predict().loc["new"].to_numpy().min() > 6.5


@pytest.mark.parametrize("loss", ["quantile", "gaussian"])
def test_few_values_have_intervals_around_their_forecast(loss):
    y = monthly(np.arange(1, 10) * 10.0)
    with pytest.warns(UserWarning, match="y has 9 observed times"):
        model = skrnn.GRUForecaster(loss=loss, random_state=0).fit(y, fh=[1])
    low, high = model.predict_interval().to_numpy()[0]
    assert 0 <= low <= model.predict().iloc[0] <= high < 250


def test_given_epochs_are_trained_and_many_short_series_are_enough():
    y = monthly(np.arange(1, 10) * 10.0)
    assert skrnn.GRUForecaster(epochs=3, units=2, random_state=0).fit(y, fh=[1]).n_iter_ == 3
    parts = {f"s{n}": monthly(np.random.default_rng(n).normal(size=9)) for n in range(6)}
    model = skrnn.GRUForecaster(units=2, batch_size=64, random_state=0).pretrain(panel(**parts))
    assert model.n_iter_ > 0
