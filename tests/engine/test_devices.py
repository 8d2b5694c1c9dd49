"""Two CPU devices learn what one does; each takes half of every batch."""

import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
from keras.backend import backend

pytestmark = pytest.mark.skipif(backend() != "jax", reason="only JAX has CPU devices to set")

SCRIPT = """
import pickle, sys
import numpy as np
import skrnn

skrnn.set_config(cpu_devices=int(sys.argv[1]))
import jax

generator = np.random.default_rng(0)
X = generator.normal(size=(70, 11, 3))
ragged = [x[: 3 + number % 9] for number, x in enumerate(X)]
y = X[:, :3, 0].sum(axis=1) + 5
weight = generator.uniform(0.5, 2, size=70)
table = generator.normal(size=(300, 3))

class CallbackRecord:
    def __init__(self):
        self.losses = []
    def __getattr__(self, name):
        return lambda *_: None
    def on_train_batch_end(self, batch, logs):
        self.losses.append(logs["loss"])

def normalized(sequence, lengths):
    import keras
    hidden = keras.layers.Dense(4, activity_regularizer="l2")(sequence[:, 0])
    return keras.layers.BatchNormalization()(hidden)

def learned(model):
    return model.history_, [np.asarray(w) for w in model.weights_]

def fitted(kind, data=X, sample_weight=weight, **settings):
    settings = {"epochs": 3, "batch_size": 32, "random_state": 0, **settings}
    model = getattr(skrnn, kind)(**settings).fit(data, y, sample_weight=sample_weight)
    return *learned(model), model.predict(data)

by_batch = CallbackRecord()
pieces = skrnn.SequenceLabeler(network=skrnn.networks.LSTM(units=3), causal=True, epochs=2,
                                bptt_length=2, batch_size=5, random_state=0)
windowed, targets = skrnn.make_windows(table, table[:, 0], window_length=8)
results = {
    "devices": jax.device_count(),
    "GRU": fitted("GRURegressor", units=5),
    "stacked LSTM, ragged": fitted("LSTMRegressor", ragged, units=(4, 3), layer_norm=True),
    "bidirectional RNN": fitted("RNNRegressor", units=3, bidirectional=True, pooling="mean"),
    "TCN": fitted("TCNRegressor", filters=4),
    "TCN, ragged": fitted("TCNRegressor", ragged, filters=4, pooling="max"),
    "odd batch": fitted("GRURegressor", units=4, batch_size=7),
    "whole": fitted("GRURegressor", units=4, batch_size=None),
    "early stopping": fitted("GRURegressor", units=4, early_stopping=True, validation_fraction=0.2),
    "windows": learned(skrnn.GRURegressor(units=4, epochs=2, random_state=0, early_stopping=True)
                    .fit(windowed, targets)),
    "callback": (*fitted("GRURegressor", units=4, callbacks=[by_batch]), by_batch.losses),
    "dropout": fitted("GRURegressor", units=4, dropout=0.3),
    "dropout again": fitted("GRURegressor", units=4, dropout=0.3),
    "recurrent dropout": fitted("GRURegressor", units=4, recurrent_dropout=0.3),
    "pieces": learned(pieces.fit(ragged, [x[:, 0] for x in ragged])),
    "batch statistics": fitted("SequenceRegressor", network=normalized),
}
pickle.dump(results, open(sys.argv[2], "wb"))
"""


def run(n_devices, path):
    command = [sys.executable, "-c", SCRIPT, str(n_devices), str(path)]
    subprocess.run(command, env=os.environ, check=True)
    results = pickle.loads(path.read_bytes())
    assert results.pop("devices") == n_devices
    return results


def flat(result):
    """Return every number of a fit."""
    history, weights, *further = result
    parts = [np.ravel(part) for part in (*history.values(), *weights, *further)]
    return np.concatenate(parts).astype(float)


@pytest.mark.long
def test_two_devices_learn_what_one_does(tmp_path):
    one, two = (run(n, tmp_path / f"{n}.pickle") for n in (1, 2))
    assert len(two["callback"][-1]) == 9  # batches that a callback saw
    for name, result in two.items():
        ours, expected = flat(result), flat(one[name])
        if "dropout" in name:  # each device draws masks of its own
            assert np.isfinite(ours).all()
            assert not np.allclose(ours, expected, rtol=1e-3)
        elif name == "batch statistics":
            # The mean of the halves' means is the mean; that of their variances is a little less.
            np.testing.assert_allclose(
                flat((result[0], [])), flat((one[name][0], [])), rtol=0.2, err_msg=name
            )
        else:
            np.testing.assert_allclose(ours, expected, rtol=2e-4, atol=2e-5, err_msg=name)
    np.testing.assert_array_equal(flat(two["dropout"]), flat(two["dropout again"]))
