"""The parts of forecasters, each against a plain loop, numpy, scipy or a law."""

import math
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import scipy.special
import scipy.stats
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from skrnn import SequenceForecaster, networks
from skrnn._backend import load_keras
from skrnn.engine import forecast_losses
from skrnn.engine.forecast_losses import ForecastLoss
from skrnn.engine.program import Program
from skrnn.engine.spec import Spec
from skrnn.forecasting import learning
from skrnn.forecasting.calendar import (
    CYCLES,
    cyclic_features,
    following,
    number_of_first,
    reaching,
    regular,
)
from skrnn.forecasting.covariates import Ahead, Roles
from skrnn.forecasting.learning import Learned, Parts
from skrnn.forecasting.rolling import roll
from skrnn.forecasting.series import Series, instances, read_series
from skrnn.forecasting.tables import WindowTable, WindowTargets, filled
from skrnn.forecasting.uncertainty import (
    LEVELS,
    Correction,
    at_levels,
    quantiles_of,
    uncrossed,
    widened,
)
from skrnn.networks import layers
from skrnn.networks.forecast import Forecast, ForecastHead, WindowLayout
from skrnn.networks.layers.horizons import LEAST_SPREAD
from skrnn.networks.model import build_model
from skrnn.preprocessing.scaling import Standardiser

keras = load_keras()

SEEDS = st.integers(0, 2**16)
POINT = ForecastHead("point")
GAUSSIAN = ForecastHead("gaussian")
STUDENT = ForecastHead("student_t")
QUANTILE = ForecastHead("quantile", (0.1, 0.25, 0.5, 0.9))


def some(number):
    """Draw so many examples of a law."""
    return settings(max_examples=number, deadline=None)


def numpy_of(tensor):
    return np.asarray(tensor.detach() if hasattr(tensor, "detach") else tensor)


def call(layer, *inputs, **keywords):
    """Return what a layer or a function of tensors gives, as numpy."""
    tensors = [keras.ops.convert_to_tensor(np.asarray(x, dtype=np.float32)) for x in inputs]
    output = layer(*tensors, **keywords)
    return [numpy_of(o) for o in output] if isinstance(output, tuple) else numpy_of(output)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def with_gaps(values, share, seed):
    """Return a copy with about this share of the rows missing."""
    lacking = np.random.default_rng(seed).random(len(values)) < share
    return np.where(lacking[:, None], np.nan, values)


# ------------------------------------------------------------------ layers


@pytest.mark.parametrize("kind", ["window", "last", None])
def test_windows_are_normalised_by_what_was_observed(kind):
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
            centre, width = 0.0, 1.0
            if kind == "last":
                centre = window[-1]
            if kind == "window" and seen.any():
                centre = window[seen].mean()
                width = np.abs(window[seen] - centre).mean()
                width = width if width >= LEAST_SPREAD else 1.0
            expected = np.where(seen, (window - centre) / width, 0.0)
            np.testing.assert_allclose(series[row, :, column], expected, atol=1e-4)
            assert location[row, 0, column] == pytest.approx(centre, abs=1e-5)
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


def test_channels_are_told_apart():
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
    return call(layers.DistributionParameters(head.kind, head.centre), raw, *places)


HEADS = {"point": POINT, "gaussian": GAUSSIAN, "student_t": STUDENT, "quantile": QUANTILE}


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
    assert quantiles[..., QUANTILE.centre] == pytest.approx(raw[0, 0, 0, 0] * spread, rel=1e-6)
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


CELLS = {"rnn": rnn_step, "gru": gru_step, "lstm": lstm_step}


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


@pytest.mark.parametrize(("kind", "n_known"), [("rnn", 1), ("gru", 0), ("lstm", 2)])
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


# ------------------------------------------------------------------ whole models

MONTHS = pd.period_range("2010-01", periods=40, freq="M")
WHOLE = {
    "direct": {"scale": "window", "differences": (1, 3), "time_features": ("month_of_year", 6)},
    "seq2seq": {"network": "rnn", "strategy": "seq2seq", "loss": "gaussian", "differences": 1},
    "segments": {"segment_length": 4, "loss": "quantile", "scale": "last"},
}


@pytest.mark.parametrize("name", WHOLE)
def test_the_keras_model_predicts_what_the_forecaster_does(name):
    values = np.exp(0.1 * normal(40).cumsum())
    values[35] = np.nan
    y = pd.Series(values, index=MONTHS, name="sales")
    X = pd.DataFrame({"past": normal(40, seed=1), "known": 9 * normal(40, seed=2)}, index=MONTHS)
    params = {"network": "dense", "window_length": 8, "epochs": 1, **WHOLE[name]}
    model = SequenceForecaster(horizon=3, past_covariates=["past"], random_state=0, **params)
    model.fit(y[:-3], X[:-3])
    X_ahead = X[["known"]][-3:]
    mean, scale = np.nanmean(values[:-3]), np.nanstd(values[:-3])
    lags = model.differences or 1
    season = max(lags) if isinstance(lags, tuple) else lags
    shown = values.copy()
    shown[35] = shown[35 - season]
    window = np.zeros((1, 11, model.learned_.network.layout.n_columns), dtype=np.float32)
    window[0, :8, 0] = (shown[29:37] - mean) / scale
    window[0, :8, 1] = ~np.isnan(values[29:37])
    scaled = (X - X[:-3].mean()) / X[:-3].std(ddof=0)
    window[0, :8, 2] = scaled["past"][29:37]
    window[0, :, 3] = scaled["known"][29:]
    if params.get("time_features"):
        numbers = np.array([period.ordinal for period in MONTHS[29:]])
        for column, cycle in ((4, 12), (6, 6)):
            angles = 2 * np.pi * (numbers % cycle) / cycle
            window[0, :, column], window[0, :, column + 1] = np.sin(angles), np.cos(angles)
    output = model.to_keras()([window, np.array([11], dtype=np.int32)])
    parameters = numpy_of(output).reshape(3, -1)
    points = model.predict(fh=[1, 2, 3], X=X_ahead).to_numpy()
    centre = model.learned_.network.head.centre
    np.testing.assert_allclose(points.ravel(), parameters[:, centre] * scale + mean, rtol=1e-4)


class Seen(networks.Dense):
    """An encoder whose features are the steps that it sees."""

    def encode(self, inputs, lengths):
        return keras.layers.Flatten()(inputs)


def test_the_encoder_sees_values_what_is_missing_and_the_covariates():
    layout = WindowLayout(window_length=2, horizon=8, n_targets=1, n_past=2)
    network = network_of(layout, POINT, normalisation=None)
    network.encoder = Seen()
    model = build_model(network, layout.n_steps, layout.n_columns, 8)
    kernel, bias = model.trainable_weights
    kernel.assign(np.eye(8))
    bias.assign(np.zeros(8))
    windows = normal(3, 10, 4).astype(np.float32)
    windows[:, :, 1] = [1, 0] * 5  # observed, and not
    shown = windows[:, :2].copy()
    shown[:, 1, 0] = 0
    shown[:, :, 1] = [0, 1]
    output = numpy_of(model([windows, np.full(3, 10, dtype=np.int32)]))
    np.testing.assert_allclose(output.reshape(3, 2, 4), shown, atol=1e-6)


@pytest.mark.parametrize("differences", [(), (1, 2)])
def test_a_decoder_taught_its_own_forecasts_makes_them_again(differences):
    layout = WindowLayout(window_length=5, horizon=4, n_targets=2, n_known=1)
    settings = {"differences": differences, "teacher_forcing": True}
    network = network_of(layout, GAUSSIAN, **settings)
    model = build_model(network, layout.n_steps, layout.n_columns, 16)
    windows, lengths = normal(3, 9, 5).astype(np.float32), np.full(3, 9, dtype=np.int32)
    windows[:, :, 2:4] = 1
    own = numpy_of(model([windows, lengths], training=False))
    windows[:, 5:, :2] = own.reshape(3, 4, 2, 2)[..., 0]
    taught = numpy_of(model([windows, lengths], training=True))
    np.testing.assert_allclose(taught, own, atol=1e-4)
    windows[:, 5, 0] += 1
    otherwise = numpy_of(model([windows, lengths], training=True))
    np.testing.assert_allclose(otherwise[:, :4], own[:, :4], atol=1e-4)
    assert np.abs(otherwise[:, 4:8] - own[:, 4:8]).max() > 1e-3


# ------------------------------------------------------------------ losses


