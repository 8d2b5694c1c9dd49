"""Fast recurrences equal Keras' own layers, which take over what the fast ones do not cover."""

from contextlib import contextmanager
from types import SimpleNamespace
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import skrnn
from skrnn import kernels, networks
from skrnn._backend import load_keras
from skrnn.engine import program as programs
from skrnn.engine.program import Program, ProgramCache
from skrnn.engine.spec import Spec
from skrnn.networks import layers
from skrnn.networks.model import build_model

keras = load_keras()
BACKEND = keras.backend.backend()

KERNELS = {"SimpleRNN": "simple_rnn", "GRU": "gru", "LSTM": "lstm"}
NETWORKS = {"SimpleRNN": networks.RNN, "GRU": networks.GRU, "LSTM": networks.LSTM}
each_kind = pytest.mark.parametrize("kind", KERNELS)


def to_numpy(tensor):
    return np.array(tensor.detach() if hasattr(tensor, "detach") else tensor)


@contextmanager
def kernels_are(module):
    """Let layers find this module of kernels, or none, and share no program made with others."""
    with (
        patch.object(kernels, "kernels", lambda: module),
        patch.object(programs, "programs", ProgramCache(0)),
    ):
        yield


def plain_path():
    return kernels_are(None)


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


def twins(kind, units, n_features, **settings):
    """Return our layer and Keras' of one kind, with the same weights, drawn at random."""
    ours, theirs = (getattr(of, kind)(units, **settings) for of in (layers, keras.layers))
    generator = np.random.default_rng(units)
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


# ------------------------------------------------------------------ layers


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
@each_kind
@settings(max_examples=8, deadline=None, database=None, derandomize=True)
@given(
    shape=st.tuples(st.integers(1, 5), st.integers(1, 9), st.integers(1, 4)),
    units=st.integers(1, 6),
)
def test_outputs_and_gradients_are_those_of_keras(kind, shape, units):
    assert_twins_agree(kind, shape, units)


@pytest.mark.long
@each_kind
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


@each_kind
def test_a_long_sequence_in_a_large_batch_is_as_near(kind):
    assert_twins_agree(kind, (64, 150, 5), 24)


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


# ------------------------------------------------------------------ networks

N_STEPS, N_FEATURES = 9, 3
SETTINGS = {
    "three layers": {"units": (5, 3, 4)},
    "bidirectional": {"n_layers": 2, "bidirectional": True},
    "learned states": {"n_layers": 2, "bidirectional": True, "initial_state": "learned"},
    "dropout": {"n_layers": 2, "dropout": 0.4, "layer_norm": True},
    "recurrent dropout": {"dropout": 0.3, "recurrent_dropout": 0.3},
    "convolution": {"conv_filters": 4, "conv_strides": 2, "pooling": "attention"},
}


def batch(n_features=N_FEATURES):
    """Return padded sequences of different length, their lengths, targets and weights."""
    generator = np.random.default_rng(7)
    lengths = np.array([9, 1, 4, 6, 9, 2], dtype=np.int32)
    x = generator.normal(size=(len(lengths), N_STEPS, n_features)).astype(np.float32)
    x[np.arange(N_STEPS) >= lengths[:, None]] = 0.0
    y = generator.normal(size=(len(lengths), 2)).astype(np.float32)
    return x, lengths, y, generator.uniform(0.1, 0.3, len(lengths)).astype(np.float32)


def spec_of(network, n_steps=None):
    return Spec(network, n_steps, N_FEATURES, 2, "mean_squared_error", "sgd", None)


def outputs_and_gradients(network):
    """Return what a program predicts, and, from a step at rate one, the gradients in training."""
    program = Program(spec_of(network))
    values = program.fresh_state(1, network.rates())
    program.start(values)
    outputs = next(iter(program.steps.predict_all([batch()[:2]])))
    program.start(values)  # Keras' layers draw masks when they predict, too
    program.steps.train_all([batch()], [1.0])
    after, _ = program.steps.read()
    trained = {id(variable) for variable in program.model.trainable_variables}
    return np.array(outputs), [
        before - now
        for variable, before, now in zip(program.variables, values, after, strict=True)
        if id(variable) in trained
    ]


#: Where there are no kernels, there is one path, and one network shows that it runs.
each_network = pytest.mark.parametrize("kind", KERNELS if kernels.kernels() else ["GRU"])


