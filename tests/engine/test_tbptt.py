"""Learned initial states, and training that carries states from chunk to chunk."""

import pickle

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import skrnn
from skrnn import SequenceLabeler, networks
from skrnn.engine import batches
from skrnn.engine.batches import Examples, NetworkInputs
from skrnn.engine.tbptt import MIN_CHUNKS, in_chunks
from skrnn.networks import layers
from skrnn.networks.model import build_model
from skrnn.preprocessing.scaling import AffineScaling
from skrnn.sequences import Sequences

KINDS = {"rnn": "SimpleRNN", "lstm": "LSTM", "gru": "GRU"}
LENGTHS = (17, 9, 23, 12, 20, 5)
LONGEST = 23


def to_numpy(tensor):
    return np.array(keras.ops.convert_to_numpy(tensor))


def ragged(lengths=LENGTHS, seed=0):
    generator = np.random.default_rng(seed)
    X = [generator.normal(size=(n, 2)) for n in lengths]
    return X, [x[:, 0].cumsum() + generator.normal(size=len(x)) for x in X]


def padded(sequences, n_steps=LONGEST):
    x = np.zeros((len(sequences), n_steps, 2), dtype=np.float32)
    for row, sequence in zip(x, sequences, strict=True):
        row[: len(sequence)] = sequence
    return x, np.array([len(sequence) for sequence in sequences], dtype=np.int32)


def labeler(network, **params):
    shared = {"causal": True, "target_type": "continuous", "random_state": 0}
    shared |= {"epochs": 1, "optimizer": "sgd"}
    return SequenceLabeler(network=network, **shared | params)


# ------------------------------------------------------------------ learned initial states


def read_alone(layer, kind, sequences):
    """Return what Keras' own layer gives for sequences from the initial state of ours."""
    theirs = getattr(keras.layers, KINDS[kind])(layer.units, return_sequences=True)
    theirs.build((None, None, sequences.shape[2]))
    theirs.set_weights([to_numpy(weight.value) for weight in layer.trainable_weights])
    start = layer._inbound_nodes[0].arguments.kwargs["initial_state"]
    states = [to_numpy(part._keras_history.operation.state)[None] for part in start]
    states = [np.repeat(state, len(sequences), axis=0) for state in states]
    return to_numpy(theirs(sequences, initial_state=states))


@pytest.mark.parametrize("kind", KINDS)
def test_a_learned_state_is_the_initial_state_of_keras(kind):
    network = networks.BY_NAME[kind](
        units=3, n_layers=2, bidirectional=True, pooling="mean", initial_state="learned"
    )
    model = build_model(network, None, 2, 1)
    generator = np.random.default_rng(0)
    for weight in model.trainable_variables:
        weight.assign(generator.normal(0, 0.5, weight.shape))
    recurrent = [layer for layer in model.layers if isinstance(layer, getattr(layers, KINDS[kind]))]
    backward = {
        layer
        for layer in recurrent
        if isinstance(layer.input[0]._keras_history.operation, layers.ReverseSequence)
    }
    depths = [recurrent[:2], recurrent[2:]]
    X, _ = ragged((5, 5))
    outputs = np.stack(X)
    for both in depths:
        sides = sorted(both, key=lambda layer: layer in backward)
        forward = read_alone(sides[0], kind, outputs)
        reverse = read_alone(sides[1], kind, outputs[:, ::-1])[:, ::-1]
        outputs = np.concatenate([forward, reverse], axis=2)
    kernel, bias = (to_numpy(weight.value) for weight in model.layers[-1].weights)
    expected = outputs.mean(axis=1) @ kernel + bias
    np.testing.assert_allclose(model.predict([*padded(X, 8)], verbose=0), expected, atol=1e-5)


def test_a_learned_state_begins_with_zero_and_is_learned():
    X, y = ragged()
    network = networks.LSTM(units=3, initial_state="learned")
    hidden, cell, *_ = labeler(network, learning_rate=1e-9).fit(X, y).weights_
    assert hidden.shape == cell.shape == (3,)
    assert max(np.abs(hidden).max(), np.abs(cell).max()) < 1e-6
    hidden, cell, *_ = labeler(network, epochs=3, learning_rate=0.3).fit(X, y).weights_
    assert min(np.abs(hidden).min(), np.abs(cell).min()) > 1e-4


