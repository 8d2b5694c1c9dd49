"""Networks equal short numpy references, whatever the padding and the rest of the batch."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skrnn import networks
from skrnn._backend import load_keras
from skrnn.engine.compiled_model import CompiledModel
from skrnn.engine.model_spec import ModelSpec
from skrnn.networks import layers
from skrnn.networks.base import resolved
from skrnn.networks.model import build_model
from skrnn.networks.wrappers.from_function import FromFunction
from tests.networks.references import (
    N_FEATURES,
    apply,
    convolve,
    encoder,
    layers_of,
    normalize,
    padded,
    pooled,
    ragged_batch,
    sigmoid,
    to_numpy,
    weights_of,
    weights_of_zeros,
)

keras = load_keras()

RECURRENT = {
    "rnn": networks.RNN,
    "lstm": networks.LSTM,
    "gru": networks.GRU,
    "mingru": networks.MinGRU,
    "slstm": networks.SLSTM,
}
RAGGED = sorted(set(networks.BY_NAME) - {"dense"})


# ------------------------------------------------------------------ references in float64


def rnn_step(x, state, kernel, recurrent, bias, masks=(1,)):
    (h,) = state
    return (np.tanh(x @ kernel + (h * masks[0]) @ recurrent + bias),)


def lstm_step(x, state, kernel, recurrent, bias, masks=(1, 1, 1, 1)):
    h, c = state
    forms = zip(
        *(np.split(weight, 4, axis=-1) for weight in (kernel, recurrent, bias)), masks, strict=True
    )
    i, f, new, o = (x @ w + (h * mask) @ u + b for w, u, b, mask in forms)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(new)
    return sigmoid(o) * np.tanh(c), c


def gru_step(x, state, kernel, recurrent, bias, masks=(1, 1, 1)):
    (h,) = state
    of_x, of_h = (np.split(part, 3) for part in bias)
    w, u = np.split(kernel, 3, axis=1), np.split(recurrent, 3, axis=1)
    z = sigmoid(x @ w[0] + of_x[0] + (h * masks[0]) @ u[0] + of_h[0])
    r = sigmoid(x @ w[1] + of_x[1] + (h * masks[1]) @ u[1] + of_h[1])
    new = np.tanh(x @ w[2] + of_x[2] + r * ((h * masks[2]) @ u[2] + of_h[2]))
    return (z * h + (1 - z) * new,)


def mingru_step(x, state, kernel, bias, masks=(1,)):
    (h,) = state
    z, c = np.split(x @ kernel + bias, 2)
    new = np.where(c >= 0, c + 0.5, sigmoid(c)) * masks[0]
    return (h + sigmoid(z) * (new - h),)


def slstm_step(x, state, kernel, recurrent, bias, masks=(1, 1, 1, 1)):
    """Return the states of the paper: output, cell, normalizer and its scale."""
    h, c, n, m = state
    forms = zip(
        *(np.split(weight, 4, axis=-1) for weight in (kernel, recurrent, bias)), masks, strict=True
    )
    i, f, new, o = (x @ w + (h * mask) @ u + b for w, u, b, mask in forms)
    kept = np.log(sigmoid(f)) + m
    m = np.where(n == 0, i, np.maximum(kept, i))
    c = np.exp(kept - m) * c + np.exp(i - m) * np.tanh(new)
    n = np.exp(kept - m) * n + np.exp(i - m)
    return sigmoid(o) * c / n, c, n, m


STEP = {
    "rnn": rnn_step,
    "lstm": lstm_step,
    "gru": gru_step,
    "mingru": mingru_step,
    "slstm": slstm_step,
}
N_STATES = {"rnn": 1, "lstm": 2, "gru": 1, "mingru": 1, "slstm": 4}
N_GATES = {"rnn": 1, "lstm": 4, "gru": 3, "mingru": 2, "slstm": 4}


def run(kind, sequence, weights, **masks):
    """Return the outputs of a recurrent layer at every step of one sequence."""
    state = (np.zeros(weights[0].shape[1] // N_GATES[kind]),) * N_STATES[kind]
    outputs = []
    for x in sequence:
        state = STEP[kind](x, state, *weights, **masks)
        outputs.append(state[0])
    return np.array(outputs)


def reads_backwards(layer):
    return isinstance(layer.input._keras_history.operation, layers.ReverseSequence)


def reference(kind, network, model, sequence):
    """Return the features of one unpadded sequence, from the weights of ``model``."""
    if network.conv_filters:
        kernel, bias = weights_of(layers_of(model, layers.Conv1D)[0])
        stride = network.conv_strides
        ends = range(stride - 1, len(sequence) + stride - 1, stride)
        outputs = [convolve(sequence, kernel, bias, end=end) for end in ends]
        sequence = np.maximum(outputs, 0)
    recurrent = layers_of(model, keras.layers.RNN)
    norms = iter(layers_of(model, layers.LayerNormalization))
    ways = 1 + network.bidirectional
    for depth in range(0, len(recurrent), ways):
        joined = []
        for layer in sorted(recurrent[depth : depth + ways], key=reads_backwards):
            turn = -1 if reads_backwards(layer) else 1
            joined.append(run(kind, sequence[::turn], weights_of(layer))[::turn])
        sequence = np.concatenate(joined, axis=1)
        if network.layer_norm:
            sequence = normalize(sequence, *weights_of(next(norms)))
    half = sequence.shape[1] // 2 if network.bidirectional else None
    last = weights_of(model.layers[-1])
    return pooled(network.pooling, sequence, last, half)


# ------------------------------------------------------------------ recurrent networks


DEEP = {"n_layers": 2, "bidirectional": True, "layer_norm": True}
POOLED_BOTH_WAYS = {"bidirectional": True, "pooling": "attention"}
FRONT = {"conv_filters": 4, "conv_kernel_size": 3}


@pytest.mark.parametrize(
    ("kind", "choices"),
    [
        *itertools.product(RECURRENT, [{}, DEEP]),
        ("gru", {"units": (4, 2), "pooling": "mean"}),
        ("lstm", {"pooling": "max"}),
        ("rnn", POOLED_BOTH_WAYS),
        ("gru", FRONT),
        ("rnn", FRONT | {"conv_strides": 2, "pooling": "mean"}),
    ],
)
def test_a_recurrent_network_equals_its_recurrence(kind, choices):
    network = RECURRENT[kind](**{"units": 4} | choices)
    model, sequences = encoder(network), ragged_batch()
    expected = [reference(kind, network, model, sequence) for sequence in sequences]
    assert np.shape(expected) == (4, np.ravel(network.units)[-1] * (1 + network.bidirectional))
    assert np.abs(expected).max() > 0.05
    np.testing.assert_allclose(apply(model, sequences), expected, atol=1e-5)


def test_the_convolution_front_keeps_every_step_in_sight():
    network = networks.RNN(units=4, conv_filters=4, conv_kernel_size=5, conv_strides=5)
    model = encoder(network)
    for weight in model.trainable_weights:
        weight.assign(np.random.default_rng(0).uniform(0.1, 0.3, weight.shape))
    moved = np.full((8, 7, N_FEATURES), 0.1) + np.eye(8, 7)[..., None]
    features = apply(model, list(moved))
    assert (np.abs(features[:7] - features[7]).max(axis=1) > 1e-3).all()


def test_a_convolution_front_that_would_skip_steps_is_refused():
    network = networks.GRU(conv_filters=4, conv_kernel_size=2, conv_strides=3)
    with pytest.raises(ValueError, match=r"conv_kernel_size=2 .*conv_strides=3,.*give a kernel"):
        encoder(network)


@pytest.mark.parametrize(
    ("kind", "n_masks"), [("rnn", 1), ("lstm", 4), ("gru", 3), ("mingru", 1), ("slstm", 4)]
)
def test_recurrent_dropout_uses_one_mask_at_all_steps(kind, n_masks):
    layer = RECURRENT[kind](recurrent_dropout=0.5).layer(1)
    x = np.random.default_rng(0).normal(size=(6, N_FEATURES))
    with weights_of_zeros():
        layer.build((None, 6, N_FEATURES))
    for seed, weight in enumerate(layer.trainable_weights):
        weight.assign(np.random.default_rng(seed).normal(size=weight.shape))
    weights = weights_of(layer)
    masks = itertools.product([0.0, 2.0], repeat=n_masks)
    possible = np.array([run(kind, x, weights, masks=mask)[:, 0] for mask in masks])
    drawn = layer(np.stack([x.astype(np.float32)] * 64), training=True)
    distance = np.abs(to_numpy(drawn) - possible.T).max(axis=1)
    assert distance.min(axis=1).max() < 1e-5
    assert len(set(distance.argmin(axis=1))) > 1


# ------------------------------------------------------------------ TCN


def tcn_block(sequence, convolutions, norms, shortcut, dilation):
    inner = sequence
    for kernel, bias in convolutions:
        ends = range(len(inner))
        inner = np.array(
            [convolve(inner, kernel, bias, end=end, dilation=dilation) for end in ends]
        )
        if norms:
            inner = normalize(inner, *norms.pop(0))
        inner = np.maximum(inner, 0)
    if shortcut:
        sequence = sequence @ shortcut[0][0] + shortcut[1]
    return np.maximum(inner + sequence, 0)


@pytest.mark.parametrize(("filters", "layer_norm"), [(N_FEATURES, False), (3, True)])
def test_a_tcn_equals_its_residual_blocks(filters, layer_norm):
    network = networks.TCN(filters=filters, n_blocks=2, dilation_base=3, layer_norm=layer_norm)
    model, sequences = encoder(network), ragged_batch()
    all_convolutions = layers_of(model, keras.layers.Conv1D)
    wide = [weights_of(layer) for layer in all_convolutions if layer.kernel_size == (3,)]
    shortcut = [weights_of(layer) for layer in all_convolutions if layer.kernel_size == (1,)]
    assert len(wide) == 4
    assert len(shortcut) == (filters != N_FEATURES)
    expected = []
    for sequence in sequences:
        norms = [weights_of(layer) for layer in layers_of(model, layers.LayerNormalization)]
        inner = tcn_block(sequence, wide[:2], norms, shortcut[0] if shortcut else None, 1)
        expected.append(tcn_block(inner, wide[2:], norms, None, 3)[-1])
    assert np.abs(expected).max() > 0.05
    np.testing.assert_allclose(apply(model, sequences), expected, atol=1e-5)


def tcn_sequence(network, n_features=1):
    """Return the network's outputs at every step, every rectifier of it active."""
    inputs = keras.Input((None, n_features))
    with weights_of_zeros():
        model = keras.Model(inputs, network.steps(inputs, None))
    for weight in model.trainable_weights:
        weight.assign(np.random.default_rng(0).uniform(0.1, 0.3, weight.shape))
    return lambda x: model.predict_on_batch(x.astype(np.float32))


