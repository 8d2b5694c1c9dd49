"""Windows are an array that holds positions in a series, and are read as its sequences."""

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils import _safe_indexing, check_array

import skrnn.sequences.table
from skrnn import Windows, make_windows
from skrnn.sequences import InputFormat, read_sequences
from tests.sequences.cutting import series_of, some_windows


class Reader(BaseEstimator):
    """Record the columns of what is read."""


# ------------------------------------------------------------------ array-like


@settings(deadline=None)
@given(drawn=some_windows())
def test_windows_are_an_array_with_nan_where_there_is_no_step(drawn):
    windows, cube = drawn
    np.testing.assert_array_equal(np.asarray(windows), cube)
    np.testing.assert_array_equal(windows.flat(), cube.reshape(len(cube), -1))
    assert windows.shape == cube.shape
    assert windows.ndim == 3
    assert len(windows) == len(cube)
    assert windows.dtype == np.asarray(windows).dtype
    for window, expected in zip(windows, cube, strict=True):
        np.testing.assert_array_equal(window, expected[~np.isnan(expected).any(axis=1)])


@st.composite
def keys(draw, n):
    """Draw what may stand for rows of an array of n rows."""
    row = st.integers(-n, n - 1)
    bound = st.none() | st.integers(-n - 2, n + 2)
    rows = draw(st.lists(row, max_size=6))
    mask = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    every = [
        slice(draw(bound), draw(bound), draw(st.sampled_from([None, 1, 2, -1, -2]))),
        np.array(rows, dtype=np.int64),
        np.array(rows, dtype=np.int32),
        rows,
        np.array(mask),
        mask,
    ]
    return draw(st.sampled_from(every))


@settings(deadline=None)
@given(drawn=some_windows(), data=st.data())
def test_indexing_gives_the_windows_at_those_rows(drawn, data):
    windows, cube = drawn
    key = data.draw(keys(len(cube)))
    for got in (windows[key], windows[key, ...], windows[key,]):
        assert isinstance(got, Windows)
        assert got.series is windows.series
        np.testing.assert_array_equal(np.asarray(got), cube[key])
        assert got.shape == cube[key].shape


@settings(deadline=None)
@given(drawn=some_windows(), data=st.data())
def test_a_number_gives_one_window_without_absent_steps(drawn, data):
    windows, cube = drawn
    row = data.draw(st.integers(-len(cube), len(cube) - 1))
    expected = cube[row][~np.isnan(cube[row]).any(axis=1)]
    for got in (windows[row], windows[np.int64(row)], windows[row, ...]):
        np.testing.assert_array_equal(got, expected)
        assert np.shares_memory(got, windows.series)


AXES = st.integers(0, 0) | st.just(slice(None)) | st.just(slice(None, None, -1)) | st.just(...)


@settings(deadline=None)
@given(drawn=some_windows(), step=AXES, feature=AXES, data=st.data())
def test_indexing_steps_and_features_gives_an_array(drawn, step, feature, data):
    windows, cube = drawn
    row = data.draw(st.integers(-len(cube), len(cube) - 1))
    for rows in (row, slice(row, None)):
        if step is not ... and feature is not ...:
            np.testing.assert_array_equal(windows[rows, step, feature], cube[rows, step, feature])
        if step is not ...:
            np.testing.assert_array_equal(windows[rows, step], cube[rows, step])
        if feature is not ...:
            np.testing.assert_array_equal(windows[rows, ..., feature], cube[rows, ..., feature])


def test_what_names_no_rows_indexes_the_array():
    windows, _ = make_windows(series_of(9), window_length=3)
    cube = np.asarray(windows)
    for key in (..., None, (..., 0), (None, 2), cube > 0, ()):
        np.testing.assert_array_equal(windows[key], cube[key])


@pytest.mark.parametrize("key", [99, -99, [0, 99], np.ones(3, dtype=bool), 1.0, "row"])
def test_what_numpy_cannot_index_windows_cannot_either(key):
    windows, _ = make_windows(series_of(9), window_length=3)
    for indexed in (windows, np.asarray(windows)):
        with pytest.raises(IndexError):
            indexed[key]


@pytest.mark.parametrize("array_api", [False, True])
def test_scikit_learn_splits_windows(array_api):
    windows, y = make_windows(series_of(30), np.arange(30), window_length=3)
    cube = np.asarray(windows)
    with config_context(array_api_dispatch=array_api):
        for key in (np.array([4, 0, 4]), [1, 2], slice(3, 9), y > 20):
            np.testing.assert_array_equal(_safe_indexing(windows, key), cube[key])
        parts = train_test_split(windows, y, random_state=0)
    assert array_api or all(isinstance(part, Windows) for part in parts[:2])
    for X, target in zip(parts[:2], parts[2:], strict=True):
        np.testing.assert_array_equal(X, cube[target - 3])
    np.testing.assert_array_equal(check_array(windows, allow_nd=True), cube)


