"""Differences from step to step as further features of classifiers."""

from __future__ import annotations

import numpy as np
import pytest

from skrnn import GRUClassifier, SequenceClassifier, Stream, TCNClassifier, networks
from skrnn.networks import layers

QUICK = {"epochs": 3, "batch_size": 8, "random_state": 0}


@pytest.fixture(scope="module")
def ragged():
    """Return sequences of 4 to 9 steps, with one that is constant, and two classes."""
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(n, 2)).cumsum(axis=0) for n in rng.integers(4, 10, 24)]
    for x in X:
        x[:, 1] = x[0, 1]  # never changes within a sequence
    return X, np.arange(24) % 2


def widened(X, scale):
    """Return sequences with their differences in units of ``scale``."""
    return [np.hstack([x, np.diff(x, axis=0, prepend=x[:1]) / scale]) for x in X]


def test_the_network_reads_the_features_and_their_scaled_differences(ragged):
    """As if the differences had been appended to X beforehand."""
    X, y = ragged
    steps = np.concatenate(X)
    X = [(x - steps.mean(axis=0)) / steps.std(axis=0) for x in X]
    changes = np.concatenate([np.diff(x, axis=0) for x in X])
    scale = np.array([np.sqrt(np.mean(changes[:, 0] ** 2)), 1.0])
    own = dict(bidirectional=False, conv_filters=None, pooling="mean", scale_input=False, **QUICK)
    model = GRUClassifier(add_differences=True, **own).fit(X, y)
    other = GRUClassifier(**own).fit(widened(X, scale), y)
    measured = next(w for w in model.weights_ if w.shape == (2,) and np.allclose(w, scale))
    np.testing.assert_allclose(measured, scale, rtol=1e-5)
    other.weights_ = [w for w in model.weights_ if w is not measured]
    np.testing.assert_allclose(
        model.predict_proba(X), other.predict_proba(widened(X, scale)), atol=1e-6
    )


@pytest.mark.parametrize("at_end", [False, True])
def test_the_layer_appends_differences_within_each_sequence(at_end):
    """Padding, on either side, has none, and the first step neither."""
    rng = np.random.default_rng(1)
    x, lengths = rng.normal(size=(3, 5, 2)).astype(np.float32), np.array([5, 3, 1])
    real = np.arange(5) < lengths[:, None]
    x[~real] = 0
    x = x[:, ::-1].copy() if at_end else x
    expected = np.zeros_like(x)
    for row, n in enumerate(lengths):
        part = slice(5 - n, 5) if at_end else slice(0, n)
        expected[row, part] = np.diff(x[row, part], axis=0, prepend=x[row, part][:1])
    wider = np.asarray(layers.AppendDifferences(at_end=at_end)(x, lengths.astype("int32")))
    np.testing.assert_allclose(wider[..., :2], x)
    np.testing.assert_allclose(wider[..., 2:], expected, rtol=1e-6)


def test_the_neighbors_of_a_sequence_do_not_matter(ragged):
    """A prediction alone and beside longer sequences is the same."""
    X, y = ragged
    model = TCNClassifier(filters=4, n_blocks=2, **QUICK).fit(X, y)
    together = model.predict_proba(X)
    alone = np.concatenate([model.predict_proba([x]) for x in X])
    np.testing.assert_allclose(alone, together, atol=1e-6)


def test_streams_equal_predictions(ragged):
    """Also after a reset, for each of several streams."""
    X, y = ragged
    model = TCNClassifier(filters=4, n_blocks=2, **QUICK).fit(X, y)
    stream = Stream(model, method="predict_proba")
    for x in X[:3]:
        stream.reset()
        for step in x:
            latest = stream.step(step)
        np.testing.assert_allclose(latest, model.predict_proba([x])[0], atol=1e-6)


def test_networks_that_flatten_are_padded_on_the_left(ragged):
    """Incomplete windows, which begin with padding, have a zero difference at their first step."""
    X, y = ragged
    X = np.stack([x[:4] for x in X])
    model = SequenceClassifier(network=networks.Dense(units=8), add_differences=True, **QUICK).fit(
        X, y
    )
    assert model.network_.spec.network.needs_fixed_length
    assert np.isfinite(model.predict_proba(X)).all()


def test_the_scale_is_measured_once_and_kept(ragged):
    """Training that continues, and refits of other data, keep and renew it."""
    X, y = ragged
    model = GRUClassifier(add_differences=True, units=3, **QUICK).fit(X, y)
    before = [w for w in model.weights_ if w.shape == (2,)]
    model.partial_fit([10 * x for x in X], y)
    after = [w for w in model.weights_ if w.shape == (2,)]
    np.testing.assert_array_equal(before[0], after[0])


def test_sequences_of_one_step_have_no_differences():
    """The scale is 1, and the outputs are finite."""
    X, y = np.random.default_rng(2).normal(size=(12, 1, 3)), np.arange(12) % 2
    model = TCNClassifier(filters=4, n_blocks=1, **QUICK).fit(X, y)
    assert np.isfinite(model.predict_proba(X)).all()
    (scale,) = [w for w in model.weights_ if w.shape == (3,)]
    np.testing.assert_array_equal(scale, np.ones(3))


def test_tokens_have_no_differences():
    """Ids of tokens are names, not numbers."""
    X, y = [np.array([1, 2, 3]), np.array([3, 1])] * 6, np.arange(12) % 2
    model = TCNClassifier(embedding_dim=4, filters=4, n_blocks=1, **QUICK).fit(X, y)
    assert "add_differences" not in repr(model.network_.spec.network)