def losses_of(head, target, parameters, **keywords):
    flat = np.asarray(parameters).reshape(len(target), -1)
    return call(ForecastLoss(head, **keywords), target, flat)


def test_the_gaussian_loss_is_the_likelihood():
    target, mean = 3 * normal(5, 4), normal(5, 4, seed=1)
    deviation = np.exp(normal(5, 4, seed=2))
    density = scipy.stats.norm.logpdf(target, mean, deviation) + 0.5 * np.log(2 * np.pi)
    got = losses_of(GAUSSIAN, target, np.stack([mean, deviation], axis=-1))
    np.testing.assert_allclose(got, -density.mean(axis=1), rtol=1e-4, atol=1e-5)


def test_the_student_t_loss_is_the_likelihood():
    target, location = 3 * normal(8, 4), normal(8, 4, seed=1)
    scale, freedom = np.exp(normal(8, 4, seed=2)), 2 + np.exp(2 * normal(8, 4, seed=3))
    density = scipy.stats.t.logpdf(target, freedom, location, scale) + 0.5 * np.log(np.pi)
    got = losses_of(STUDENT, target, np.stack([location, scale, freedom], axis=-1))
    np.testing.assert_allclose(got, -density.mean(axis=1), rtol=1e-3, atol=1e-3)


def test_the_quantile_loss_is_the_pinball_loss():
    target, quantiles = normal(5, 3), normal(5, 3, 4, seed=1)
    expected = np.zeros(5)
    for row in range(5):
        for step in range(3):
            for number, level in enumerate(QUANTILE.quantiles):
                error = target[row, step] - quantiles[row, step, number]
                expected[row] += 2 * (level * error if error > 0 else (level - 1) * error) / 12
    np.testing.assert_allclose(losses_of(QUANTILE, target, quantiles), expected, rtol=1e-4)
    # At the median alone it is the absolute error.
    median = losses_of(ForecastHead("quantile", (0.5,)), target, quantiles[..., :1])
    np.testing.assert_allclose(median, np.abs(target - quantiles[..., 0]).mean(axis=1), rtol=1e-4)


@pytest.mark.parametrize("function", ["mean_squared_error", "mean_absolute_error", "huber"])
def test_the_loss_of_a_point_is_that_of_keras(function):
    target, output = normal(5, 3), normal(5, 3, seed=1)
    expected = call(getattr(keras.losses, function), target, output)
    got = losses_of(POINT, target, output, function=function)
    np.testing.assert_allclose(got, expected, rtol=1e-6)


@pytest.mark.parametrize("name", HEADS)
def test_what_was_not_observed_is_no_error(name):
    head = HEADS[name]
    target = normal(6, 5)
    parameters = np.abs(normal(6, 5, head.n_parameters, seed=1)) + 0.5
    missing = normal(6, 5, seed=2) > 0.3
    missing[0] = True
    lacking = np.where(missing, np.nan, target)
    alone = losses_of(head, target.reshape(30, 1), parameters.reshape(30, 1, -1)).reshape(6, 5)
    got = losses_of(head, lacking, parameters)
    assert got[0] == 0
    np.testing.assert_allclose(got, (alone * ~missing).mean(axis=1), rtol=1e-4, atol=1e-6)


def test_log_gamma_is_scipys():
    x = np.concatenate([np.geomspace(0.5, 1e4, 400), np.linspace(0.5, 20, 400)])
    got = call(forecast_losses._log_gamma, x)
    expected = scipy.special.gammaln(x.astype(np.float32).astype(np.float64))
    np.testing.assert_allclose(got, expected, rtol=3e-6, atol=2e-5)


def network_of(layout, head, **settings):
    chosen = {
        "normalisation": "window",
        "differences": (),
        "segment_length": None,
        "teacher_forcing": False,
        **settings,
    }
    return Forecast(networks.Dense(units=2), layout, head, **chosen)


def spec_of(network, loss=None):
    layout, head = network.layout, network.head
    n_outputs = layout.horizon * layout.n_targets * head.n_parameters
    loss = loss or ForecastLoss(head)
    return Spec(network, layout.n_steps, layout.n_columns, n_outputs, loss, "sgd", None)


@pytest.mark.parametrize("name", ["point", "student_t"])
def test_gradients_are_blind_to_what_was_not_observed(name):
    head = HEADS[name]
    layout = WindowLayout(window_length=3, horizon=2, n_targets=1)
    network = network_of(layout, head)
    program = Program(spec_of(network))
    start = program.fresh_state(0, network.rates())
    x, lengths = normal(4, 5, 2).astype(np.float32), np.full(4, 5, dtype=np.int32)
    target = normal(4, 2, seed=1).astype(np.float32)

    def after(target, weight):
        program.start(start)
        batch = (x, lengths, target, np.array(weight, dtype=np.float32))
        program.steps.train_all([batch], [0.1])
        return program.steps.read()[0]

    nothing = np.full_like(target, np.nan)
    for before, value in zip(start, after(nothing, [1, 1, 1, 1]), strict=True):
        np.testing.assert_array_equal(value, before)
    some = target.copy()
    some[2:] = np.nan
    got, wanted = after(some, [1, 1, 1, 1]), after(target, [1, 1, 0, 0])
    moved = 0.0
    for before, value, expected in zip(start, got, wanted, strict=True):
        assert np.isfinite(value).all()
        np.testing.assert_allclose(value, expected, atol=1e-6)
        moved = max(moved, np.abs(value - before).max())
    assert moved > 1e-4


# ------------------------------------------------------------------ calendar

FREQUENCIES = ["D", "B", "W-SUN", "W-WED", "h", "15min", "36h", "MS", "ME", "QS", "QS-FEB", "QE"]
FREQUENCIES += ["YS", "YE", "BME", "BMS", "2D"]
UNITS = {"naive": {}, "zoned": {"tz": "Europe/Berlin"}, "seconds": {"unit": "s"}}
UNITS["milliseconds"] = {"unit": "ms"}


def dates(frequency, n, kind="naive"):
    keywords = dict(UNITS[kind])
    unit = keywords.pop("unit", None)
    index = pd.date_range("2024-02-27", periods=n, freq=frequency, name="when", **keywords)
    return index.as_unit(unit) if unit else index


@pytest.mark.parametrize("kind", UNITS)
@pytest.mark.parametrize("frequency", FREQUENCIES)
def test_lacking_dates_come_back_and_later_ones_follow(frequency, kind):
    whole = dates(frequency, 40, kind)
    parts = {
        "with a frequency": whole[:36],
        "without one": pd.DatetimeIndex(whole[:36], freq=None, name="when"),
        "with gaps": whole[:36].delete([3, 4, 20, 31]),
    }
    for part in parts.values():
        got = regular(part)
        pd.testing.assert_index_equal(got, whole[:36])
        assert got.dtype == whole.dtype
        pd.testing.assert_index_equal(following(got, 4), whole[36:])
        pd.testing.assert_index_equal(reaching(got, whole[-1]), whole)
    assert following(got, 4).dtype == whole.dtype


@pytest.mark.parametrize("frequency", ["D", "h", "MS", "ME", "QS", "QE", "YS", "YE", "W-SUN"])
def test_two_dates_tell_the_frequency(frequency):
    whole = dates(frequency, 3)
    got = regular(pd.DatetimeIndex(whole[:2], freq=None, name="when"))
    pd.testing.assert_index_equal(following(got, 1), whole[2:])


@pytest.mark.parametrize("frequency", ["D", "h", "M", "Q", "Y", "W"])
def test_lacking_periods_come_back_and_later_ones_follow(frequency):
    whole = pd.period_range("2020-01-05", periods=12, freq=frequency, name="when")
    got = regular(whole[:9].delete([2, 6]))
    pd.testing.assert_index_equal(got, whole[:9])
    pd.testing.assert_index_equal(following(got, 3), whole[9:])
    pd.testing.assert_index_equal(reaching(got, whole[-1]), whole)


@given(first=st.integers(-50, 50), lacking=st.sets(st.integers(1, 8)), dtype=st.booleans())
def test_lacking_integers_come_back_and_later_ones_follow(first, lacking, dtype):
    numbers = [first + n for n in range(10) if n not in lacking]
    assume(1 in np.diff(numbers))
    index = pd.Index(np.array(numbers, dtype=np.int32 if dtype else np.int64), name="when")
    got = regular(index)
    assert got.tolist() == list(range(first, first + 10))
    assert following(got, 2).tolist() == [first + 10, first + 11]
    assert reaching(got, first + 11).tolist() == list(range(first, first + 12))
    assert got.name == following(got, 2).name == reaching(got, first + 11).name == "when"


