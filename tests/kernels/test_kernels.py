"""Fast recurrences equal Keras' own layers, which take over what the fast ones do not cover."""

from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skrnn.networks import layers
from tests.kernels.twins import (
    BACKEND,
    KERNELS,
    assert_equal_gradients,
    each_kind,
    each_recurrence,
    keras,
    kernels_are,
    to_numpy,
    twins,
)


def outputs_and_gradients_of(function, arrays, direction):
    """Return function(*arrays), and the gradients of its product with a direction, summed.

    Where there are several outputs, the products of all are summed.
    """
    if BACKEND == "jax":
        import jax

        def both(*arrays):
            outputs, back = jax.vjp(function, *arrays)
            return outputs, back(direction)

        return jax.jit(both)(*arrays)
    tensors = [keras.ops.convert_to_tensor(array) for array in arrays]
    if BACKEND == "torch":
        import torch

        tensors = [tensor.clone().requires_grad_() for tensor in tensors]
        outputs = function(*tensors)
        given = keras.tree.map_structure(torch.as_tensor, direction)
        flat = map(keras.tree.flatten, (outputs, given))
        return outputs, torch.autograd.grad(next(flat), tensors, next(flat))
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(tensors)
        outputs = function(*tensors)
    return outputs, tape.gradient(outputs, tensors, output_gradients=direction)


def pure(layer):
    """Return a layer as a function of its input and its weights."""

    def function(x, *weights):
        others = [variable.value for variable in layer.non_trainable_variables]
        return layer.stateless_call(list(weights), others, x)[0]

    return function


def with_states(layer):
    """Return a layer as a function of its input, its weights and the states it starts from."""
    n_weights = len(layer.trainable_weights)

    def function(x, *arrays):
        others = [variable.value for variable in layer.non_trainable_variables]
        start = list(arrays[n_weights:])
        outputs, _ = layer.stateless_call(arrays[:n_weights], others, x, initial_state=start)
        return tuple(outputs)

    return function


def assert_twins_agree(kind, shape, units):
    ours, theirs = twins(kind, units, shape[-1], return_sequences=True)
    generator = np.random.default_rng(sum(shape))
    x = generator.normal(size=shape).astype(np.float32)
    arrays = [x, *(to_numpy(weight.value) for weight in ours.trainable_weights)]
    direction = generator.normal(size=(*shape[:2], units)).astype(np.float32)
    (outputs, of_arrays), (expected, expected_of_arrays) = (
        outputs_and_gradients_of(pure(layer), arrays, direction) for layer in (ours, theirs)
    )
    np.testing.assert_allclose(to_numpy(outputs), to_numpy(expected), atol=1e-5)
    assert_equal_gradients(of_arrays, expected_of_arrays)


@pytest.mark.long
@each_recurrence
@settings(max_examples=8, deadline=None, database=None, derandomize=True)
@given(
    shape=st.tuples(st.integers(1, 5), st.integers(1, 9), st.integers(1, 4)),
    units=st.integers(1, 6),
)
def test_outputs_and_gradients_are_those_of_keras(kind, shape, units):
    assert_twins_agree(kind, shape, units)


@pytest.mark.long
@each_recurrence
@settings(max_examples=5, deadline=None, database=None, derandomize=True)
@given(
    shape=st.tuples(st.integers(1, 5), st.integers(1, 9), st.integers(1, 4)),
    units=st.integers(1, 6),
)
def test_states_given_and_returned_are_those_of_keras(kind, shape, units):
    pair = twins(kind, units, shape[-1], return_sequences=True, return_state=True)
    generator = np.random.default_rng(sum(shape))

    def drawn(*shape):
        return generator.normal(size=shape).astype(np.float32)

    states = [drawn(shape[0], units) for _ in pair[0].state_size]
    weights = [to_numpy(weight.value) for weight in pair[0].trainable_weights]
    arrays = [drawn(*shape), *weights, *states]
    direction = (drawn(*shape[:2], units), *(drawn(shape[0], units) for _ in states))
    (outputs, of_arrays), (expected, expected_of_arrays) = (
        outputs_and_gradients_of(with_states(layer), arrays, direction) for layer in pair
    )
    for one, other in zip(outputs, expected, strict=True):
        np.testing.assert_allclose(to_numpy(one), to_numpy(other), atol=1e-5)
    assert_equal_gradients(of_arrays, expected_of_arrays)


