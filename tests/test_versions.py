"""A pickle carries the version that wrote it, and misses no parameter of a later one."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import InconsistentVersionWarning

import skrnn
from skrnn import _version, networks

X = np.random.default_rng(0).normal(size=(8, 5, 2))
SERIES = pd.Series(np.sin(np.arange(30.0)))
SETTINGS = {"epochs": 1, "random_state": 0}


def things():
    """Return an object of every kind, with a function that gives what it is good for."""
    regressor = skrnn.GRURegressor(units=2, **SETTINGS).fit(X, X[:, -1, 0])
    detector = skrnn.SequenceAnomalyDetector(network=networks.GRU(units=2), **SETTINGS)
    sktime_detector = skrnn.SequenceDetector(detector.set_params(chunk_length=10))
    forecaster = skrnn.GRUForecaster(units=2, window_length=5, **SETTINGS)
    return {
        "estimator": (regressor, lambda model: model.predict(X)),
        "window": (skrnn.SlidingWindow(3).fit(X[0]), lambda w: w.transform(X[0]).lengths),
        "scaler": (skrnn.SequenceScaler().fit(X), lambda scaler: scaler.transform(X)),
        "tokens": (skrnn.TokenSequences().fit(["a b"]), lambda t: t.transform(["b a"])),
        "forecaster": (forecaster.fit(SERIES, fh=[1, 2]), lambda f: f.predict().to_numpy()),
        "detector": (
            sktime_detector.fit(SERIES),
            lambda d: d.transform_scores(SERIES).to_numpy(),
        ),
        "network": (networks.TCN(filters=3), lambda network: network.dropout),
        "stream": (skrnn.Stream(regressor), lambda stream: stream.step(X[0, 0])),
    }


@pytest.fixture(scope="module")
def pickled():
    """Return what each object gives, with its pickle, taken before it was used."""
    made = things()
    pickles = {kind: pickle.dumps(thing) for kind, (thing, _) in made.items()}
    return {kind: (pickles[kind], use(thing), use) for kind, (thing, use) in made.items()}


KINDS = [
    "estimator",
    "window",
    "scaler",
    "tokens",
    "forecaster",
    "detector",
    "network",
    "stream",
]


@pytest.mark.parametrize("kind", KINDS)
def test_the_version_that_wrote_a_pickle_reads_it_without_a_warning(pickled, kind):
    data, expected, use = pickled[kind]
    np.testing.assert_array_equal(use(pickle.loads(data)), expected)
    np.testing.assert_array_equal(use(copy.deepcopy(pickle.loads(data))), expected)


@pytest.mark.parametrize("kind", KINDS)
def test_another_version_warns_and_reads_it(pickled, kind, monkeypatch):
    data, expected, use = pickled[kind]
    ours = skrnn.__version__
    monkeypatch.setattr(_version, "__version__", "9.0")
    with pytest.warns(
        InconsistentVersionWarning, match=f"of skrnn from version {ours} when using version 9.0"
    ):
        again = pickle.loads(data)
    np.testing.assert_array_equal(use(again), expected)


def without(thing, *names):
    """Return a thing as another version would have pickled it, without some attributes."""
    state = {name: value for name, value in thing.__getstate__().items() if name not in names}
    again = type(thing).__new__(type(thing))
    again.__setstate__(state)
    return again


@pytest.mark.parametrize(
    ("kind", "name", "default"),
    [
        ("estimator", "purge", 0),
        ("window", "on_gap", "restart"),
        ("scaler", "quantile_range", (25.0, 75.0)),
        ("tokens", "keep", "first"),
        ("forecaster", "segment_length", "auto"),
        ("network", "layer_norm", False),
    ],
)
def test_a_parameter_that_is_missing_takes_its_default(pickled, kind, name, default):
    data, expected, use = pickled[kind]
    again = without(pickle.loads(data), name)
    assert again.get_params()[name] == default
    assert type(again).__name__ in repr(again)
    np.testing.assert_array_equal(use(again), expected)


def test_a_pickle_without_a_version_comes_from_an_unknown_one(pickled):
    regressor = pickle.loads(pickled["estimator"][0])
    with pytest.warns(InconsistentVersionWarning, match="from version unknown"):
        without(regressor, "_skrnn_version")