def test_a_tcn_never_sees_later_steps():
    outputs = tcn_sequence(networks.TCN(filters=4, n_blocks=2), N_FEATURES)
    x = np.random.default_rng(0).normal(size=(1, 8, N_FEATURES))
    later = np.tril(np.ones((8, 8)))[..., None]
    mixed = x * later + 9.0 * (1 - later)
    changed = np.abs(outputs(mixed) - outputs(x)).max(axis=2) > 1e-5
    np.testing.assert_array_equal(changed, later[..., 0] == 0)


@pytest.mark.parametrize(("kernel_size", "n_blocks", "base"), [(2, 3, 2), (3, 2, 3)])
def test_a_tcn_sees_its_receptive_field_and_no_more(kernel_size, n_blocks, base):
    network = networks.TCN(
        filters=2, kernel_size=kernel_size, n_blocks=n_blocks, dilation_base=base
    )
    field = network.receptive_field()
    outputs = tcn_sequence(network)
    x = np.ones((3, field + 1, 1))
    x[1, 1] += 1  # the oldest step that the last output sees
    x[2, 0] += 1  # one step before it
    last = outputs(x)[:, -1]
    assert (last[1] > last[0]).all()
    np.testing.assert_array_equal(last[2], last[0])


@settings(deadline=None)
@given(n_steps=st.integers(1, 300), kernel_size=st.integers(2, 7), base=st.integers(1, 4))
def test_automatic_blocks_are_the_fewest_that_cover_the_sequence(n_steps, kernel_size, base):
    network = networks.TCN(kernel_size=kernel_size, dilation_base=base, dropout=0.2)
    resolved = network.resolve(n_steps)
    assert resolved.receptive_field() >= n_steps
    if resolved.n_blocks > 1:
        fewer = networks.TCN(**resolved.get_params() | {"n_blocks": resolved.n_blocks - 1})
        assert fewer.receptive_field() < n_steps
    assert network.n_blocks == "auto"
    assert resolved.get_params() == network.get_params() | {"n_blocks": resolved.n_blocks}
    assert resolved.resolve(10 * n_steps) is resolved


