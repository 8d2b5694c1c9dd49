"""A stream gives, step by step, what the estimator predicts for the history."""

import copy
import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import skrnn
from skrnn import SequenceAnomalyDetector, SequenceLabeler, SequenceRegressor, Stream, networks

NETWORKS = {
    "rnn": networks.RNN(units=5),
    "lstm": networks.LSTM(units=5),
    "gru": networks.GRU(units=5),
    "mingru": networks.MinGRU(units=(5, 4), initial_state="learned"),
    "slstm": networks.SLSTM(units=(5, 4), layer_norm=True),
    # Of few units that are nearly equal, a normalization leaves little but rounding errors.
    "stacked": networks.GRU(units=(24, 16), layer_norm=True, dropout=0.2),
    "learned": networks.LSTM(units=(16, 20), layer_norm=True, initial_state="learned"),
    "front": networks.LSTM(units=4, conv_filters=3, conv_kernel_size=3),
    "tcn": networks.TCN(filters=4, kernel_size=3, n_blocks=3),
    "deep tcn": networks.TCN(filters=32, kernel_size=2, n_blocks=5, layer_norm=True, dropout=0.1),
    "mean": networks.GRU(units=4, pooling="mean"),
    "max": networks.RNN(units=4, pooling="max"),
    "attention": networks.GRU(units=4, pooling="attention"),
    "tcn mean": networks.TCN(filters=2, n_blocks=2, pooling="mean"),
}
#: One millionth, of the value where that is larger than one: outputs are float32.
EQUAL = {"rtol": 1e-6, "atol": 1e-6}
#: Networks of which labelers use the outputs at each step, as they use those of the others.
POOLED = ("mean", "max", "tcn mean")
#: Networks that are fitted with missing="mask".
MASKED = ("learned", "front", "tcn")
#: Predicted beside each history, so that one program predicts histories of any length.
LONGEST = np.zeros((40, 2))


def histories(seed=0):
    generator = np.random.default_rng(seed)
    return [3 + 2 * generator.normal(size=(n, 2)) for n in generator.integers(2, 30, size=20)]


_fitted = {}


def fitted(task, name):
    if (task, name) not in _fitted:
        X = histories()
        settings_ = {"network": NETWORKS[name], "epochs": 2, "random_state": 0}
        settings_["missing"] = "mask" if name in MASKED else "error"
        if task == "regressor":
            model = SequenceRegressor(**settings_).fit(X, [np.nanmean(x) for x in X])
        elif task == "classifier":
            y = np.where([np.nanmean(x) > 3 for x in X], "high", "low")
            model = skrnn.SequenceClassifier(**settings_).fit(X, y)
        else:
            y = [np.where(x[:, 0] > 3, "high", "low") for x in X]
            model = SequenceLabeler(causal=True, **settings_).fit(X, y)
        _fitted[task, name] = model
    return _fitted[task, name]


def of_batch(model, history):
    """Return what the estimator says at each step of a history."""
    if isinstance(model, SequenceLabeler):
        return model.predict_proba([history, LONGEST])[0]
    prefixes = [history[: n + 1] for n in range(len(history))]
    predict = model.predict_proba if hasattr(model, "predict_proba") else model.predict
    return predict([*prefixes, LONGEST])[:-1]


def of_stream(model, history):
    method = "predict_proba" if hasattr(model, "predict_proba") else "predict"
    stream = Stream(model, method=method)
    return np.array([stream.step(x) for x in history])


@pytest.mark.parametrize(
    ("task", "name"),
    [
        *[("regressor", name) for name in NETWORKS],
        *[("labeler", name) for name in NETWORKS if name not in POOLED],
        *[("classifier", name) for name in ("lstm", "tcn", "attention")],  # a head of its own
    ],
)
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**16), n=st.integers(1, 40))
def test_each_step_gives_what_is_predicted_for_the_history(task, name, seed, n):
    history = 3 + 2 * np.random.default_rng(seed).normal(size=(n, 2))
    model = fitted(task, name)
    np.testing.assert_allclose(of_stream(model, history), of_batch(model, history), **EQUAL)


@pytest.mark.parametrize(
    ("task", "name"),
    [
        *[(task, name) for task in ("regressor", "labeler") for name in MASKED],
        ("classifier", "tcn"),
    ],
)
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**16))
def test_missing_steps_are_left_out_as_in_a_batch(task, name, seed):
    generator = np.random.default_rng(seed)
    history = 3 + 2 * generator.normal(size=(12, 2))
    history[generator.random((12, 2)) < 0.2] = np.nan
    history[generator.random(12) < 0.3] = np.nan
    model = fitted(task, name)
    np.testing.assert_allclose(of_stream(model, history), of_batch(model, history), **EQUAL)


def test_labels_come_as_the_estimator_gives_them():
    model, history = fitted("classifier", "lstm"), histories()[0]
    stream = Stream(model)
    for x in history:
        label = stream.step(x)
    assert label == model.predict([history, LONGEST])[0]


@pytest.mark.parametrize("name", ["lstm", "tcn"])
def test_streams_side_by_side_do_not_meet(name):
    model = fitted("regressor", name)
    histories_ = np.random.default_rng(1).normal(size=(7, 15, 2))
    together = Stream(model, 7)
    found = np.stack([together.step(histories_[:, t]) for t in range(15)], axis=1)
    for row in range(7):
        np.testing.assert_allclose(found[row], of_stream(model, histories_[row]), **EQUAL)


