"""Series, panels and a small forecaster that several tests of forecasting share."""

import numpy as np
import pandas as pd
import pytest

import skrnn

DAYS = pd.date_range("2024-01-01", periods=60, freq="D")
N = 40


def make(**params):
    """Return a forecaster that is fitted in a moment, and that starts from no simple forecast."""
    small = {
        "units": 2,
        "epochs": 1,
        "window_length": 4,
        "differences": None,
        "early_stopping": False,
        "random_state": 0,
    }
    return skrnn.GRUForecaster(**{**small, **params})


def wave(n=N, start=0, seed=0):
    """Return n days of a noisy wave."""
    noise = np.random.default_rng(seed).normal(scale=0.1, size=60)
    values = (np.sin(np.arange(60) / 3) + noise)[start : start + n]
    return pd.Series(values, index=DAYS[start : start + n], name="load")


def prices(n=N, start=0):
    """Return covariates of the same days."""
    values = np.random.default_rng(9).normal(size=60)[start : start + n]
    return pd.DataFrame({"price": values}, index=DAYS[start : start + n])


def panel(names=("shop", "day"), **parts):
    """Return series as a panel by their keys."""
    frames = {key: pd.DataFrame(part) for key, part in parts.items()}
    return pd.concat(frames, names=names)


def refuses(method, *args, match, error=ValueError, **kwargs):
    """Assert that a method raises, says why, and leaves no trace."""
    before = dict(vars(method.__self__))
    with pytest.raises(error, match=match):
        method(*args, **kwargs)
    after = vars(method.__self__)
    assert set(after) == set(before)
    # The steps of the horizon are sktime's own, set before any check.
    assert all(after[name] is before[name] for name in before if name != "_fh")
