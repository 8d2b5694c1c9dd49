"""Fits for several processes, which import this module."""

import os
import time
from functools import partial

import numpy as np

import skrnn
from skrnn import networks
from skrnn.engine import batches, checkpoints

generator = np.random.default_rng(0)
X = generator.normal(size=(70, 11, 3))
RAGGED = [x[: 3 + number % 9] for number, x in enumerate(X)]
Y = X[:, :3, 0].sum(axis=1) + 5
WEIGHT = generator.uniform(0.5, 2, size=70)
SERIES = np.sin(np.arange(90) / 3) + generator.normal(scale=0.1, size=90)


def regressor(**params):
    """Return a small regressor, with two batches per epoch unless ``batch_size`` is given."""
    settings = {"units": 4, "epochs": 5, "batch_size": 37, "random_state": 0}
    return skrnn.GRURegressor(**settings | params)


def labeler():
    """Return a labeler that carries its state from chunk to chunk."""
    settings = {"causal": True, "epochs": 5, "bptt_length": 2, "batch_size": 5, "random_state": 0}
    return skrnn.SequenceLabeler(network=networks.LSTM(units=3), **settings)


def forecaster():
    """Return a forecaster with a validation set."""
    settings = {"units": 3, "epochs": 5, "window_length": 8, "horizon": 3, "random_state": 0}
    return skrnn.GRUForecaster(early_stopping=True, **settings)


#: Estimators without dropout, with the arguments of their ``fit``.
FITS = {
    "weighted": (regressor, (X, Y, WEIGHT)),
    "odd batches": (partial(regressor, batch_size=7), (X, Y)),
    "fewer rows than devices": (partial(regressor, batch_size=1, epochs=1), (X[:3], Y[:3])),
    "ragged, stops early": (partial(regressor, early_stopping=True), (RAGGED, Y)),
    "two networks": (partial(regressor, n_networks=2, metrics=["r2"]), (X, Y)),
    "carried states": (labeler, (RAGGED, [x[:, 0] for x in RAGGED])),
    "forecaster": (forecaster, (SERIES, None, [1, 2, 3])),
}
#: These draw masks or statistics on each device.
BY_DEVICE = {
    "dropout": (partial(regressor, dropout=0.3), (X, Y)),
    "recurrent dropout": (partial(regressor, recurrent_dropout=0.3), (X, Y)),
}


class Several:
    """Estimator that fits others, one after the other."""

    def __init__(self, names):
        self.names = names

    def fit(self):
        """Keep the histories and the weights of all networks; also of tables beyond the memory."""
        fits = FITS | BY_DEVICE
        self.fitted_ = {name: learned(fits[name][0](), fits[name][1]) for name in self.names}
        batches.RESIDENT_BYTES = 0
        self.gathered_ = {name: learned(fits[name][0](), fits[name][1]) for name in self.names}
        return self


def learned(model, data):
    """Return the histories and the weights of an estimator after its fit."""
    model.fit(*data)
    return [(dict(one.history), list(one.weights)) for one in model.networks_]


class Slow(skrnn.GRURegressor):
    """Regressor that saves a checkpoint after each epoch."""

    def fit(self, X, y):
        """Fit."""
        checkpoints.SECONDS = checkpoints.TIMES_AS_LONG = 0
        return super().fit(X, y)


class Failing:
    """Estimator whose fit fails in one way or another."""

    def __init__(self, how):
        self.how = how

    def fit(self):
        """Fail."""
        if self.how == "raises":
            raise CurvedError(1, 2)
        if self.how == "exits":
            os._exit(7)
        time.sleep(600)


class CurvedError(Exception):
    """Exception that cannot be made again from its text."""

    def __init__(self, one, other):
        super().__init__(f"{one} and {other}")
