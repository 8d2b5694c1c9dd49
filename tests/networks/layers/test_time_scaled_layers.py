"""Layers whose gate biases are initialized by time scale, beyond what every layer does."""

from contextlib import nullcontext

import numpy as np
import pytest

from skrnn import networks
from skrnn._backend import load_keras
from skrnn.networks import layers
from tests.kernels.test_kernels import outputs_and_gradients_of, pure
from tests.kernels.twins import plain_path
from tests.networks.references import to_numpy, weights_of, weights_of_zeros
from tests.networks.test_networks import run

keras = load_keras()
KINDS = {"mingru": layers.MinGRU, "slstm": layers.SLSTM}
X = np.random.default_rng(0).normal(size=(2, 60, 1)).astype(np.float32)


def built(kind, **settings):
    """Return a layer of two units, whose weights are drawn at random."""
    layer = KINDS[kind](2, **settings)
    with weights_of_zeros():
        layer.build(X.shape)
    for seed, weight in enumerate(layer.trainable_weights):
        weight.assign(np.random.default_rng(seed).normal(size=weight.shape))
    return layer


def slopes(function, array, step=1e-6):
    """Return the derivatives of a function of one array, by central differences."""
    moves = step * np.eye(array.size).reshape(-1, *array.shape)
    return [(function(array + move) - function(array - move)) / (2 * step) for move in moves]


@pytest.mark.parametrize("uses_kernel", [True, False])
def test_the_gradient_is_right_where_a_step_weighs_as_much_as_all_before_it(uses_kernel):
    weights = np.zeros((1, 8)), np.zeros((2, 8)), np.zeros(8)
    weights[0][:, 4:6] = 1.0  # the candidates alone read the inputs
    layer = built("slstm", return_sequences=True)
    arrays = [X[:1], *(weight.astype(np.float32) for weight in weights)]
    direction = np.ones((1, len(X[0]), 2), np.float32)

    def total(bias):
        return run("slstm", X[0].astype(float), (*weights[:2], bias)).sum()

    with nullcontext() if uses_kernel else plain_path():
        _, gradients = outputs_and_gradients_of(pure(layer), arrays, direction)
    np.testing.assert_allclose(to_numpy(gradients[3]), slopes(total, weights[2]), atol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_a_stateful_layer_starts_again_after_reset(kind):
    layer = built(kind, return_sequences=True, stateful=True)
    first, second = (to_numpy(layer(X)) for _ in range(2))
    assert np.abs(second - first).max() > 1e-3
    layer.reset_state()
    np.testing.assert_array_equal(to_numpy(layer(X)), first)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("setting", [{"activation": "relu"}, {"dropout": 0.5}, {"use_bias": False}])
def test_a_cell_refuses_settings_that_it_does_not_have(kind, setting):
    with pytest.raises(TypeError, match=next(iter(setting))):
        KINDS[kind].cell_class(2, **setting)


@pytest.fixture
def sixteen_bits():
    """Let new layers compute in 16 bits."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy(before)


@pytest.mark.parametrize("kind", [networks.MinGRU, networks.SLSTM])
def test_a_long_time_scale_needs_no_other_precision(kind, sixteen_bits):
    layer = kind(time_scale=1024).layer(3)
    with weights_of_zeros():
        layer.build((None, None, 1))
    for weight in layer.trainable_weights[:-1]:
        weight.assign(np.ones(weight.shape))
    weights = weights_of(layer)
    x = np.where(np.arange(600) < 100, 1.0, 0.0)[:, None]
    outputs = to_numpy(keras.ops.cast(layer(x[None].astype(np.float32)), "float32"))[0]
    expected = run(kind.__name__.lower(), x, weights)
    assert np.abs(expected[-1]).max() > 0.05
    np.testing.assert_allclose(outputs, expected, atol=1e-4)
