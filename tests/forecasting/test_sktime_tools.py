"""Forecasters inside sktime's searches, pipelines, ensembles and reconcilers."""

import functools

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import StandardScaler
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
from tests.forecasting.walks import SMALL, N, covariates, make, same, series

pytestmark = [
    # sktime announces it for its own forecasters, also those it makes inside.
    pytest.mark.filterwarnings("ignore:The default of config ``remember_data``:FutureWarning"),
]


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
