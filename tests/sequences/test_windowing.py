"""Windows and targets are those that a plain loop cuts out; what cannot be cut is refused."""

import importlib.util
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skrnn import make_windows
from tests.sequences.cutting import SHAPES, WIDTHS, cut, reached, series_of, table

# ------------------------------------------------------------------ cutting


@settings(deadline=None)
@given(
    shape=SHAPES,
    more=st.integers(0, 12),
    width=WIDTHS,
    n_targets=WIDTHS,
    itself=st.booleans(),
    seed=st.integers(0, 99),
)
def test_windows_and_targets_are_those_of_a_loop(shape, more, width, n_targets, itself, seed):
    data = table(reached(shape) + more, width, seed)
    targets = None if itself else table(len(data), n_targets, seed + 1)
    windows, y = make_windows(data, targets, **shape)
    expected, wanted = cut(data, data if itself else targets, **shape)
    np.testing.assert_array_equal(np.asarray(windows), expected)
    np.testing.assert_array_equal(y, wanted)
    assert windows.shape == expected.shape
    assert y.shape == wanted.shape


@settings(deadline=None)
@given(shape=SHAPES, dropped=st.sets(st.integers(1, 20), max_size=6), as_series=st.booleans())
def test_no_window_nor_its_targets_span_a_gap(shape, dropped, as_series):
    # Long enough on both sides that hourly steps are the usual ones and a window fits.
    hours = pd.date_range("2024-01-01", periods=60, freq="h")
    frame = pd.DataFrame({"load": np.arange(60.0)}, index=hours).drop(hours[sorted(dropped)])
    kept = frame["load"].to_numpy()
    anew = {row + 1 for row, (a, b) in enumerate(pairwise(kept)) if b - a > 1}
    windows, y = make_windows(frame["load"] if as_series else frame, **shape)
    expected, wanted = cut(kept, kept, anew=anew, **shape)
    np.testing.assert_array_equal(np.asarray(windows), expected)
    np.testing.assert_array_equal(y, wanted)


@settings(deadline=None)
@given(shape=SHAPES, row=st.integers(0, 39))
def test_a_window_does_not_change_with_the_rows_after_it(shape, row):
    data = series_of(40)
    changed = np.where(np.arange(40)[:, None] > row, 1e6, data)
    windows, others = make_windows(data, **shape)[0], make_windows(changed, **shape)[0]
    before = windows.ends <= row
    np.testing.assert_array_equal(np.asarray(windows[before]), np.asarray(others[before]))
    assert (np.asarray(others[~before])[:, -1] == 1e6).all()


def test_any_series_may_be_given():
    rows = np.arange(10.0)
    forms = [
        rows,
        rows.tolist(),
        rows[:, None],
        rows.astype(int),
        rows.astype(np.float32),
        pd.Series(rows),
        pd.DataFrame({"a": rows}),
    ]
    for data in forms:
        windows, y = make_windows(data, window_length=3)
        assert np.asarray(windows)[:, :, 0].tolist() == [[t, t + 1, t + 2] for t in range(7)]
        assert y.tolist() == [3, 4, 5, 6, 7, 8, 9]
        assert windows.dtype in (np.float64, np.float32)


def test_targets_may_be_labels():
    windows, y = make_windows(np.arange(5.0), list("abcde"), window_length=2, delay=0)
    assert y.tolist() == ["b", "c", "d", "e"]
    assert len(windows) == 4


# Keras cuts windows with a function that needs the package of TensorFlow on every backend;
# without it there is nothing to compare with.
if importlib.util.find_spec("tensorflow"):

    @pytest.mark.parametrize(
        "shape",
        [
            {"window_length": 1},
            {"window_length": 5, "sampling_rate": 3},
            {"window_length": 4, "stride": 3},
            {"window_length": 3, "sampling_rate": 2, "stride": 2, "delay": 4},
            {"window_length": 6, "delay": 0, "horizon": 3},
        ],
    )
    def test_windows_are_those_of_keras(shape):
        import keras

        data, targets = series_of(40), np.arange(40.0)
        windows, y = make_windows(data, targets, **shape)
        rate, horizon = shape.get("sampling_rate", 1), shape.get("horizon", 1)
        ahead = (shape["window_length"] - 1) * rate + shape.get("delay", 1)
        # Keras takes the target that stands at the row where a window starts.
        shifted = np.stack([targets[ahead + k : 41 - horizon + k] for k in range(horizon)], axis=1)
        batches = keras.utils.timeseries_dataset_from_array(
            data,
            shifted,
            sequence_length=shape["window_length"],
            sequence_stride=shape.get("stride", 1),
            sampling_rate=rate,
            batch_size=None,
        )
        theirs = [(np.asarray(x), np.asarray(wanted)) for x, wanted in batches]
        np.testing.assert_allclose(np.asarray(windows), [x for x, _ in theirs], rtol=1e-6)
        np.testing.assert_array_equal(y.reshape(len(y), -1), [wanted for _, wanted in theirs])