@pytest.mark.long
@each_network
@pytest.mark.parametrize("case", SETTINGS)
def test_networks_equal_those_on_the_plain_path(kind, case):
    network = NETWORKS[kind](**{"units": 4} | SETTINGS[case])
    outputs, of_weights = outputs_and_gradients(network)
    with plain_path():
        expected, expected_of_weights = outputs_and_gradients(network)
    np.testing.assert_allclose(outputs, expected, atol=1e-5)
    assert_equal_gradients(of_weights, expected_of_weights)


@pytest.mark.long
@each_kind
@pytest.mark.parametrize("bidirectional", [False, True])
def test_padded_sequences_equal_keras_on_each_alone(kind, bidirectional):
    inputs, lengths = keras.Input((None, N_FEATURES)), keras.Input((), dtype="int32")
    network = NETWORKS[kind](units=4, bidirectional=bidirectional)
    model = keras.Model([inputs, lengths], network.encode(inputs, lengths))
    plain = getattr(keras.layers, kind)(4)
    if bidirectional:
        plain = keras.layers.Bidirectional(plain)
    plain.build((None, None, N_FEATURES))
    generator = np.random.default_rng(0)
    recurrent = [layer for layer in model.layers if isinstance(layer, getattr(layers, kind))]
    recurrent.sort(key=lambda layer: (len(layer.name), layer.name))  # as they were made
    weights = [weight for layer in recurrent for weight in layer.trainable_weights]
    for one, other in zip(weights, plain.trainable_weights, strict=True):
        one.assign(generator.normal(0, 0.5, one.shape))
        other.assign(one.value)
    x, own, *_ = batch()
    alone = [to_numpy(plain(row[None, :length]))[0] for row, length in zip(x, own, strict=True)]
    np.testing.assert_allclose(to_numpy(model([x, own])), alone, atol=1e-5)


@each_network
def test_losses_of_five_epochs_equal_those_of_the_plain_path(kind):
    generator = np.random.default_rng(0)
    X = generator.normal(size=(96, 12, 3))
    y = X[:, -1, 0] + 0.5 * X[:, -3, 1]

    def losses():
        model = skrnn.SequenceRegressor(network=NETWORKS[kind](units=8), epochs=5, random_state=0)
        return np.array(model.fit(X, y).history_["loss"])

    fast = losses()
    with plain_path():
        plain = losses()
    assert plain[-1] < 0.95 * plain[0]
    np.testing.assert_allclose(fast, plain, rtol=1e-3)


@pytest.mark.long
@each_network
def test_a_saved_model_predicts_the_same(kind, tmp_path):
    X = np.random.default_rng(0).normal(size=(20, 6, N_FEATURES))
    network = NETWORKS[kind](units=4)
    fitted = skrnn.SequenceRegressor(network=network, epochs=1, random_state=0).fit(X, X[:, -1, 0])
    model = fitted.to_keras()
    inputs = [X.astype(np.float32), np.full(20, 6, dtype=np.int32)]
    expected = to_numpy(model(inputs))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert type(next(layer for layer in again.layers if layer.weights)) is getattr(layers, kind)
    np.testing.assert_allclose(to_numpy(again(inputs)), expected, atol=1e-6)
    with plain_path():
        np.testing.assert_allclose(to_numpy(again(inputs)), expected, atol=1e-5)


# ------------------------------------------------------------------ steps