def test_a_frequency_is_taken_over_where_it_fits():
    days = pd.date_range("2024-01-01", periods=9, freq="D")
    every_other = pd.DatetimeIndex(days[::2], freq=None)
    assert len(regular(every_other)) == 5
    pd.testing.assert_index_equal(regular(every_other, like=days), days)
    one = pd.DatetimeIndex(days[:1], freq=None)
    assert regular(one).freq is None
    assert regular(one, like=days).freq == days.freq
    months = pd.date_range("2024-01-01", periods=3, freq="MS")
    pd.testing.assert_index_equal(regular(every_other, like=months), regular(every_other))


def test_times_that_are_not_regular_are_refused():
    uneven = pd.DatetimeIndex(["2024-01-01 00:00", "2024-01-01 01:00", "2024-01-01 01:07"])
    with pytest.raises(ValueError, match="lie on no regular grid: the most common step is"):
        regular(uneven)
    with pytest.raises(TypeError, match="index of y is a Index; forecasters take a PeriodIndex"):
        regular(pd.Index(["a", "b"]))
    with pytest.raises(TypeError, match="the index of y is a Index"):
        regular(pd.Index([0.0, 1.0]))
    with pytest.raises(ValueError, match="y has one time, 2024-01-01 00:00:00, and no frequency"):
        following(uneven[:1], 1)


