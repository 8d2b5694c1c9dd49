"""Sequences in several forms, and how scaled ones are compared, for the tests of the scaler."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

METHODS = ["standard", "minmax", "robust"]
every_method = pytest.mark.parametrize("method", METHODS)
every_per = pytest.mark.parametrize("per", ["feature", "sequence"])
#: Eighths have no rounding error, so what is constant is exactly so.
NUMBERS = st.integers(-4000, 4000).map(lambda number: number / 8)
SOME_MISSING = NUMBERS | st.just(np.nan)
METHOD = st.sampled_from(METHODS)
PER = st.sampled_from(["feature", "sequence"])


@st.composite
def ragged(draw, elements=SOME_MISSING):
    """Draw a list of arrays (n_steps_i, n_features)."""
    n_features = draw(st.integers(1, 3))
    lengths = draw(st.lists(st.integers(1, 6), min_size=1, max_size=5))
    return [draw(arrays(np.float64, (length, n_features), elements=elements)) for length in lengths]


@st.composite
def cubes(draw, elements=SOME_MISSING):
    """Draw an array (n_samples, n_steps, n_features)."""
    return draw(arrays(np.float64, st.tuples(*[st.integers(1, 4)] * 3), elements=elements))


def reference(method, **params):
    """Return the scaler of scikit-learn."""
    kinds = {"standard": StandardScaler, "minmax": MinMaxScaler, "robust": RobustScaler}
    return kinds[method](**params)


def assert_close(a, b):
    np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)


def assert_all_close(a, b):
    assert len(a) == len(b)
    for one, other in zip(a, b, strict=True):
        assert_close(one, other)


def cube_of(n_samples=6, n_steps=5, n_features=2, seed=0):
    return np.random.default_rng(seed).normal(3, 2, (n_samples, n_steps, n_features))


CUBE = cube_of()


def by_hand(sequence, method):
    """Return one sequence scaled by its own statistics."""
    scaled = np.full_like(sequence, np.nan)
    for feature, column in enumerate(sequence.T):
        seen = column[~np.isnan(column)]
        if len(seen) == 0:
            continue
        if method == "standard":
            center, scale = seen.mean(), seen.std()
        elif method == "minmax":
            center, scale = seen.min(), seen.max() - seen.min()
        else:
            lower, upper = np.quantile(seen, [0.25, 0.75])
            center, scale = np.median(seen), upper - lower
        scaled[:, feature] = (column - center) / (scale or 1)
    return scaled


def as_objects(sequences):
    objects = np.empty(len(sequences), dtype=object)
    for row, sequence in enumerate(sequences):
        objects[row] = sequence
    return objects


def as_frames(sequences):
    days = [
        pd.date_range("2024-01-01", periods=len(sequence), name="day") for sequence in sequences
    ]
    return [
        pd.DataFrame(sequence, columns=["level", "flow"], index=index)
        for sequence, index in zip(sequences, days, strict=True)
    ]


def as_panel(sequences):
    return pd.concat(dict(enumerate(as_frames(sequences), 10)), names=["site", "day"])


def as_nameless_panel(sequences):
    return as_panel(sequences).set_axis([0, 1], axis=1)


def series_of(n_rows=30, n_features=2):
    series = np.random.default_rng(3).normal(5, 2, (n_rows, n_features)).cumsum(axis=0)
    series[4, 0] = np.nan
    return series
