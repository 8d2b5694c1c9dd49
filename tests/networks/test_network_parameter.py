"""Estimators have networks and are none; others are refused with the way to write one."""

import keras
import numpy as np
import pandas as pd
import pytest

import skrnn
from skrnn import networks

NAMED = [
    f"{network}{task}"
    for network in ("RNN", "LSTM", "GRU", "TCN")
    for task in ("Regressor", "Classifier", "Forecaster")
]
X = np.random.default_rng(0).normal(size=(6, 4, 2))
SERIES = pd.Series(np.arange(30.0))

#: Every estimator that takes any network, and the arguments of its fit.
TAKING_A_NETWORK = {
    "SequenceRegressor": (X, X[:, 0, 0]),
    "SequenceClassifier": (X, [0, 1] * 3),
    "SequenceLabeler": (X, X[:, :, :1]),
    "SequenceAnomalyDetector": (X,),
    "SequenceGenerator": ("to be or not to be",),
    "SequenceTranslator": (["to be", "or not"], ["be to", "not or"]),
    "SequenceForecaster": (SERIES,),
}


@pytest.mark.parametrize("name", NAMED)
def test_an_estimator_owns_its_network_and_is_none(name):
    estimator = getattr(skrnn, name)()
    kind = getattr(networks, name[:4].rstrip("RCF") if name.startswith("LSTM") else name[:3])
    assert estimator.network_class is kind
    assert not isinstance(estimator, networks.Network)
    parameters = networks.TCNParameters if kind is networks.TCN else networks.RecurrentParameters
    assert isinstance(estimator, parameters)
    for parameter, declared in kind._parameters.items():  # classifiers have defaults of their own
        own = estimator._parameters[parameter]
        assert (own.domain, own.doc) == (declared.domain, declared.doc)
    of_declarations = {*dir(parameters), *kind._parameters}
    builders = {member for member in dir(kind()) if member[:1] != "_"} - of_declarations
    assert {"encode", "steps", "stages", "key", "rates", "hidden_width"} <= builders
    assert not builders & set(dir(estimator))


def test_every_estimator_that_takes_a_network_is_tested():
    taking = {
        name
        for name in skrnn.__all__
        if "network" in getattr(skrnn, name).__dict__.get("_parameters", {})
    }
    assert taking == set(TAKING_A_NETWORK)


GIVEN = {
    "GRURegressor": (skrnn.GRURegressor, r"GRURegressor is an estimator.*networks\.GRU\(units="),
    "TCNClassifier": (skrnn.TCNClassifier, r"an estimator.*networks\.TCN\(filters=\.\.\.\)"),
    "GRUForecaster": (skrnn.GRUForecaster, r"GRUForecaster is an estimator.*GRU\(units="),
    "SequenceRegressor": (skrnn.SequenceRegressor, r"an estimator.*networks\.GRU\(units="),
    "layer": (lambda: keras.layers.GRU(4), r"GRU is a Keras layer.*networks\.GRU\(units="),
    "other layer": (lambda: keras.layers.SimpleRNN(4), r"Keras layer.*networks\.RNN\(units="),
    "model": (
        lambda: keras.Sequential([keras.Input((4, 2)), keras.layers.GRU(4)]),
        r"Sequential is a Keras model.*networks\.GRU\(units=.*a function that makes its layers",
    ),
}


@pytest.mark.parametrize("given", GIVEN)
@pytest.mark.parametrize("name", TAKING_A_NETWORK)
def test_an_estimator_a_layer_and_a_model_are_refused_as_network(name, given):
    make, message = GIVEN[given]
    with pytest.raises(ValueError, match=f"network=.* was given to {name}, (?s:.*){message}"):
        getattr(skrnn, name)(network=make()).fit(*TAKING_A_NETWORK[name])


@pytest.mark.parametrize("kind", [networks.GRU, skrnn.GRURegressor, keras.layers.GRU])
def test_a_class_is_refused_as_network(kind):
    with pytest.raises(ValueError, match=rf"is a class, so give an object.*{kind.__name__}\(\)"):
        skrnn.SequenceRegressor(network=kind).fit(X, X[:, 0, 0])
