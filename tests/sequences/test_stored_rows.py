"""Rows that stay on disk are read in blocks, and are those of the array."""

import pickle

import dask.array
import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import skrnn.sequences.block_reader
import skrnn.sequences.stored_rows
from skrnn import SlidingWindow, Windows, make_windows
from skrnn.sequences.stored_rows import StoredRows, is_stored, rows_of_table
from tests.sequences.cutting import SHAPES, reached, series_of
from tests.sequences.stored import TABLES, OnDisk, in_small_blocks  # noqa: F401

ROWS = np.arange(120.0).reshape(60, 2)


@st.composite
def sizes(draw):
    """Draw the bytes of a block, and those of the blocks that are kept."""
    block = draw(st.integers(1, 300))
    return block, draw(st.integers(block, 5 * block))


def in_blocks(patch, block, kept):
    patch.setattr(skrnn.sequences.stored_rows, "BLOCK_BYTES", block)
    patch.setattr(skrnn.sequences.block_reader, "KEPT_BYTES", kept)


# ------------------------------------------------------------------ windows


@settings(deadline=None)
@given(shape=SHAPES, more=st.integers(0, 40), bytes_=sizes(), chunk=st.none() | st.integers(1, 30))
def test_windows_of_rows_on_disk_are_those_in_memory(shape, more, bytes_, chunk):
    series = series_of(reached(shape) + more)
    expected, targets = make_windows(series, series[:, 1], **shape)
    on_disk = OnDisk(series)
    if chunk is not None:
        on_disk.chunks = (chunk, 2)
    with pytest.MonkeyPatch.context() as patch:
        in_blocks(patch, *bytes_)
        windows, y = make_windows(on_disk, 1, **shape)
        assert isinstance(windows.series, StoredRows)
        shuffled = np.random.default_rng(more).permutation(len(windows))
        np.testing.assert_array_equal(np.asarray(windows), np.asarray(expected))
        np.testing.assert_array_equal(np.asarray(windows[shuffled]), np.asarray(expected)[shuffled])
        np.testing.assert_array_equal(windows[-1], expected[-1])
        np.testing.assert_array_equal(y, targets)


@pytest.mark.usefixtures("in_small_blocks")
@pytest.mark.parametrize("kind", TABLES)
def test_windows_of_each_format_are_those_in_memory(tmp_path, kind):
    expected, y_expected = make_windows(ROWS, window_length=5, sampling_rate=2, horizon=2)
    windows, y = make_windows(
        TABLES[kind](tmp_path, ROWS), window_length=5, sampling_rate=2, horizon=2
    )
    assert isinstance(windows.series, StoredRows) == (kind != "memmap")
    np.testing.assert_array_equal(np.asarray(windows), np.asarray(expected))
    np.testing.assert_array_equal(y, y_expected)


@pytest.mark.usefixtures("in_small_blocks")
@pytest.mark.parametrize("kind", TABLES)
def test_windows_of_a_pipeline_are_those_in_memory(tmp_path, kind):
    on_disk, window = TABLES[kind](tmp_path, ROWS), SlidingWindow(4, continues=True)
    in_memory = SlidingWindow(4, continues=True)
    fitted, expected = window.fit_transform(on_disk), in_memory.fit_transform(ROWS)
    np.testing.assert_array_equal(np.asarray(fitted), np.asarray(expected))
    later, expected = window.transform(on_disk), in_memory.transform(ROWS)
    assert isinstance(later.series, StoredRows) == (kind != "memmap")
    np.testing.assert_array_equal(np.asarray(later), np.asarray(expected))


def test_handmade_windows_take_rows_on_disk():
    windows = Windows(
        OnDisk(ROWS), ends=np.array([5, 3]), lengths=np.array([2, 4]), window_length=4
    )
    np.testing.assert_array_equal(windows[1], ROWS[:4])
    again = pickle.loads(pickle.dumps(windows))
    np.testing.assert_array_equal(again[0], ROWS[4:6])


# ------------------------------------------------------------------ reading


@settings(deadline=None)
@given(data=st.data(), bytes_=sizes(), n_before=st.integers(0, 7))
def test_rows_are_indexed_like_an_array(data, bytes_, n_before):
    with pytest.MonkeyPatch.context() as patch:
        in_blocks(patch, *bytes_)
        rows, expected = rows_of_table(OnDisk(ROWS), "X").after(ROWS[:n_before]), ROWS
        expected = np.concatenate([ROWS[:n_before], ROWS])
        key = data.draw(st.slices(len(expected)) | st.integers(-60, 59))
        np.testing.assert_array_equal(rows[key], expected[key])
        numbers = np.array(data.draw(st.lists(st.integers(-60, 59), max_size=9)), dtype=int)
        np.testing.assert_array_equal(rows[numbers], expected[numbers])
        mask = np.isin(np.arange(len(expected)), numbers)
        np.testing.assert_array_equal(rows[mask], expected[mask])
        first = data.draw(st.integers(0, len(expected)))
        stop = data.draw(st.integers(first, len(expected)))
        np.testing.assert_array_equal(rows.part(first, stop), expected[first:stop])
        np.testing.assert_array_equal(rows.column(1), expected[:, 1:])