def test_automatic_blocks_have_no_receptive_field_of_their_own():
    with pytest.raises(ValueError, match="n_blocks='auto' is known only for a given window"):
        networks.TCN().receptive_field()


@settings(deadline=None)
@given(
    kind=st.sampled_from([networks.MinGRU, networks.SLSTM]),
    n_steps=st.integers(1, 3000),
    stride=st.sampled_from([None, 1, 2, "auto"]),
)
def test_the_automatic_time_scale_covers_the_sequence(kind, n_steps, stride):
    front = {} if stride is None else {"conv_filters": 4, "conv_strides": stride}
    network = kind(dropout=0.2, **front)
    resolved = network.resolve(n_steps)
    after = n_steps // (resolved.conv_strides if front else 1)
    if after > 32:
        assert min(after, 1024) <= resolved.time_scale <= min(2 * after - 1, 1024)
    else:  # short enough for gates without time scales
        assert resolved.time_scale == 2
    chosen = {name: resolved.get_params()[name] for name in ("time_scale", "conv_strides")}
    assert network.time_scale == "auto"
    assert resolved.get_params() == network.get_params() | chosen
    assert resolved.resolve(10 * n_steps) is resolved
    assert kind(time_scale=7).resolve(n_steps).time_scale == 7


def fresh_biases(network, seed):
    """Return the biases of both layers before training."""
    spec = ModelSpec(network, None, N_FEATURES, 2, "mean_squared_error", "sgd", None)
    compiled = CompiledModel(spec)
    weights = compiled.weights_of(compiled.fresh_state(seed, {}))
    per_layer = len(weights[:-2]) // 2  # the head has two
    return weights[per_layer - 1], weights[2 * per_layer - 1]


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(("kind", "sign"), [(networks.MinGRU, 1), (networks.SLSTM, -1)])
def test_fresh_gates_have_time_scales_of_equal_ratios(kind, sign, seed):
    gate = slice(0, 5) if kind is networks.MinGRU else slice(5, 10)  # update or forget gate
    for bias in fresh_biases(kind(units=5, n_layers=2).resolve(81), seed):
        time_scales = 1 / sigmoid(sign * bias[gate].astype(float))
        np.testing.assert_allclose(time_scales, 2 * 64.0 ** (np.arange(5) / 4), rtol=1e-5)
        assert not np.delete(bias, gate).any()