POSITIONS = {
    "minute_of_hour": lambda t: t.minute / 60,
    "hour_of_day": lambda t: (t.hour + t.minute / 60) / 24,
    "day_of_week": lambda t: (t.weekday() + t.hour / 24) / 7,
    "day_of_month": lambda t: (t.day - 1) / ((t + pd.offsets.MonthEnd(0)).day),
    "day_of_year": lambda t: (t.timetuple().tm_yday - 1) / 365.25,
    "month_of_year": lambda t: (t.month - 1) / 12,
    "quarter_of_year": lambda t: ((t.month - 1) // 3) / 4,
}


@pytest.mark.parametrize("cycle", CYCLES)
def test_cycles_of_the_calendar_are_sines_and_cosines(cycle):
    times = pd.date_range("2023-11-30 07:00", periods=300, freq="613min")
    angles = np.array([2 * np.pi * POSITIONS[cycle](time) for time in times])
    expected = np.stack([np.sin(angles), np.cos(angles)], axis=1)
    np.testing.assert_allclose(cyclic_features(times, 5, [cycle]), expected, atol=1e-12)
    periods = times.to_period("min")
    np.testing.assert_allclose(cyclic_features(periods, 5, [cycle]), expected, atol=1e-12)


def test_cycles_repeat():
    hours = pd.date_range("2024-01-01", periods=1000, freq="h")
    months = pd.period_range("2001-01", periods=60, freq="M")
    for index, name, length in (
        (hours, "hour_of_day", 24),
        (hours, "day_of_week", 168),
        (months, "month_of_year", 12),
        (months, "quarter_of_year", 12),
    ):
        waves = cyclic_features(index, 0, [name])
        np.testing.assert_allclose(waves[length:], waves[:-length], atol=1e-12)
        assert len(np.unique(waves[:length].round(9), axis=0)) == (4 if "q" in name else length)


@given(first=st.integers(-99, 99), cycle=st.floats(1.5, 40))
def test_cycles_of_steps_count_from_the_first_number(first, cycle):
    index = pd.RangeIndex(30)
    waves = cyclic_features(index, first, [cycle, 7])
    assert waves.shape == (30, 4)
    angles = 2 * np.pi * np.array([(first + n) / cycle for n in range(30)])
    np.testing.assert_allclose(waves[:, 0], np.sin(angles), atol=1e-9)
    np.testing.assert_allclose(waves[:, 1], np.cos(angles), atol=1e-9)
    np.testing.assert_allclose(waves[7:, 2:], waves[:-7, 2:], atol=1e-9)
    later = cyclic_features(index[:20], first + 10, [cycle, 7])
    np.testing.assert_allclose(later, waves[10:], atol=1e-9)


@pytest.mark.parametrize("kind", ["naive", "zoned", "seconds"])
@pytest.mark.parametrize("frequency", [*FREQUENCIES, "3h", "2MS", "2W-SUN"])
def test_times_are_numbered_alike_wherever_a_series_begins(frequency, kind):
    index = dates(frequency, 900, kind)  # over a change to summer time
    numbers = [number_of_first(index[n:]) for n in range(0, 900, 31)]
    assert numbers == list(range(numbers[0], numbers[0] + 900, 31))


@pytest.mark.parametrize("frequency", ["D", "h", "M", "Q", "2M", "W"])
def test_periods_are_numbered_alike_wherever_a_series_begins(frequency):
    index = pd.period_range("1969-06-30", periods=50, freq=frequency)
    first = number_of_first(index)
    assert [number_of_first(index[n:]) for n in range(50)] == list(range(first, first + 50))


def test_no_cycles_are_no_columns_and_numbers_have_no_dates():
    assert cyclic_features(pd.RangeIndex(3), 0, []).shape == (3, 0)
    with pytest.raises(TypeError, match=r"'day_of_week', which needs dates, .* RangeIndex"):
        cyclic_features(pd.RangeIndex(3), 0, ["day_of_week"])


# ------------------------------------------------------------------ series

KINDS = {
    "dates": pd.date_range("2024-01-01", periods=30, freq="D", name="when"),
    "undated": pd.DatetimeIndex(pd.date_range("2024-01-01", periods=30, name="when"), freq=None),
    "business days": pd.date_range("2024-01-01", periods=30, freq="B", name="when"),
    "months": pd.date_range("2024-01-01", periods=30, freq="MS", name="when"),
    "periods": pd.period_range("2024-01", periods=30, freq="M", name="when"),
    "numbers": pd.RangeIndex(5, 35, name="when"),
}


def one_series(y, X=None, **keywords):
    (series,) = read_series(y, X, () if X is None else tuple(X.columns), **keywords)
    return series


def assert_same(one, other):
    pd.testing.assert_index_equal(one.index, other.index, check_names=False)
    np.testing.assert_array_equal(one.values, other.values)
    np.testing.assert_array_equal(one.covariates, other.covariates)
    assert one.key == other.key


@some(60)
@given(
    kind=st.sampled_from(sorted(KINDS)),
    cut=st.integers(2, 28),
    overlap=st.integers(0, 3),
    ahead=st.integers(0, 4),
    lacking=st.sets(st.integers(1, 28), max_size=4),
    with_X=st.booleans(),
)
def test_a_series_split_anywhere_and_merged_is_the_whole(
    kind, cut, overlap, ahead, lacking, with_X
):
    index = KINDS[kind]
    frame = pd.DataFrame({"a": np.arange(30.0), "b": normal(30)}, index=index)
    frame.iloc[sorted(lacking), 0] = np.nan
    X = pd.DataFrame({"u": normal(30, seed=1), "v": normal(30, seed=2)}, index=index)
    last = 30 - ahead
    begin = max(0, min(cut, last - 2) - overlap)

    def part(first, end, reach):
        return one_series(frame[first:end], X[first:reach] if with_X else None)

    whole = part(0, last, 30)
    earlier, later = part(0, begin + overlap + 2, last), part(begin, last, 30)
    assert_same(earlier.merged(later), whole)
    assert_same(later.merged(earlier), whole)


@some(60)
@given(
    kind=st.sampled_from(["dates", "undated", "periods", "numbers"]),
    first=st.sets(st.integers(0, 14), min_size=1),
    second=st.sets(st.integers(8, 29), min_size=1),
)
def test_newer_values_rule_and_gaps_are_missing(kind, first, second):
    first |= set(range(7))  # tells the frequency
    index = KINDS[kind]
    parts = [sorted(first), sorted(second)]
    known = {}
    for number, rows in enumerate(parts):
        y = pd.DataFrame({"a": number * 100.0 + np.array(rows)}, index=index[rows])
        X = pd.DataFrame({"u": number * 100.0 - np.array(rows)}, index=index[rows])
        old, known[()] = known.get(()), one_series(y, X, known=known)
    new = known[()]
    merged = old.merged(new)
    begin, end = min(first), max(first | second)
    expected = [100.0 + n if n in second else n if n in first else np.nan for n in range(end + 1)]
    np.testing.assert_array_equal(merged.values[:, 0], expected[begin:])
    signs = [100.0 - n if n in second else -n if n in first else np.nan for n in range(end + 1)]
    np.testing.assert_array_equal(merged.covariates[:, 0], signs[begin:])
    pd.testing.assert_index_equal(merged.index, regular(index[begin : end + 1]), exact="equiv")


def test_what_is_known_in_advance_stays_known():
    index = KINDS["dates"]
    X = pd.DataFrame({"u": np.arange(12.0)}, index=index[:12])
    y = pd.DataFrame({"a": np.arange(12.0)}, index=index[:12])
    old = one_series(y[:8], X)
    new = one_series(y[8:10], X[8:10])
    merged = old.merged(new)
    assert len(merged) == 10
    np.testing.assert_array_equal(merged.covariates[:, 0], np.arange(12.0))
    np.testing.assert_array_equal(
        one_series(y[:8], X[:8]).merged(one_series(y[8:9], X[8:])).covariates, X
    )


def test_a_series_ends_at_a_time_and_keeps_its_covariates():
    index = KINDS["periods"]
    y = pd.DataFrame({"a": np.arange(10.0), "b": 1.0}, index=index[:10])
    one = one_series(y, pd.DataFrame({"u": np.arange(12.0)}, index=index[:12]))
    until = one.until(index[6])
    assert until.index.equals(index[:7])
    np.testing.assert_array_equal(until.values, y[:7])
    np.testing.assert_array_equal(until.covariates, one.covariates)
    assert len(one.until(index[29])) == 10
    first, second = one.channels()
    np.testing.assert_array_equal(np.hstack([first.values, second.values]), one.values)
    assert (first.channel, second.channel) == (0, 1)
    assert first.covariates is one.covariates


def test_covariates_are_those_at_the_times_of_the_series():
    index = KINDS["dates"]
    weekly = index[::7]
    y = pd.DataFrame({"a": np.arange(4.0)}, index=weekly[:4])
    X = pd.DataFrame({"u": np.arange(30.0), "w": 1.0}, index=index)
    one = one_series(y, X[["u"]])
    np.testing.assert_array_equal(one.covariates[:, 0], [0, 7, 14, 21, 28])
    early = one_series(pd.DataFrame({"a": [1.0, 2, 3]}, index=index[4:7]), X[["u"]])
    np.testing.assert_array_equal(early.covariates[:, 0], np.arange(4.0, 30.0))
    gappy = one_series(y.iloc[[0, 1, 3]], X.drop(index[14])[["u"]])
    np.testing.assert_array_equal(gappy.covariates[:, 0], [0, 7, np.nan, 21, 28])


def panel(lengths, first=0):
    """Return a panel of series a, b, ... of these lengths with two columns."""
    frames = {
        key: pd.DataFrame(
            {"y": number + np.arange(float(n)), "z": normal(n, seed=number)},
            index=pd.RangeIndex(first, first + n, name="time"),
        )
        for number, (key, n) in enumerate(zip("abcdef", lengths, strict=False))
    }
    return pd.concat(frames, names=["series"])


def test_a_panel_is_read_series_by_series():
    y, X = panel([5, 3, 4]), panel([7, 3, 4]).rename(columns={"y": "u", "z": "v"})
    series = read_series(y, X, ("v",))
    assert [one.key for one in series] == [("a",), ("b",), ("c",)]
    for one, key in zip(series, "abc", strict=True):
        np.testing.assert_array_equal(one.values, y.loc[key])
        np.testing.assert_array_equal(one.covariates, X.loc[key, ["v"]])
        assert one.index.equals(y.loc[key].index)
    deep = pd.concat({"north": y, "south": y}, names=["region"])
    keys = [key for key, _ in instances(deep)]
    assert keys == [(region, key) for region in ("north", "south") for key in "abc"]
    assert [key for key, _ in instances(y.loc["a"])] == [()]


def test_series_that_cannot_be_learnt_from_are_refused():
    y = panel([4, 3])
    nothing = y.copy()
    nothing.loc["b"] = np.nan
    with pytest.raises(
        ValueError, match="the series 'b' of y has no observed value in its 3 times"
    ):
        read_series(nothing, None, ())
    assert len(read_series(nothing, None, (), may_be_empty=True)) == 2
    y.iloc[1, 0] = np.inf
    with pytest.raises(ValueError, match="the series 'a' of y holds an infinite value"):
        read_series(y, None, ())
    y, X = panel([4, 3]), panel([4]).rename(columns={"y": "u"})
    with pytest.raises(ValueError, match="X has no rows for the series 'b' of y"):
        read_series(y, X, ("u",))
    alone = y.loc["a"]
    with pytest.raises(ValueError, match="X lacks 2 of the 4 times of y, the first 2"):
        read_series(alone, X.loc["a"][:2], ("u",))


# ------------------------------------------------------------------ covariates

NAMED = pd.DataFrame({"a": [1.0, 2, 3], "b": [5.0, 5, 5], "c": [0.0, 1, 0], "d": [7.0, 7, 7]})


def test_columns_of_X_have_roles():
    roles = Roles.of(NAMED, ["c"], ["d", "b"])
    assert roles == Roles(past=("c",), known=("a",), static=("d", "b"))
    assert roles.names == ("c", "a", "d", "b")
    assert Roles.of(NAMED, None, None).known == ("a", "b", "c", "d")
    assert Roles.of(None, None, None).names == ()


@pytest.mark.parametrize(
    ("past", "static", "says"),
    [
        (["x"], None, r"past_covariates names \['x'\], and X has the columns \['a', 'b'"),
        (None, ["x"], r"static_covariates names \['x'\]"),
        (["b"], ["b"], r"\['b'\] is in past_covariates and in static_covariates"),
        (None, ["a"], r"static_covariates=\['a'\] have to be constant within a series"),
    ],
)
def test_roles_that_X_cannot_have_are_refused(past, static, says):
    with pytest.raises(ValueError, match=says):
        Roles.of(NAMED, past, static)


def test_a_static_column_may_differ_between_series():
    X = pd.concat({"p": NAMED, "q": NAMED + 1}, names=["series", "time"])
    assert Roles.of(X, None, ["b", "d"]).static == ("b", "d")
    X.iloc[4, 1] = 99.0
    with pytest.raises(ValueError, match="vary in that of the series 'q' of y"):
        Roles.of(X, None, ["b", "d"])
    with pytest.raises(ValueError, match=r"the columns \['a'\] of X, and no X was given"):
        Roles.of(None, ["a"], None)


def test_later_X_has_the_columns_of_the_fit():
    roles = Roles(past=("c",), known=("a",), static=("b",))
    roles.check(NAMED[["a", "b", "c"]])
    roles.check(NAMED[["c", "b", "a"]])
    roles.check(NAMED[["a"]], ahead=True)
    roles.check(NAMED[["a", "c"]], ahead=True)
    with pytest.raises(ValueError, match=r"\['c'\] are lacking\.$"):
        roles.check(NAMED[["a", "b"]])
    with pytest.raises(ValueError, match=r"\['a'\] are lacking; past_covariates may be left out"):
        roles.check(NAMED[["c"]], ahead=True)
    with pytest.raises(ValueError, match=r"\['d'\] are new"):
        roles.check(NAMED)
    with pytest.raises(ValueError, match=r"\['d'\] are new"):
        roles.check(NAMED, ahead=True)
    with pytest.raises(ValueError, match=r"no X was given, .* the columns \['c', 'a', 'b'\]"):
        roles.check(None)
    Roles().check(None)


def test_columns_are_measured_over_rows_and_static_ones_over_series():
    roles = Roles(known=("u", "v"), static=("s",))
    series = []
    for number, n in enumerate([9, 2, 5]):
        covariates = normal(n, 3, seed=number)
        covariates[:, 2] = number**2
        series.append(Series((number,), pd.RangeIndex(n), np.zeros((n, 1)), covariates))
    series[0].covariates[3, 0] = np.nan
    rows = np.concatenate([one.covariates[:, :2] for one in series])
    scaling = roles.measure(series)
    np.testing.assert_allclose(scaling.mean, [*np.nanmean(rows, axis=0), np.mean([0, 1, 4])])
    np.testing.assert_allclose(scaling.scale, [*np.nanstd(rows, axis=0), np.std([0, 1, 4])])
    alone = replace(roles, static=())
    trimmed = [replace(one, covariates=one.covariates[:, :2]) for one in series]
    np.testing.assert_allclose(alone.measure(trimmed).mean, np.nanmean(rows, axis=0))


def test_covariates_ahead_come_from_X_and_else_from_the_fit():
    def extended(one, X, roles, times):
        ahead = Ahead.of(one, roles, len(times), X, len(times))
        assert list(ahead.index) == list(times)
        return ahead.covariates

    roles = Roles(past=("p",), known=("u", "v"), static=("s",))
    index = pd.RangeIndex(4)
    stored = np.column_stack([np.arange(6.0), 10 + np.arange(6.0), 20 + np.arange(6.0), [3.0] * 6])
    one = Series((), index, np.zeros((4, 1)), stored)
    ahead = pd.RangeIndex(4, 9)
    X = pd.DataFrame(
        {"v": 120.0 + np.arange(5, 11), "u": 110.0 + np.arange(5, 11)}, index=range(5, 11)
    )
    rows = extended(one, X, roles, ahead)
    np.testing.assert_array_equal(rows[:, 1], [14, 115, 116, 117, 118])
    np.testing.assert_array_equal(rows[:, 2], [24, 125, 126, 127, 128])
    np.testing.assert_array_equal(rows[:, 3], [3.0] * 5)
    assert np.isnan(rows[2:, 0]).all()
    np.testing.assert_array_equal(extended(one, None, roles, ahead[:2])[:, 1:3], stored[4:, 1:3])
    with pytest.raises(
        ValueError,
        match="X was not given for y, so it lacks 1 of the 3 times up to the last",
    ):
        extended(one, None, roles, ahead[:3])
    with pytest.raises(ValueError, match=r"lacks 2 of the 5 .* the first 6"):
        extended(one, X.drop([6, 8]), roles, ahead)
    past_only = Roles(past=("p", "u", "v"), static=("s",))
    rows = extended(one, None, past_only, ahead)
    assert np.isnan(rows[2:, :3]).all()
    np.testing.assert_array_equal(rows[:, 3], [3.0] * 5)
    assert extended(one, None, roles, ahead[:0]).shape == (0, 4)
    unknown = Ahead.of(one, roles, 5, None, 2).covariates  # the last three are not wanted
    np.testing.assert_array_equal(unknown[:2], extended(one, None, roles, ahead[:2]))
    assert np.isnan(unknown[2:, :3]).all()


# ------------------------------------------------------------------ tables


def numbered(values, *, covariates=None, key=(), first=0, channel=0):
    """Return a series over consecutive numbers."""
    values = np.asarray(values, dtype=np.float64)
    values = values[:, None] if values.ndim == 1 else values
    covariates = np.empty((len(values), 0)) if covariates is None else covariates
    index = pd.RangeIndex(first, first + len(values))
    return Series(key, index, values, covariates, channel)


def nothing_ahead(series):
    return [Ahead(one.index[:0], np.empty((0, one.covariates.shape[1]))) for one in series]


def table_of(series, layout, ahead=None):
    """Return a table of series without covariates or cycles, in their own units."""
    scalings = [Standardiser.identity(layout.n_targets)] * len(series)
    none = Standardiser.identity(0)
    return WindowTable.of(series, scalings, ahead or nothing_ahead(series), layout, none, (), 1)


def test_missing_values_are_filled_from_a_season_before():
    nan = np.nan
    values = np.array([nan, 2, nan, 4, nan, nan, nan, 8], dtype=np.float32)[:, None]
    before = values.copy()
    np.testing.assert_array_equal(filled(values, 1)[:, 0], [0, 2, 2, 4, 4, 4, 4, 8])
    np.testing.assert_array_equal(filled(values, 3)[:, 0], [0, 2, 2, 4, 2, 2, 4, 8])
    np.testing.assert_array_equal(values, before)
    np.testing.assert_array_equal(filled(values, 20)[:, 0], filled(values, 1)[:, 0])
    assert filled(values[-1:], 3) is not None


@some(40)
@given(n=st.integers(1, 15), season=st.integers(1, 6), row=st.integers(0, 14), seed=SEEDS)
def test_filling_keeps_what_was_observed_and_sees_nothing_later(n, season, row, seed):
    values = with_gaps(normal(n, 2, seed=seed), 0.4, seed)
    values[seed % n, 0] = np.nan
    got = filled(values, season)
    assert not np.isnan(got).any()
    observed = ~np.isnan(values)
    np.testing.assert_array_equal(got[observed], values[observed])
    for time in range(n):
        for column in range(2):
            if np.isnan(values[time, column]):
                source = time - season if time >= season else time - 1
                assert got[time, column] == (got[source, column] if source >= 0 else 0)
    changed = values.copy()
    changed[row + 1 :] = 1e6
    np.testing.assert_array_equal(filled(changed, season)[: row + 1], got[: row + 1])


def test_a_table_is_the_one_written_by_hand():
    layout = WindowLayout(3, 2, n_targets=1, n_past=1, n_known=3, n_static=1, n_channels=2)
    nan = np.nan
    one = numbered(
        [10.0, nan, 14.0, 16.0],
        covariates=np.array([[1.0, 5, 9], [2, 6, 9], [nan, 7, 9], [4, 8, 9]]),
        first=7,
    )
    other = numbered([1.0, 2.0], covariates=np.array([[0.0, 1, 3], [1, 2, 3]]), channel=1)
    ahead = [
        Ahead(pd.RangeIndex(11, 13), np.array([[nan, 0, 9], [nan, nan, 9]])),
        Ahead(pd.RangeIndex(2, 2), np.empty((0, 3))),
    ]
    scalings = [Standardiser(np.array([12.0]), np.array([2.0])), Standardiser.identity(1)]
    covariates = Standardiser(np.array([1.0, 2, 3]), np.array([1.0, 2, 3]))
    table = WindowTable.of([one, other], scalings, ahead, layout, covariates, (4,), 2)
    wave = {0: (0, 1), 1: (1, 0), 2: (0, -1), 3: (-1, 0)}  # sine and cosine of a step of four
    expected = [
        # value, observed, past, known, sine, cosine, static, channel
        *([[0, 0, 0, 0, 0, 0, 2, 0]] * 3),
        [-1, 1, 0, 1.5, *wave[3], 2, 0],
        [-1, 0, 1, 2, *wave[0], 2, 0],  # missing, and no season before: the value before
        [1, 1, 0, 2.5, *wave[1], 2, 0],  # a covariate that is missing is at its mean
        [2, 1, 3, 3, *wave[2], 2, 0],
        [0, 0, 0, -1, *wave[3], 2, 0],
        [0, 0, 0, 0, *wave[0], 2, 0],
        *([[0, 0, 0, 0, 0, 0, 0, 1]] * 3),
        [1, 1, -1, -0.5, *wave[0], 0, 1],
        [2, 1, 0, 0, *wave[1], 0, 1],
    ]
    np.testing.assert_allclose(table.steps, expected, atol=1e-6)
    truth = [*[nan] * 3, -1, nan, 1, 2, nan, nan, *[nan] * 3, 1, 2]
    np.testing.assert_array_equal(table.truth[:, 0], truth)
    assert table.firsts.tolist() == [3, 12]
    assert table.n_times.tolist() == [4, 2]
    assert table.steps.dtype == table.truth.dtype == np.float32


def test_cycles_of_steps_do_not_depend_on_where_a_series_begins():
    layout = WindowLayout(2, 1, n_targets=1, n_known=2)
    months = pd.period_range("2001-01", periods=20, freq="M")

    def waves(index):
        one = Series((), index, np.ones((len(index), 1)), np.empty((len(index), 0)))
        none = Standardiser.identity(0)
        arguments = [Standardiser.identity(1)], nothing_ahead([one]), layout, none, (6.0,), 1
        return WindowTable.of([one], *arguments).steps[2:, 2:]

    for index in (months, pd.RangeIndex(20)):
        np.testing.assert_allclose(waves(index)[3:], waves(index[3:]), atol=1e-6)


@st.composite
def ranges(draw):
    """Draw series with gaps, a layout, and where targets begin and end in each series."""
    lengths = draw(st.lists(st.integers(1, 14), min_size=1, max_size=4))
    seed, share = draw(SEEDS), draw(st.sampled_from([0.0, 0.3, 0.8]))
    n_targets = draw(st.integers(1, 2))
    series = []
    for number, n in enumerate(lengths):
        values = normal(n, n_targets, seed=seed + number)
        values[np.random.default_rng(seed + number).random(values.shape) < share] = np.nan
        series.append(numbered(values))
    layout = WindowLayout(draw(st.integers(1, 6)), draw(st.integers(1, 5)), n_targets)
    ends = np.array([draw(st.integers(0, n)) for n in lengths])
    begins = np.array([draw(st.integers(0, int(end))) for end in ends])
    return series, layout, begins, ends


@some(150)
@given(drawn=ranges(), only_after=st.booleans())
def test_origins_are_those_of_a_loop(drawn, only_after):
    series, layout, begins, ends = drawn
    length, horizon = layout.window_length, layout.horizon
    expected = []
    for number, (one, begin, end) in enumerate(zip(series, begins, ends, strict=True)):
        observed = ~np.isnan(one.values).all(axis=1)
        for origin in range(len(one)):
            window = [t for t in range(origin - length + 1, origin + 1) if t >= 0]
            targets = [t for t in range(origin + 1, origin + 1 + horizon) if t < end]
            complete = len(window) == length or end - length < 2 * horizon
            wanted = any(observed[t] and t >= begin for t in targets)
            early = only_after and origin + 1 < begin
            if complete and wanted and observed[window].any() and not early:
                expected.append((number, origin))
    table = table_of(series, layout)
    got = table.origins(begins, ends, only_after=only_after)
    assert list(zip(*(part.tolist() for part in got), strict=True)) == expected
    for number, origin, start in zip(*got, table.starts(*got), strict=True):
        rows = table.truth[start : start + length]
        window = np.full((length, layout.n_targets), np.nan)
        values = series[number].values[max(0, origin + 1 - length) : origin + 1]
        window[length - len(values) :] = values
        np.testing.assert_array_equal(rows, window.astype(np.float32))


@pytest.mark.parametrize("n_times", range(7, 40))
def test_each_step_of_the_horizon_has_targets_to_learn_from(n_times):
    layout = WindowLayout(8, 6, n_targets=1)
    table = table_of([numbered(np.arange(float(n_times)))], layout)
    ends = table.n_times
    examples = table.examples(*table.origins(np.zeros_like(ends), ends), ends)
    targets = examples.targets[np.arange(len(examples))]
    assert np.isfinite(targets).any(axis=0).all()


@some(60)
@given(drawn=ranges())
def test_targets_are_slices_up_to_the_end(drawn):
    series, layout, _, ends = drawn
    table = table_of(series, layout)
    numbers = np.repeat(np.arange(len(series)), [len(one) for one in series])
    origins = np.concatenate([np.arange(len(one)) for one in series])
    begins = table.firsts[numbers] + origins + 1
    targets = WindowTargets(table.truth, begins, (table.firsts + ends)[numbers], layout.horizon)
    rows = np.random.default_rng(0).permutation(len(numbers))
    for row, got in zip(rows, targets[rows], strict=True):
        values = series[numbers[row]].values[: ends[numbers[row]]]
        expected = np.full((layout.horizon, layout.n_targets), np.nan)
        after = values[origins[row] + 1 : origins[row] + 1 + layout.horizon]
        expected[: len(after)] = after
        np.testing.assert_array_equal(got, expected.ravel().astype(np.float32))


@some(40)
@given(drawn=ranges(), column=st.integers(0, 2**16))
def test_examples_hold_the_window_and_what_comes_after_it(drawn, column):
    series, layout, begins, ends = drawn
    table = table_of(series, layout)
    steps = np.concatenate([table.steps, np.zeros((layout.horizon, layout.n_columns))])
    table = replace(table, steps=steps.astype(np.float32))
    numbers, origins = table.origins(np.zeros_like(begins), ends)
    if len(numbers) == 0:
        return
    examples = table.examples(numbers, origins, ends)
    x, lengths = examples.inputs.batch(np.arange(len(numbers)), layout.n_steps)
    assert (lengths == layout.n_steps).all()
    for start, got in zip(table.starts(numbers, origins), x, strict=True):
        np.testing.assert_array_equal(got, steps[start : start + layout.n_steps])
    row = column % len(numbers)
    after = series[numbers[row]].values[origins[row] + 1 : ends[numbers[row]]]
    target = examples.targets[np.array([row])].reshape(layout.horizon, -1)
    np.testing.assert_array_equal(target[: len(after)], after[: layout.horizon].astype(np.float32))
    assert np.isnan(target[len(after) :]).all()
    assert (examples.weights == 1).all()


@some(40)
@given(origin=st.integers(2, 18), season=st.integers(1, 4), seed=SEEDS)
def test_nothing_after_its_origin_reaches_a_window(origin, season, seed):
    layout = WindowLayout(4, 3, n_targets=2)
    values = with_gaps(normal(20, 2, seed=seed), 0.3, seed)
    values[origin] = 1.0
    changed = values.copy()
    changed[origin + 1 :] = np.where(np.isnan(values[origin + 1 :]), 1e3, np.nan)
    identity, none = [Standardiser.identity(2)], Standardiser.identity(0)
    first, second = (
        WindowTable.of([one], identity, nothing_ahead([one]), layout, none, (), season)
        for one in (numbered(values), numbered(changed))
    )
    n_rows = layout.window_length + origin + 1
    np.testing.assert_array_equal(first.steps[:n_rows], second.steps[:n_rows])
    numbers, origins = np.zeros(3, dtype=int), np.arange(origin - 2, origin + 1)
    rolled = [
        roll(Toy(layout, POINT), table, POINT, table.starts(numbers, origins), 2)
        for table in (first, second)
    ]
    np.testing.assert_array_equal(*rolled)
    assert (rolled[0] != 0).any()


# ------------------------------------------------------------------ rolling


class Toy:
    """A program that sums the past and what is known ahead, and tells what it must not see."""

    step_multiple = 1

    def __init__(self, layout, head):
        self.layout, self.head = layout, head
        self.steps = self

    def load(self, weights):
        self.weights = weights

    def predict_all(self, batches):
        for x, lengths in batches:
            assert (lengths == self.layout.n_steps).all()
            yield np.stack([self.forecast(window) for window in x])

    def forecast(self, window):
        layout, length = self.layout, self.layout.window_length
        ages = np.arange(1, length + 1)[:, None]
        values = window[:, layout.columns("values")].astype(np.float64)
        observed = window[:, layout.columns("observed")]
        past = (values[:length] * observed[:length] / ages).sum(axis=0)
        leaked = 100 * (values[length:].sum() + observed[length:].sum())
        leaked += 100 * window[length:, layout.columns("past")].sum()
        known = window[length:, layout.columns("known")].sum(axis=1)
        numbers = np.arange(1, self.head.n_parameters + 1)
        steps = np.arange(1, layout.horizon + 1)[:, None, None]
        forecast = (0.3 * past[:, None] * numbers + known[:, None, None]) / steps + leaked
        return forecast.ravel()


@some(30)
@given(
    n_ahead=st.integers(1, 9),
    horizon=st.integers(1, 4),
    length=st.integers(1, 5),
    name=st.sampled_from(sorted(HEADS)),
    origins=st.lists(st.integers(0, 11), min_size=1, max_size=5),
    seed=SEEDS,
)
def test_blocks_roll_forward_on_those_before(n_ahead, horizon, length, name, origins, seed):
    head = HEADS[name]
    layout = WindowLayout(length, horizon, n_targets=2, n_past=1, n_known=1)
    values = with_gaps(normal(12, 2, seed=seed), 0.2, seed)
    both = normal(12 + n_ahead + horizon, 2, seed=seed + 1)
    known = both[:, [1]]
    one = numbered(values, covariates=both[:12])
    ahead = Ahead(pd.RangeIndex(12, len(both)), both[12:])
    identity = Standardiser.identity(2)
    table = WindowTable.of([one], [identity], [ahead], layout, Standardiser.identity(2), (), 1)
    origins = np.array(origins)
    starts = table.starts(np.zeros_like(origins), origins)
    before = table.steps.copy()
    toy = Toy(layout, head)
    with pytest.MonkeyPatch.context() as patch:
        if seed % 2:  # windows in parts give the same
            patch.setattr("skrnn.forecasting.rolling.MOST_NUMBERS", 1)
        got = roll(toy, table, head, starts, n_ahead)
    assert got.shape == (len(origins), n_ahead, 2, head.n_parameters)
    np.testing.assert_array_equal(table.steps, before)
    for origin, forecasts in zip(origins, got, strict=True):
        rows = before[: length + origin + 1].copy()
        made = []
        while len(made) < n_ahead:
            future = np.zeros((horizon, 6), dtype=np.float32)
            future[:, 5] = known[len(rows) - length :][:horizon, 0]
            window = np.concatenate([rows[-length:], future])
            block = toy.forecast(window).reshape(horizon, 2, -1)
            made.extend(block)
            future[:, :2] = block[..., head.centre]
            future[:, 2:4] = 1
            rows = np.concatenate([rows, future])
        np.testing.assert_allclose(forecasts, made[:n_ahead], rtol=1e-4, atol=1e-4)


# ------------------------------------------------------------------ uncertainty


def test_levels_are_symmetric_and_rise():
    assert (np.diff(LEVELS) > 0).all()
    np.testing.assert_allclose(LEVELS + LEVELS[::-1], 1)
    assert LEVELS[len(LEVELS) // 2] == 0.5


def test_densities_have_the_quantiles_of_scipy():
    location, scale = normal(3, 4, 2, 1), np.exp(normal(3, 4, 2, 1, seed=1))
    freedom = 2 + np.exp(normal(3, 4, 2, 1, seed=2))
    got = quantiles_of(GAUSSIAN, np.concatenate([location, scale], axis=-1))
    np.testing.assert_allclose(got, scipy.stats.norm.ppf(LEVELS, location, scale), atol=1e-12)
    got = quantiles_of(STUDENT, np.concatenate([location, scale, freedom], axis=-1))
    expected = scipy.stats.t.ppf(LEVELS, freedom, location, scale)
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-9)
    points = quantiles_of(POINT, location)
    np.testing.assert_array_equal(points, np.broadcast_to(location, points.shape))


RISING = st.lists(st.sampled_from(LEVELS.tolist()), max_size=6, unique=True).map(
    lambda levels: tuple(sorted({*levels, 0.5}))
)


@some(40)
@given(levels=RISING, seed=SEEDS)
def test_learnt_quantiles_are_kept_and_others_rise_between_them(levels, seed):
    head = ForecastHead("quantile", levels)
    learnt = np.sort(normal(3, 2, 1, len(levels), seed=seed), axis=-1)
    got = quantiles_of(head, learnt)
    assert got.shape == (3, 2, 1, len(LEVELS))
    assert (np.diff(got) >= -1e-9).all()
    places = [LEVELS.tolist().index(level) for level in levels]
    np.testing.assert_allclose(got[..., places], learnt, atol=1e-12)
    mean, deviation = 3.0, 2.0
    exact = scipy.stats.norm.ppf(levels, mean, deviation)[None, None, None]
    if len(levels) > 1:  # between normal quantiles lie normal quantiles
        expected = scipy.stats.norm.ppf(LEVELS, mean, deviation)
        np.testing.assert_allclose(quantiles_of(head, exact)[0, 0, 0], expected, atol=1e-9)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=5))
