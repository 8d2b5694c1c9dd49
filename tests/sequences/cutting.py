"""Series, windows drawn from them, and the loop that cuts them out, for several tests."""

import numpy as np
from hypothesis import strategies as st

from skrnn import Windows


def series_of(n_rows, n_features=2, seed=0):
    return np.random.default_rng(seed).normal(size=(n_rows, n_features))


def cut(data, targets, *, window_length, sampling_rate=1, stride=1, delay=1, horizon=1, anew=()):
    """Return the windows of a series and their targets, one after the other.

    Rows ``anew`` are those before which the series is interrupted.
    """
    windows, wanted = [], []
    for start in range(0, len(data), stride):
        rows = [start + step * sampling_rate for step in range(window_length)]
        asked = [rows[-1] + delay + ahead for ahead in range(horizon)]
        spanned = range(start + 1, max(rows[-1], asked[-1]) + 1)
        if spanned.stop > len(data) or any(row in anew for row in spanned):
            continue
        windows.append([np.ravel(data[row]) for row in rows])
        wanted.append(np.concatenate([np.ravel(targets[row]) for row in asked]))
    wanted = np.array(wanted)
    return np.array(windows), wanted[:, 0] if wanted[:1].size == 1 else wanted


LENGTHS = st.integers(1, 5)
RATES = st.integers(1, 3)
WIDTHS = st.none() | st.integers(1, 3)
SHAPES = st.fixed_dictionaries(
    {
        "window_length": LENGTHS,
        "sampling_rate": RATES,
        "stride": st.integers(1, 4),
        "delay": st.integers(0, 4),
        "horizon": st.integers(1, 3),
    }
)


def reached(shape):
    """Return how many rows a window reaches over with its targets."""
    span = (shape["window_length"] - 1) * shape["sampling_rate"] + 1
    return span + max(0, shape["delay"] + shape["horizon"] - 1)


def table(n_rows, width, seed):
    """Return random rows, in one dimension where there is no width."""
    return np.random.default_rng(seed).normal(size=n_rows if width is None else (n_rows, width))


@st.composite
def some_windows(draw):
    """Draw windows in any order, some of them incomplete, and the 3-D array that they are."""
    n_rows, window_length, rate = draw(st.integers(1, 20)), draw(LENGTHS), draw(RATES)
    series = series_of(n_rows, draw(st.integers(1, 3)), draw(st.integers(0, 99)))
    ends = np.array(draw(st.lists(st.integers(0, n_rows - 1), min_size=1, max_size=9)))
    most = np.minimum(window_length, ends // rate + 1)
    lengths = np.array([draw(st.integers(1, int(length))) for length in most])
    cube = np.full((len(ends), window_length, series.shape[1]), np.nan)
    for i, (end, length) in enumerate(zip(ends, lengths, strict=True)):
        for back in range(length):
            cube[i, window_length - 1 - back] = series[end - back * rate]
    return Windows(series, ends, lengths, window_length, rate), cube