def test_numpy_takes_windows():
    windows, _ = make_windows(series_of(30), window_length=3)
    taken = np.take(windows, [4, 0, 4], axis=0)
    assert isinstance(taken, Windows)
    np.testing.assert_array_equal(taken, np.asarray(windows)[[4, 0, 4]])
    with pytest.raises(ValueError, match="axis=1 was given; Windows are taken along axis 0"):
        np.take(windows, [0], axis=1)


def test_windows_become_arrays_of_any_type_but_only_by_copying():
    windows, _ = make_windows(series_of(9), window_length=3)
    assert np.asarray(windows, dtype=np.float32).dtype == np.float32
    assert not np.shares_memory(np.array(windows), windows.series)
    np.testing.assert_array_equal(np.array(windows, copy=True), np.asarray(windows))
    with pytest.raises(ValueError, match="windows are copied when they become an array"):
        np.asarray(windows, copy=False)


def test_windows_say_what_they_are():
    windows, _ = make_windows(np.arange(6.0), window_length=3)
    assert repr(windows) == "Windows(3 windows of 3 steps x 1 feature, over 6 rows)"
    windows, _ = make_windows(series_of(6), window_length=2, sampling_rate=2)
    assert repr(windows[1:]) == "Windows(2 windows of 2 steps x 2 features, over 6 rows)"


# ------------------------------------------------------------------ positions only


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_nothing_is_copied(dtype):
    data = series_of(50).astype(dtype)
    windows, _ = make_windows(data, window_length=20)
    parts = [windows, windows[3:9], windows[[1, 1, 0]], windows[windows.ends > 30, ...]]
    for part in parts:
        assert np.shares_memory(part.series, data)
        assert np.shares_memory(part.sequences().steps, data)
        assert np.shares_memory(
            read_sequences(Reader(), part, InputFormat(), reset=True).steps, data
        )


def test_a_memory_map_stays_one(tmp_path):
    written = np.memmap(tmp_path / "series", dtype=np.float32, mode="w+", shape=(100, 2))
    written[:] = series_of(100)
    mapped = np.memmap(tmp_path / "series", dtype=np.float32, mode="r", shape=(100, 2))
    windows, _ = make_windows(mapped, written[:, 0], window_length=10, sampling_rate=2)
    assert np.shares_memory(windows[5:].series, mapped)
    np.testing.assert_array_equal(windows[7], series_of(100).astype(np.float32)[7:27:2])


def test_a_pickle_is_as_large_as_the_series():
    data = series_of(2000)
    windows, _ = make_windows(data, window_length=500)
    size = len(pickle.dumps(windows))
    assert data.nbytes < size < data.nbytes + 2 * 8 * len(windows) + 2000
    assert len(pickle.dumps(windows[:10])) < data.nbytes + 2000


@settings(deadline=None)
@given(drawn=some_windows())
def test_pickled_windows_are_the_same(drawn):
    windows, cube = drawn
    again = pickle.loads(pickle.dumps(windows))
    np.testing.assert_array_equal(np.asarray(again), cube)
    np.testing.assert_array_equal(np.asarray(again[::-1]), cube[::-1])


# ------------------------------------------------------------------ as sequences


def lists(sequences):
    """Return the steps of each sequence as nested Python lists."""
    return [
        [
            sequences.steps[start + step * sequences.stride].tolist()
            for step in range(sequences.lengths[i])
        ]
        for i, start in enumerate(sequences.starts)
    ]


def present(cube):
    """Return the steps of each window of a 3-D array that are there."""
    return [[step.tolist() for step in window if not np.isnan(step).any()] for window in cube]


@settings(deadline=None)
@given(drawn=some_windows())
def test_windows_are_read_as_their_sequences(drawn):
    windows, cube = drawn
    reader = Reader()
    sequences = read_sequences(reader, windows, InputFormat(), reset=True)
    assert lists(sequences) == present(cube)
    assert lists(sequences.contiguous()) == present(cube)
    assert sequences.contiguous().stride == 1
    assert sequences.n_steps == sequences.longest == cube.shape[1]
    assert sequences.ends.tolist() == sequences.times.tolist() == windows.ends.tolist()
    assert reader.n_features_in_ == cube.shape[2]


@settings(deadline=None)
@given(drawn=some_windows(), at_end=st.booleans(), more=st.integers(0, 3), data=st.data())
def test_a_batch_of_windows_is_padded_on_one_side(drawn, at_end, more, data):
    windows, cube = drawn
    rows = np.array(data.draw(st.lists(st.integers(0, len(cube) - 1), min_size=1)))
    n_steps = cube.shape[1] + more
    out = np.empty((len(rows), n_steps, cube.shape[2]))
    values, real = windows.sequences().gather(rows, n_steps, at_end=at_end, out=out)
    assert values is out
    for row, got, steps in zip(rows, values, real, strict=True):
        expected = present(cube)[row]
        padding = [False] * (n_steps - len(expected))
        there = [True] * len(expected)
        assert steps.tolist() == (padding + there if at_end else there + padding)
        assert got[steps].tolist() == expected