def test_any_level_is_interpolated_up_to_the_outermost(levels):
    quantiles = scipy.stats.norm.ppf(LEVELS, -1.0, 3.0)[None, None]
    expected = scipy.stats.norm.ppf(np.clip(levels, LEVELS[0], LEVELS[-1]), -1.0, 3.0)
    got = at_levels(quantiles, np.array(levels))
    np.testing.assert_allclose(got[0, 0], expected, atol=1e-9)
    held = at_levels(np.cumsum(np.abs(normal(2, len(LEVELS))), axis=-1), LEVELS)
    np.testing.assert_allclose(held, np.cumsum(np.abs(normal(2, len(LEVELS))), axis=-1))


def test_the_spread_of_a_random_walk_grows_with_the_square_root():
    medians = normal(4, 10, 2)
    steps = np.exp(normal(4, 1, 2, seed=1))
    quantiles = medians[..., None] + (steps * np.ones((4, 10, 2)))[
        ..., None
    ] * scipy.stats.norm.ppf(LEVELS)
    got = widened(quantiles, 1)
    for step in range(10):
        scale = steps[:, 0] * np.sqrt(step + 1)
        expected = scipy.stats.norm.ppf(LEVELS, medians[:, step, :, None], scale[..., None])
        np.testing.assert_allclose(got[:, step], expected, atol=1e-9)


