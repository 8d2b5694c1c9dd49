"""Forecasters inside sktime's tools, on every kind of time, and what their forecasts depend on."""

import functools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler
from sktime.base import load
from sktime.forecasting.base import ForecastingHorizon
from sktime.forecasting.compose import (
    BaggingForecaster,
    ColumnEnsembleForecaster,
    EnsembleForecaster,
    ForecastByLevel,
    ForecastingPipeline,
    MultiplexForecaster,
    StackingForecaster,
    TransformedTargetForecaster,
    make_reduction,
)
from sktime.forecasting.conformal import ConformalIntervals
from sktime.forecasting.model_evaluation import evaluate
from sktime.forecasting.model_selection import ForecastingGridSearchCV
from sktime.forecasting.naive import NaiveForecaster
from sktime.forecasting.reconcile import ReconcilerForecaster
from sktime.performance_metrics.forecasting import MeanAbsoluteError
from sktime.split import ExpandingWindowSplitter
from sktime.transformations.bootstrap import MovingBlockBootstrapTransformer
from sktime.transformations.hierarchical.aggregate import Aggregator
from sktime.transformations.series.adapt import TabularToSeriesAdaptor
from sktime.transformations.series.boxcox import LogTransformer
from sktime.transformations.series.detrend import Deseasonalizer, Detrender
from sktime.transformations.series.difference import Differencer

import skrnn

pytestmark = [
    # sktime announces it for its own forecasters, also those it makes inside.
    pytest.mark.filterwarnings("ignore:The default of config ``remember_data``:FutureWarning"),
]

N = 48
SMALL = {
    "units": 2,
    "epochs": 1,
    "window_length": 6,
    "horizon": 3,
    "batch_size": 8,
    "random_state": 0,
}

#: What makes code paths differ, in few programs.
SETTINGS = {
    "direct": {},
    "recursive": {"strategy": "recursive", "scale": "global", "loss": "quantile"},
    "seq2seq": {"strategy": "seq2seq", "loss": "gaussian", "scale": "series", "differences": 1},
    "channels": {"channel_independent": True, "segment_length": 2, "loss": "student_t"},
}
each_setting = pytest.mark.parametrize("name", SETTINGS)


def make(**params):
    return skrnn.GRUForecaster(**{**SMALL, **params})


def series(n=N, seed=0, index=None):
    """Return a random walk with a season, far from mean 0 and deviation 1."""
    index = pd.period_range("2000-01", periods=n, freq="M") if index is None else index
    noise = np.random.default_rng(seed).normal(size=len(index))
    season = 3 * np.sin(np.arange(len(index)) * np.pi / 6)
    return pd.Series(60 + np.cumsum(noise) + season, index=index, name="y")


def panel(*parts, keys="abcdefgh"):
    """Return series as the instances of a panel."""
    frames = {key: part.to_frame() for key, part in zip(keys, parts, strict=False)}
    return pd.concat(frames, names=["instance", "time"])


def values_for(name, n=N, seed=0):
    """Return a series for a setting: one of two columns where channels are apart."""
    one = series(n, seed)
    if name != "channels":
        return one
    return pd.DataFrame({"load": one, "wind": series(n, seed + 10) / 7})


@functools.cache
def fitted(name="direct"):
    """Return a forecaster fitted on the first 36 times, never to be changed."""
    return make(**SETTINGS[name]).fit(values_for(name)[:36])


def fresh(name="direct"):
    """Return a forecaster fitted on the first 36 times."""
    return make(**SETTINGS[name]).fit(values_for(name)[:36])


def from_pretrained(y, **params):
    """Return a forecaster fitted on y with the weights of a panel."""
    return make(**params).pretrain(panel(series(seed=5), series(seed=6))).fit(y)


def same(a, b, tolerance=1e-5):
    """Assert that frames or series are equal, index and columns included."""
    assert type(a) is type(b)
    equal = pd.testing.assert_frame_equal if a.ndim == 2 else pd.testing.assert_series_equal
    equal(a, b, rtol=tolerance, atol=tolerance, check_freq=False)


def equal_weights(a, b):
    return all(np.array_equal(one, other) for one, other in zip(a, b, strict=True))


# ------------------------------------------------------------------ inside sktime's tools

EXPANDING = ExpandingWindowSplitter(initial_window=36, step_length=6, fh=[1, 2, 3])


