"""Initial states that are learned."""

import pickle

import keras
import numpy as np
import pytest

import skrnn
from skrnn import SequenceLabeller, networks
from skrnn.networks import layers
from skrnn.networks.model import build_model

KINDS = {"rnn": "SimpleRNN", "lstm": "LSTM", "gru": "GRU"}
LENGTHS = (17, 9, 23, 12, 20, 5)


def to_numpy(tensor):
    return np.array(keras.ops.convert_to_numpy(tensor))


def ragged(lengths=LENGTHS, seed=0):
    generator = np.random.default_rng(seed)
    X = [generator.normal(size=(n, 2)) for n in lengths]
    return X, [x[:, 0].cumsum() + generator.normal(size=len(x)) for x in X]


def padded(sequences):
    x = np.zeros((len(sequences), max(map(len, sequences)), 2), dtype=np.float32)
    for row, sequence in zip(x, sequences, strict=True):
        row[: len(sequence)] = sequence
    return x, np.array([len(sequence) for sequence in sequences], dtype=np.int32)


def labeller(network, **params):
    shared = {"causal": True, "task": "numbers", "random_state": 0, "epochs": 1}
    return SequenceLabeller(network=network, **shared | params)


# ------------------------------------------------------------------ learned initial states


def read_alone(layer, kind, sequence):
    """Return what Keras' own layer gives for one sequence from the initial state of ours."""
    theirs = getattr(keras.layers, KINDS[kind])(layer.units, return_sequences=True)
    theirs.build((None, None, sequence.shape[1]))
    theirs.set_weights([to_numpy(weight.value) for weight in layer.trainable_weights])
    start = layer._inbound_nodes[0].arguments.kwargs["initial_state"]
    states = [to_numpy(part._keras_history.operation.state)[None] for part in start]
    return to_numpy(theirs(sequence[None], initial_state=states))[0]


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
        if isinstance(layer.input[0]._keras_history.operation, layers.Reverse)
    }
    depths = [recurrent[:2], recurrent[2:]]
    X, _ = ragged((7, 4))
    expected = []
    for sequence in X:
        for both in depths:
            sides = sorted(both, key=lambda layer: layer in backward)
            forward = read_alone(sides[0], kind, sequence)
            sequence = np.concatenate(
                [forward, read_alone(sides[1], kind, sequence[::-1])[::-1]], axis=1
            )
        kernel, bias = (to_numpy(weight.value) for weight in model.layers[-1].weights)
        expected.append(sequence.mean(axis=0) @ kernel + bias)
    np.testing.assert_allclose(to_numpy(model([*padded(X)])), expected, atol=1e-5)


def test_a_learned_state_begins_with_zero_and_is_learned():
    X, y = ragged()
    network = networks.LSTM(units=3, initial_state="learned")
    hidden, cell, *_ = labeller(network, learning_rate=1e-9).fit(X, y).weights_
    assert hidden.shape == cell.shape == (3,)
    assert max(np.abs(hidden).max(), np.abs(cell).max()) < 1e-6
    hidden, cell, *_ = labeller(network, epochs=3).fit(X, y).weights_
    assert min(np.abs(hidden).min(), np.abs(cell).min()) > 1e-4


def test_networks_differ_by_where_they_begin():
    assert networks.GRU(initial_state="learned").key() != networks.GRU().key()
    assert "initial_state" in skrnn.LSTMClassifier().get_params()
    with pytest.raises(ValueError, match="initial_state='ones'"):
        skrnn.GRURegressor(initial_state="ones").fit(np.ones((3, 4)), np.ones(3))


def test_a_learned_state_is_pickled_and_goes_into_a_keras_model(tmp_path):
    X, y = ragged()
    network = networks.GRU(units=3, initial_state="learned")
    model = labeller(network, epochs=3, scale_input=False).fit(X, y)
    expected = model.predict(X)
    for one, other in zip(pickle.loads(pickle.dumps(model)).predict(X), expected, strict=True):
        np.testing.assert_array_equal(one, other)
    model.to_keras().save(tmp_path / "model.keras")
    outputs = to_numpy(keras.saving.load_model(tmp_path / "model.keras")([*padded(X)]))
    scale = model._task.scaling
    for row, length, values in zip(outputs, LENGTHS, expected, strict=True):
        found = row[:length, 0] * scale.scale + scale.mean
        np.testing.assert_allclose(found, values, rtol=1e-4, atol=1e-4)