def test_networks_differ_by_where_they_begin():
    assert networks.GRU(initial_state="learned").key() != networks.GRU().key()
    assert "initial_state" in skrnn.LSTMClassifier().get_params()
    with pytest.raises(ValueError, match="initial_state='ones'"):
        skrnn.GRURegressor(initial_state="ones").fit(np.ones((3, 4)), np.ones(3))


def test_a_learned_state_is_pickled_and_goes_into_a_keras_model(tmp_path):
    X, y = ragged()
    network = networks.GRU(units=3, initial_state="learned")
    model = labeler(network, epochs=3, scale_input=False).fit(X, y)
    expected = model.predict(X)
    for one, other in zip(pickle.loads(pickle.dumps(model)).predict(X), expected, strict=True):
        np.testing.assert_array_equal(one, other)
    model.to_keras().save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    outputs = loaded.predict([*padded(X)], verbose=0)
    scale = model.network_.target.values.scaling.scaling
    for row, length, values in zip(outputs, LENGTHS, expected, strict=True):
        found = row[:length, 0] * scale.scale + scale.center
        np.testing.assert_allclose(found, values, rtol=1e-4, atol=1e-4)


# ------------------------------------------------------------------ states carried along


@pytest.mark.parametrize(
    "network",
    [
        networks.LSTM(units=(4, 3), layer_norm=True, initial_state="learned"),
        networks.GRU(units=4),
        networks.MinGRU(units=(4, 3), initial_state="learned"),
        networks.SLSTM(units=(4, 3)),
    ],
)
def test_the_loss_over_chunks_is_that_of_one_pass(network):
    X, y = ragged()
    settings_ = {"learning_rate": 1e-9, "batch_size": 4}
    (whole,), (pieces,), (apart,) = (
        labeler(network, **settings_, **params).fit(X, y).history_["loss"]
        for params in ({}, {"bptt_length": 5}, {"chunk_length": 5})
    )
    np.testing.assert_allclose(pieces, whole, rtol=1e-5)
    assert abs(apart - whole) > 1e-3


def recurrence(weights, x, y, hidden):
    """Return the summed squared errors of a chunk, their gradients, and the last state."""
    kernel, recurrent, bias, head, offset = weights
    states, errors = [hidden], []
    for x_t, y_t in zip(x, y, strict=True):
        states.append(np.tanh(x_t @ kernel + states[-1] @ recurrent + bias))
        errors.append(states[-1] @ head + offset - y_t)
    gradients = [np.zeros_like(weight) for weight in weights]
    of_state = np.zeros_like(hidden)
    for t in reversed(range(len(x))):
        of_error = 2 * errors[t]
        gradients[3] += np.outer(states[t + 1], of_error)
        gradients[4] += of_error
        of_raw = (of_state + head @ of_error) * (1 - states[t + 1] ** 2)
        gradients[0] += np.outer(x[t], of_raw)
        gradients[1] += np.outer(states[t], of_raw)
        gradients[2] += of_raw
        of_state = recurrent @ of_raw
    return np.sum(np.square(errors)), gradients, states[-1]


