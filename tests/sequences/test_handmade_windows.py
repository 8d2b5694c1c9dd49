"""Windows made by hand lie in their series, and know the labels of their last rows."""

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import skrnn.sequences.windows
from skrnn import SequenceLabeler, SequenceScaler, SlidingWindow, Windows, make_windows, networks

SERIES = np.arange(10.0).reshape(5, 2)
WRONG = {
    "a row after the end": ({"ends": [99]}, ValueError, "window 0 has ends=99 .* 0 to 4"),
    "the row after the last": ({"ends": [5]}, ValueError, "window 0 has ends=5 .* 0 to 4"),
    "a row before the beginning": ({"ends": [-1]}, ValueError, "window 0 has ends=-1 .* 0 to 4"),
    "no steps": ({"lengths": [0]}, ValueError, "window 0 has lengths=0 .* 1 to window_length=3"),
    "too many steps": ({"lengths": [4]}, ValueError, "lengths=4 .* 1 to window_length=3 steps"),
    "steps before the beginning": (
        {"ends": [1], "lengths": [3]},
        ValueError,
        "window 0 has lengths=3 in Windows over 5 rows, and ends at row 1; give no more steps",
    ),
    "steps too far apart": (
        {"lengths": [3], "sampling_rate": 3},
        ValueError,
        "ends at row 4; give no more steps than there are rows",
    ),
    "parts of rows": ({"ends": [2.0]}, TypeError, "ends of Windows is of dtype float64"),
    "truth values": ({"lengths": np.array([True])}, TypeError, "lengths of Windows is of dtype"),
    "rows of rows": ({"ends": [[4]]}, ValueError, r"ends of Windows has 2 dimension\(s\)"),
    "more lengths than ends": ({"lengths": [1, 1]}, ValueError, "lengths of Windows has 2 element"),
    "a short index": ({"index": pd.RangeIndex(3)}, ValueError, "index of Windows has 3 elements"),
    "times of others": ({"times": np.zeros(2)}, ValueError, "times of Windows has 2 elements"),
    "more names than features": (
        {"feature_names": ("a", "b", "c")},
        ValueError,
        "feature_names of Windows has 3 elements, and the series 2 features; give one",
    ),
    "one dimension": ({"series": SERIES[:, 0]}, ValueError, r"has 1 dimension\(s\); give an arr"),
    "integers": ({"series": SERIES.astype(int)}, TypeError, "series of Windows is of type int64"),
    "lists": ({"series": SERIES.tolist()}, TypeError, "series of Windows is of type list"),
    "no rate": ({"sampling_rate": 0}, ValueError, "sampling_rate=0 was given to Windows"),
    "no window": ({"window_length": 0}, ValueError, "window_length=0 was given to Windows"),
    "half a window": ({"window_length": 2.5}, ValueError, "window_length=2.5 .* an int >= 1"),
}


def by_hand(**changed):
    given = {"series": SERIES, "ends": [4], "lengths": [2], "window_length": 3, **changed}
    return Windows(**given)


@pytest.mark.parametrize("case", WRONG)
def test_windows_that_do_not_lie_in_their_series_are_refused(case):
    changed, kind, says = WRONG[case]
    with pytest.raises(kind, match=says):
        by_hand(**changed)
    assert by_hand().ends.tolist() == [4]


def test_the_second_of_two_windows_is_named():
    with pytest.raises(ValueError, match="window 1 has ends=7"):
        by_hand(ends=[4, 7], lengths=[1, 1])


def test_integers_of_any_kind_are_taken():
    for ends in ([1, 4], (1, 4), np.array([1, 4], dtype=np.uint8)):
        windows = by_hand(ends=ends, lengths=[2, 3], sampling_rate=np.int64(1))
        np.testing.assert_array_equal(windows[1], SERIES[2:])
        assert windows.ends.dtype == np.int64
    assert len(by_hand(ends=[], lengths=[])) == 0


def test_a_part_is_not_checked_again(monkeypatch):
    windows = by_hand(ends=[1, 3, 4], lengths=[2, 2, 3])

    def fail(*args):
        raise AssertionError("checked again")

    monkeypatch.setattr(skrnn.sequences.windows, "check_places", fail)
    assert windows[1:].ends.tolist() == [3, 4]
    assert pickle.loads(pickle.dumps(windows))[[2]].lengths.tolist() == [3]


@settings(deadline=None, max_examples=50)
@given(data=st.data())
def test_the_index_is_that_of_the_last_rows_however_windows_are_taken(data):
    n_rows = data.draw(st.integers(4, 12))
    times = pd.date_range("2024", periods=n_rows, freq="h", tz="Asia/Tokyo")
    frame = pd.DataFrame({"load": np.arange(float(n_rows))}, index=times)
    windows = SlidingWindow(3).fit_transform(frame)
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=n_rows, max_size=n_rows)))
    rows = data.draw(st.lists(st.integers(-n_rows, n_rows - 1), min_size=1))
    first, step = data.draw(st.integers(-n_rows, n_rows)), data.draw(st.sampled_from([1, 2, -1]))
    for key in (mask, mask.tolist(), rows, np.array(rows), slice(first, None, step)):
        taken = windows[key]
        assert taken.index.equals(times[np.arange(n_rows)[key]])
        assert pickle.loads(pickle.dumps(taken)).index.equals(taken.index)
    assert windows.take(rows).index.equals(times[rows])
    assert SequenceScaler().fit_transform(windows).index.equals(times)


def test_windows_with_their_targets_have_the_labels_of_their_last_rows():
    index = pd.Index([10, 20, 30, 40, 50, 60], name="minute")
    frame = pd.DataFrame({"load": np.arange(6.0)}, index=index)
    windows, _ = make_windows(frame, window_length=2, stride=2)
    assert windows.index.tolist() == [20, 40]
    assert windows.index.name == "minute"
    for plain in (frame.to_numpy(), frame["load"].tolist()):
        assert make_windows(plain, window_length=2)[0].index is None
        assert by_hand().index is None


def test_rows_after_a_history_keep_their_labels():
    frame = pd.DataFrame({"load": np.arange(8.0)}, index=pd.date_range("2024", periods=8))
    window = SlidingWindow(3).fit(frame[:5])
    windows = window.transform(frame[5:])
    assert windows.index.equals(frame.index[5:])
    assert windows.lengths.tolist() == [3, 3, 3]


def test_labels_at_each_step_of_incomplete_windows_are_a_list():
    cube = np.random.default_rng(0).normal(size=(6, 4, 2))
    labeler = SequenceLabeler(network=networks.GRU(units=2), epochs=1, random_state=0)
    labeler.fit(cube, cube[:, :, 0] > 0)
    windows = SlidingWindow(4).fit_transform(cube[0].repeat(2, axis=0))
    every = labeler.predict(windows)
    assert [len(part) for part in every] == windows.lengths.tolist()
    for part, window in zip(every, windows, strict=True):
        np.testing.assert_array_equal(part, labeler.predict([window])[0])
    assert labeler.predict(windows[3:]).shape == (5, 4)
