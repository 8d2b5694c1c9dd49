"""Ensembles of forecasters: points and quantiles are the mean of those of single forecasters."""

import numpy as np
import pytest
from sktime.base import load

from skrnn import SequenceAnomalyDetector, SequenceDetector, networks
from skrnn.forecasting import fitted
from tests.forecasting.walks import (
    SETTINGS,
    each_setting,
    equal_weights,
    make,
    panel,
    series,
    values_for,
)

pytestmark = [
    # sktime announces it for its own forecasters, also those it makes inside.
    pytest.mark.filterwarnings("ignore:The default of config ``remember_data``:FutureWarning"),
]
N = 3
FH = [-2, 1, 2, 3, 5]


def settings_of(name):
    return SETTINGS[name] | {"transform": None, "epochs": 3, "learning_rate": 0.05}


def ensemble(name="direct", **params):
    return make(**settings_of(name) | params, n_networks=N)


def singles(model):
    """Return the single forecasters that an ensemble stands for, not fitted."""
    drawn = np.random.RandomState(model.random_state)
    further = [drawn.randint(2**31 - 1) for _ in range(N)][1:]
    seeds = [model.random_state, *further]
    return [model.clone().set_params(n_networks=1, random_state=seed) for seed in seeds]


def mean(models, method, *args, **kwargs):
    """Return the mean of the results of a method, which differ from one another."""
    results = [getattr(model, method)(*args, **kwargs).to_numpy() for model in models]
    assert not np.allclose(results[0], results[1], rtol=1e-6)
    return np.mean(results, axis=0)


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@each_setting
def test_points_are_the_mean_of_those_of_single_forecasters(name):
    y = values_for(name)
    model = ensemble(name).fit(y[:36])
    alone = [one.fit(y[:36]) for one in singles(model)]
    for network, one in zip(model.networks_, alone, strict=True):
        assert equal_weights(network.weights, one.weights_)
        assert network.history == one.history_
    close(model.predict(fh=FH), mean(alone, "predict", fh=FH))
    backtest = model.backtest(y[36:], fh=[1, 4])
    close(backtest, mean(alone, "backtest", y[36:], fh=[1, 4]))


@pytest.mark.parametrize("loss", ["quantile", "gaussian"])
def test_quantiles_within_the_horizon_are_the_mean(loss):
    model = ensemble(loss=loss).fit(values_for("direct"))
    alone = [one.fit(values_for("direct")) for one in singles(model)]
    levels = {"alpha": [0.05, 0.3, 0.5, 0.9], "fh": [-1, 1, 2, 3]}
    close(model.predict_quantiles(**levels), mean(alone, "predict_quantiles", **levels))


def test_the_parameters_of_a_t_distribution_are_averaged(monkeypatch):
    model = ensemble("channels").fit(values_for("channels"))
    alone = [one.fit(values_for("channels")) for one in singles(model)]
    seen = []
    quantiles_of = fitted.quantiles_of
    monkeypatch.setattr(
        "skrnn.forecasting.forecasts.quantiles_of",
        lambda head, parameters: seen.append(parameters) or quantiles_of(head, parameters),
    )
    for one in (model, *alone):
        one.predict_quantiles(fh=[1, 2], alpha=[0.1])
    first, *others = (part for part in seen if part.shape[1:2] == (2,))
    assert first.shape[-1] == 3
    close(first, np.mean(others, axis=0))


@pytest.mark.parametrize("params", [{}, {"calibration": 0.3}, {"loss": "quantile"}])
def test_errors_are_measured_of_the_mean_forecasts(params, monkeypatch):
    seen = []
    measure = fitted.Correction.measure
    monkeypatch.setattr(
        fitted.Correction,
        "measure",
        lambda quantiles, truth: seen.append((quantiles, truth)) or measure(quantiles, truth),
    )
    y = values_for("direct")
    model = ensemble(**{"calibration": 0.3} | params, horizon=3).fit(y)
    for one in singles(model):
        one.fit(y)
    (found, truth), *others = seen
    assert len(others) == N
    close(found, np.mean([quantiles for quantiles, _ in others], axis=0))
    np.testing.assert_array_equal(truth, others[0][1])
    interval = model.predict_interval(fh=[1, 2, 3])
    point = model.predict(fh=[1, 2, 3])
    assert (interval.iloc[:, 0] <= point).all()
    assert (interval.iloc[:, 1] >= point).all()


