"""Rows with every kind of index, and the windows that are expected of them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import strategies as st

from skrnn import SlidingWindow, Windows

N = 24
LENGTHS = st.integers(1, 5)
RATES = st.integers(1, 3)


def sliding(window_length, **params):
    """Return a window that takes rows whose history was not passed without a word."""
    return SlidingWindow(window_length, incomplete="ignore", **params)


def rows_of(n_rows=N, n_features=2, seed=0):
    return np.random.default_rng(seed).normal(size=(n_rows, n_features))


def expected_windows(rows, window_length, sampling_rate=1, anew=()):
    """Return the window of each row, NaN where there is no step.

    Rows ``anew`` are those before which the series is interrupted.
    """
    windows = np.full((len(rows), window_length, rows.shape[1]), np.nan)
    for t in range(len(rows)):
        for back in range(window_length):
            row = t - back * sampling_rate
            if row < 0 or any(row < first <= t for first in anew):
                break
            windows[t, window_length - 1 - back] = rows[row]
    return windows


def assert_windows(got, expected):
    assert isinstance(got, Windows)
    np.testing.assert_array_equal(np.asarray(got), expected)


#: One index of each kind that tells times, N long and without gaps.
INDEXES = {
    "dates": pd.date_range("2024-01-31 17:00", periods=N, freq="h"),
    "dates without a frequency": pd.DatetimeIndex(
        pd.date_range("2024-01-01", periods=N, freq="15min").to_numpy()
    ),
    "dates with jitter": pd.date_range("2024-01-01", periods=N, freq="h")
    + pd.to_timedelta(np.arange(N) * 7 % 4, unit="min"),
    "dates in seconds": pd.date_range("2024-01-01", periods=N, freq="D", unit="s"),
    "dates in UTC": pd.date_range("2024-01-01", periods=N, freq="h", tz="UTC"),
    "hours of summer time": pd.date_range(
        "2024-03-30 18:00", periods=N, freq="h", tz="Europe/Berlin"
    ),
    "days of summer time": pd.date_range("2024-03-20", periods=N, freq="D", tz="Europe/Berlin"),
    "days of winter time without a frequency": pd.DatetimeIndex(
        pd.date_range("2024-10-20", periods=N, freq="D", tz="Europe/Berlin").tolist()
    ),
    "month starts": pd.date_range("2023-01-01", periods=N, freq="MS"),
    "month ends without a frequency": pd.DatetimeIndex(
        pd.date_range("2023-01-01", periods=N, freq="ME").to_numpy()
    ),
    "quarters": pd.date_range("2015-01-01", periods=N, freq="QS"),
    "years": pd.date_range("1999-01-01", periods=N, freq="YS"),
    "business days": pd.bdate_range("2024-01-01", periods=N),
    "business days without a frequency": pd.DatetimeIndex(
        pd.bdate_range("2024-01-01", periods=N).to_numpy()
    ),
    "months": pd.period_range("2023-01", periods=N, freq="M"),
    "weeks": pd.period_range("2023-01", periods=N, freq="W"),
    "time differences": pd.timedelta_range("3h", periods=N, freq="10min"),
    "a range": pd.RangeIndex(5, 5 + 3 * N, 3),
    "integers": pd.Index(np.arange(N) - 7),
    "small integers": pd.Index(np.arange(N), dtype="uint8"),
    "nullable integers": pd.Index(np.arange(N), dtype="Int64"),
    "floats": pd.Index(np.arange(N) * 0.1),
}
#: Indexes that tell no times.
NAMES = {
    "strings": pd.Index([f"row {row}" for row in range(N)]),
    "letters that fall": pd.Index(list("zyxwvutsrqponmlkjihgfedc")),
    "booleans": pd.Index(np.arange(N) % 2 == 0),
    "strings that repeat": pd.Index(["row"] * N),
}
every_index = pytest.mark.parametrize("kind", INDEXES)
every_name = pytest.mark.parametrize("kind", NAMES)


def frame_of(kind, rows=None):
    rows = rows_of() if rows is None else rows
    return pd.DataFrame(rows, index=(INDEXES | NAMES)[kind], columns=["load", "wind"])


@st.composite
def splits(draw, last=N - 1):
    """Draw a window, and how many rows are fitted: as many as it reaches over, or more.

    There are six at least, of which the usual step of each kind of index can be told.
    """
    window_length, rate = draw(LENGTHS), draw(RATES)
    return window_length, rate, draw(st.integers(max(6, (window_length - 1) * rate + 1), last))