@some(30)
@given(n_ahead=st.integers(1, 9), horizon=st.integers(1, 10), seed=SEEDS)
def test_the_spread_at_the_end_of_each_block_adds_to_the_later_ones(n_ahead, horizon, seed):
    quantiles = np.sort(normal(2, n_ahead, 1, len(LEVELS), seed=seed), axis=-1)
    got, middle = widened(quantiles, horizon), len(LEVELS) // 2
    for step in range(n_ahead):
        ends = [
            end for end in range(horizon - 1, n_ahead, horizon) if end < step // horizon * horizon
        ]
        for level in range(len(LEVELS)):
            parts = quantiles[:, [*ends, step], 0, level] - quantiles[:, [*ends, step], 0, middle]
            distance = np.sqrt((parts**2).sum(axis=1)) * (1 if level > middle else -1)
            expected = quantiles[:, step, 0, middle] + distance
            np.testing.assert_allclose(got[:, step, 0, level], expected, atol=1e-9)
    first = min(horizon, n_ahead)
    np.testing.assert_allclose(got[:, :first], quantiles[:, :first], atol=1e-12)


def rank_of(level, count):
    """Return the rank, from 1, of the conformal quantile of so many errors."""
    exact = Fraction(str(round(level, 6))) * (count + 1)
    rank = math.floor(exact) if level < 0.5 else math.ceil(exact)
    return min(max(rank, 1), max(count, 1))


