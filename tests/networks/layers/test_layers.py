"""The layers of our own: what they compute, what they draw from, and how they are saved."""

import random
import sys
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skrnn import networks
from skrnn._backend import load_keras
from skrnn.engine.compiled_model import CompiledModel
from skrnn.engine.model_spec import ModelSpec
from skrnn.networks import layers
from skrnn.networks.layers import convolution, pooling
from skrnn.networks.model import build_model
from tests.networks.references import weights_of_zeros

keras = load_keras()

N_STEPS, N_FEATURES = 6, 4
LENGTHS = st.lists(st.integers(1, N_STEPS), min_size=3, max_size=3)


def call(layer, *inputs, **keywords):
    """Return a layer's output as numpy."""
    tensors = [keras.ops.convert_to_tensor(value) for value in inputs]
    output = layer(*tensors, **keywords)
    return np.asarray(output.detach() if hasattr(output, "detach") else output)


def batch(seed=0, n_rows=3):
    draws = np.random.default_rng(seed).normal(size=(n_rows, N_STEPS, N_FEATURES))
    return draws.astype(np.float32)


EXAMPLES = (
    batch(),
    np.array([2, 6, 3], dtype=np.int32),
    np.ones((3, 1), dtype=np.float32),
    np.full(3, 1 / 3, dtype=np.float32),
)


def global_states():
    """Return the states of the random generators that belong to the user."""
    _, keys, position, *_ = np.random.get_state()
    states = [random.getstate(), keys.tolist(), position]
    if "torch" in sys.modules:
        states.append(sys.modules["torch"].random.get_rng_state().tolist())
    return states


def few(function):
    return settings(max_examples=12, deadline=None)(given(lengths=LENGTHS)(function))


# ------------------------------------------------------------------ dropout


@pytest.mark.parametrize("rate", [0.0, 0.25, 0.8])
def test_dropout_drops_at_the_rate_its_variable_holds_and_scales_up_the_rest(rate):
    layer = layers.Dropout(0.5)
    x = np.ones((40, 50, 5), dtype=np.float32)
    layer.build(x.shape)
    layer.rate.assign(rate)
    out = call(layer, x, training=True)
    kept = out != 0
    assert kept.mean() == pytest.approx(1 - rate, abs=5 * np.sqrt(rate * (1 - rate) / x.size))
    np.testing.assert_allclose(out[kept], 1 / (1 - rate), rtol=1e-6)


def test_dropout_changes_nothing_outside_training():
    x = batch()
    np.testing.assert_array_equal(call(layers.Dropout(0.5), x, training=False), x)
    np.testing.assert_array_equal(call(layers.Dropout(0.5), x), x)


def test_dropout_of_whole_channels_drops_a_feature_at_all_steps_or_none():
    x = np.ones((60, N_STEPS, N_FEATURES), dtype=np.float32)
    out = call(layers.Dropout(0.5, whole_channels=True), x, training=True)
    np.testing.assert_array_equal(out, np.repeat(out[:, :1], N_STEPS, axis=1))
    dropped = (out[:, 0] == 0).mean()
    assert 0.3 < dropped < 0.7
    anywhere = call(layers.Dropout(0.5), x, training=True) == 0
    assert (anywhere != anywhere[:, :1]).any()


def test_dropout_draws_anew_each_time_and_from_its_own_seed_only():
    before = global_states()
    layer, x = layers.Dropout(0.5), batch()
    start = np.array([7, 0])
    layer.seed_generator.state.assign(start)
    first, second = (call(layer, x, training=True) for _ in range(2))
    layer.seed_generator.state.assign(start)
    np.testing.assert_array_equal(call(layer, x, training=True), first)
    assert (first != second).any()
    assert global_states() == before


def disturb_global_generators():
    random.seed(1)
    np.random.seed(1)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(1)


@cache
def dropping(kind):
    """Return a program of a network with both kinds of dropout, and a state to start from."""
    network = kind(units=4, dropout=0.5, recurrent_dropout=0.5)
    compiled = CompiledModel(
        ModelSpec(network, None, N_FEATURES, 1, "mean_squared_error", "sgd", None)
    )
    return compiled, compiled.fresh_state(0, network.rates())


def losses_of(compiled, start, between=lambda: None):
    """Return the losses of three steps at rate zero, which differ by what dropout draws."""
    compiled.start(start)
    losses = []
    for _ in range(3):
        losses.extend(compiled.steps.train_all([EXAMPLES], [0.0]))
        between()
    assert len(set(losses)) == 3
    return losses


