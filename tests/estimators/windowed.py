"""Windows of one series, and small estimators that are fitted on them, for several tests."""

import numpy as np

from skrnn import SlidingWindow, make_windows
from tests import conftest

N = 60
LENGTH = 6
RATES = (1, 3)


def series_of(n_rows=N, seed=0):
    """Return a random walk and noise, far from mean 0 and deviation 1."""
    noise = np.random.default_rng(seed).normal(size=(n_rows, 2))
    return np.column_stack([50 + np.cumsum(noise[:, 0]), 3 * noise[:, 1]])


def windows_of(series=None, **shape):
    series = series_of() if series is None else series
    return make_windows(series, series[:, 0], **{"window_length": LENGTH, **shape})


def sliding(rate=1, series=None):
    """Return a window for each row, the first ones incomplete, and a target for each."""
    series = series_of() if series is None else series
    windows = SlidingWindow(LENGTH, sampling_rate=rate).fit_transform(series)
    return windows, series[:, 0] - series[:, 1]


def make(name, **params):
    """Return a small estimator; batches of one size, so that little has to be compiled."""
    return conftest.make(name, **{"batch_size": 8, **params})


def labels(y):
    return np.where(y > np.median(y), "up", "down")


def assert_same_weights(model, other, tolerance=1e-5):
    for a, b in zip(model.weights_, other.weights_, strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def assert_equal_weights(model, other):
    for a, b in zip(model.weights_, other.weights_, strict=True):
        np.testing.assert_array_equal(a, b)