def test_many_steps_in_one_call_are_the_steps_one_after_the_other():
    network = networks.GRU(units=4, dropout=0.3)
    program = Program(Spec(network, None, N_FEATURES, 2, "mean_squared_error", "adam", 1.0))
    x, lengths, y, weight = batch()
    batches = [(scale * x, lengths, y, weight) for scale in (1, 2, 0.5, 3)]
    rates = [0.1, 0.05, 0.2, 0.01]

    def run(groups):
        program.start(program.fresh_state(0, network.rates()))
        losses = [program.steps.train_all(batches[g], rates[g]) for g in groups]
        return np.concatenate(losses), program.steps.read()

    losses, (values, slots) = run([slice(0, 4)])
    one_by_one, (expected, expected_slots) = run([slice(n, n + 1) for n in range(4)])
    assert len(set(losses)) == 4
    np.testing.assert_allclose(losses, one_by_one, rtol=1e-5)
    for one, other in zip([*values, *slots], [*expected, *expected_slots], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


if BACKEND == "torch":
    import torch

    from skrnn.engine.torch import straightened
    from skrnn.kernels import torch as fast

    @each_kind
    def test_what_runs_on_a_gpu_equals_what_runs_on_a_cpu(kind):
        ours, _ = twins(kind, 6, 3, return_sequences=True)
        x = torch.randn(4, 7, 3)
        weights = [weight.value for weight in ours.trainable_weights]
        name = KERNELS[kind]
        start = [torch.randn(1, 6).expand(4, 6) for _ in ours.state_size]
        expected, states = getattr(fast, name)(x, *weights, *start)
        elsewhere = x.as_subclass(_Elsewhere)
        got, states_got = getattr(fast, name)(elsewhere, *weights, *start)
        torch.testing.assert_close(got.as_subclass(torch.Tensor), expected, atol=1e-5, rtol=0)
        for one, other in zip(states_got, states, strict=True):
            torch.testing.assert_close(one.as_subclass(torch.Tensor), other, atol=1e-5, rtol=0)
        of_got, of_expected = (
            torch.autograd.grad(outputs.as_subclass(torch.Tensor).square().sum(), weights)
            for outputs in (got, expected)
        )
        assert_equal_gradients(of_got, of_expected)

    class _Elsewhere(torch.Tensor):
        """A tensor that says it is on a GPU."""

        @property
        def device(self):
            return SimpleNamespace(type="cuda")

    def test_going_back_twice_through_a_kernel_is_an_error():
        ours, _ = twins("GRU", 3, 2, return_sequences=True)
        loss = ours(torch.ones(2, 4, 2)).sum()
        weights = [weight.value for weight in ours.trainable_weights]
        torch.autograd.grad(loss, weights, retain_graph=True)
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            torch.autograd.grad(loss, weights)

    MODELS = {
        **{name: kind() for name, kind in networks.BY_NAME.items()},
        "dropout": networks.GRU(units=(4, 3), bidirectional=True, dropout=0.5),
        "convolutional": networks.LSTM(units=4, conv_filters=3, recurrent_dropout=0.5),
        "transformer with dropout": networks.Transformer(dropout=0.2, pooling="attention"),
        "tcn with dropout": networks.TCN(dropout=0.2, layer_norm=True),
    }

    def both_ways(model, training):
        """Return a model's outputs from its layers' calls, and from its own call."""
        inputs = [torch.as_tensor(part) for part in batch()[:2]]
        straight = straightened(model)
        assert straight.__name__ == "forward"
        outputs = []
        for form in (straight, lambda inputs, training: model(inputs, training=training)):
            for seed in (v for v in model.variables if v.name == "seed_generator_state"):
                seed.assign([5, 0])
            outputs.append(to_numpy(form(inputs, training)))
        return outputs

    @pytest.mark.parametrize("training", [False, True])
    @pytest.mark.parametrize("name", MODELS)
    def test_the_calls_of_a_models_layers_are_the_model(name, training):
        network = MODELS[name].resolve(N_STEPS)
        n_steps = N_STEPS if network.needs_fixed_length else None
        model = build_model(network, n_steps, N_FEATURES, 2)
        np.testing.assert_array_equal(*both_ways(model, training))

    def regularised(inputs, lengths):
        del lengths
        sequence = layers.GRU(3, return_sequences=True, activity_regularizer="l2")(inputs)
        return layers.Dense(2)(sequence[:, -1])

    def foreign(inputs, lengths):
        del lengths
        return keras.layers.GRU(2)(keras.layers.Masking()(inputs))

    @pytest.mark.parametrize("function", [regularised, foreign])
    def test_a_model_with_layers_of_another_kind_runs_as_a_whole(function):
        from skrnn.networks.callable import FromCallable

        model = build_model(FromCallable(function), N_STEPS, N_FEATURES, 2)
        forward = straightened(model)
        assert forward.__name__ == "<lambda>"
        inputs = [torch.as_tensor(part) for part in batch()[:2]]
        np.testing.assert_array_equal(to_numpy(forward(inputs, True)), to_numpy(model(inputs)))
        assert bool(model.losses) == (function is regularised)
