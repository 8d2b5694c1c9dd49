"""Estimators and forecasters survive pickle, joblib and copies, and predict on another backend."""

import copy
import importlib.util
import os
import pickle
import subprocess
import sys

import joblib
import numpy as np
import pytest
from sklearn.base import clone

import skrnn
from tests.conftest import ESTIMATORS, FORECASTERS, make, targets

BACKENDS = [name for name in ("jax", "tensorflow", "torch") if importlib.util.find_spec(name)]

OTHERS = [
    "SequenceLabeler",
    "SequenceAnomalyDetector",
    "SequenceGenerator",
    "SequenceTranslator",
]

#: Networks without an estimator named after them.
NETWORKS = ["MinGRU", "SLSTM", "LITE", "Inception"]

FIT = """
import pickle, sys
import numpy as np
from skrnn import SequenceTranslator, networks
from tests.conftest import ESTIMATORS, FORECASTERS, make, targets
X = [np.random.default_rng(n).normal(size=(n, 2)) for n in range(3, 15)]
models = {name: make(name).fit(X, targets(name, X)) for name in ESTIMATORS}
y = np.cumsum(np.random.default_rng(0).normal(size=40))
kinds = ({}, {"strategy": "seq2seq", "loss": "gaussian"}, {"loss": "quantile", "segment_length": 3})
for name, kind in zip(FORECASTERS, [*kinds, kinds[1], kinds[2]]):
    models[name] = make(name, window_length=6, differences=1, **kind).fit(y, fh=[1, 2, 3])
models["SequenceLabeler"] = make("SequenceLabeler").fit(X, [x[:, 0] > 0 for x in X])
models["SequenceAnomalyDetector"] = make("SequenceAnomalyDetector").fit(X)
models["SequenceGenerator"] = make("SequenceGenerator").fit(TEXTS)
translator = SequenceTranslator(network=networks.GRU(units=4), epochs=2, random_state=0)
models["SequenceTranslator"] = translator.fit(TEXTS, TEXTS)
small = {"filters": 4, "kernel_size": 4}
recurrent = networks.MinGRU(units=4), networks.SLSTM(units=4)
for network in (*recurrent, networks.LITE(**small), networks.Inception(**small)):
    model = make("SequenceClassifier", network=network)
    models[type(network).__name__] = model.fit(X, targets("SequenceClassifier", X))
pickle.dump((X, models, {n: outputs(m, X) for n, m in models.items()}), sys.stdout.buffer)
"""
PREDICT = """
import pickle, sys
given = []
while sys.stdin.buffer.peek():
    X, models, _ = pickle.load(sys.stdin.buffer)
    given.append({name: outputs(model, X) for name, model in models.items()})
pickle.dump(given, sys.stdout.buffer)
"""
OUTPUTS = """
import numpy as np
TEXTS = ["abba", "cab", "back"]
def outputs(model, X):
    kind = type(model).__name__
    if kind == "SequenceLabeler":
        return np.concatenate(model.predict_proba(X))
    if kind == "SequenceAnomalyDetector":
        return np.concatenate(model.step_scores(X))
    if kind == "SequenceGenerator":
        return np.concatenate(model.predict_proba(TEXTS))
    if kind == "SequenceTranslator":
        return np.concatenate([part.ravel() for part in model.attention_weights(TEXTS, TEXTS)])
    if hasattr(model, "predict_quantiles"):
        return model.predict_quantiles(alpha=[0.1, 0.5, 0.9]).to_numpy()
    return model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)
"""


def run_on(backend, script, given=b""):
    """Run a script in a fresh process and return what it pickles."""
    environment = os.environ | {"KERAS_BACKEND": backend}
    command = [sys.executable, "-W", "ignore", "-c", OUTPUTS + script]
    return subprocess.run(
        command, input=given, env=environment, capture_output=True, check=True
    ).stdout


@pytest.mark.long
def test_fits_on_each_backend_predict_the_same_on_every_other():
    fits = {backend: run_on(backend, FIT) for backend in BACKENDS}
    expected = {backend: pickle.loads(fit)[2] for backend, fit in fits.items()}
    for first, target in enumerate(BACKENDS):
        # One process, in which equal networks share programs; fits of another backend come first.
        origins = BACKENDS[first - 1 :] + BACKENDS[: first - 1]
        given = pickle.loads(run_on(target, PREDICT, b"".join(map(fits.get, origins))))
        for origin, outputs in zip(origins, given, strict=True):
            assert set(outputs) == {*ESTIMATORS, *FORECASTERS, *OTHERS, *NETWORKS}
            for name, found in outputs.items():
                what = f"{name} of {origin} on {target}"
                wanted = expected[origin][name]
                np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5, err_msg=what)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_copies_predict_the_same(name, cube, tmp_path):
    model = make(name).fit(cube, targets(name, cube))
    joblib.dump(model, tmp_path / "model.joblib")
    for duplicate in (
        pickle.loads(pickle.dumps(model)),
        joblib.load(tmp_path / "model.joblib"),
        copy.deepcopy(model),
    ):
        np.testing.assert_array_equal(duplicate.predict(cube), model.predict(cube))
    assert not hasattr(clone(model), "weights_")


def test_a_lambda_fits_and_copies_but_refuses_to_be_pickled(cube):
    from keras import layers

    model = skrnn.SequenceRegressor(
        network=lambda inputs: layers.Dense(3)(layers.Flatten()(inputs)), epochs=1
    ).fit(cube, cube[:, -1, 0])
    np.testing.assert_array_equal(copy.deepcopy(model).predict(cube), model.predict(cube))
    with pytest.raises(TypeError, match=r"lambda.*def at the top of a module"):
        pickle.dumps(model)


def mean_then_dense(inputs, lengths):
    """Return features of a user's own network."""
    import keras

    from skrnn.networks.layers.pooling import MeanOverSteps

    return keras.layers.Dense(3)(MeanOverSteps()(inputs, lengths))


def test_a_function_at_the_top_of_a_module_is_pickled(ragged):
    y = targets("SequenceClassifier", ragged)
    model = skrnn.SequenceClassifier(network=mean_then_dense, epochs=1).fit(ragged, y)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(ragged), model.predict_proba(ragged))


@pytest.mark.parametrize("name", ESTIMATORS)
def test_to_keras_gives_the_network(name, cube):
    model = make(name, scale_input=False).fit(cube, targets(name, cube))
    network = model.to_keras()
    outputs = network.predict([cube, np.full(len(cube), 7)], verbose=0)
    np.testing.assert_allclose(outputs, model._outputs(cube), rtol=1e-5, atol=1e-6)