@pytest.mark.parametrize("name", ["learned", "tcn"])
def test_some_streams_begin_anew(name):
    model = fitted("regressor", name)
    steps = np.random.default_rng(2).normal(size=(9, 3, 2))
    stream = Stream(model, 3)
    for x in steps[:5]:
        stream.step(x)
    stream.reset([1])
    for x in steps[5:]:
        found = stream.step(x)
    np.testing.assert_allclose(found[0], of_batch(model, steps[:, 0])[-1], **EQUAL)
    np.testing.assert_allclose(found[1], of_batch(model, steps[5:, 1])[-1], **EQUAL)
    stream.reset()
    np.testing.assert_allclose(stream.step(steps[0]), Stream(model, 3).step(steps[0]), rtol=1e-7)


@pytest.mark.parametrize("again", [copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))])
def test_a_copy_continues_from_where_it_was_made(again):
    stream = Stream(fitted("regressor", "stacked"))
    history = histories()[3]
    for x in history:
        stream.step(x)
    other = again(stream)
    x = np.array([1.0, 2.0])
    expected = stream.step(x)
    stream.step(x)
    assert other.step(x) == expected


@pytest.mark.parametrize("name", ["learned", "tcn"])
def test_a_stream_continues_with_what_was_learned_later(name):
    X = histories()
    steps, half = X[3], len(X[3]) // 2
    old = fitted("labeler", name)
    new = copy.deepcopy(old)
    stream = Stream(new, method="predict_proba")
    for x in steps[:half]:
        stream.step(x)
    new.partial_fit(X, [np.where(x[:, 0] > 3, "high", "low") for x in X])
    untold = copy.deepcopy(stream)
    stream.update(new)
    for part, kept in zip(stream._steps._network.state, untold._steps._network.state, strict=True):
        np.testing.assert_array_equal(part, kept)
    untold.update(old)  # the weights that it has
    for x in steps[half:]:
        latest, of_new = untold.step(x), stream.step(x)
    np.testing.assert_allclose(latest, of_batch(old, steps)[-1], **EQUAL)
    assert np.abs(of_new - latest).max() > 1e-4
    stream.reset()
    found = [stream.step(x) for x in steps]
    np.testing.assert_allclose(found, of_batch(new, steps), **EQUAL)


def test_a_stream_is_not_updated_with_another_network():
    stream = Stream(fitted("regressor", "gru"))
    expected = copy.deepcopy(stream).step([1.0, 2.0])
    with pytest.raises(ValueError, match="make a new Stream"):
        stream.update(fitted("regressor", "lstm"))
    assert stream.step([1.0, 2.0]) == expected


def test_memory_does_not_grow():
    stream = Stream(fitted("labeler", "tcn"))
    x = np.ones(2)
    for _ in range(100):
        stream.step(x)
    tracemalloc.start()
    for _ in range(5000):
        stream.step(x)
    grown = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert grown < 10_000


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([1.0], r"the shape \(1,\)"),
        ([[1.0, 2.0]], r"the shape \(1, 2\)"),
        ([1.0, np.nan], "NaN or infinity"),
        ([1.0, np.inf], "NaN or infinity"),
    ],
)
def test_a_refused_step_leaves_the_state_as_it_was(x, message):
    stream, other = (Stream(fitted("regressor", "gru")) for _ in range(2))
    with pytest.raises(ValueError, match=message):
        stream.step(x)
    assert stream.step([1.0, 2.0]) == other.step([1.0, 2.0])


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (
            networks.Transformer(width=4, n_heads=1, n_layers=1, feedforward=4),
            "looks at later steps",
        ),
        (networks.Conv(filters=(2,)), "looks at later steps"),
        (networks.LITE(filters=2, kernel_size=4), "looks at later steps"),
        (networks.GRU(units=2, bidirectional=True), "looks at later steps"),
        (networks.GRU(units=2, conv_filters=2, conv_strides=2), "conv_strides=2"),
        ("dense", "cannot be run step by step"),
    ],
)
def test_networks_that_cannot_stream_are_refused(network, message):
    X = np.random.default_rng(0).normal(size=(8, 6, 1))
    model = SequenceRegressor(network=network, epochs=1, random_state=0).fit(X, X[:, 0, 0])
    with pytest.raises(ValueError, match=message):
        Stream(model)


def test_anything_but_a_fitted_estimator_is_refused():
    with pytest.raises(TypeError, match="fitted estimator"):
        Stream(object())
    with pytest.raises(Exception, match="not fitted"):
        Stream(skrnn.GRURegressor())
    with pytest.raises(ValueError, match="method="):
        Stream(fitted("regressor", "gru"), method="score")
    with pytest.raises(ValueError, match=r"method='predict_proba' was given.* predicts numbers"):
        Stream(fitted("regressor", "gru"), method="predict_proba")
    with pytest.raises(ValueError, match="n_streams=0"):
        Stream(fitted("regressor", "gru"), 0)


def test_a_stream_refuses_by_the_network_of_the_fit_and_not_by_parameters_set_since():
    X = np.random.default_rng(0).normal(size=(8, 6, 1))
    labeler = SequenceLabeler(network=networks.GRU(units=2), epochs=1).fit(X, X[..., 0] > 0)
    with pytest.raises(ValueError, match=r"fit again with .*a labeler with causal=True"):
        Stream(labeler.set_params(causal=True))
    assert Stream(labeler.fit(X, X[..., 0] > 0)).step([0.0]) in (True, False)
    detector = SequenceAnomalyDetector(
        network=networks.GRU(units=2), method="reconstruction", window_length=4, epochs=1
    ).fit(X)
    with pytest.raises(ValueError, match=r"fit again with .*a detector with method='forecast'"):
        Stream(detector.set_params(method="forecast"))
