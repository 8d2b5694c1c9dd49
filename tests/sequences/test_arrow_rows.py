"""Datasets of PyArrow, read in blocks."""

import decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet
import pytest

from skrnn import SlidingWindow, make_windows
from skrnn.sequences.stored_rows import rows_of_table
from tests.sequences.stored import in_small_blocks, parquet, table_of  # noqa: F401

ROWS = np.arange(120.0).reshape(60, 2)
DAYS = pd.date_range("2024-01-01", periods=60, freq="D")


def dataset(folder, table, **how):
    pa.parquet.write_table(table, folder / "rows.parquet", row_group_size=7, **how)
    return pa.dataset.dataset(folder / "rows.parquet")


def read(data):
    return np.asarray(rows_of_table(data, "X"))


def test_values_are_those_of_a_data_frame(tmp_path):
    table = pa.table(
        {
            "float": pa.array([1.5, None, 3.0], pa.float32()),
            "int": pa.array([2**53 + 2, None, -1]),
            "bool": pa.array([True, False, None]),
            "decimal": pa.array([decimal.Decimal("1.25"), None, decimal.Decimal(2)]),
        }
    )
    expected = [[1.5, 2**53 + 2, 1, 1.25], [np.nan, np.nan, 0, np.nan], [3, -1, np.nan, 2]]
    np.testing.assert_array_equal(read(dataset(tmp_path, table)), expected)


@pytest.mark.parametrize("format_", ["parquet", "feather", "csv"])
@pytest.mark.parametrize(
    ("dtypes", "expected"), [("ff", "f"), ("fd", "d"), ("fh", "f"), ("ii", "d")]
)
def test_the_dtype_is_that_of_all_columns(tmp_path, format_, dtypes, expected):
    columns = [ROWS[:, number].astype(dtype) for number, dtype in enumerate(dtypes)]
    data = pa.dataset.dataset(pa.table(columns, names=["a", "b"]))
    if format_ != "csv":
        pa.dataset.write_dataset(data, tmp_path, format=format_)
        data = pa.dataset.dataset(tmp_path, format=format_)
    rows = rows_of_table(data, "X")
    assert rows.dtype == np.dtype(expected)
    np.testing.assert_array_equal(rows[20:33], ROWS[20:33])
    np.testing.assert_array_equal(rows.column(1)[:], ROWS[:, 1:])


def test_folders_may_tell_a_column_and_files_may_lack_one(tmp_path):
    for year, part in (("2023", table_of(ROWS[:30])), ("2024", table_of(ROWS[30:, :1]))):
        (tmp_path / f"year={year}").mkdir()
        pa.parquet.write_table(part, tmp_path / f"year={year}" / "part.parquet")
    data = pa.dataset.dataset(tmp_path, partitioning="hive")
    values = read(data)
    np.testing.assert_array_equal(values[:, 2], np.repeat([2023, 2024], 30))
    np.testing.assert_array_equal(values[:30, :2], ROWS[:30])
    assert np.isnan(values[30:, 1]).all()


@pytest.mark.usefixtures("in_small_blocks")
def test_a_column_of_times_cuts_windows_at_gaps(tmp_path):
    table = table_of(ROWS).append_column(
        "day", pa.array(DAYS.delete(30).append(DAYS[-1:] + DAYS.freq))
    )
    data, frame = dataset(tmp_path, table), table.to_pandas()
    windows, y = make_windows(data, "x0", window_length=5, time="day")
    expected, y_expected = make_windows(frame, "x0", window_length=5, time="day")
    assert windows.feature_names == ("x0", "x1")
    np.testing.assert_array_equal(np.asarray(windows), np.asarray(expected))
    np.testing.assert_array_equal(y, y_expected)
    window = SlidingWindow(4, time="day").fit(data)
    assert window.feature_names_in_.tolist() == ["x0", "x1"]
    later = dataset(tmp_path, table.set_column(2, "day", [pa.array(DAYS + 61 * DAYS.freq)]))
    np.testing.assert_array_equal(window.transform(later)[0], np.vstack([ROWS[-3:], ROWS[:1]]))


def test_groups_may_follow_one_another_but_not_interleave(tmp_path):
    hours = [*range(30), *range(30)]
    table = table_of(ROWS).append_column("hour", [hours])
    in_turn = dataset(tmp_path, table.append_column("place", [["a"] * 30 + ["b"] * 30]))
    columns = {"window_length": 5, "time": "hour", "groups": "place"}
    windows, _ = make_windows(in_turn, "x0", **columns)
    expected, _ = make_windows(in_turn.to_table(), "x0", **columns)
    np.testing.assert_array_equal(np.asarray(windows), np.asarray(expected))
    mixed = table.append_column("place", [["a", "b"] * 30]).set_column(2, "hour", [list(range(60))])
    with pytest.raises(ValueError, match=r"groups of data interleave.* sorted by group"):
        make_windows(dataset(tmp_path, mixed), "x0", **columns)


def test_a_column_of_texts_or_dates_is_refused(tmp_path):
    for name, values in (("day", pa.array(DAYS)), ("place", pa.array(["a"] * 60))):
        data = dataset(tmp_path, table_of(ROWS).append_column(name, values))
        with pytest.raises(
            ValueError, match=rf"column '{name}' of data is of type .*time='{name}'"
        ):
            make_windows(data, "x0", window_length=2)
        others = data.replace_schema(pa.schema([data.schema.field(name) for name in ("x0", "x1")]))
        np.testing.assert_array_equal(read(others), ROWS)


def test_an_unknown_column_is_refused(tmp_path):
    data = parquet(tmp_path / "rows", ROWS)
    with pytest.raises(ValueError, match="'hour' is not a column of data"):
        make_windows(data, "x0", window_length=2, time="hour")
    with pytest.raises(ValueError, match="targets='y' was given"):
        make_windows(data, "y", window_length=2)
    with pytest.raises(ValueError, match="groups='x0' was given without times"):
        make_windows(data, "x1", window_length=2, groups="x0")