def test_the_gradient_stays_within_a_piece():
    X, y = ragged((7, 5, 4))
    values = np.concatenate(y)
    scaled = [(part - values.mean()) / values.std() for part in y]
    plan = [[(0, 0), (1, 0)], [(0, 3), (1, 3)], [(0, 6), (2, 0)], [(2, 3)]]  # sequence, first step
    rate, mean_weight = 0.2, 16 / 7  # steps of a chunk
    settings_ = {"learning_rate_schedule": None, "global_clipnorm": None, "shuffle": False}
    settings_ |= {"scale_input": False, "batch_size": 2, "bptt_length": 3}
    network = networks.RNN(units=3)
    start = labeler(network, learning_rate=1e-12, **settings_).fit(X, y).weights_
    model = labeler(network, learning_rate=rate, **settings_).fit(X, y)

    weights, states, losses = [w.astype(np.float64) for w in start], {}, []
    for batch in plan:
        total, gradients = 0.0, [np.zeros_like(weight) for weight in weights]
        for row, first in batch:
            steps = slice(first, first + 3)
            hidden = states[row] if first else np.zeros(3)
            loss, of_weights, states[row] = recurrence(
                weights, X[row][steps], scaled[row][steps, None], hidden
            )
            total += loss
            gradients = [sum(pair) for pair in zip(gradients, of_weights, strict=True)]
        losses.append((total, len(batch)))
        share = rate / (mean_weight * len(batch))
        weights = [w - share * g for w, g in zip(weights, gradients, strict=True)]
    for found, expected in zip(model.weights_, weights, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(
        model.history_["loss"], [sum(total for total, _ in losses) / 16], rtol=1e-5
    )


def test_chunks_as_long_as_the_sequences_are_ordinary_training():
    X, y = ragged()
    settings_ = {"epochs": 3, "batch_size": 4, "learning_rate": 0.1}
    network = networks.LSTM(units=(4, 3), layer_norm=True, initial_state="learned")
    whole, pieces = (
        labeler(network, **settings_, **params).fit(X, y) for params in ({}, {"bptt_length": 23})
    )
    for found, expected in zip(pieces.weights_, whole.weights_, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(pieces.history_["loss"], whole.history_["loss"], rtol=1e-6)


def switches(seed):
    """Return rare commands, 1 for on and -1 for off, and whether it is on at each step."""
    generator = np.random.default_rng(seed)
    X = np.sign(generator.normal(size=(16, 400))) * (generator.random((16, 400)) < 0.01)
    X[:, 0] = np.sign(generator.normal(size=16))
    latest = np.maximum.accumulate(np.where(X != 0, np.arange(400), 0), axis=1)
    return X, np.take_along_axis(X, latest, axis=1) > 0


def test_events_several_chunks_ago_are_remembered():
    network = networks.GRU(units=8)
    settings_ = {"network": network, "causal": True, "epochs": 15, "random_state": 0}
    carried = SequenceLabeler(bptt_length=10, batch_size=16, **settings_).fit(*switches(0))
    apart = SequenceLabeler(chunk_length=10, batch_size=16, **settings_).fit(*switches(0))
    assert carried.score(*switches(1)) > 0.98
    assert apart.score(*switches(1)) < 0.8


def test_continuing_validating_and_dropping_out():
    X, y = ragged()
    network = networks.LSTM(units=3, dropout=0.2, recurrent_dropout=0.1)
    X[2][5] = np.nan
    model = labeler(network, bptt_length=5, batch_size=2, epochs=2, missing="mask")
    model.fit(X, y, X_val=X[:3], y_val=y[:3])
    assert np.isfinite(model.history_["val_loss"]).all()
    again = pickle.loads(pickle.dumps(model)).partial_fit(X[:3], y[:3])
    before, after = model.score(X[:3], y[:3]), again.score(X[:3], y[:3])
    assert again.n_iter_ == 3
    assert before != after
    held_out = labeler(networks.LSTM(units=3), bptt_length=5, early_stopping=True, epochs=2)
    whole = held_out.fit(X[3:], y[3:]).history_["val_loss"]
    assert len(whole) == 2


def test_a_table_that_is_not_kept_can_be_trained_on(monkeypatch):
    X, y = ragged()
    model = labeler(networks.GRU(units=4), bptt_length=5, batch_size=4)
    kept = model.fit(X, y).weights_
    monkeypatch.setattr(batches, "RESIDENT_BYTES", 0)
    for found, expected in zip(model.fit(X, y).weights_, kept, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"network": "tcn"}, "fixed number of steps; give chunk_length"),
        ({"network": "gru", "causal": False}, "later steps; give a unidirectional recurrent"),
        ({"network": networks.GRU(bidirectional=True), "causal": False}, "looks at later steps"),
        ({"network": "transformer", "causal": False}, "looks at later steps"),
        ({"network": networks.GRU(conv_filters=2)}, "conv_filters=2 adds a convolution"),
        ({"network": "gru", "bptt_length": 0}, "bptt_length=0"),
    ],
)
def test_networks_without_a_state_to_carry_are_refused(params, message):
    X, y = ragged()
    model = labeler(**{"bptt_length": 5} | params)
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)
    assert not hasattr(model, "weights_")


