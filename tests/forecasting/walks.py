"""Random walks with a season, and small forecasters of every strategy, for several tests."""

import functools

import numpy as np
import pandas as pd
import pytest

import skrnn

N = 48
SMALL = {
    "units": 2,
    "epochs": 1,
    "window_length": 6,
    "differences": None,
    "early_stopping": False,
    "horizon": 3,
    "batch_size": 8,
    "random_state": 0,
}
#: What makes code paths differ, in few programs.
SETTINGS = {
    "direct": {},
    "recursive": {"strategy": "recursive", "normalization": "global", "loss": "quantile"},
    "seq2seq": {
        "strategy": "seq2seq",
        "loss": "gaussian",
        "normalization": "series",
        "differences": 1,
    },
    "smooth": {"differences": "auto", "window_length": "auto", "early_stopping": "auto"},
    "channels": {"channel_independent": True, "segment_length": 2, "loss": "student_t"},
}
each_setting = pytest.mark.parametrize("name", SETTINGS)


def make(**params):
    return skrnn.GRUForecaster(**{**SMALL, **params})


def series(n=N, seed=0, index=None):
    """Return a random walk with a season, far from mean 0 and deviation 1."""
    index = pd.period_range("2000-01", periods=n, freq="M") if index is None else index
    noise = np.random.default_rng(seed).normal(size=len(index))
    season = 3 * np.sin(np.arange(len(index)) * np.pi / 6)
    return pd.Series(60 + np.cumsum(noise) + season, index=index, name="y")


def panel(*parts, keys="abcdefgh"):
    """Return series as the instances of a panel."""
    frames = {key: part.to_frame() for key, part in zip(keys, parts, strict=False)}
    return pd.concat(frames, names=["instance", "time"])


def values_for(name, n=N, seed=0):
    """Return a series for a setting: one of two columns where channels are apart."""
    one = series(n, seed)
    if name != "channels":
        return one
    return pd.DataFrame({"load": one, "wind": series(n, seed + 10) / 7})


@functools.cache
def fitted(name="direct"):
    """Return a forecaster fitted on the first 36 times, never to be changed."""
    return make(**SETTINGS[name]).fit(values_for(name)[:36])


def fresh(name="direct"):
    """Return a forecaster fitted on the first 36 times."""
    return make(**SETTINGS[name]).fit(values_for(name)[:36])


def from_pretrained(y, **params):
    """Return a forecaster fitted on y with the weights of a panel."""
    return make(**params).pretrain(panel(series(seed=5), series(seed=6))).fit(y)


def same(a, b, tolerance=1e-5):
    """Assert that frames or series are equal, index and columns included."""
    assert type(a) is type(b)
    equal = pd.testing.assert_frame_equal if a.ndim == 2 else pd.testing.assert_series_equal
    equal(a, b, rtol=tolerance, atol=tolerance, check_freq=False)


def equal_weights(a, b):
    return all(np.array_equal(one, other) for one, other in zip(a, b, strict=True))


def covariates(n, seed=3):
    index = pd.period_range("2000-01", periods=n, freq="M")
    generator = np.random.default_rng(seed)
    return pd.DataFrame({"a": np.arange(n) % 5.0, "b": generator.normal(size=n)}, index=index)