@pytest.mark.parametrize(
    "kind", [networks.RNN, networks.LSTM, networks.GRU, networks.MinGRU, networks.SLSTM]
)
def test_dropout_draws_from_no_global_generator(kind):
    before = global_states()
    compiled, start = dropping(kind)
    losses = losses_of(compiled, start)
    assert global_states() == before
    disturb_global_generators()
    assert losses_of(compiled, start) == losses


def test_what_dropout_draws_does_not_depend_on_evaluation():
    compiled, start = dropping(networks.RNN)
    losses = losses_of(compiled, start)
    assert losses_of(compiled, start, lambda: compiled.steps.evaluate_all([EXAMPLES])) == losses


def test_the_rate_of_dropout_is_data_to_a_program():
    network = networks.RNN(units=4, dropout=0.5)
    compiled = CompiledModel(
        ModelSpec(network, None, N_FEATURES, 1, "mean_squared_error", "sgd", None)
    )

    def losses(rate):
        compiled.start(compiled.fresh_state(0, {"dropout_rate": rate}))
        (expected,) = compiled.steps.evaluate_all([EXAMPLES])
        return compiled.steps.train_all([EXAMPLES], [0.0])[0], expected

    assert losses(0.0)[0] == pytest.approx(losses(0.0)[1], rel=1e-5)
    assert losses(0.9)[0] != pytest.approx(losses(0.9)[1], rel=1e-2)


# ------------------------------------------------------------------ lengths


@few
def test_reversing_turns_each_sequence_round_and_leaves_its_padding(lengths):
    x = batch()
    expected = x.copy()
    for row, length in enumerate(lengths):
        expected[row, :length] = x[row, :length][::-1]
    reverse = layers.ReverseSequence()
    once = call(reverse, x, np.int32(lengths))
    np.testing.assert_array_equal(once, expected)
    np.testing.assert_array_equal(call(reverse, once, np.int32(lengths)), x)


@few
def test_padding_is_distinguished_from_steps_by_the_lengths(lengths):
    x = batch()
    real = np.array([[step < length for step in range(N_STEPS)] for length in lengths])
    np.testing.assert_array_equal(call(layers.PaddingMask(), x, np.int32(lengths)), real[:, None])
    zeroed = call(layers.MaskPadding(), x, np.int32(lengths))
    np.testing.assert_array_equal(zeroed, np.where(real[..., None], x, 0))


@few
def test_pooling_sees_the_steps_of_each_sequence_only(lengths):
    x = batch()
    steps = [row[:length] for row, length in zip(x, lengths, strict=True)]
    for row, length in zip(x, lengths, strict=True):
        row[length:] = 1e6
    forward = [sequence[-1] for sequence in steps]
    both_ends = [np.r_[sequence[-1, :2], sequence[0, 2:]] for sequence in steps]
    expected = {
        pooling.LastStep(): forward,
        pooling.LastStep(both_ends=True): both_ends,
        pooling.MeanOverSteps(): [sequence.mean(axis=0) for sequence in steps],
        pooling.MaxOverSteps(): [sequence.max(axis=0) for sequence in steps],
    }
    for layer, features in expected.items():
        np.testing.assert_allclose(call(layer, x, np.int32(lengths)), features, atol=1e-6)


@pytest.mark.parametrize("kind", ["max", "attention"])
def test_pooling_in_half_precision_stays_in_its_range(kind):
    x, lengths = batch(), np.array([2, 6, 3], dtype=np.int32)
    layer = {"max": pooling.MaxOverSteps, "attention": pooling.AttentionOverSteps}[kind]
    half = layer(dtype="mixed_float16")
    half.build(x.shape)
    single = layer()
    single.build(x.shape)
    for weight, same in zip(half.trainable_weights, single.trainable_weights, strict=True):
        same.assign(weight.value)
    expected = call(single, x, lengths)
    np.testing.assert_allclose(call(half, x, lengths), expected, atol=5e-3)


@few
def test_attention_is_an_average_of_the_steps_by_their_scores(lengths):
    x = batch()
    layer = pooling.AttentionOverSteps()
    layer.build(x.shape)
    hidden, bias, context = (
        np.random.default_rng(seed).normal(size=weight.shape)
        for seed, weight in enumerate(layer.trainable_weights)
    )
    for weight, value in zip(layer.trainable_weights, (hidden, bias, context), strict=True):
        weight.assign(value)
    expected = []
    for row, length in zip(x, lengths, strict=True):
        weights = np.exp(np.tanh(row[:length] @ hidden + bias) @ context[:, 0])
        expected.append(weights @ row[:length] / weights.sum())
        row[length:] = 1e6
    np.testing.assert_allclose(call(layer, x, np.int32(lengths)), expected, atol=1e-5)