@each_recurrence
def test_a_long_sequence_in_a_large_batch_is_as_near(kind):
    assert_twins_agree(kind, (64, 150, 5), 24)


@pytest.mark.parametrize("kernel_size", [1, 5, 15, 16, 17, 40, 63, 64, 71])
@pytest.mark.parametrize("padding", ["same", "causal", "valid"])
def test_a_convolution_and_its_gradients_are_those_of_keras(kernel_size, padding):
    ours, theirs = (of.Conv1D(3, kernel_size, padding=padding) for of in (layers, keras.layers))
    generator = np.random.default_rng(kernel_size)
    for layer in (ours, theirs):
        layer.build((None, None, 2))
    for n_steps in (kernel_size, kernel_size + 1, 2 * kernel_size + 6):
        x = generator.normal(size=(2, n_steps, 2)).astype(np.float32)
        arrays = [x, *(generator.normal(size=w.shape).astype(np.float32) for w in ours.weights)]
        direction = generator.normal(size=theirs.compute_output_shape(x.shape)).astype(np.float32)
        (outputs, of_arrays), (expected, expected_of_arrays) = (
            outputs_and_gradients_of(pure(layer), arrays, direction) for layer in (ours, theirs)
        )
        np.testing.assert_allclose(to_numpy(outputs), to_numpy(expected), atol=1e-4)
        assert_equal_gradients(of_arrays, expected_of_arrays)


@settings(max_examples=8, deadline=None, database=None, derandomize=True)
@given(
    shape=st.tuples(st.integers(1, 4), st.integers(1, 9), st.integers(1, 4)),
    kernel_size=st.integers(1, 6),
    dilation=st.integers(1, 3),
)
def test_a_depthwise_convolution_and_its_gradients_are_those_of_keras(shape, kernel_size, dilation):
    ours, theirs = (
        of.DepthwiseConv1D(kernel_size, padding="same", dilation_rate=dilation, use_bias=False)
        for of in (layers, keras.layers)
    )
    generator = np.random.default_rng(sum(shape))
    x = generator.normal(size=shape).astype(np.float32)
    for layer in (ours, theirs):
        layer.build(shape)
    arrays = [x, generator.normal(size=ours.kernel.shape).astype(np.float32)]
    direction = generator.normal(size=shape).astype(np.float32)
    (outputs, of_arrays), (expected, expected_of_arrays) = (
        outputs_and_gradients_of(pure(layer), arrays, direction) for layer in (ours, theirs)
    )
    np.testing.assert_allclose(to_numpy(outputs), to_numpy(expected), atol=1e-5)
    assert_equal_gradients(of_arrays, expected_of_arrays)


@pytest.mark.parametrize(
    "setting",
    [{"use_bias": True}, {"depth_multiplier": 2}, {"strides": 2}, {"padding": "valid"}],
)
def test_settings_that_the_depthwise_kernel_lacks_are_left_to_keras(setting):
    shared = {"padding": "same", "use_bias": False} | setting
    ours, theirs = (of.DepthwiseConv1D(3, **shared) for of in (layers, keras.layers))
    x = np.random.default_rng(0).normal(size=(2, 7, 3)).astype(np.float32)
    for layer in (ours, theirs):
        layer.build(x.shape)
    theirs.set_weights(ours.get_weights())
    np.testing.assert_array_equal(to_numpy(ours(x)), to_numpy(theirs(x)))


def test_the_gradient_of_a_candidate_of_zero_is_that_of_the_loop():
    ours, theirs = twins("MinGRU", 2, 3, return_sequences=True)
    arrays = [np.zeros(shape, np.float32) for shape in ((2, 4, 3), (3, 4), (4,))]
    direction = np.ones((2, 4, 2), np.float32)
    for one, other in zip(
        *(outputs_and_gradients_of(pure(layer), arrays, direction) for layer in (ours, theirs)),
        strict=True,
    ):
        assert_equal_gradients(keras.tree.flatten(one), keras.tree.flatten(other))


@contextmanager
def counted():
    """Let layers find kernels that count their calls and return ones."""
    calls = []

    def kernel(x, kernel, recurrent_kernel, bias, *_):
        calls.append(kernel)
        return keras.ops.ones((*x.shape[:2], recurrent_kernel.shape[0])), ()

    with kernels_are(SimpleNamespace(**dict.fromkeys(KERNELS.values(), kernel))):
        yield calls


