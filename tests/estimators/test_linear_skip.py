"""The linear skip connection of regressors is ridge regression, which the network adds to."""

import numpy as np
import pytest
from keras.ops import convert_to_numpy
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

import skrnn
from skrnn import SlidingWindow
from skrnn.engine import linear_fit
from skrnn.networks.wrappers.linear_skip import LinearSkip
from skrnn.preprocessing.subsets import stratified_sample

#: Training that leaves the network at its initial weights.
STILL = {"epochs": 1, "learning_rate": 1e-30, "random_state": 0}


def linear_data(n=200, n_steps=6, n_features=2, n_outputs=1):
    generator = np.random.default_rng(0)
    X = generator.normal(size=(n, n_steps, n_features)) * [1.0, 50.0] + [0.0, 9.0]
    truth = generator.normal(size=(n_steps * n_features, n_outputs))
    y = X.reshape(n, -1) @ truth + 0.1 * generator.normal(size=(n, n_outputs))
    return X, y if n_outputs > 1 else y[:, 0]


def flattened(model, X):
    """Return sequences as the network reads them, one row each."""
    scaling = model.network_.encoder.scaling
    return ((X - scaling.center) / scaling.scale).reshape(len(X), -1)


@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_its_weights_are_those_of_ridge_regression(n_outputs, weighted):
    X, y = linear_data(n_outputs=n_outputs)
    weights = np.random.default_rng(1).uniform(0.5, 2.0, len(X)) if weighted else np.ones(len(X))
    model = skrnn.RNNRegressor(**STILL).fit(X, y, sample_weight=weights)
    target = y.reshape(len(y), -1)
    center = np.average(target, axis=0, weights=weights)
    scale = np.sqrt(np.average((target - center) ** 2, axis=0, weights=weights))
    ridge = Ridge(10.0).fit(
        flattened(model, X), (target - center) / scale, sample_weight=weights / weights.mean()
    )
    *_, coefficients, intercept = model.weights_
    np.testing.assert_allclose(
        coefficients.reshape(-1, n_outputs), ridge.coef_.reshape(n_outputs, -1).T, atol=1e-5
    )
    np.testing.assert_allclose(intercept, np.ravel(ridge.intercept_), atol=1e-5)