def grid_search(**params):
    return ForecastingGridSearchCV(
        make(),
        cv=EXPANDING,
        param_grid={"learning_rate": [0.01, 0.1]},
        scoring=MeanAbsoluteError(),
        error_score="raise",
        **params,
    )


def test_a_search_scores_what_a_fit_on_each_fold_does():
    y = series()
    search = grid_search(backend=None).fit(y)
    for rate, score in zip(
        [0.01, 0.1], search.cv_results_["mean_test_MeanAbsoluteError"], strict=True
    ):
        errors = []
        for train, test in EXPANDING.split(y):
            forecast = make(learning_rate=rate).fit(y.iloc[train], fh=[1, 2, 3]).predict()
            errors.append(np.abs(forecast - y.iloc[test]).mean())
        assert score == pytest.approx(np.mean(errors), rel=1e-6)
    best = make(**search.best_params_).fit(y).predict(fh=[1, 2])
    same(search.predict(fh=[1, 2]), best)


@pytest.mark.long
def test_two_jobs_give_the_scores_of_one():
    alone = grid_search(backend=None).fit(series())
    # One batch goes to one worker: the other one need not import everything, too.
    jobs = {"n_jobs": 2, "batch_size": 2}
    shared = grid_search(backend="loky", backend_params=jobs).fit(series())
    name = "mean_test_MeanAbsoluteError"
    np.testing.assert_allclose(shared.cv_results_[name], alone.cv_results_[name], rtol=1e-6)
    same(shared.predict(fh=[1, 2]), alone.predict(fh=[1, 2]))


@pytest.mark.parametrize("strategy", ["refit", "update", "no-update_params"])
def test_evaluation_is_a_loop_over_folds(strategy):
    y = series()
    results = evaluate(
        make(),
        cv=EXPANDING,
        y=y,
        strategy=strategy,
        scoring=MeanAbsoluteError(),
        error_score="raise",
        return_data=True,
    )
    model = None
    for (train, _), forecast in zip(EXPANDING.split(y), results["y_pred"], strict=True):
        if model is None or strategy == "refit":
            model = make().fit(y.iloc[train])
        else:
            model.update(y.iloc[train], update_params=strategy == "update")
        same(forecast, model.predict(fh=[1, 2, 3]))
    assert len(results) == 2


TRANSFORMERS = {
    "trend": Detrender,
    "season": functools.partial(Deseasonalizer, sp=12),
    "differences": functools.partial(Differencer, lags=[1, 12]),
    "log": LogTransformer,
}


@pytest.mark.parametrize("names", [*([name] for name in TRANSFORMERS), ["log", "season", "trend"]])
def test_transformers_of_the_target(names):
    y = series()
    steps = [(name, TRANSFORMERS[name]()) for name in names]
    model = TransformedTargetForecaster([*steps, ("network", make())]).fit(y)
    changed, undo = y, []
    for name in names:
        undo.append(TRANSFORMERS[name]().fit(changed))
        changed = undo[-1].transform(changed)
    expected = make().fit(changed).predict(fh=[1, 2, 3, 4])
    for step in reversed(undo):
        expected = step.inverse_transform(expected)
    same(model.predict(fh=[1, 2, 3, 4]), expected)
    assert np.isfinite(model.predict_interval(fh=[1, 2]).to_numpy()).all()


def test_transformers_of_the_covariates():
    y, X = series(), covariates(60)
    pipeline = ForecastingPipeline(
        [("scale", TabularToSeriesAdaptor(StandardScaler())), ("network", make())]
    ).fit(y, X=X[:N])
    scaled = pd.DataFrame(
        StandardScaler().fit(X[:N]).transform(X), index=X.index, columns=X.columns
    )
    expected = make().fit(y, X=scaled[:N]).predict(fh=[1, 2, 5], X=scaled[N:])
    same(pipeline.predict(fh=[1, 2, 5], X=X[N:]), expected)