@settings(deadline=None)
@given(drawn=some_windows(), block=st.sampled_from([1, 4, 7, 2**16]), data=st.data())
def test_a_row_weighs_what_the_windows_that_hold_it_weigh(drawn, block, data):
    windows, cube = drawn
    weight = st.sampled_from([0.0, 0.1, 0.3, 1.0, 7.0])
    weights = np.array(data.draw(st.lists(weight, min_size=len(cube), max_size=len(cube))))
    expected = np.zeros(len(windows.series))
    for end, length, weight in zip(windows.ends, windows.lengths, weights, strict=True):
        for back in range(length):
            expected[end - back * windows.sampling_rate] += weight
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(skrnn.sequences.table, "BLOCK", block)
        sequences = windows.sequences()
        got = sequences.step_weights(weights)
        parts = [part for part, _ in sequences.blocks(weights)]
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=0)
    rows = [row for part in parts for row in range(len(expected))[part]]
    assert rows == list(range(len(expected)))
    assert max(part.stop - part.start for part in parts) <= max(block, 1) + 2


@settings(deadline=None)
@given(drawn=some_windows(), data=st.data())
def test_a_row_weighs_something_exactly_if_a_window_that_does_holds_it(drawn, data):
    windows, cube = drawn
    weight = st.sampled_from([0.0, 1e-20, 0.1, 1e9])
    weights = np.array(data.draw(st.lists(weight, min_size=len(cube), max_size=len(cube))))
    held = np.zeros(len(windows.series), dtype=bool)
    for end, length in zip(windows.ends[weights > 0], windows.lengths[weights > 0], strict=True):
        held[[end - back * windows.sampling_rate for back in range(length)]] = True
    got = windows.sequences().step_weights(weights)
    np.testing.assert_array_equal(got > 0, held)
    np.testing.assert_array_equal(got < 0, False)


@settings(deadline=None)
@given(drawn=some_windows(), seed=st.integers(0, 99))
def test_missing_rows_are_left_out_of_each_window(drawn, seed):
    windows, cube = drawn
    generator = np.random.default_rng(seed)
    windows.series[generator.random(len(windows.series)) < 0.4] = np.nan
    got = lists(windows.sequences().without_missing_steps())
    for observed, steps in zip(present(np.asarray(windows)), got, strict=True):
        if observed:
            assert steps == observed
        else:
            np.testing.assert_array_equal(steps, np.full((1, cube.shape[2]), np.nan))


@settings(deadline=None)
@given(drawn=some_windows(), kind=st.sampled_from([np.nan, np.inf]), data=st.data())
def test_the_first_window_that_holds_a_bad_row_is_named(drawn, kind, data):
    windows, cube = drawn
    row = data.draw(st.integers(0, len(windows.series) - 1))
    value = windows.series[row, 0]
    held = [i for i, window in enumerate(cube) if (window[:, 0] == value).any()]
    windows.series[row, 0] = kind
    if not held:
        read_sequences(Reader(), windows, InputFormat(), reset=True)
        return
    with pytest.raises(ValueError, match=f"sequence {held[0]} has it first"):
        read_sequences(Reader(), windows, InputFormat(), reset=True)
    if np.isnan(kind):
        assert len(
            read_sequences(Reader(), windows, InputFormat(missing="mask"), reset=True)
        ) == len(cube)


def test_names_of_features_are_compared_with_those_of_the_fit():
    frame = pd.DataFrame(series_of(9), columns=["load", "wind"])
    windows, _ = make_windows(frame, window_length=3)
    reader = Reader()
    read_sequences(reader, windows[2:], InputFormat(), reset=True)
    assert reader.feature_names_in_.tolist() == ["load", "wind"]
    others, _ = make_windows(frame[["wind", "load"]], window_length=3)
    with pytest.raises(ValueError, match="feature names should match"):
        read_sequences(reader, others, InputFormat(), reset=False)
    more, _ = make_windows(frame.assign(sun=0.0), window_length=3)
    with pytest.raises(ValueError, match="Feature names unseen at fit time:\n- sun"):
        read_sequences(reader, more, InputFormat(), reset=False)
    unnamed, _ = make_windows(frame.set_axis([0, 1], axis=1), window_length=3)
    assert unnamed.feature_names is None


# ------------------------------------------------------------------ what is refused


@settings(deadline=None)
@given(drawn=some_windows())
def test_missing_values_are_kept_as_they_are(drawn):
    windows, _ = drawn
    windows.series[windows.ends[0]] = np.nan
    assert np.isnan(windows[0][-1]).all()
    assert np.isnan(np.asarray(windows)[0, -1]).all()
    assert len(windows[0]) == windows.lengths[0]


def test_no_windows_are_flat_too_and_a_truth_value_names_no_rows():
    windows, _ = make_windows(np.arange(8.0), window_length=3)
    assert windows[:0].flat().shape == (0, 3)
    np.testing.assert_array_equal(windows[True], np.asarray(windows)[True])