def test_of_many_sequences_some_are_read(monkeypatch):
    X, y = linear_data()
    whole = skrnn.RNNRegressor(**STILL).fit(X, y)
    monkeypatch.setattr(linear_fit, "_MOST_PRODUCTS", 14**2 * 100)  # of 12 values, 1 and a target
    half = skrnn.RNNRegressor(**STILL).fit(X, y)
    some = stratified_sample(len(X), len(X) // 2)
    np.testing.assert_array_equal(some // 2, np.arange(100))
    assert 30 < np.count_nonzero(some % 2) < 70
    X[np.setdiff1d(np.arange(len(X)), some)] = 1e3
    other = skrnn.RNNRegressor(**STILL, scale_input=False).fit(X, y)
    scaled = Ridge(10.0).fit(X[some].reshape(100, -1), (y[some] - y.mean()) / y.std())
    assert not np.array_equal(whole.weights_[-2], half.weights_[-2])
    np.testing.assert_allclose(other.weights_[-2].ravel(), scaled.coef_, atol=1e-5)


def test_large_features_that_are_not_scaled_leave_it_finite():
    X, y = linear_data()
    X = np.concatenate([X, np.full((*X.shape[:2], 2), 3e18)], axis=2)
    model = skrnn.RNNRegressor(**STILL, scale_input=False).fit(X, y)
    assert np.isfinite(model.predict(X)).all()


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU", "TCN"])
def test_training_leaves_it_unchanged_and_adds_what_is_not_linear(name):
    X, y = linear_data()
    y = y + 100 * np.abs(X[:, -1, 0])
    kind = getattr(skrnn, f"{name}Regressor")
    still = kind(**STILL, batch_size=16).fit(X, y)
    model = kind(epochs=60, batch_size=16, random_state=0).fit(X, y)
    for before, after in zip(still.weights_[-2:], model.weights_[-2:], strict=True):
        np.testing.assert_array_equal(before, after)
    assert model.score(X, y) > still.score(X, y)
    linear = Ridge(10.0).fit(flattened(model, X), y).score(flattened(model, X), y)
    assert model.score(X, y) > linear + 0.1 * (1 - linear)


def test_validation_rows_are_not_fitted():
    X, y = linear_data()
    split = {"early_stopping": True, "validation": "latest", "validation_fraction": 0.5}
    held_out = skrnn.RNNRegressor(**STILL, **split).fit(X, y)
    y[100:] = -y[100:]
    changed = skrnn.RNNRegressor(**STILL, **split).fit(X, y)
    np.testing.assert_array_equal(held_out.weights_[-2], changed.weights_[-2])


def test_a_stream_and_the_exported_model_include_it():
    X, y = linear_data()
    model = skrnn.RNNRegressor(epochs=2, random_state=0).fit(X, y)
    predicted = model.predict(X[:3])
    stream = skrnn.Stream(model, n_streams=3)
    for step in X[:3].transpose(1, 0, 2):
        now = stream.step(step)
    np.testing.assert_allclose(now, predicted, rtol=1e-5, atol=1e-5 * np.abs(y).max())
    exported = model.to_keras()
    scaled = flattened(model, X[:3]).reshape(X[:3].shape).astype(np.float32)
    outputs = convert_to_numpy(exported([scaled, np.full(3, X.shape[1], dtype=np.int32)]))
    np.testing.assert_allclose(
        model.network_.target.decode(outputs.astype(np.float64)), predicted, rtol=1e-4, atol=1e-3
    )


def test_training_that_continues_keeps_it():
    X, y = linear_data()
    model = skrnn.RNNRegressor(epochs=2, random_state=0, warm_start=True).fit(X, y)
    before = model.weights_[-2:]
    model.partial_fit(X[:50], -y[:50]).fit(X[50:], 2 * y[50:])
    for one, other in zip(before, model.weights_[-2:], strict=True):
        np.testing.assert_array_equal(one, other)


def test_training_that_continues_refuses_another_setting():
    X, y = linear_data()
    model = skrnn.RNNRegressor(epochs=2, random_state=0, warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match="linear_skip=False was given"):
        model.set_params(linear_skip=False).fit(X, y)
    assert model.set_params(linear_skip=True).fit(X, y).n_iter_ == 2


def has_skip(model):
    return isinstance(model.network_.spec.network, LinearSkip)


@pytest.mark.parametrize(
    ("params", "n", "expected"),
    [
        ({}, 48, True),
        ({}, 47, False),
        ({"linear_skip": True}, 12, True),
        ({"linear_skip": False}, 48, False),
        ({"missing": "mask"}, 48, False),
    ],
)
def test_it_is_added_where_there_is_enough_to_fit_it(params, n, expected):
    X, y = linear_data(n)
    assert has_skip(skrnn.RNNRegressor(**STILL, **params).fit(X, y)) is expected


def test_sequences_of_several_lengths_have_none():
    X, y = linear_data()
    ragged = [one[row % 2 :] for row, one in enumerate(X)]
    model = skrnn.RNNRegressor(**STILL)
    assert not has_skip(clone(model).fit(ragged, y))
    with pytest.raises(ValueError, match="linear_skip=True needs measurements"):
        model.set_params(linear_skip=True).fit(ragged, y)
    assert not hasattr(model, "network_")


def test_the_first_row_stands_for_those_before_a_series():
    generator = np.random.default_rng(0)
    series = np.cumsum(generator.normal(size=(300, 1)), axis=0) + 50.0
    y = np.roll(series[:, 0], -1)
    model = make_pipeline(SlidingWindow(5), skrnn.RNNRegressor(epochs=2, random_state=0))
    predicted = model.fit(series, y).predict(series)
    assert has_skip(model[-1])
    assert np.abs(predicted[:4] - series[:4, 0]).max() < 5.0
    stream = skrnn.Stream(model[-1])
    streamed = np.ravel([stream.step(row) for row in series[:12]])
    np.testing.assert_allclose(streamed[:5], predicted[:5], rtol=1e-4)


def test_streams_that_are_reset_begin_anew():
    X, y = linear_data()
    model = skrnn.RNNRegressor(epochs=2, random_state=0).fit(X, y)
    stream = skrnn.Stream(model, n_streams=2)
    first = stream.step(X[:2, 0])
    stream.step(X[:2, 1])
    stream.reset([0])
    again = stream.step(X[[0, 1], [0, 2]])
    assert again[0] == first[0]


@pytest.mark.parametrize("name", ["dense", "conv"])
def test_networks_of_fixed_length_have_it_too(name):
    X, y = linear_data()
    model = skrnn.SequenceRegressor(network=name, **STILL).fit(X, y)
    ridge = Ridge(10.0).fit(flattened(model, X), y)
    np.testing.assert_allclose(
        model.predict(X), ridge.predict(flattened(model, X)), atol=1e-4 * np.abs(y).max()
    )


def test_a_network_that_adds_nothing_leaves_ridge_regression():
    X, _ = linear_data(400)
    noise = np.random.default_rng(2).normal(size=len(X))  # which the network memorizes
    held_out = {"early_stopping": True, "validation": "latest", "validation_fraction": 0.5}
    still = skrnn.RNNRegressor(**STILL, **held_out).fit(X, noise)
    model = skrnn.RNNRegressor(learning_rate=1.0, epochs=3, random_state=0, **held_out)
    model.fit(X, noise)
    assert min(model.history_["val_loss"]) > max(still.history_["val_loss"])
    np.testing.assert_allclose(model.predict(X), still.predict(X), rtol=1e-6)


def test_a_network_that_is_hardly_better_than_ridge_regression_is_not_kept():
    """The validation loss has to fall by more than 0.5 %, which noise may feign."""
    X, y = linear_data(400)
    model = skrnn.RNNRegressor(early_stopping=True, learning_rate=1e-6, epochs=3, random_state=0)
    model.fit(X, y)
    start = skrnn.RNNRegressor(early_stopping=True, **STILL).fit(X, y)
    assert min(model.history_["val_loss"]) > 0.995 * start.history_["val_loss"][0]
    np.testing.assert_array_equal(model.predict(X), start.predict(X))