@pytest.mark.usefixtures("in_small_blocks")
def test_each_block_is_read_once_in_order():
    on_disk = OnDisk(ROWS)
    rows = rows_of_table(on_disk, "X")
    for first in range(0, 60, 4):
        rows[first : first + 4]
    assert on_disk.read == [(first, first + 10) for first in range(0, 60, 10)]


@pytest.mark.usefixtures("in_small_blocks")
@pytest.mark.parametrize(("stride", "n_kept", "n_rows"), [(2, 3, 12), (30, 10, 4)])
def test_few_rows_are_kept_and_only_those_of_windows(stride, n_kept, n_rows):
    series = np.arange(1200.0).reshape(600, 2)
    windows, _ = make_windows(OnDisk(series), window_length=4, stride=stride)
    sequences = windows.sequences()
    values, _ = sequences.gather(np.arange(len(windows)), 4)
    np.testing.assert_array_equal(values[:, 0, 0], 2 * sequences.starts)
    kept = [len(block.values) for block in sequences.reader._kept.values()]
    assert len(kept) == sequences.reader.n_kept == n_kept
    assert max(kept) == n_rows


@pytest.mark.usefixtures("in_small_blocks")
def test_after_the_first_time_windows_read_no_part_of_the_next_block(monkeypatch):
    n_blocks, reach = 60, 3
    monkeypatch.setattr(skrnn.sequences.block_reader, "KEPT_BYTES", n_blocks * reach * 16)
    on_disk = OnDisk(np.arange(1200.0).reshape(600, 2))
    windows, _ = make_windows(on_disk, window_length=reach + 1)
    sequences, everyone = windows.sequences(), np.arange(len(windows))
    for extra in (n_blocks - 1, 0):
        on_disk.read.clear()
        for some in np.array_split(everyone, n_blocks):
            values, _ = sequences.gather(some, 4)
            np.testing.assert_array_equal(values[..., 0], 2 * (some[:, None] + np.arange(4)))
        assert len(on_disk.read) == n_blocks + extra
    assert on_disk.read == [(first, min(first + 10, 599)) for first in range(0, 600, 10)]


@pytest.mark.usefixtures("in_small_blocks")
def test_blocks_are_whole_chunks():
    for chunks, bounds in [((4, 2), [0, 12, 20, 32, 40, 52, 60]), ((25, 2), [0, 25, 50, 60])]:
        on_disk = OnDisk(ROWS)
        on_disk.chunks = chunks
        assert rows_of_table(on_disk, "X").bounds.tolist() == bounds
    parts = dask.array.from_array(ROWS, chunks=((5, 40, 15), 2))
    assert rows_of_table(parts, "X").bounds.tolist() == [0, 45, 60]


def test_float32_stays_and_other_numbers_become_float64():
    for given_, expected in [("f4", "f4"), ("f8", "f8"), (">f4", "f8"), ("i2", "f8"), ("?", "f8")]:
        rows = rows_of_table(OnDisk(ROWS.astype(given_)), "X")
        assert rows[:2].dtype == rows.dtype == np.dtype(expected)


def test_arrays_in_memory_and_floats_in_a_memory_map_are_used_as_they_are(tmp_path):
    file = np.memmap(tmp_path / "rows", dtype=np.float32, mode="w+", shape=(4, 2))
    numbers = np.memmap(tmp_path / "counts", dtype=np.int16, mode="w+", shape=(4, 2))
    assert not any(map(is_stored, (ROWS, [ROWS], file, "text", None, np.ndarray)))
    assert is_stored(numbers)


# ------------------------------------------------------------------ what is refused


def test_errors_tell_what_was_given():
    texts = np.array([["a", "b"]], dtype=object)
    for data, message in [
        (OnDisk(texts), "of dtype object, where numeric values are needed"),
        (OnDisk(np.zeros((4, 2), dtype="datetime64[s]")), "dtype datetime64"),
        (OnDisk(np.zeros((4, 2, 3))), r"shape \(4, 2, 3\)"),
        (OnDisk(np.zeros((4, 0))), r"shape \(4, 0\)"),
        (dask.array.from_array(ROWS)[dask.array.from_array(ROWS[:, 0] > 3)], "compute_chunk_sizes"),
    ]:
        with pytest.raises(ValueError, match=message):
            make_windows(data, window_length=1)


def test_a_target_that_is_no_column_is_refused():
    for data in (ROWS, OnDisk(ROWS)):
        with pytest.raises(ValueError, match=r"targets=2 was given .* data has 2 column"):
            make_windows(data, 2, window_length=2)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        make_windows(OnDisk(ROWS), OnDisk(ROWS[:-1]), window_length=2)


def test_columns_are_named_for_tables_alone():
    with pytest.raises(ValueError, match="whose columns have no names"):
        make_windows(OnDisk(ROWS), window_length=2, time="hour")


def test_targets_may_be_on_disk_or_a_column_of_an_array(tmp_path):
    file = h5py.File(tmp_path / "y.h5", "w")
    expected = make_windows(ROWS, ROWS[:, 0], window_length=2)[1]
    for targets in (0, np.int64(0), file.create_dataset("y", data=ROWS[:, 0])):
        np.testing.assert_array_equal(make_windows(ROWS, targets, window_length=2)[1], expected)
    assert make_windows(ROWS[:, 0], 0, window_length=2)[1].shape == expected.shape
