"""Layers of forecasts, each against a plain loop, numpy or a law."""

import math

import numpy as np
import pytest
import scipy.special
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from skrnn.networks import layers
from skrnn.numpy_runtime.forecast import LEAST_SPREAD
from skrnn.numpy_runtime.smoothing import n_rules
from tests.forecasting.parts import (
    GAUSSIAN,
    HEADS,
    QUANTILE,
    SEEDS,
    STUDENT,
    call,
    keras,
    normal,
    numpy_of,
    some,
)

# ------------------------------------------------------------------ layers


@pytest.mark.parametrize("kind", ["window", "last", None])
def test_windows_are_normalized_by_what_was_observed(kind):
    values, observed = 3 * normal(6, 9, 2) + 5, (normal(6, 9, 2, seed=1) > 0).astype(float)
    observed[0] = 0  # nothing was observed
    values[1, :, 0] = 4.0  # nothing varies
    observed[1, :, 0] = 1
    observed[2] = 1  # all was observed
    values[3, :, 0] = 4.0 + 0.1 * LEAST_SPREAD * normal(9)
    series, location, spread = call(layers.NormalizeWindow(kind), values, observed)
    assert location.shape == spread.shape == (6, 1, 2)
    for row in range(6):
        for column in range(2):
            window, seen = values[row, :, column], observed[row, :, column] == 1
            center, width = 0.0, 1.0
            if kind == "last":
                center = window[-1]
            if kind == "window" and seen.any():
                center = window[seen].mean()
                width = np.abs(window[seen] - center).mean()
                width = width if width >= LEAST_SPREAD else 1.0
            expected = np.where(seen, (window - center) / width, 0.0)
            np.testing.assert_allclose(series[row, :, column], expected, atol=1e-4)
            assert location[row, 0, column] == pytest.approx(center, abs=1e-5)
            assert spread[row, 0, column] == pytest.approx(width, rel=1e-4)


LAGS = st.lists(st.integers(1, 5), max_size=3).map(tuple)


def continued(window, lags, horizon):
    """Continue one window by solving, step by step, for the value that has zero differences."""
    window = list(window)
    for _ in range(horizon):
        differences = np.array([*window, 0.0])
        for lag in lags:
            differences = differences[lag:] - differences[:-lag]
        window.append(-differences[-1] if lags else 0.0)
    return window[-horizon:]


@some(8)
@given(lags=LAGS, more=st.integers(0, 4), horizon=st.integers(1, 7), seed=SEEDS)
def test_a_window_is_continued_with_zero_differences(lags, more, horizon, seed):
    n_steps = sum(lags) + more or 1
    values = normal(2, n_steps, 3, seed=seed)
    ahead = call(layers.Extrapolate(lags, horizon), values)
    for row in range(2):
        for column in range(3):
            expected = continued(values[row, :, column], lags, horizon)
            scale = max(1.0, np.abs(expected).max())
            np.testing.assert_allclose(ahead[row, :, column], expected, atol=1e-4 * scale)


@pytest.mark.parametrize(
    ("lags", "series"),
    [
        ((1,), lambda t: 0 * t + 3),
        ((1, 1), lambda t: 2 * t - 5),
        ((1, 1, 1), lambda t: t**2 - 3 * t + 1),
        ((7,), lambda t: (t % 7) ** 2),
        ((1, 7), lambda t: (t % 7) ** 2 + 0.5 * t),
        ((3, 4), lambda t: (t % 3) + (t % 4) ** 2),
    ],
)
def test_polynomials_and_seasons_are_continued_exactly(lags, series):
    times = np.arange(-12.0, 9.0)
    values = series(times)[None, :, None]
    ahead = call(layers.Extrapolate(lags, 8), values[:, :13])
    np.testing.assert_allclose(ahead, values[:, 13:], atol=1e-3)