def test_ensembles_and_choices_of_forecasters():
    y, fh = series(), [1, 2, 4]
    alone, naive = make().fit(y).predict(fh=fh), NaiveForecaster().fit(y).predict(fh=fh)
    members = [("network", make()), ("naive", NaiveForecaster())]
    same(EnsembleForecaster(members).fit(y, fh=fh).predict(), (alone + naive) / 2)
    chosen = MultiplexForecaster(members, selected_forecaster="network")
    same(chosen.fit(y, fh=fh).predict(), alone)
    stacked = StackingForecaster(members, random_state=0).fit(y, fh=fh).predict()
    assert stacked.index.equals(alone.index)
    assert np.isfinite(stacked).all()
    wide = pd.DataFrame({"a": y, "b": series(seed=1)})
    columns = [("network", make(), "a"), ("naive", NaiveForecaster(), "b")]
    apart = ColumnEnsembleForecaster(columns).fit(wide, fh=fh).predict()
    same(apart["a"].rename("y"), alone)


def test_intervals_by_other_forecasters():
    y, fh = series(), [1, 2]
    conformal = ConformalIntervals(make(), initial_window=36, sample_frac=None).fit(y, fh=fh)
    same(conformal.predict(), make().fit(y).predict(fh=fh))
    bagging = BaggingForecaster(MovingBlockBootstrapTransformer(3, random_state=0), make())
    for model in (conformal, bagging.fit(y, fh=fh)):
        interval = model.predict_interval()
        assert (interval["y", 0.9, "lower"] < interval["y", 0.9, "upper"]).all()


@pytest.mark.parametrize("strategy", ["recursive", "direct"])
def test_regressors_forecast_by_reduction_in_both_layouts(strategy):
    y = series()
    forecasts = []
    for kind, layout in [
        ("tabular-regressor", "channels_last"),
        ("time-series-regressor", "channels_first"),
    ]:
        regressor = skrnn.GRURegressor(
            units=2, epochs=2, batch_size=8, random_state=0, layout=layout
        )
        model = make_reduction(regressor, strategy=strategy, window_length=6, scitype=kind)
        forecasts.append(model.fit(y, fh=[1, 2, 3]).predict())
    same(*forecasts)
    windows = np.lib.stride_tricks.sliding_window_view(y.to_numpy(), 7)[:, :, None]
    if strategy == "recursive":
        by_hand = skrnn.GRURegressor(units=2, epochs=2, batch_size=8, random_state=0)
        by_hand.fit(windows[:, :6], windows[:, 6, 0])
        first = by_hand.predict(y.to_numpy()[None, -6:, None])
        np.testing.assert_allclose(forecasts[0].iloc[0], first, rtol=1e-5)


def test_another_network_in_a_pipeline():
    params = {key: value for key, value in SMALL.items() if key != "units"}
    network = skrnn.SequenceForecaster(network="dense", **params)
    model = TransformedTargetForecaster([("season", Deseasonalizer(sp=12)), ("network", network)])
    forecast = model.fit(series()).predict(fh=[1, 4])
    assert forecast.index.equals(pd.PeriodIndex(["2004-01", "2004-04"], freq="M"))
    assert forecast.between(20, 100).all()


# ------------------------------------------------------------------ hierarchies


@functools.cache
def hierarchy():
    """Return four series in two regions."""
    keys = [("north", "x"), ("north", "z"), ("south", "x"), ("south", "w")]
    parts = {key: series(seed=seed).to_frame() for seed, key in enumerate(keys)}
    return pd.concat(parts, names=["region", "town", "time"]).sort_index()


def at(frame, *key):
    return frame.loc[key, "y"].to_numpy()


def test_each_series_of_a_hierarchy_has_its_forecast():
    y = Aggregator().fit_transform(hierarchy())
    forecast = make().fit(y).predict(fh=[1, 2])
    keys = y.index.droplevel("time").unique()
    assert list(forecast.index.droplevel("time").unique()) == list(keys)
    assert forecast.index.names == y.index.names
    for key in keys:
        assert list(forecast.loc[key].index.astype(str)) == ["2004-01", "2004-02"]
        low, high = y.loc[key, "y"].agg(["min", "max"])
        assert forecast.loc[key, "y"].between(2 * low - high, 2 * high - low).all()