# ------------------------------------------------------------------ what is refused


HOURS = pd.date_range("2024-01-01", periods=6, freq="h")
FRAME = pd.DataFrame({"load": np.arange(6.0)}, index=HOURS)
REFUSED = {
    "no steps": (FRAME, {"window_length": 0}, ["window_length=0", "an int >= 1"]),
    "part of a step": (FRAME, {"window_length": 2.0}, ["window_length=2.0", "an int >= 1"]),
    "no rate": (
        FRAME,
        {"window_length": 2, "sampling_rate": 0},
        ["sampling_rate=0 was given to make_windows", "an int >= 1"],
    ),
    "no stride": (FRAME, {"window_length": 2, "stride": 0}, ["stride=0", "an int >= 1"]),
    "no horizon": (FRAME, {"window_length": 2, "horizon": 0}, ["horizon=0", "an int >= 1"]),
    "a target inside the window": (
        FRAME,
        {"window_length": 2, "delay": -1},
        ["delay=-1 was given to make_windows", "an int >= 0"],
    ),
    "a window longer than the series": (
        FRAME,
        {"window_length": 4, "sampling_rate": 2},
        ["window_length=4 with sampling_rate=2 reaches over 7 rows", "n_samples=6", "shorter"],
    ),
    "targets beyond the end": (
        FRAME,
        {"window_length": 4, "delay": 2, "horizon": 2},
        ["window of 4 rows with delay=2 and horizon=2", "over 7 rows", "has 6", "shorter"],
    ),
    "other targets": (
        FRAME,
        {"targets": np.arange(5.0), "window_length": 2},
        [r"inconsistent numbers of samples: \[6, 5\]"],
    ),
    "only short pieces": (
        FRAME.iloc[[0, 1, 4, 5]],
        {"window_length": 2, "delay": 1},
        ["no 3 rows follow each other without a gap"],
    ),
    "a cube": (np.zeros((4, 3, 2)), {"window_length": 2}, ["dim 3", "<= 2"]),
    "a scalar": (3.0, {"window_length": 2}, ["scalar"]),
    "text": (np.array(["a", "b", "c"]), {"window_length": 2}, ["data holds texts, such as 'a'"]),
    "repeated times": (
        FRAME.iloc[[0, 1, 1, 2]],
        {"window_length": 2},
        ["has to rise", "row 2, 2024-01-01 01:00:00, is repeated", "remove repeated times"],
    ),
    "falling times": (
        FRAME.iloc[[0, 2, 1, 3]],
        {"window_length": 2},
        ["has to rise", "row 2, 2024-01-01 01:00:00, is earlier", "sort_index"],
    ),
    "missing times": (
        FRAME.set_axis([*HOURS[:5], pd.NaT]),
        {"window_length": 2},
        ["missing times", "drop those rows"],
    ),
    "a panel": (
        pd.concat({"a": FRAME, "b": FRAME}),
        {"window_length": 2},
        ["index of 2 levels", "each instance by itself"],
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_cut_says_what_was_given_and_what_to_do(case):
    data, params, says = REFUSED[case]
    with pytest.raises(ValueError) as caught:  # noqa: PT011  (each case has its own words)
        make_windows(data, **params)
    for words in says:
        assert caught.match(words)


@settings(deadline=None)
@given(shape=SHAPES, fewer=st.integers(1, 5))
def test_a_series_shorter_than_one_window_with_its_targets_is_refused(shape, fewer):
    n_rows = max(1, reached(shape) - fewer)
    if n_rows < reached(shape):
        with pytest.raises(ValueError, match=r"rows, and the series has .*give more rows"):
            make_windows(np.zeros(n_rows), **shape)
    assert len(make_windows(np.zeros(reached(shape)), **shape)[0]) == 1


def test_targets_may_be_the_name_of_a_column():
    data = pd.DataFrame({"load": np.arange(6.0), "wind": np.arange(6.0) ** 2})
    windows, y = make_windows(data, "wind", window_length=2)
    assert windows.shape == (4, 2, 2)
    np.testing.assert_array_equal(y, [4.0, 9.0, 16.0, 25.0])
    with pytest.raises(ValueError, match=r"targets='sun' was given .* columns \['load', 'wind'\]"):
        make_windows(data, "sun", window_length=2)
    with pytest.raises(ValueError, match="data has no named columns"):
        make_windows(data.to_numpy(), "wind", window_length=2)


def test_targets_with_other_times_are_refused():
    data = pd.DataFrame({"load": np.arange(6.0)}, index=pd.date_range("2024", periods=6))
    with pytest.raises(ValueError, match="targets has another index than data"):
        make_windows(data, data["load"][::-1], window_length=2)