@pytest.mark.parametrize(("kernel_size", "strides"), [(1, 1), (3, 2), (5, 5)])
def test_blocks_are_aligned_to_their_ends_and_counted_in_full(kernel_size, strides):
    x = batch()
    aligned = call(convolution.AlignBlocks(kernel_size, strides), x)
    np.testing.assert_array_equal(
        aligned, np.pad(x, [(0, 0), (kernel_size - strides, strides - 1), (0, 0)])
    )
    lengths = np.arange(1, 20, dtype=np.int32)
    blocks = [len(range(0, length, strides)) for length in lengths]
    np.testing.assert_array_equal(
        call(convolution.ShortenLengths(strides), lengths), blocks, strict=False
    )


@pytest.mark.parametrize("width", [1, 4, 7])
def test_positions_are_sines_and_cosines_of_falling_frequency(width):
    x = np.random.default_rng(0).normal(size=(2, 9, width)).astype(np.float32)
    expected = x.astype(np.float64)
    for step in range(9):
        for feature in range(width):
            angle = step / 10_000 ** (2 * (feature // 2) / width)
            expected[:, step, feature] += np.cos(angle) if feature % 2 else np.sin(angle)
    np.testing.assert_allclose(call(layers.Positions(), x), expected, atol=1e-5)


def categorical(seed=0):
    """Return a batch whose features 2 and 0 are codes, of 3 and 2 categories."""
    x = batch(seed)
    codes = np.random.default_rng(seed).integers(0, [4, 3], size=(3, N_STEPS, 2))
    x[..., [2, 0]] = codes
    return x


def one_hot(codes, size):
    """Return one-hot vectors of codes from 1 on, zero for code 0."""
    return np.eye(size + 1)[codes.astype(int)][..., 1:]


@pytest.mark.parametrize("dtype", ["float32", "mixed_float16"])
def test_the_vector_of_a_category_is_its_one_hot_vector_times_a_matrix(dtype):
    x = categorical()
    layer = layers.EmbedCategories([2, 0], [3, 2], [4, 5], dtype=dtype)
    layer.build(x.shape)
    matrices = [np.random.default_rng(1).normal(size=w.shape) for w in layer.weights]
    layer.set_weights(matrices)
    parts = [one_hot(x[..., c], m.shape[0]) @ m for c, m in zip([2, 0], matrices, strict=True)]
    expected = np.concatenate([x[..., [1, 3]], *parts], axis=-1)
    np.testing.assert_allclose(call(layer, x), expected, atol=1e-6 if dtype == "float32" else 5e-3)
    one = layers.OneHotCategories([2, 0], [3, 0], dtype=dtype)
    expected = np.concatenate([x[..., [1, 3]], one_hot(x[..., 2], 3)], axis=-1)
    np.testing.assert_allclose(call(one, x), expected, atol=2e-3)


def test_codes_are_exact_in_half_precision():
    x = np.array([[[3001.0], [3000.0]]], dtype=np.float32)  # 16 bits hold the even ones alone
    layer = layers.EmbedCategories([0], [4000], [1], dtype="mixed_float16")
    layer.build(x.shape)
    layer.set_weights([np.arange(1, 4001)[:, None] % 2])
    np.testing.assert_array_equal(call(layer, x)[0, :, 0], [1, 0])


# ------------------------------------------------------------------ saving

OURS = {
    name.removeprefix("skrnn>"): kind
    for name, kind in keras.saving.get_custom_objects().items()
    # Those of forecasts are tested with them, and a cell with its layer.
    if name.startswith("skrnn>")
    and not name.endswith("Cell")
    and kind.__module__.split(".")[-1] not in ("horizons", "decoding", "smoothing")
}
TIME_SCALED = {"units": 4, "recurrent_dropout": 0.2, "seed": 1, "time_scale": 9}
ARGUMENTS = {
    "CenterSteps": {"n_steps": N_STEPS, "n_features": N_FEATURES},
    "AlignBlocks": {"kernel_size": 3, "strides": 2},
    "ShortenLengths": {"strides": 3},
    "Dropout": {"rate": 0.3, "whole_channels": True},
    "LastStep": {"both_ends": True},
    "DepthwiseConv1D": {"kernel_size": (3,), "dilation_rate": (2,), "padding": "same"},
    "Conv1D": {"filters": 4, "kernel_size": (3,), "dilation_rate": (2,), "padding": "causal"},
    "LatticeConv1D": {"filters": 4, "kernel_size": (3,), "spacing": 2, "most": 3},
    "AlignRight": {"most": 4},
    "EmbedCategories": {"columns": [2, 0], "sizes": [3, 2], "widths": [2, 5]},
    "OneHotCategories": {"columns": [2, 0], "sizes": [3, 2]},
    "LinearOfSteps": {"n_outputs": 2, "n_steps": 4},
    "InitialState": {"units": 3},
    "StepsAfter": {"n_first": 1},
    "Subsample": {"stride": 2, "most": 2},
    "GRU": {"units": 4, "return_sequences": True},
    "LSTM": {"units": 4, "return_sequences": True},
    "MinGRU": TIME_SCALED | {"return_sequences": True},
    "SLSTM": TIME_SCALED | {"return_sequences": True},
    "SimpleRNN": {"units": 4, "return_sequences": True},
}
ALONE = (
    *("AlignBlocks", "Conv1D", "DepthwiseConv1D", "Dropout", "EmbedCategories", "GRU"),
    *(
        "InitialState",
        "LSTM",
        "MinGRU",
        "OneHotCategories",
        "Positions",
        "SLSTM",
        "ShapeFilters",
        "SimpleRNN",
        "Subsample",
    ),
)


def inputs_of(name):
    x, lengths = batch(), np.array([1, 6, 3], dtype=np.int32)
    if name in ("ShortenLengths", "StepsAfter"):
        return (lengths,)
    if name in ("ConcatenateToSteps", "RepeatVector"):
        return x[:, 0], x
    if name in ("EmbedCategories", "OneHotCategories"):
        return (np.abs(x).astype(np.int32).astype(np.float32),)
    if name == "Attend":
        return x, x[..., :3], lengths
    return (x,) if name in ALONE else (x, lengths)


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_layer_is_built_again_from_its_configuration(name):
    layer, inputs = OURS[name](**ARGUMENTS.get(name, {})), inputs_of(name)
    output = call(layer, *inputs)
    again = OURS[name].from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    for argument, value in ARGUMENTS.get(name, {}).items():
        assert again.get_config()[argument] == value
    call(again, *inputs)
    for weight, value in zip(again.weights, layer.weights, strict=True):
        weight.assign(value)
    np.testing.assert_array_equal(call(again, *inputs), output)


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_layer_knows_the_shape_of_its_output(name):
    layer, inputs = OURS[name](**ARGUMENTS.get(name, {})), inputs_of(name)
    symbols = [keras.Input(value.shape[1:], dtype=value.dtype.name) for value in inputs]
    assert tuple(layer(*symbols).shape)[1:] == call(layer, *inputs).shape[1:]


CHOICES = {
    "rnn": {
        "units": 4,
        "recurrent_dropout": 0.1,
        "layer_norm": True,
        "conv_filters": 4,
        "conv_strides": 2,
        "pooling": "attention",
    },
    "lstm": {"units": 4, "bidirectional": True},
    "gru": {"units": 4, "pooling": "max"},
    "mingru": {"units": 4, "n_layers": 2, "recurrent_dropout": 0.1, "time_scale": 9},
    "slstm": {"units": 4, "initial_state": "learned", "time_scale": 9},
    "tcn": {"filters": 4, "n_blocks": 1, "layer_norm": True},
    "conv": {"filters": (4,)},
    "lite": {"filters": 4, "kernel_size": 4},
    "inception": {"filters": 4, "kernel_size": 4, "n_blocks": 1},
    "dense": {"units": 4},
    "transformer": {"width": 4, "n_layers": 1, "feedforward": 4},
}


@pytest.mark.parametrize("name", networks.BY_NAME)
def test_a_saved_model_predicts_the_same(name, tmp_path):
    network = networks.BY_NAME[name](dropout=0.3, **CHOICES[name])
    n_steps = N_STEPS if network.needs_fixed_length else None
    with weights_of_zeros():
        model = build_model(network, n_steps, N_FEATURES, 2)
    for seed, weight in enumerate(model.trainable_weights):
        weight.assign(np.random.default_rng(seed).normal(0, 0.5, weight.shape))
    assert set(network.rates()) == {v.name for v in model.variables if "rate" in v.name}
    model.save(tmp_path / "model.keras")
    with weights_of_zeros():
        again = keras.saving.load_model(tmp_path / "model.keras")
    inputs = [batch(), np.array([6, 6, 6] if n_steps else [1, 6, 3], dtype=np.int32)]
    first, second = (one.predict_on_batch(inputs) for one in (model, again))
    assert first.shape == (3, 2)
    assert np.abs(first).max() > 0
    np.testing.assert_array_equal(second, first)
