"""Centering of the steps of sequences that look alike."""

from __future__ import annotations

import numpy as np
import pytest
from keras import config
from keras.ops import convert_to_numpy

import skrnn
from skrnn import (
    GRUClassifier,
    GRURegressor,
    RNNClassifier,
    SequenceClassifier,
    Stream,
    TCNClassifier,
    networks,
)
from skrnn.networks import layers

QUICK = {"epochs": 3, "batch_size": 8, "random_state": 0}
#: Settings of a recurrent classifier of one plain layer, and of a small TCN.
PLAIN = {"units": 4, "bidirectional": False, "conv_filters": None}
TCN = {"filters": 4, "n_blocks": 2}


def spectra(n=40, n_steps=30, size=0.01, noise=0.2, seed=0):
    """Return curves that are nearly equal, and the height of a small peak in each."""
    rng = np.random.default_rng(seed)
    steps = np.linspace(0, 1, n_steps)
    peak, height = np.exp(-(((steps - 0.4) / 0.1) ** 2)), rng.normal(size=n)
    errors = noise * rng.normal(size=(n, n_steps))
    return np.sin(7 * steps) + 2 * steps + size * (np.outer(height, peak) + errors), height


def is_centered(model):
    return "center_steps=True" in repr(model.network_.spec.network)


def measured(model, *shape):
    """Return the one weight of a shape."""
    (found,) = [weight for weight in model.weights_ if weight.shape == shape]
    return found


def weights_of_network(model):
    """Return the weights without the mean (30, 1) and the scale that follows it."""
    place = [weight.shape for weight in model.weights_].index((30, 1))
    return model.weights_[:place] + model.weights_[place + 2 :]


@pytest.mark.parametrize(("estimator", "params"), [(GRUClassifier, PLAIN), (TCNClassifier, TCN)])
def test_the_network_reads_deviations_from_the_weighted_mean(estimator, params):
    """As if X had been centered beforehand."""
    X, height = spectra()
    y, weights = height > 0, np.random.default_rng(1).uniform(0.5, 2.0, len(X))
    model = estimator(**QUICK, **params).fit(X, y, sample_weight=weights)
    assert is_centered(model)
    center = np.average(X, weights=np.broadcast_to(weights[:, None], X.shape))
    std = np.sqrt(np.average((X - center) ** 2, weights=np.broadcast_to(weights[:, None], X.shape)))
    scaled = (X - center) / std
    mean = np.average(scaled, axis=0, weights=weights)
    scale = np.sqrt(np.average((scaled - mean) ** 2, axis=0, weights=weights).mean())
    np.testing.assert_allclose(measured(model, 30, 1)[:, 0], mean, atol=1e-5)
    other = estimator(**QUICK, **params, center_steps=False, scale_input=False)
    deviations = (scaled - mean) / scale
    other.fit(deviations, y, sample_weight=weights)
    assert not is_centered(other)
    other.weights_ = weights_of_network(model)
    np.testing.assert_allclose(other.predict_proba(deviations), model.predict_proba(X), atol=1e-4)


@pytest.mark.parametrize(("size", "expected"), [(0.01, True), (0.5, False)])
def test_only_sequences_that_look_alike_are_centered(size, expected):
    X, height = spectra(size=size)
    for estimator, y in ((GRUClassifier, height > 0), (GRURegressor, height)):
        settings = QUICK | PLAIN
        assert is_centered(estimator(**settings).fit(X, y)) == expected
        assert is_centered(estimator(**settings, center_steps=True).fit(X, y))
        assert not is_centered(estimator(**settings, center_steps=False).fit(X, y))


def test_each_feature_is_centered_by_itself():
    """One whose deviations are large, and one that is the same in all sequences, stay."""
    X, height = spectra()
    rng = np.random.default_rng(2)
    X = np.stack([X, rng.normal(size=X.shape), np.broadcast_to(np.arange(30.0), X.shape)], axis=2)
    model = GRUClassifier(**QUICK, **PLAIN).fit(X, height > 0)
    mean = measured(model, 30, 3)
    assert mean[:, 0].std() > 0.9
    np.testing.assert_array_equal(mean[:, 1:], 0)


@pytest.mark.parametrize("task", ["classifier", "regressor"])
def test_small_details_are_learned(task):
    """With plain defaults, and not without the centering."""
    X, height = spectra(n=120, n_steps=8, size=0.003, noise=0.1)
    kind, y = (GRUClassifier, height > 0) if task == "classifier" else (GRURegressor, height)
    scores = [
        kind(random_state=0, center_steps=how).fit(X[:60], y[:60]).score(X[60:], y[60:])
        for how in ("auto", False)
    ]
    assert scores[0] > 0.9
    assert scores[0] > scores[1] + 0.05


def test_ragged_sequences_windows_tokens_and_gaps_are_not_centered():
    X, height = spectra()
    y = height > 0
    ragged = [X[0, :9, None], *X[1:, :, None]]
    settings = QUICK | PLAIN
    assert not is_centered(GRUClassifier(**settings).fit(ragged, y))
    gaps = X.copy()
    gaps[0, 3] = np.nan
    assert not is_centered(GRUClassifier(**settings, missing="mask").fit(gaps, y))
    windows, target = skrnn.make_windows(np.tile(X[0], 9), window_length=30)
    assert not is_centered(GRURegressor(**settings).fit(windows, target))
    tokens = np.tile(np.arange(1, 31), (40, 1))
    assert not is_centered(GRUClassifier(**settings, embedding_dim=3).fit(tokens, y))
    for given, how in (
        (ragged, {}),
        (gaps, {"missing": "mask"}),
        (tokens, {"embedding_dim": 3}),
    ):
        with pytest.raises(ValueError, match="center_steps=True needs"):
            GRUClassifier(**settings, **how, center_steps=True).fit(given, y)


