"""Formulas of layers in float64, and Keras models with random weights to compare them with."""

from contextlib import contextmanager

import numpy as np

from skrnn._backend import load_keras
from skrnn._compat.keras import adding_weights
from skrnn.engine.initializers import zeros

keras = load_keras()

N_FEATURES = 4
LENGTHS = np.array([5, 1, 7, 2], dtype=np.int32)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def normalize(sequence, gamma, beta):
    centered = sequence - sequence.mean(axis=1, keepdims=True)
    return centered / np.sqrt((centered**2).mean(axis=1, keepdims=True) + 1e-3) * gamma + beta


def softmax(scores):
    raised = np.exp(scores - scores.max())
    return raised / raised.sum()


def pooled(kind, sequence, weights=(), half=None):
    """Pool (n_steps, width); the features from ``half`` on were computed backwards."""
    if kind == "mean":
        return sequence.mean(axis=0)
    if kind == "max":
        return sequence.max(axis=0)
    if kind == "attention":
        hidden, bias, context = weights
        return softmax(np.tanh(sequence @ hidden + bias) @ context[:, 0]) @ sequence
    return np.concatenate([sequence[-1, :half], sequence[0, half:]]) if half else sequence[-1]


def convolve(sequence, kernel, bias, *, end, dilation=1):
    """Return a convolution's output whose last tap is at step ``end``, unseen steps zero."""
    total = bias.copy()
    for tap, weight in enumerate(kernel):
        step = end - (len(kernel) - 1 - tap) * dilation
        if 0 <= step < len(sequence):
            total += sequence[step] @ weight
    return total


def to_numpy(tensor):
    return np.asarray(tensor.detach() if hasattr(tensor, "detach") else tensor)


@contextmanager
def weights_of_zeros():
    """Make trainable weights, which a test sets anyway, as zeros: no backend compiles for them."""

    def add_weight(original, layer, shape, initializer, *args, trainable=True, **keywords):
        initializer = zeros if trainable and layer.trainable else initializer
        return original(layer, shape, initializer, *args, trainable=trainable, **keywords)

    with adding_weights(add_weight):
        yield


def encoder(network, n_features=N_FEATURES, n_steps=None):
    """Return the network as a Keras model, with weights set at random."""
    inputs = keras.Input((n_steps, n_features))
    lengths = keras.Input((), dtype="int32")
    with weights_of_zeros():
        model = keras.Model([inputs, lengths], network.encode(inputs, lengths))
    rng = np.random.default_rng(0)
    for weight in model.trainable_weights:
        weight.assign(rng.normal(0, 0.5, weight.shape))
    return model


def padded(sequences, n_steps=None):
    x = np.zeros((len(sequences), n_steps or max(map(len, sequences)), sequences[0].shape[1]))
    for row, sequence in zip(x, sequences, strict=True):
        row[: len(sequence)] = sequence
    return x.astype(np.float32), np.array([len(s) for s in sequences], dtype=np.int32)


def apply(model, sequences):
    """Return the outputs of a model, computed in one program."""
    return model.predict_on_batch(list(padded(sequences)))


def weights_of(layer):
    values = [to_numpy(weight.value) for weight in layer.trainable_weights]
    return [value.astype(np.float64) for value in values]


def layers_of(model, kind):
    return [layer for layer in model.layers if isinstance(layer, kind)]


def ragged_batch(seed=1, lengths=LENGTHS):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(length, N_FEATURES)) for length in lengths]