@pytest.mark.parametrize("kind", [networks.MinGRU, networks.SLSTM])
def test_a_time_scale_of_two_steps_starts_with_biases_of_zero(kind):
    for bias in fresh_biases(kind(n_layers=2, time_scale=2), seed=0):
        assert not bias.any()


# ------------------------------------------------------------------ every network


#: Settings of networks that are large by default.
SMALL = {
    "transformer": {"n_layers": 1},
    "lite": {"filters": 4},
    "inception": {"filters": 4},
}


@pytest.fixture(scope="module")
def compiled_models():
    """Return compiled programs by network, each built once, with weights set at random."""
    built = {}

    def compiled(name):
        if name not in built:
            choices = SMALL.get(name, {})
            network = resolved(networks.BY_NAME[name](**choices), 9)
            spec = ModelSpec(network, None, N_FEATURES, 2, "mean_squared_error", "sgd", None)
            built[name] = CompiledModel(spec)
        return built[name]

    return compiled


def random_values(compiled):
    rng = np.random.default_rng(0)
    fresh = compiled.fresh_state(0, {})
    return [
        value + 0.1 * rng.normal(size=value.shape) if value.dtype.kind == "f" else value
        for value in fresh
    ]


@pytest.mark.parametrize("name", RAGGED)
def test_padding_and_neighbors_change_nothing(name, compiled_models):
    compiled = compiled_models(name)
    compiled.start(random_values(compiled))

    @settings(max_examples=8, deadline=None, database=None)
    @given(
        lengths=st.lists(st.integers(1, 6), min_size=4, max_size=4),
        row=st.integers(0, 3),
        seed=st.integers(0, 2**16),
    )
    def check(lengths, row, seed):
        sequences = ragged_batch(seed, lengths)
        (together,) = compiled.steps.predict_all([padded(sequences, 6)])
        (longer,) = compiled.steps.predict_all([padded(sequences, 9)])
        others = [3 * s if i != row else s for i, s in enumerate(ragged_batch(seed, lengths))]
        (among_others,) = compiled.steps.predict_all([padded(others, 6)])
        np.testing.assert_allclose(longer, together, atol=1e-5)
        np.testing.assert_allclose(among_others[row], together[row], atol=1e-5)

    check()


