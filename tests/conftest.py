"""Settings and fixtures of all tests. Nothing here is imported before the environment is set."""

import gc
import os
from contextlib import contextmanager

# Without it scikit-learn skips its array API check.
os.environ["SCIPY_ARRAY_API"] = "1"
# Workers beside each other; more threads than cores would wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# The tests compile thousands of programs and run each for a moment. 0 compiles as for users.
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")

import numpy as np
import pytest

import skrnn
from skrnn._backend import load_keras
from skrnn.estimators.sequence_data import SequenceData

# The choice of the backend is skrnn's; a test module that imports Keras first would make it.
load_keras()

REGRESSORS = [name for name in skrnn.__all__ if name.endswith("Regressor")]
CLASSIFIERS = [name for name in skrnn.__all__ if name.endswith("Classifier")]
ESTIMATORS = [*REGRESSORS, *CLASSIFIERS]
FORECASTERS = [name for name in skrnn.__all__ if name.endswith("Forecaster")]


def pytest_collection_finish():
    """Leave what is imported out of all garbage collections, of which a compilation makes many."""
    gc.collect()
    gc.freeze()


def make(name, **params):
    """Return an estimator of a small network that fits in a moment."""
    small = {"filters": 4} if name.startswith("TCN") else {"units": 4}
    if name.startswith("Sequence"):
        small = {"network": skrnn.networks.GRU(units=4)}
    settings = {"epochs": 2, "random_state": 0, **small, **params}
    return getattr(skrnn, name)(**settings)


def targets(name, X, *, seed=0):
    """Return targets of the kind that the estimator predicts, learnable from X."""
    last = np.array([np.ravel(sequence[-1])[0] for sequence in X])
    if name.endswith("Regressor"):
        return last + 0.1 * np.random.default_rng(seed).normal(size=len(last))
    return np.where(last > np.median(last), "up", "down")


def stopped_by_hand(scores, patience):
    """Return the number of epochs, and the best one, of a loop over the scores from epoch 0 on."""
    best, waited = 0, 0
    for epoch, score in enumerate(scores[1:], 1):
        if score > scores[best]:
            best, waited = epoch, 0
        else:
            waited += 1
        if waited == patience:
            return epoch, best
    return len(scores) - 1, best


@contextmanager
def all_optimizations():
    """Compile as for users, where a test trains for longer than that takes."""
    if load_keras().config.backend() != "jax":
        yield
        return
    import jax

    name = "jax_disable_most_optimizations"
    before = jax.config.read(name)
    jax.config.update(name, False)
    try:
        yield
    finally:
        jax.config.update(name, before)


@pytest.fixture
def cube():
    """Return 24 sequences of 7 steps and 2 features."""
    return np.random.default_rng(0).normal(size=(24, 7, 2))


@pytest.fixture
def y(cube):
    """Return a number for each sequence of the cube, learnable from it."""
    return targets("GRURegressor", cube)


@pytest.fixture
def ragged():
    """Return 24 sequences of 3 to 12 steps and 2 features."""
    generator = np.random.default_rng(1)
    return [generator.normal(size=(n, 2)) for n in generator.integers(3, 13, size=24)]


def unlabeled(windows):
    """Return windows as estimators read them, without targets."""
    return SequenceData(windows.sequences(), None, np.ones(len(windows)))
