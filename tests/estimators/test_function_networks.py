"""Networks that are functions of the user's: their layers, weights and dropout."""

import keras
import numpy as np
import pytest

from tests.conftest import make


def test_dropout_in_a_function_keeps_its_own_rate(cube, y):
    def network(rate):
        def encode(inputs):
            flat = keras.layers.Flatten()(inputs)
            return layers.Dropout(rate)(keras.layers.Dense(8)(flat))

        return encode

    from skrnn.networks import layers

    losses = [
        make("SequenceRegressor", network=network(rate)).fit(cube, y).history_["loss"]
        for rate in (0.0, 0.9)
    ]
    assert losses[0] != losses[1]


def test_weights_set_in_a_function_stay(cube, y):
    def encode(inputs):
        frozen = keras.layers.Dense(2, trainable=False)
        features = frozen(keras.layers.Flatten()(inputs))
        frozen.set_weights([np.full((14, 2), 0.5), np.zeros(2)])
        return features

    model = make("SequenceRegressor", network=encode).fit(cube, y)
    assert any(w.shape == (14, 2) and (w == 0.5).all() for w in model.weights_)


@pytest.mark.parametrize("as_function", [False, True])
def test_a_layer_made_outside_is_refused(cube, y, as_function):
    layer = keras.layers.GRU(4)
    layer.build((None, 7, 2))
    network = (lambda inputs: layer(inputs)) if as_function else layer
    with pytest.raises(ValueError, match=r"made outside the function|which accepts"):
        make("SequenceRegressor", network=network).fit(cube, y)


def test_layers_of_another_thread_keep_their_weights(cube, y):
    from concurrent.futures import ThreadPoolExecutor

    sums = []

    def encode(inputs):
        def build():
            other = keras.layers.Dense(3)
            other.build((None, 5))
            return float(np.abs(keras.ops.convert_to_numpy(other.kernel.value)).sum())

        with ThreadPoolExecutor(1) as pool:
            sums.append(pool.submit(build).result())
        return keras.layers.Flatten()(inputs)

    make("SequenceRegressor", network=encode).fit(cube, y)
    assert sums[0] > 0