def test_a_missing_value_has_no_deviation():
    """Neither has padding; the marks of missing values stay as they are."""
    rng = np.random.default_rng(0)
    layer = layers.CenterSteps(4, 2)
    x = rng.normal(size=(3, 6, 4)).astype(np.float32)
    x[..., 2:] = rng.uniform(size=(3, 6, 2)) < 0.4
    x[..., :2] *= 1 - x[..., 2:]
    x[:, 4:] = 0
    layer.build(x.shape)
    mean, scale = rng.normal(size=(4, 2)), rng.uniform(1, 2, 2)
    layer.set_weights([mean, scale])
    found = convert_to_numpy(layer(x, np.full(3, 4, dtype=np.int32)))
    expected = x.copy()
    expected[:, :4, :2] = (x[:, :4, :2] - mean) / scale * (1 - x[:, :4, 2:])
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_a_missing_step_keeps_its_position():
    """A step that was not observed is read as such, and those after it are not moved."""
    X, height = spectra()
    model = RNNClassifier(**QUICK, **PLAIN, missing="mask", pooling="last").fit(X, height > 0)
    gaps = X[:5].copy()
    gaps[:, 7] = np.nan
    stream = Stream(model, method="predict_proba", n_streams=5)
    for step in gaps.T:
        now = stream.step(step[:, None])
    np.testing.assert_allclose(now, model.predict_proba(gaps), atol=1e-5)


@pytest.mark.parametrize("missing", ["error", "mask"])
def test_streams_and_exports_equal_predictions(missing):
    X, height = spectra()
    model = TCNClassifier(**QUICK, **TCN, missing=missing).fit(X, height > 0)
    predicted = model.predict_proba(X[:3])
    stream = Stream(model, method="predict_proba", n_streams=3)
    for _ in range(2):
        for step in X[:3].T:
            now = stream.step(step[:, None])
        np.testing.assert_allclose(now, predicted, atol=1e-5)
        stream.reset()
    scaling = model.network_.encoder.scaling
    scaled = ((X[:3, :, None] - scaling.center) / scaling.scale).astype(np.float32)
    if missing == "mask":
        scaled = np.concatenate([scaled, np.zeros_like(scaled)], axis=2)
    outputs = convert_to_numpy(model.to_keras()([scaled, np.full(3, 30, dtype=np.int32)]))
    odds = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    np.testing.assert_allclose(odds / odds.sum(axis=1, keepdims=True), predicted, atol=1e-5)


def test_flattening_networks_and_linear_skips_go_with_it():
    X, height = spectra(n=200, n_steps=10)
    model = SequenceClassifier(network=networks.Dense(units=8), **QUICK).fit(X, height > 0)
    assert is_centered(model)
    regressor = GRURegressor(**QUICK).fit(X, height)
    assert "linear skip" in repr(regressor.network_.spec.network)
    assert is_centered(regressor)
    assert np.isfinite(regressor.predict(X)).all()


def test_training_that_continues_keeps_the_mean():
    X, height = spectra()
    model = GRUClassifier(**QUICK, **PLAIN, warm_start=True).fit(X, height > 0)
    before = measured(model, 30, 1)
    model.partial_fit(2 * X, height > 0).fit(3 * X, height > 0)
    np.testing.assert_array_equal(measured(model, 30, 1), before)
    with pytest.raises(ValueError, match="center_steps=False was given"):
        model.set_params(center_steps=False).fit(X, height > 0)


def test_sequences_all_equal_are_not_centered():
    X = np.tile(np.arange(8.0), (12, 1))
    model = GRUClassifier(**QUICK, **PLAIN, center_steps=True).fit(X, np.arange(12) % 2)
    assert np.isfinite(model.predict_proba(X)).all()
    np.testing.assert_array_equal(measured(model, 8, 1), 0)


@pytest.mark.parametrize("center_steps", ["auto", True])
@pytest.mark.parametrize("rounding", [0.0, 1e-16, 1e-7])
def test_rounding_errors_are_no_deviations(center_steps, rounding):
    """A feature that is equal in all sequences, as the time is, is left as it is."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 12, 2))
    X[..., 1] = np.linspace(0, 1, 12) + rounding * rng.choice([-1, 0, 1], size=(40, 12))
    weights = rng.uniform(0.1, 3, size=40)  # whose weighted mean has rounding errors
    model = RNNClassifier(**QUICK, **PLAIN, center_steps=center_steps)
    model.fit(X, rng.integers(0, 2, 40), sample_weight=weights)
    expected = model.predict_proba(X)
    nearly = X * [1, 1 + 1e-7]
    np.testing.assert_allclose(model.predict_proba(nearly), expected, atol=1e-5)


@pytest.fixture
def half_precision():
    before = config.dtype_policy()
    config.set_dtype_policy("mixed_bfloat16")
    yield
    config.set_dtype_policy(before)


@pytest.mark.usefixtures("half_precision")
def test_deviations_are_exact_in_mixed_precision():
    """As if X had been centered beforehand, though 16 bits hold little of the deviations."""
    X, height = spectra(size=1e-3)
    model = RNNClassifier(**QUICK, **PLAIN).fit(X, height > 0)
    assert is_centered(model)
    deviations = X - X.mean(axis=0)
    deviations /= np.sqrt(np.mean(deviations**2))
    other = RNNClassifier(**QUICK, **PLAIN, center_steps=False, scale_input=False)
    other.fit(deviations, height > 0)
    other.weights_ = weights_of_network(model)
    expected = other.predict_proba(deviations)
    np.testing.assert_allclose(model.predict_proba(X), expected, atol=0.02)