# It adds the sums, and its parts then say that there are sums already.
@pytest.mark.filterwarnings("ignore:Found elements in the index of X named:UserWarning")
@pytest.mark.parametrize("method", ["bu", "ols", "wls_str", "mint_shrink", "td_fcst"])
def test_reconciled_forecasts_add_up(method):
    y = hierarchy()
    forecast = ReconcilerForecaster(make(), method=method).fit(y).predict(fh=[1, 2])
    north = at(forecast, "north", "x") + at(forecast, "north", "z")
    south = at(forecast, "south", "x") + at(forecast, "south", "w")
    np.testing.assert_allclose(at(forecast, "north", "__total"), north, rtol=1e-8)
    np.testing.assert_allclose(at(forecast, "south", "__total"), south, rtol=1e-8)
    np.testing.assert_allclose(at(forecast, "__total", "__total"), north + south, rtol=1e-8)


def test_a_network_for_all_levels_or_one_each():
    y = hierarchy()
    once = ForecastByLevel(make(), groupby="global").fit(y).predict(fh=[1, 2])
    same(once, make().fit(y).predict(fh=[1, 2]))
    each = ForecastByLevel(make(), groupby="local").fit(y).predict(fh=[1, 2])
    alone = make().fit(y.loc["north", "x"]).predict(fh=[1, 2])
    np.testing.assert_allclose(at(each, "north", "x"), alone["y"], rtol=1e-6)
    assert not np.allclose(once.sort_index(), each.sort_index())


# ------------------------------------------------------------------ times

FREQUENCIES = ["YS", "YE", "QS", "QE", "MS", "ME", "W", "W-WED", "D", "2D", "B", "h", "15min", "s"]
PERIODS = ["Y", "Q", "M", "2M", "W", "D", "h", "15min", "min"]


def assert_continued(given, times):
    """Assert that forecasts of a series at the first 40 times stand at the three after them."""
    y = series(index=given)
    fh = ForecastingHorizon(times[[41, 42]], is_relative=False)
    model = make().fit(y, fh=fh)
    forecast = model.predict(fh=[1, 2, 3])
    pd.testing.assert_index_equal(forecast.index, times[40:43], check_names=False)
    assert np.isfinite(forecast).all()
    same(model.predict(fh=fh), forecast.iloc[1:])
    inside = model.predict(fh=ForecastingHorizon(times[[0, 39, 40]], is_relative=False))
    pd.testing.assert_index_equal(inside.index, times[[0, 39, 40]], check_names=False)
    assert inside.iloc[-1] == pytest.approx(forecast.iloc[0])
    assert np.isfinite(inside).all()


@pytest.mark.parametrize("has_freq", [True, False])
@pytest.mark.parametrize("freq", FREQUENCIES)
def test_dates_go_on(freq, has_freq):
    times = pd.date_range("2001-03-05", periods=43, freq=freq)
    given = times[:40]
    assert_continued(given if has_freq else pd.DatetimeIndex(given, freq=None), times)


@pytest.mark.parametrize("freq", PERIODS)
def test_periods_go_on(freq):
    times = pd.period_range("2001-03-05", periods=43, freq=freq)
    assert_continued(times[:40], times)


@pytest.mark.parametrize("first", [0, 5, -7])
def test_numbers_go_on(first):
    times = pd.Index(np.arange(first, first + 43))
    assert_continued(times[:40], times)
    assert_continued(pd.RangeIndex(first, first + 40), times)


@pytest.mark.parametrize("freq", ["h", "D"])
def test_dates_go_on_over_a_change_of_the_clock(freq):
    times = pd.date_range("2024-02-20", periods=43, freq=freq, tz="Europe/Berlin")
    if freq == "h":
        times = pd.date_range("2024-03-29 12:00", periods=43, freq=freq, tz="Europe/Berlin")
    forecast = make().fit(series(index=times[:40])).predict(fh=[1, 2, 3])
    pd.testing.assert_index_equal(forecast.index, times[40:], check_names=False)


def test_a_holiday_does_not_turn_business_days_into_all_days():
    times = pd.date_range("2024-01-01", periods=60, freq="B")
    y = series(index=times.delete([10, 25, 26]))
    forecast = make().fit(y).predict(fh=[1, 2])
    assert list(forecast.index) == list(pd.date_range(times[-1], periods=3, freq="B")[1:])


@pytest.mark.parametrize(("freq", "lacking"), [("MS", 2), ("QS", 1), ("YS", 3), ("D", 5), ("h", 7)])
def test_a_gap_does_not_change_the_frequency(freq, lacking):
    times = pd.date_range("2018-01-01", periods=12, freq=freq)
    y = series(index=times[:10].delete(lacking))
    forecast = make(window_length=3).fit(y).predict(fh=[1, 2])
    assert list(forecast.index) == list(times[10:])