@pytest.mark.parametrize("name", RAGGED)
def test_the_gradient_of_a_ragged_batch_is_the_sum_over_its_lengths(name, compiled_models):
    compiled = compiled_models(name)
    values = random_values(compiled)
    lengths = np.array([6, 3, 6, 3, 3])
    sequences = ragged_batch(2, lengths)
    rng = np.random.default_rng(3)
    y = rng.normal(size=(5, 2)).astype(np.float32)
    weight = rng.uniform(0.1, 1, 5).astype(np.float32)

    def gradient(rows, n_steps):
        filled = np.resize(rows, 5)
        counted = weight[filled] * (np.arange(5) < len(rows))
        compiled.start(values)
        x, own = padded([sequences[row] for row in filled], n_steps)
        compiled.steps.train_all([(x, own, y[filled], counted)], [1.0])
        after, _ = compiled.steps.read()
        return [before - now for before, now in zip(values, after, strict=True)]

    whole = gradient(np.arange(5), 6)
    parts = [gradient(np.flatnonzero(lengths == n_steps), n_steps) for n_steps in (6, 3)]
    assert max(np.abs(part).max() for part in whole) > 1e-2
    for got, *expected in zip(whole, *parts, strict=True):
        np.testing.assert_allclose(got, sum(expected), atol=1e-5)


@pytest.mark.parametrize("pooling", ["last", "mean", "max", "attention"])
def test_networks_of_one_key_differ_in_their_rate_only(pooling):
    one, other, none = (networks.GRU(dropout=d, pooling=pooling) for d in (0.1, 0.6, 0.0))
    assert one.key() == other.key()
    assert hash(one.key()) == hash(other.key())
    assert one.rates() != other.rates()
    assert none.key() != one.key()
    assert networks.GRU(units=8, dropout=0.1, pooling=pooling).key() != one.key()
    assert networks.LSTM(dropout=0.1, pooling=pooling).key() != one.key()


# ------------------------------------------------------------------ a user's own function


def mean_of_steps(inputs):
    return keras.ops.mean(inputs, axis=1)


def sum_over_length(inputs, lengths, power=1):
    return keras.ops.sum(inputs, axis=1) / keras.ops.cast(lengths, "float32")[:, None] ** power


def test_a_function_of_inputs_alone_needs_one_length():
    network = FromFunction(mean_of_steps)
    assert network.needs_fixed_length
    (sequence,) = ragged_batch(lengths=[6])
    features = apply(encoder(network, n_steps=6), [sequence])
    np.testing.assert_allclose(features[0], sequence.mean(axis=0), atol=1e-6)


def test_a_function_of_lengths_sees_them():
    network = FromFunction(sum_over_length)
    assert not network.needs_fixed_length
    sequences = ragged_batch()
    expected = [sequence.mean(axis=0) for sequence in sequences]
    np.testing.assert_allclose(apply(encoder(network), sequences), expected, atol=1e-6)


def test_functions_are_distinguished_by_identity_and_not_kept_alive():
    holder = SimpleNamespace(function=lambda inputs: mean_of_steps(inputs))
    key = FromFunction(holder.function).key()
    assert key == FromFunction(holder.function).key()
    assert key != FromFunction(lambda inputs: mean_of_steps(inputs)).key()
    del holder.function
    assert key != FromFunction(mean_of_steps).key()
    assert dict(key[1])["function"]._reference() is None


def test_an_output_at_every_step_is_refused():
    with pytest.raises(ValueError, match=r"shape \(None, 6, 4\).*one vector for each sequence"):
        build_model(FromFunction(lambda inputs: inputs), 6, N_FEATURES, 1)