@pytest.mark.parametrize(("n_steps", "length"), [(6, 1), (6, 2), (6, 6), (7, 3), (2, 5)])
def test_segments_lie_side_by_side(n_steps, length):
    x = normal(2, n_steps, 3)
    n_segments = math.ceil(n_steps / length)
    expected = np.zeros((2, n_segments, length * 3))
    for step in range(n_steps):
        place = 3 * (step % length)
        expected[:, step // length, place : place + 3] = x[:, step]
    np.testing.assert_allclose(call(layers.Segments(length), x), expected, rtol=1e-6)


@pytest.mark.parametrize("n_known", [0, 2])
def test_each_position_ahead_is_one_step_from_the_same_state(n_known):
    decoder, state, known = layers.ParallelDecoder(4), normal(3, 5), normal(3, 4, n_known, seed=1)
    call(decoder, state, known)
    for number, weight in enumerate(decoder.weights):
        weight.assign(normal(*weight.shape, seed=number))
    steps = np.broadcast_to(np.asarray(keras.ops.convert_to_numpy(decoder.positions)), (3, 4, 5))
    if n_known:
        steps = steps + known @ keras.ops.convert_to_numpy(decoder.entry.kernel)
    kernel, recurrent, bias = map(keras.ops.convert_to_numpy, decoder.cell.weights)
    out = call(decoder, state, known)
    for place in range(4):
        x = np.split(steps[:, place] @ kernel + bias[0], 3, axis=-1)
        h = np.split(state @ recurrent + bias[1], 3, axis=-1)
        update, reset = (scipy.special.expit(x[gate] + h[gate]) for gate in range(2))
        candidate = np.tanh(x[2] + reset * h[2])
        expected = update * state + (1 - update) * candidate
        np.testing.assert_allclose(out[:, place], expected, rtol=1e-4, atol=1e-5)


def test_channels_are_distinguished():
    numbers = np.array([2.0, 0.0, 1.0, 2.0])
    np.testing.assert_array_equal(call(layers.OneHot(3), numbers), np.eye(3)[[2, 0, 1, 2]])


def test_lengths_are_fixed():
    lengths = np.array([9, 9], dtype=np.int32)
    np.testing.assert_array_equal(layers.FixedLengths(4)(lengths), [4, 4])


def parameters_of(head, raw, *, base=0.0, location=0.0, spread=1.0):
    batch, horizon, n, _ = raw.shape
    places = [
        np.full((batch, horizon, n), base),
        *(np.full((batch, 1, n), v) for v in (location, spread)),
    ]
    return call(layers.DistributionParameters(head.kind, head.center), raw, *places)


@pytest.mark.parametrize("name", HEADS)
def test_raw_numbers_become_parameters(name):
    head = HEADS[name]
    raw = 2 * normal(3, 4, 2, head.n_parameters)
    softplus = np.log1p(np.exp(raw))
    expected = raw.copy()
    if name == "gaussian":
        expected[..., 1] = softplus[..., 1] + 1e-3
    if name == "student_t":
        expected[..., 1] = softplus[..., 1] + 1e-3
        expected[..., 2] = 2 + softplus[..., 2] + 1e-3
    if name == "quantile":  # 0.1, 0.25 below the median, 0.9 above it
        expected[..., 1] = raw[..., 0] - softplus[..., 1]
        expected[..., 0] = expected[..., 1] - softplus[..., 2]
        expected[..., 2] = raw[..., 0]
        expected[..., 3] = raw[..., 0] + softplus[..., 3]
    np.testing.assert_allclose(parameters_of(head, raw), expected, atol=1e-5)


RAW = st.floats(-1e3, 1e3, width=32)


@some(40)
@given(raw=st.lists(RAW, min_size=4, max_size=4), spread=st.floats(0.125, 8, width=32))
def test_any_raw_numbers_are_a_distribution(raw, spread):
    raw = np.array(raw)[None, None, None]
    quantiles = parameters_of(QUANTILE, raw, spread=spread)
    assert (np.diff(quantiles) >= 0).all()
    assert quantiles[..., QUANTILE.center] == pytest.approx(raw[0, 0, 0, 0] * spread, rel=1e-6)
    moderate = parameters_of(QUANTILE, np.clip(raw, -5, 5), spread=spread)
    assert (np.diff(moderate) > 0).all()
    for head in (GAUSSIAN, STUDENT):
        parameters = parameters_of(head, raw[..., : head.n_parameters], spread=spread)
        assert np.isfinite(parameters).all()
        assert (parameters[..., 1] > 0).all()
    assert (parameters[..., 2] > 2).all()


@pytest.mark.parametrize("name", HEADS)
def test_parameters_move_with_the_units_of_the_window(name):
    head = HEADS[name]
    raw = normal(3, 4, 2, head.n_parameters)
    inside = parameters_of(head, raw, base=0.75)
    outside = parameters_of(head, raw, base=0.75, location=-3.0, spread=2.5)
    if name == "quantile":
        expected = 2.5 * inside - 3.0
    else:
        expected = inside * [2.5, 2.5, 1.0][: head.n_parameters]
        expected[..., 0] -= 3.0
    np.testing.assert_allclose(outside, expected, atol=1e-5)
    moved = parameters_of(head, raw) + (
        1.0 if name == "quantile" else [1.0, 0, 0][: head.n_parameters]
    )
    np.testing.assert_allclose(parameters_of(head, raw, base=1.0), moved, atol=1e-5)


# ------------------------------------------------------------------ the decoder


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def rnn_step(x, states, kernel, recurrent, bias):
    return (np.tanh(x @ kernel + states[0] @ recurrent + bias),)


def gru_step(x, states, kernel, recurrent, bias):
    (before,) = states
    update, reset, new = np.split(x @ kernel + bias[0], 3, axis=-1)
    r_update, r_reset, r_new = np.split(before @ recurrent + bias[1], 3, axis=-1)
    share = sigmoid(update + r_update)
    candidate = np.tanh(new + sigmoid(reset + r_reset) * r_new)
    return (share * before + (1 - share) * candidate,)


def lstm_step(x, states, kernel, recurrent, bias):
    before, cell = states
    gates = np.split(x @ kernel + before @ recurrent + bias, 4, axis=-1)
    enter, forget, new, output = gates
    cell = sigmoid(forget) * cell + sigmoid(enter) * np.tanh(new)
    return sigmoid(output) * np.tanh(cell), cell


def mingru_step(x, states, kernel, bias):
    (before,) = states
    gate, new = np.split(x @ kernel + bias, 2, axis=-1)
    new = np.where(new >= 0, new + 0.5, sigmoid(new))
    return (before + sigmoid(gate) * (new - before),)


def slstm_step(x, states, kernel, recurrent, bias):
    """Return output, mean and log weight by the sums of candidates and of weights."""
    before, mean, log_weight = states
    gates = np.split(x @ kernel + before @ recurrent + bias, 4, axis=-1)
    enter, forget, new, output = gates
    kept = sigmoid(forget) * np.exp(log_weight)
    total = kept + np.exp(enter)
    mean = (kept * mean + np.exp(enter) * np.tanh(new)) / total
    return sigmoid(output) * mean, mean, np.log(total)


CELLS = {
    "rnn": rnn_step,
    "gru": gru_step,
    "lstm": lstm_step,
    "mingru": mingru_step,
    "slstm": slstm_step,
}


def decoder_of(kind, n_known, seed=0):
    """Return a decoder of 2 targets and 3 numbers each with random weights, and its inputs."""
    decoder = layers.RecurrentDecoder(kind, 5, 2, 3)
    features, teacher = normal(4, 6, seed=seed), normal(4, 7, 2, seed=seed + 1)
    known = normal(4, 7, n_known, seed=seed + 2)
    call(decoder, features, teacher, known)
    for number, weight in enumerate(decoder.trainable_weights):
        weight.assign(0.7 * normal(*weight.shape, seed=seed + 3 + number))
    return decoder, features, teacher, known


def decoded(decoder, kind, features, teacher, known, *, forced):
    """Return what a plain loop over the steps decodes."""
    weights = [numpy_of(keras.ops.convert_to_tensor(w)) for w in decoder.cell.trainable_weights]
    starts = [[numpy_of(keras.ops.convert_to_tensor(w)) for w in s.weights] for s in decoder.starts]
    states = tuple(np.tanh(features @ kernel + bias) for kernel, bias in starts)
    kernel, bias = (numpy_of(keras.ops.convert_to_tensor(w)) for w in decoder.head.weights)
    value, steps = teacher[:, 0], []
    for step in range(teacher.shape[1]):
        if forced:
            value = teacher[:, step]
        x = np.concatenate([value, known[:, step]], axis=-1)
        states = CELLS[kind](x, states, *weights)
        steps.append((states[0] @ kernel + bias).reshape(-1, 2, 3))
        value = steps[-1][..., 0]
    return np.stack(steps, axis=1)


@pytest.mark.parametrize(
    ("kind", "n_known"), [("rnn", 1), ("gru", 0), ("lstm", 2), ("mingru", 1), ("slstm", 1)]
)
def test_the_decoder_sees_the_true_value_in_training_and_its_own_otherwise(kind, n_known):
    decoder, features, teacher, known = decoder_of(kind, n_known)
    inputs = decoder, kind, features, teacher, known
    forced = call(decoder, features, teacher, known, training=True)
    np.testing.assert_allclose(forced, decoded(*inputs, forced=True), atol=1e-5)
    own = call(decoder, features, teacher, known)
    np.testing.assert_allclose(own, decoded(*inputs, forced=False), atol=1e-4)
    assert np.abs(own - forced).max() > 1e-2
    fed_back = np.concatenate([teacher[:, :1], own[:, :-1, :, 0]], axis=1)
    again = call(decoder, features, fed_back, known, training=True)
    np.testing.assert_allclose(again, own, atol=1e-4)
    teacher[:, 1:] = 1e3
    np.testing.assert_array_equal(call(decoder, features, teacher, known), own)


# ------------------------------------------------------------------ saving


SERIES = normal(3, 6, 2)
MOVABLE = {
    "FixedLengths": (layers.FixedLengths(4), [np.array([6, 6, 6])]),
    "NormalizeWindow": (layers.NormalizeWindow("window"), [SERIES, np.ones_like(SERIES)]),
    "Extrapolate": (layers.Extrapolate((1, 2), 4), [SERIES]),
    "Smoothing": (
        layers.Smoothing((2,), 4),
        [SERIES, np.ones_like(SERIES), normal(3, SERIES.shape[2] * n_rules((2,), SERIES.shape[1]))],
    ),
    "ValidSteps": (layers.ValidSteps(), [np.ones_like(SERIES)]),
    "Segments": (layers.Segments(4), [SERIES]),
    "ParallelDecoder": (layers.ParallelDecoder(4), [normal(3, 5), normal(3, 4, 2)]),
    "OneHot": (layers.OneHot(4), [np.array([0.0, 3.0, 1.0])]),
    "DistributionParameters": (
        layers.DistributionParameters("quantile", 2),
        [normal(3, 4, 2, 5), normal(3, 4, 2), normal(3, 1, 2), np.ones((3, 1, 2))],
    ),
    "RecurrentDecoder": (
        layers.RecurrentDecoder("lstm", 3, 2, 4),
        [normal(3, 5), normal(3, 6, 2), normal(3, 6, 1)],
    ),
}


@pytest.mark.parametrize("name", MOVABLE)
def test_a_layer_is_built_again_from_its_configuration(name):
    layer, inputs = MOVABLE[name]
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    outputs = call(layer, *inputs)
    call(again, *inputs)
    for weight, value in zip(again.weights, layer.weights, strict=True):
        weight.assign(value)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    repeated = call(again, *inputs)
    repeated = repeated if isinstance(repeated, list) else [repeated]
    for first, second in zip(outputs, repeated, strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("name", MOVABLE)
def test_a_layer_knows_the_shape_of_its_output(name):
    layer, inputs = MOVABLE[name]
    symbols = layer(*(keras.Input(np.shape(x)[1:]) for x in inputs))
    symbols = symbols if isinstance(symbols, tuple) else (symbols,)
    outputs = call(layer, *inputs)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    for symbol, output in zip(symbols, outputs, strict=True):
        assert tuple(symbol.shape)[1:] == output.shape[1:]
