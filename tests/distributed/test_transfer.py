"""Objects reach another process as they are, and large arrays as maps of files."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from skrnn import make_windows
from skrnn.distributed import transfer
from skrnn.distributed.transfer import dump, load


@pytest.fixture
def every(monkeypatch):
    """Give each array a file of its own, however small it is."""
    monkeypatch.setattr(transfer, "LARGE", 1)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "object"


def files(path):
    return [one for one in path.parent.iterdir() if one != path and one.suffix == ".npy"]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=arrays.arrays(arrays.scalar_dtypes(), arrays.array_shapes(min_dims=0), fill=None))
def test_arrays_of_any_dtype_and_shape_are_the_same(every, path, value):
    for array in (value, value.T, value[..., None][::2]):
        dump({"X": [array, array]}, path)
        found, again = load(path)["X"]
        assert (found.dtype, found.shape) == (array.dtype, array.shape)
        assert found.tobytes() == array.tobytes() == again.tobytes()


def file_of(folder, mode="r"):
    np.save(folder / "X.npy", np.arange(60.0).reshape(5, 4, 3))
    return np.load(folder / "X.npy", mmap_mode=mode)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.integers(0, 5), last=st.integers(0, 5), column=st.integers(0, 3))
def test_parts_of_a_file_are_read_from_it(every, tmp_path, first, last, column):
    X = file_of(tmp_path)
    folder = tmp_path / "job"
    folder.mkdir(exist_ok=True)
    parts = [X, X[first:last], X[1:][first:last].view(np.ndarray), X[2, column]]
    dump(parts, folder / "object")
    for found, part in zip(load(folder / "object"), parts, strict=True):
        np.testing.assert_array_equal(found, part, strict=True)
        if part.size:
            assert found.filename == str(tmp_path / "X.npy")
    assert not files(folder / "object")


def test_what_is_not_the_content_of_a_file_is_written(every, tmp_path, path):
    changed = file_of(tmp_path, "c")
    changed[0] = -1.0
    for array in (changed, file_of(tmp_path)[:, 1], file_of(tmp_path).T):
        dump(array, path)
        np.testing.assert_array_equal(load(path), array, strict=True)
    assert len(files(path)) == 2  # of the first, which the others replace, and X.npy


def test_an_array_is_written_once_and_its_changes_stay_in_one_process(path):
    X = np.zeros(transfer.LARGE // 8)
    dump((X, [X], pd.DataFrame({"x": X}), np.zeros(3)), path)
    first, [second], frame, small = load(path)
    assert isinstance(first, np.memmap)
    assert not isinstance(small, np.memmap)
    first[0] = 1.0
    assert (second[0], load(path)[0][0], X[0]) == (0.0, 0.0, 0.0)
    pd.testing.assert_frame_equal(frame, pd.DataFrame({"x": X}))
    assert len(files(path)) <= 2


def test_windows_of_a_file_and_functions_come_along(every, tmp_path):
    steps = file_of(tmp_path).reshape(20, 3)
    X, _ = make_windows(steps, steps[:, 0], window_length=4)
    offset = 3.0
    dump((X, lambda value: value + offset), tmp_path / "object")
    found, function = load(tmp_path / "object")
    assert function(1.0) == 4.0
    np.testing.assert_array_equal(np.asarray(found), np.asarray(X))


def test_objects_are_written_as_they_are(every, path):
    texts = np.array(["a", None], dtype=object)
    dump((texts, "text", 3), path)
    found = load(path)
    assert found[0].tolist() == ["a", None]
    assert found[1:] == ("text", 3)
