"""Fast and plain layers with the same weights, and how both are compared, for several tests."""

from contextlib import contextmanager
from unittest.mock import patch

import numpy as np
import pytest

from skrnn import kernels, networks
from skrnn._backend import load_keras
from skrnn.engine import compiled_model
from skrnn.engine.compiled_model import CompiledModelCache
from skrnn.networks import layers
from tests.networks.references import weights_of_zeros

keras = load_keras()
BACKEND = keras.backend.backend()
KERNELS = {"SimpleRNN": "simple_rnn", "GRU": "gru", "LSTM": "lstm"}
NETWORKS = {"SimpleRNN": networks.RNN, "GRU": networks.GRU, "LSTM": networks.LSTM}
each_kind = pytest.mark.parametrize("kind", KERNELS)
each_recurrence = pytest.mark.parametrize("kind", [*KERNELS, "MinGRU", "SLSTM"])


def to_numpy(tensor):
    return np.array(tensor.detach() if hasattr(tensor, "detach") else tensor)


@contextmanager
def kernels_are(module):
    """Let layers find this module of kernels, or none, and share no program made with others."""
    with (
        patch.object(kernels, "kernels", lambda: module),
        patch.object(compiled_model, "compiled_models", CompiledModelCache(0)),
    ):
        yield


def plain_path():
    return kernels_are(None)


def twins(kind, units, n_features, **settings):
    """Return our layer and Keras' of one kind, with the same weights, drawn at random.

    For a cell that Keras lacks, theirs is Keras' loop over it.
    """
    ours = getattr(layers, kind)(units, **settings)
    if kind in KERNELS:
        theirs = getattr(keras.layers, kind)(units, **settings)
    else:
        theirs = keras.layers.RNN(type(ours.cell)(units), **settings)
    generator = np.random.default_rng(units)
    with weights_of_zeros():
        for layer in (ours, theirs):
            layer.build((None, None, n_features))
    for one, other in zip(ours.trainable_weights, theirs.trainable_weights, strict=True):
        value = generator.normal(0, 0.4, one.shape).astype(np.float32)
        one.assign(value)
        other.assign(value)
    return ours, theirs


def assert_equal_gradients(got, expected):
    for one, other in zip(map(to_numpy, got), map(to_numpy, expected), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-4 * max(np.abs(other).max(), 1e-2))


N_STEPS, N_FEATURES = 9, 3


def batch(n_features=N_FEATURES):
    """Return padded sequences of different length, their lengths, targets and weights."""
    generator = np.random.default_rng(7)
    lengths = np.array([9, 1, 4, 6, 9, 2], dtype=np.int32)
    x = generator.normal(size=(len(lengths), N_STEPS, n_features)).astype(np.float32)
    x[np.arange(N_STEPS) >= lengths[:, None]] = 0.0
    y = generator.normal(size=(len(lengths), 2)).astype(np.float32)
    return x, lengths, y, generator.uniform(0.1, 0.3, len(lengths)).astype(np.float32)