def test_dates_are_periods():
    y = series()
    dates = y.set_axis(y.index.to_timestamp())
    a, b = (make().fit(one).predict(fh=[1, 2, 5]) for one in (y, dates))
    np.testing.assert_array_equal(a, b)
    assert list(b.index) == list(a.index.to_timestamp())


def test_a_series_and_its_name_come_back():
    y = series()
    assert make().fit(y).predict(fh=[1]).name == "y"
    assert make().fit(y.to_frame("load")).predict(fh=[1]).columns.tolist() == ["load"]
    wide = make(**SETTINGS["channels"]).fit(values_for("channels"))
    assert wide.predict(fh=[1]).columns.tolist() == ["load", "wind"]


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


# ------------------------------------------------------------------ many series


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


# ------------------------------------------------------------------ what a forecast depends on


@pytest.mark.parametrize("scale", [None, "global"])
def test_later_values_change_no_forecast(scale):
    y, t = series() - 60, 30
    y.iloc[[12, 13, 30, 36]] = np.nan
    changed = y.copy()
    changed.iloc[t + 1 :] += np.random.default_rng(1).normal(scale=50, size=N - t - 1)
    params = {**SETTINGS["recursive"], "scale": scale}
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


def covariates(n, seed=3):
    index = pd.period_range("2000-01", periods=n, freq="M")
    generator = np.random.default_rng(seed)
    return pd.DataFrame({"a": np.arange(n) % 5.0, "b": generator.normal(size=n)}, index=index)


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


# ------------------------------------------------------------------ uncertainty


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
    """Errors are measured on 400 steps that were not learnt from."""
    generator = np.random.default_rng(0)
    index = pd.RangeIndex(1000)
    y = pd.Series(generator.standard_t(3, size=1000), index=index, name="y")
    model = make(calibration=0.5).fit(y[:800])
    model.update(y[800:], update_params=False)
    inside = ForecastingHorizon(index[800:], is_relative=False)
    interval = model.predict_interval(fh=inside, coverage=0.8)["y", 0.8]
    covered = ((interval["lower"] <= y[800:]) & (y[800:] <= interval["upper"])).mean()
    assert covered == pytest.approx(0.8, abs=0.1)


# ------------------------------------------------------------------ what was once wrong


def test_a_sparse_or_single_time_has_the_frequency_of_its_panel():
    days = pd.date_range("2024-01-01", periods=48, freq="D")
    parts = {"whole": days, "sparse": days[::2], "new": days[-1:]}
    y = pd.concat(
        {key: pd.DataFrame({"y": np.sin(np.arange(len(d)))}, index=d) for key, d in parts.items()},
        names=["shop", "day"],
    )
    forecast = make().fit(y, fh=[1, 2]).predict()
    for key, dates in parts.items():
        expected = dates[-1] + pd.to_timedelta([1, 2], unit="D")
        assert list(forecast.loc[key].index) == list(expected)


def test_update_after_two_fits_on_a_pretrained_network():
    y = series(60)
    panel_of_two = pd.concat({"a": y.to_frame("y"), "b": y.to_frame("y")}, names=["k", "t"])
    model = make().pretrain(panel_of_two, fh=[1, 2])
    model.fit(y[:30], fh=[1, 2]).fit(y[10:40], fh=[1, 2]).update(y[40:44])
    assert np.isfinite(model.predict()).all()


def test_an_attribute_set_between_fit_and_update_keeps_the_kind_of_forecast():
    y = series(60)
    model = make().fit(y[:40], fh=[1, 2])
    model.loss, model.optimizer = "quantile", "sgd"
    model.update(y[40:44])
    model.optimizer = "adam"
    assert np.isfinite(model.update(y[44:46]).predict()).all()


@pytest.mark.parametrize("scale", ["window", "last", "series"])
def test_what_differences_continue_starts_from_the_last_value_seen(scale):
    y = pd.Series(np.linspace(0.0, 100.0, 60))
    y.iloc[-2:] = np.nan
    model = make(differences=1, scale=scale).fit(y, fh=[1, 2])
    model.weights_ = tuple(np.zeros_like(weight) for weight in model.weights_)
    np.testing.assert_allclose(model.predict(), y.iloc[-3], rtol=1e-5)