@some(25)
@given(n=st.integers(1, 45), share=st.sampled_from([0.0, 0.4, 0.9]), seed=SEEDS)
def test_shifts_are_the_errors_at_the_conformal_rank(n, share, seed):
    quantiles = normal(n, 3, 2, len(LEVELS), seed=seed)
    truth = normal(n, 3, 2, seed=seed + 1)
    truth[np.random.default_rng(seed).random(truth.shape) < share] = np.nan
    shifts = Correction.measure(quantiles, truth).shifts
    assert shifts.shape == (3, 2, len(LEVELS))
    for target in range(2):
        before = np.zeros(len(LEVELS))
        for step in range(3):
            seen = [row for row in range(n) if not np.isnan(truth[row, step, target])]
            for number, level in enumerate(LEVELS):
                errors = sorted(
                    truth[r, step, target] - quantiles[r, step, target, number] for r in seen
                )
                if errors:
                    before[number] = errors[rank_of(level, len(errors)) - 1]
            np.testing.assert_array_equal(shifts[step, target], before)


@pytest.mark.parametrize("count", [19, 39, 99, 199, 999, 1999])
def test_ranks_are_exact_where_they_are_whole(count):
    errors = np.arange(1.0, count + 1)[:, None, None]
    shifts = Correction.measure(np.zeros((count, 1, 1, len(LEVELS))), errors).shifts[0, 0]
    assert shifts.tolist() == [rank_of(level, count) for level in LEVELS]


DRAWS = {
    "normal": lambda generator, shape: generator.normal(1, 2, shape),
    "heavy": lambda generator, shape: generator.standard_t(1.5, shape),
    "skewed": lambda generator, shape: generator.exponential(1, shape),
    "two peaks": lambda generator, shape: (
        generator.choice([-3, 3], shape) + generator.random(shape)
    ),
}


@pytest.mark.parametrize("bias", [0.0, 3.0])
@pytest.mark.parametrize("n", [19, 60])
@pytest.mark.parametrize("name", DRAWS)
def test_corrected_quantiles_cover_what_they_promise(name, n, bias):
    """Split-conformal: of exchangeable errors, a share of at least the level lies below.

    Where the point forecast is biased the quantiles beyond it are wider than need be, since
    intervals hold it; the others are as close as the number of errors allows.
    """
    n_trials = 2000
    draws = DRAWS[name](np.random.default_rng(0), (n + 1, n_trials))
    median = np.median(DRAWS[name](np.random.default_rng(1), 10**5))
    wrong = scipy.stats.norm.ppf(LEVELS, median + bias, 0.1)  # whatever was learnt
    quantiles = np.broadcast_to(wrong, (n, 1, n_trials, len(LEVELS)))
    correction = Correction.measure(quantiles, draws[:n, None])
    new = correction.apply(quantiles[:1], np.array([1]))[0, 0]
    for number, level in enumerate(LEVELS):
        if not 1 / (n + 1) <= level <= 1 - 1 / (n + 1):
            continue  # too few errors for that level
        below = np.mean(draws[n] <= new[:, number])
        tolerance = 4 * np.sqrt(level * (1 - level) / n_trials)
        if level > 0.5:
            assert below >= level - tolerance
            assert below <= level + 1 / (n + 1) + tolerance or bias > 0
        elif level < 0.5:
            assert below <= level + tolerance
            assert below >= level - 1 / (n + 1) - tolerance


