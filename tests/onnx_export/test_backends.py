"""ONNX files of a fit are the same from every backend."""

import importlib.util
import os
import pickle
import subprocess
import sys

import numpy as np
import pandas as pd

import skrnn
from skrnn import networks

BACKENDS = [name for name in ("jax", "tensorflow", "torch") if importlib.util.find_spec(name)]
RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 6, 2))
Y = X[:, -1, 0]
SETTINGS = {"epochs": 1, "random_state": 0}
WRITE = """
import pickle, sys
for name, model in pickle.load(sys.stdin.buffer).items():
    model.to_onnx(f"{sys.argv[1]}/{name}.onnx")
"""


def fitted_models():
    """Return fitted estimators by name."""
    network = networks.GRU(units=3, bidirectional=True, pooling="attention", layer_norm=True)
    walk = pd.Series(RNG.normal(size=60).cumsum())
    return {
        "regressor": skrnn.SequenceRegressor(network=network, **SETTINGS).fit(X, Y),
        "classifier": skrnn.TCNClassifier(filters=2, **SETTINGS).fit(X, Y > 0),
        "labeler": skrnn.SequenceLabeler(network="mingru", **SETTINGS).fit(X, X[..., 0] > 0),
        "forecaster": skrnn.LSTMForecaster(units=2, window_length=6, **SETTINGS).fit(walk, fh=2),
    }


def test_every_backend_writes_the_same_files(tmp_path):
    models = fitted_models()
    found = {}
    for backend in BACKENDS:
        folder = tmp_path / backend
        folder.mkdir()
        subprocess.run(
            [sys.executable, "-c", WRITE, folder],
            input=pickle.dumps(models),
            env=os.environ | {"KERAS_BACKEND": backend},
            check=True,
        )
        found[backend] = {name: (folder / f"{name}.onnx").read_bytes() for name in models}
    for name, model in models.items():
        model.to_onnx(tmp_path / "here.onnx")
        here = (tmp_path / "here.onnx").read_bytes()
        assert all(files[name] == here for files in found.values()), name