@each_kind
@pytest.mark.parametrize(
    ("setting", "call"),
    [
        ({}, {}),
        ({"dropout": 0.3, "recurrent_dropout": 0.3}, {"training": False}),
        ({"activity_regularizer": "l2", "kernel_regularizer": "l2"}, {"training": True}),
    ],
)
def test_a_call_that_the_kernel_covers_goes_to_it(kind, setting, call):
    ours, _ = twins(kind, 3, 2, return_sequences=True, **setting)
    x = np.ones((2, 4, 2), dtype=np.float32)
    with counted() as calls:
        np.testing.assert_array_equal(to_numpy(ours(x, **call)), np.ones((2, 4, 3)))
    assert len(calls) == 1


NOT_COVERED = {
    "last output": ({"return_sequences": False}, {}),
    "backwards": ({"go_backwards": True}, {}),
    "unrolled": ({"unroll": True}, {}),
    "activation": ({"activation": "relu"}, {}),
    "no bias": ({"use_bias": False}, {}),
    "dropout": ({"dropout": 0.4, "seed": 1}, {"training": True}),
    "recurrent dropout": ({"recurrent_dropout": 0.4, "seed": 1}, {"training": True}),
    "mask": ({}, {"mask": np.array([[True] * 4, [True, True, False, False]])}),
    "float16": ({"dtype": "mixed_float16"}, {}),
    "gate": ({"recurrent_activation": "hard_sigmoid"}, {}),
    "reset before": ({"reset_after": False}, {}),
    "cuDNN refused": ({"use_cudnn": False}, {}),
}
NOT_OF_ALL = {
    "gate": ("GRU", "LSTM"),
    "reset before": ("GRU",),
    "cuDNN refused": ("GRU", "LSTM"),
}


@pytest.mark.parametrize(
    ("kind", "case"),
    [(kind, case) for case in NOT_COVERED for kind in NOT_OF_ALL.get(case, KERNELS)],
)
def test_a_call_that_the_kernel_does_not_cover_is_left_to_keras(kind, case):
    setting, call = NOT_COVERED[case]
    ours, theirs = twins(kind, 3, 2, **{"return_sequences": True} | setting)
    x = np.random.default_rng(0).normal(size=(2, 4, 2)).astype(np.float32)
    with counted() as calls:
        got = ours(x, **call)
    assert not calls
    for one, other in zip(*map(keras.tree.flatten, (got, theirs(x, **call))), strict=True):
        np.testing.assert_array_equal(to_numpy(one), to_numpy(other))


@each_kind
def test_a_stateful_layer_is_left_to_keras(kind):
    x = np.random.default_rng(0).normal(size=(2, 4, 2)).astype(np.float32)
    ours, theirs = (
        getattr(of, kind)(3, return_sequences=True, stateful=True, kernel_initializer="ones")
        for of in (layers, keras.layers)
    )
    with counted() as calls:
        ours(x)
        theirs(x)
        theirs.set_weights(ours.get_weights())
        for layer in (ours, theirs):
            layer.reset_state()
        for _ in range(2):
            np.testing.assert_array_equal(to_numpy(ours(x)), to_numpy(theirs(x)))
    assert not calls


@each_kind
def test_weights_names_and_settings_are_those_of_keras(kind):
    setting = {"return_sequences": True, "dropout": 0.2, "seed": 3, "name": "here"}
    ours, theirs = twins(kind, 3, 2, **setting)
    assert ours.get_config() == theirs.get_config()
    for one, other in zip(ours.weights, theirs.weights, strict=True):
        assert (one.path, one.shape, one.dtype) == (other.path, other.shape, other.dtype)
    assert [v.name for v in ours.variables] == [v.name for v in theirs.variables]
    default = getattr(layers, kind)(3).name, getattr(keras.layers, kind)(3).name
    assert [name.rstrip("_0123456789") for name in default] == [KERNELS[kind]] * 2
    again = type(ours).from_config(ours.get_config())
    assert type(again) is type(ours)
    assert again.get_config() == ours.get_config()
    assert again.compute_output_shape((None, 7, 2)) == (None, 7, 3)