@some(30)
@given(n_ahead=st.integers(1, 4), seed=SEEDS)
def test_corrected_quantiles_never_cross_and_widen_beyond_what_was_measured(n_ahead, seed):
    correction = Correction(normal(n_ahead, 2, len(LEVELS), seed=seed))
    steps = np.array([1, n_ahead, n_ahead + 1, 4 * n_ahead, 9 * n_ahead])
    quantiles = np.sort(normal(3, len(steps), 2, len(LEVELS), seed=seed + 1), axis=-1)
    got = correction.apply(quantiles, steps)
    assert (np.diff(got) >= 0).all()
    middle = len(LEVELS) // 2
    shifted = quantiles.copy()
    for number, step in enumerate(steps):
        growth = np.sqrt(max(step / n_ahead, 1))
        shifted[:, number] += correction.shifts[min(step, n_ahead) - 1] * growth
    shifted[..., middle] = quantiles[..., middle]
    np.testing.assert_array_equal(got[..., middle], shifted[..., middle])
    np.testing.assert_allclose(got, uncrossed(shifted))
    none = Correction(np.zeros((n_ahead, 2, len(LEVELS))))
    np.testing.assert_array_equal(none.apply(quantiles, steps), quantiles)


@some(30)
@given(seed=SEEDS)
def test_uncrossing_moves_quantiles_outwards_once(seed):
    quantiles = normal(4, len(LEVELS), seed=seed)
    got, middle = uncrossed(quantiles), len(LEVELS) // 2
    for row in range(4):
        for level in range(len(LEVELS)):
            if level >= middle:
                assert got[row, level] == quantiles[row, middle : level + 1].max()
            else:
                assert got[row, level] == quantiles[row, level : middle + 1].min()
    np.testing.assert_array_equal(uncrossed(got), got)


# ------------------------------------------------------------------ what is learnt


@given(
    lengths=st.lists(st.integers(1, 60), min_size=1, max_size=5),
    validation=st.none() | st.floats(0.01, 0.99),
    calibration=st.none() | st.floats(0.01, 0.99),
)
def test_the_latest_parts_are_held_out(lengths, validation, calibration):
    parts = Parts.of(lengths, validation, calibration)
    assert parts.ends.tolist() == lengths
    for n, learnt, validated in zip(lengths, parts.learnt, parts.validated, strict=True):
        calibrated_on = 0 if calibration is None else max(1, math.ceil(calibration * n))
        validated_on = 0 if validation is None else max(1, math.ceil(validation * validated))
        assert validated == max(0, n - calibrated_on)
        assert learnt == max(0, validated - validated_on)


def learned_of(layout, head=POINT, **settings):
    network = network_of(layout, head, **settings)
    none = Standardiser.identity(0)
    return Learned(spec_of(network), Roles(), none, None, (), layout.n_targets)


def test_each_series_has_its_own_units_unless_all_share_them():
    learned = learned_of(WindowLayout(3, 2, 1))
    one = numbered([1.0, np.nan, 5.0])
    scaling = learned.scaling_of(one)
    assert (scaling.mean.item(), scaling.scale.item()) == (3.0, 2.0)
    common = Standardiser.identity(1)
    assert replace(learned, common=common).scaling_of(one) is common


def test_a_training_table_is_filled_by_season_and_reaches_over_its_end():
    learned = learned_of(WindowLayout(5, 2, 1), differences=(1, 3))
    values = [1.0, 2, 3, 4, np.nan, 6]
    table = learned.training_table([numbered(values)], [Standardiser.identity(1)])
    np.testing.assert_array_equal(table.steps[5:, 0], [1, 2, 3, 4, 2, 6, 0, 0])
    assert len(table.steps) == len(table.truth) == 5 + 6 + 2
    assert np.isnan(table.truth[[9, 11, 12]]).all()
    plain = learned_of(WindowLayout(5, 2, 1))
    table = plain.training_table([numbered(values)], [Standardiser.identity(1)])
    np.testing.assert_array_equal(table.steps[5:11, 0], [1, 2, 3, 4, 4, 6])


class LastValue(Toy):
    """A program that repeats the last value of a window."""

    def forecast(self, window):
        last = window[self.layout.window_length - 1, self.layout.columns("values")]
        return np.tile(last, self.layout.horizon)


@pytest.mark.parametrize("n_ahead", [2, 5])
def test_errors_are_measured_on_the_windows_after_the_begin(n_ahead, monkeypatch):
    layout = WindowLayout(3, 2, n_targets=1)
    learned = learned_of(layout)
    toy = LastValue(layout, POINT)
    monkeypatch.setattr(learning, "lease", contextmanager(lambda spec: iter([toy])))
    series = [numbered(with_gaps(normal(n, 1, seed=n), 0.2, n)) for n in (30, 24)]
    for one in series:
        one.values[:3] = 1.0
    begins, ends = np.array([15, 10]), np.array([28, 24])
    table = learned.training_table(series, [Standardiser.identity(1)] * 2)
    got = learned.corrected(table, "weights", begins, ends, n_ahead)
    assert toy.weights == "weights"
    errors = [[] for _ in range(n_ahead)]
    for one, begin, end in zip(series, begins, ends, strict=True):
        values, shown = one.values[:, 0], filled(one.values, 1)[:, 0]
        for origin in range(begin - 1, end):
            window, after = values[origin - 2 : origin + 1], values[origin + 1 : end][:n_ahead]
            if np.isnan(window).all() or np.isnan(after[:2]).all():
                continue
            for step, value in enumerate(after):
                if not np.isnan(value):
                    errors[step].append(value - shown[origin])
    expected = [[sorted(e)[rank_of(level, len(e)) - 1] for level in LEVELS] for e in errors]
    np.testing.assert_allclose(got.correction.shifts[:, 0], expected, atol=1e-5)
    assert learned.correction is None


def test_errors_are_measured_from_quantiles_that_widen(monkeypatch):
    layout = WindowLayout(3, 1, n_targets=1)
    learned = learned_of(layout, GAUSSIAN)

    class Density(LastValue):
        def forecast(self, window):
            return np.append(super().forecast(window), 2.0)

    toy = Density(layout, GAUSSIAN)
    monkeypatch.setattr(learning, "lease", contextmanager(lambda spec: iter([toy])))
    values = np.arange(40.0)  # a step ahead is always one more
    table = learned.training_table([numbered(values)], [Standardiser.identity(1)])
    got = learned.corrected(table, (), np.array([20]), np.array([40]), 4)
    for step in range(1, 5):
        expected = step - scipy.stats.norm.ppf(LEVELS, 0, 2 * np.sqrt(step))
        np.testing.assert_allclose(got.correction.shifts[step - 1, 0], expected, atol=1e-5)


def test_errors_of_many_windows_are_measured_on_some_all_over(monkeypatch):
    layout = WindowLayout(3, 1, n_targets=1)
    learned = learned_of(layout)
    toy = LastValue(layout, POINT)
    monkeypatch.setattr(learning, "lease", contextmanager(lambda spec: iter([toy])))
    monkeypatch.setattr(learning, "MOST_MEASURED", 60)
    steps = np.concatenate([np.zeros(300), np.arange(300.0)])
    table = learned.training_table([numbered(steps)], [Standardiser.identity(1)])
    shifts = learned.corrected(table, (), np.array([0]), np.array([600]), 1).correction.shifts[0, 0]
    assert set(shifts.tolist()) == {0.0, 1.0}
    assert shifts[LEVELS < 0.45].max() == 0
    assert shifts[LEVELS > 0.55].min() == 1


def test_nothing_to_measure_errors_on_is_refused():
    learned = learned_of(WindowLayout(3, 2, 1))
    values = normal(12, 1)
    values[8:] = np.nan
    table = learned.training_table([numbered(values)], [Standardiser.identity(1)])
    with pytest.raises(ValueError, match=r"leaves no window .* has at most 3 observed times"):
        learned.corrected(table, (), np.array([9]), np.array([12]), 2)