# ------------------------------------------------------------------ positions of chunks


def cut(lengths, n_steps, n_rows):
    """Return sequences of counted steps, each of which is its own target, in chunks."""
    lengths = np.array(lengths)
    steps = np.arange(lengths.sum(), dtype=np.float64)[:, None]
    sequences = Sequences.end_to_end(steps, lengths)
    targets, real = sequences.gather(np.arange(len(lengths)), int(lengths.max()))
    targets = np.concatenate([targets, real[..., None]], axis=-1).astype(np.float32)
    inputs = NetworkInputs(sequences, AffineScaling.identity(1), indicator=False).scaled()
    return in_chunks(Examples(inputs, targets, np.ones(len(lengths))), n_steps, n_rows)


@settings(max_examples=40, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 40), min_size=1, max_size=9),
    n_steps=st.integers(1, 12),
    n_rows=st.integers(1, 5),
    seed=st.integers(0, 100),
)
def test_rows_read_sequences_in_order_from_batch_to_batch(lengths, n_steps, n_rows, seed):
    pieces = cut(lengths, n_steps, n_rows)
    order = np.random.default_rng(seed).permutation(len(pieces))
    gather = pieces.inputs.batch_gatherer(pieces.inputs.padded_steps(1))
    batches = list(pieces.batches(order, n_rows, gather_copies(gather)))
    assert len(batches) == pieces.n_batches(n_rows)
    read, begun = [[] for _ in range(n_rows)], []
    for (x, own, targets, weights), n_real in batches:
        assert n_real == np.count_nonzero(weights)
        for row in np.flatnonzero(weights):
            steps, marks = x[row, : own[row], 0], x[row, : own[row], 1]
            np.testing.assert_array_equal(targets[row, : own[row], 0], steps)
            assert not marks[1:].any()
            goes_on = bool(read[row]) and read[row][-1] + 1 == steps[0]
            assert marks[0] or goes_on
            begun += [steps[0]] * int(marks[0])
            read[row] += steps.tolist()
    np.testing.assert_array_equal(np.sort(np.concatenate(read)), np.arange(sum(lengths)))
    ends = np.cumsum(lengths)
    assert set(ends - lengths) <= set(begun)
    assert len(begun) == len(pieces)


def gather_copies(gather):
    """Return a function that gathers each batch into new arrays."""
    return lambda rows: tuple(np.array(part) for part in gather(rows))


def test_chunks_that_are_whole_are_ordered_as_in_ordinary_batches():
    pieces = cut([3, 5, 4, 5, 2], 5, 2)
    order = np.array([4, 2, 0, 1, 3])
    np.testing.assert_array_equal(pieces.schedule(order), [[4, 2], [0, 1], [3, -1]])


@pytest.mark.parametrize(
    ("lengths", "n_rows", "expected"),
    [
        ([1000], 8, [13, 13, 13, 13, 12, 12, 12, 12]),
        ([1000], None, [100]),
        ([300], 8, [MIN_CHUNKS] * 3),
        ([90], 8, [9]),
        ([400, 200, 90], 8, [20, 20, 10, 10, 9]),
    ],
)
def test_few_long_sequences_are_read_at_several_places(lengths, n_rows, expected):
    np.testing.assert_array_equal(cut(lengths, 10, n_rows).n_chunks, expected)


def test_rows_end_at_about_the_same_time():
    pieces = cut([100, 60, 50, 50, 40], 10, 3)
    assert pieces.n_batches(3) == 10