def test_forecasts_of_logarithms_have_the_geometric_mean():
    y = values_for("direct")
    model = ensemble(transform="log", normalization="series").fit(y)
    alone = [one.fit(y).predict(fh=[1, 2]) for one in singles(model)]
    close(model.predict(fh=[1, 2]), np.exp(np.mean(np.log(alone), axis=0)))


def test_a_network_is_kept_only_if_it_is_better_each_by_itself():
    y = values_for("smooth")
    params = {"epochs": 40, "learning_rate": 0.03, "early_stopping": True, "patience": 3}
    model = ensemble("smooth", **params).fit(y)
    for network, one in zip(model.networks_, singles(model), strict=True):
        one.fit(y)
        assert equal_weights(network.weights, one.weights_)
        assert network.n_iter == one.n_iter_


def test_an_update_trains_each_network_further():
    y = values_for("direct")
    model = ensemble().fit(y[:36])
    alone = [one.fit(y[:36]) for one in singles(model)]
    for one in (model, *alone):
        one.update(y[36:42])
        one.update(y[42:])
    for network, one in zip(model.networks_, alone, strict=True):
        assert equal_weights(network.weights, one.weights_)
    close(model.predict(fh=[1, 2]), mean(alone, "predict", fh=[1, 2]))


def test_an_update_with_another_number_of_networks_is_refused():
    y = values_for("direct")
    model = ensemble().fit(y[:36])
    model.n_networks = 2
    before = model.predict(fh=[1])
    with pytest.raises(ValueError, match=r"had n_networks=3, and n_networks=2 .* or call fit\."):
        model.update(y[36:])
    assert model.predict(fh=[1]).equals(before)


def test_networks_are_pretrained_and_used_unchanged():
    y = panel(series(seed=5), series(seed=6))
    model = ensemble().pretrain(y)
    weights = [network.weights for network in model.networks_]
    model.pretrain(y)
    for network, before in zip(model.networks_, weights, strict=True):
        assert not equal_weights(network.weights, before)
    weights = [network.weights for network in model.networks_]
    model.fit(series())
    for network, before in zip(model.networks_, weights, strict=True):
        assert all(a is b for a, b in zip(network.weights, before, strict=True))
    assert len(model.networks_) == N


def test_an_ensemble_read_back_forecasts_the_same(tmp_path):
    model = ensemble().fit(values_for("direct")[:36])
    model.save(tmp_path / "model")
    for read in (load(model.save()), load(str(tmp_path / "model"))):
        assert read.predict(fh=FH).equals(model.predict(fh=FH))
        read.update(values_for("direct")[36:])
        assert len(read.networks_) == N


def test_keras_models_are_those_of_each_network():
    model = ensemble().fit(values_for("direct"))
    with pytest.raises(ValueError, match=r"networks_\[0\]\.to_keras\(\) returns the first"):
        model.to_keras()
    exported = model.networks_[2].to_keras().get_weights()
    assert equal_weights(exported, model.networks_[2].weights)


def test_the_detector_of_sktime_scores_by_several_networks():
    y = series().to_frame()
    settings = {"network": networks.GRU(units=2), "epochs": 2, "random_state": 0}
    detector = SequenceAnomalyDetector(**settings, n_networks=N)
    found = SequenceDetector(detector).fit(y).transform_scores(y)["scores"]
    alone = detector.fit([y.to_numpy()]).step_scores([y.to_numpy()])[0]
    close(found, alone)
    assert not np.allclose(
        found, detector.set_params(n_networks=1).fit([y.to_numpy()]).step_scores([y.to_numpy()])[0]
    )
