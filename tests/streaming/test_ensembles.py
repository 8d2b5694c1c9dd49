"""Streams of ensembles: each network has its state, and a step averages as the batch does."""

import copy
import pickle

import numpy as np
import pytest

from skrnn import (
    SequenceAnomalyDetector,
    SequenceClassifier,
    SequenceGenerator,
    SequenceLabeler,
    SequenceRegressor,
    Stream,
    networks,
)

N = 3
SMALL = {"epochs": 2, "random_state": 0, "n_networks": N}
NETWORKS = {"gru": networks.GRU(units=4), "tcn": networks.TCN(filters=3, n_blocks=2)}
EQUAL = {"rtol": 2e-6, "atol": 2e-6}
each_network = pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)


def histories(seed=0):
    generator = np.random.default_rng(seed)
    return [3 + 2 * generator.normal(size=(n, 2)) for n in generator.integers(4, 20, size=12)]


@each_network
def test_a_stream_of_a_regressor_equals_predict(network):
    X = histories()
    model = SequenceRegressor(network=network, **SMALL).fit(X, [x.mean() for x in X])
    stream = Stream(model)
    for t, step in enumerate(X[0], 1):
        np.testing.assert_allclose(stream.step(step), model.predict([X[0][:t]])[0], **EQUAL)
    stream.reset()
    np.testing.assert_allclose(stream.step(X[1][0]), model.predict([X[1][:1]])[0], **EQUAL)


@pytest.mark.parametrize("method", ["predict", "predict_proba"])
def test_streams_of_a_classifier_equal_the_batch(method):
    X = histories()
    labels = ["high" if x.mean() > 3 else "low" for x in X]
    model = SequenceClassifier(network=NETWORKS["gru"], **SMALL).fit(X, labels)
    stream = Stream(model, n_streams=2, method=method)
    for t in range(1, 5):
        found = stream.step([X[0][t - 1], X[1][t - 1]])
        expected = getattr(model, method)([X[0][:t], X[1][:t]])
        if method == "predict":
            assert found.tolist() == expected.tolist()
        else:
            np.testing.assert_allclose(found, expected, **EQUAL)


@each_network
def test_a_stream_of_a_labeler_equals_the_batch(network):
    X = histories()
    y = [(x > 3).astype(int) for x in X]
    model = SequenceLabeler(network=network, causal=True, **SMALL).fit(X, y)
    stream = Stream(model, method="predict_proba")
    found = [stream.step(step) for step in X[0]]
    np.testing.assert_allclose(found, model.predict_proba(X[:1])[0], **EQUAL)


@pytest.mark.parametrize("params", [{}, {"smoothing": 3, "memory": 5}])
@pytest.mark.parametrize("missing", ["error", "mask"])
def test_a_stream_of_a_detector_equals_the_batch(params, missing):
    X = histories()
    if missing == "mask":
        X[0][2] = np.nan
        X[1][3, 0] = np.nan
    model = SequenceAnomalyDetector(network=NETWORKS["gru"], missing=missing, **params, **SMALL)
    model.fit(X)
    stream = Stream(model, n_streams=2)
    n_steps = min(len(X[0]), len(X[1]))
    found = [stream.step([X[0][t], X[1][t]]) for t in range(n_steps)]
    expected = np.transpose([model.step_scores([x[:n_steps]])[0] for x in X[:2]])
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_a_stream_of_a_generator_equals_the_batch():
    X = ["abba", "cab", "back", "bab"] * 3
    model = SequenceGenerator(network=NETWORKS["gru"], **SMALL).fit(X)
    stream = Stream(model)
    found = [stream.step(token) for token in X[2]]
    np.testing.assert_allclose(found, model.predict_proba(X[2:3])[0], **EQUAL)


def test_a_stream_is_copied_and_read_back_with_the_states_of_all_networks():
    X = histories()
    model = SequenceRegressor(network=NETWORKS["gru"], **SMALL).fit(X, [x.mean() for x in X])
    stream = Stream(model)
    for step in X[0][:3]:
        stream.step(step)
    for other in (copy.deepcopy(stream), pickle.loads(pickle.dumps(stream))):
        np.testing.assert_allclose(other.step(X[0][3]), model.predict([X[0][:4]])[0], **EQUAL)


def test_a_stream_goes_on_with_the_weights_of_a_further_fit():
    X = histories()
    model = SequenceAnomalyDetector(network=NETWORKS["gru"], **SMALL).fit(X)
    stream = Stream(model)
    for step in X[0][:3]:
        stream.step(step)
    states = [part.copy() for part in stream._steps._network.state]
    model.partial_fit(X)
    stream.update(model)
    for part, before in zip(stream._steps._network.state, states, strict=True):
        np.testing.assert_array_equal(part, before)
    assert len(states) == N


@pytest.mark.parametrize("n_networks", [1, 2])
def test_a_stream_does_not_go_on_with_another_number_of_networks(n_networks):
    X = histories()
    model = SequenceRegressor(network=NETWORKS["gru"], **SMALL).fit(X, [x.mean() for x in X])
    stream = Stream(model)
    first = stream.step(X[0][0])
    other = copy.copy(model).set_params(n_networks=n_networks).fit(X, [x.mean() for x in X])
    with pytest.raises(ValueError, match=rf"runs n_networks=3, .* has n_networks={n_networks};"):
        stream.update(other)
    stream.reset()
    assert stream.step(X[0][0]) == first
