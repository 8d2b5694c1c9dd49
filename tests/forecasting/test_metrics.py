"""Metrics of a forecaster's fit are scikit-learn's scores of its forecasts after each epoch."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import max_error, mean_absolute_error, r2_score
from sktime.performance_metrics.forecasting import MeanAbsolutePercentageError

from tests.conftest import stopped_by_hand
from tests.forecasting.series import refuses
from tests.forecasting.walks import SETTINGS, each_setting, make, panel, series, values_for

pytestmark = [
    # sktime announces it for its own forecasters, also those it makes inside.
    pytest.mark.filterwarnings("ignore:The default of config ``remember_data``:FutureWarning"),
]
N = 40  # times of the fit, of 48
FIRST = 5  # last time of the first whole window
NAMES = ["r2", "neg_mean_absolute_error"]


def compared(model, y, first, end=N):
    """Return values and forecasts of the times before ``end`` from cutoffs from ``first`` on.

    ``first`` and ``end`` are positions. The series go on after ``end``, so that the last cutoffs
    have all their steps.
    """
    fh = np.arange(1, model.network_.encoder.network.layout.horizon + 1)
    times = y.index.get_level_values(-1).unique()
    found = model.backtest(y, fh=fh, start=times[first])
    found = found[found.index.get_level_values(-1) < times[end]]
    frame = y.to_frame() if isinstance(y, pd.Series) else y
    true = frame.reindex(found.index.droplevel(-2)).to_numpy()
    is_observed = ~np.isnan(true)
    return true[is_observed], found.to_numpy()[is_observed]


def scores(model, y, first, end=N):
    true, forecasts = compared(model, y, first, end)
    return [r2_score(true, forecasts), -mean_absolute_error(true, forecasts)]


def last_of(model):
    return [model.history_[name][-1] for name in NAMES]


def fit(y, name="direct", **params):
    """Return a forecaster that was fitted to the first times of every series."""
    whole_windows = {"window_length": 6, "early_stopping": False}
    settings = {**SETTINGS[name], **whole_windows, "metrics": NAMES, **params}
    times = y.index.get_level_values(-1)
    return make(**settings).fit(y[times < times.unique()[N]])


@each_setting
def test_metrics_are_scikit_learns_scores_of_the_training_windows(name):
    y = values_for(name)
    model = fit(y, name, epochs=3)
    assert list(map(len, model.history_.values())) == [3, 3, 3]
    assert last_of(model) == pytest.approx(scores(model, y, FIRST), rel=1e-5)


@pytest.mark.parametrize("name", ["direct", "seq2seq"])
def test_metrics_are_those_of_the_validation_part(name):
    y = series()
    settings = {"early_stopping": True, "validation_fraction": 0.25, "learning_rate": 0.05}
    model = fit(y, name, epochs=4, **settings)
    best = int(np.argmin(model.history_["val_loss"]))
    found = [model.history_[metric][best] for metric in NAMES]
    assert found == pytest.approx(scores(model, y, N - 10 - 1), rel=1e-5)
    assert list(model.history_) == ["loss", "val_loss", *NAMES]


def test_the_part_for_calibration_is_not_measured():
    y = series()
    model = fit(y, calibration=0.25, epochs=2)
    found = scores(model, y, FIRST, end=N - 10)
    assert last_of(model) == pytest.approx(found, rel=1e-5)


@pytest.mark.parametrize("apart", [True, False])
def test_missing_values_are_left_out(apart):
    parts = [pd.DataFrame({"load": series(seed=n), "wind": series(seed=n + 5)}) for n in (0, 1)]
    parts[0].iloc[14, 0] = np.nan
    parts[1].iloc[25] = np.nan
    y = pd.concat(parts, keys=["a", "b"], names=["instance", "time"])
    model = fit(y, channel_independent=apart)
    assert last_of(model) == pytest.approx(scores(model, y, FIRST), rel=1e-5)


def bias(forecaster, X, y):
    return np.mean(forecaster.predict(X) - y)


def relative(forecaster, X, y):
    return -MeanAbsolutePercentageError()(y, forecaster.predict(X))


def test_metrics_may_be_callables_and_metrics_of_sktime():
    y = series()
    model = fit(y, metrics=[bias, relative])
    true, forecasts = compared(model, y, FIRST)
    assert model.history_["bias"] == pytest.approx([np.mean(forecasts - true)], abs=1e-4)
    error = np.mean(np.abs(forecasts - true) / true)
    assert model.history_["relative"] == pytest.approx([-error], rel=1e-5)


def test_metrics_do_not_change_the_fit():
    y = series()
    for a, b in zip(fit(y).weights_, fit(y, metrics=None).weights_, strict=True):
        np.testing.assert_array_equal(a, b)


def test_each_network_is_measured_by_itself():
    y = series()
    model = fit(y, n_networks=2)
    for network in model.networks_:
        alone = fit(y)
        alone.network_ = network
        found = [network.history[name][-1] for name in NAMES]
        assert found == pytest.approx(scores(alone, y, FIRST), rel=1e-5)


def test_updates_extend_the_metrics_by_those_of_the_new_windows():
    y = series()
    model = fit(y, update_epochs=2).update(y[N : N + 4])
    assert list(map(len, model.history_.values())) == [3, 3, 3]
    # The windows with a new target: the first has its last step there.
    true, forecasts = compared(model, y[: N + 5].reindex(series(60).index), N - 3, N + 4)
    assert model.history_["neg_mean_absolute_error"][-1] == pytest.approx(
        -mean_absolute_error(true, forecasts), rel=1e-5
    )


def test_pretraining_extends_the_metrics():
    many = panel(series(seed=5), series(seed=6))
    model = make(metrics=NAMES).pretrain(many)
    for n_calls in (1, 2):
        assert list(map(len, model.history_.values())) == [n_calls] * 3
        model.pretrain(many)


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"metrics": ["mae"]}, r"'mae' is none of sklearn.metrics.get_scorer_names"),
        ({"metrics": ["r2"], "monitor": "max_error"}, "monitor='max_error' .* give 'auto', 'r2'"),
        ({"metrics": ["accuracy"]}, "continuous"),
    ],
)
def test_metrics_that_do_not_fit_are_refused(params, match):
    refuses(make(**params).fit, series(), match=match)


# ------------------------------------------------------------------ early stopping


@pytest.mark.parametrize("patience", [1, 3])
def test_a_monitored_metric_stops_where_a_loop_by_hand_stops(patience):
    y, metric = series(), "neg_max_error"
    settings = {"early_stopping": True, "validation_fraction": 0.25, "learning_rate": 0.05}
    settings |= {"learning_rate_schedule": None, "metrics": [metric]}
    untrained = fit(y, **{**settings, "learning_rate": 1e-30})
    whole = fit(y, **settings, epochs=30, patience=100)
    values, losses = (
        np.array([*untrained.history_[name], *whole.history_[name]])
        for name in (metric, "val_loss")
    )
    n_epochs, best = stopped_by_hand(values, patience)
    assert 0 < best < n_epochs < 30
    # or the loss could not be told from the metric
    assert stopped_by_hand(-losses, patience) != (n_epochs, best)

    model = fit(y, **settings, epochs=30, patience=patience, monitor=metric)
    assert model.n_iter_ == n_epochs
    assert model.history_[metric] == pytest.approx(values[1 : n_epochs + 1])
    found = max_error(*compared(model, y, N - 10 - 1))
    assert -found == pytest.approx(values[best], rel=1e-5)
