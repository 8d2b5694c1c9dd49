"""Data without numbers is refused by every method, with its name and its content."""

import decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from skrnn import GRURegressor, SequenceScaler, SlidingWindow, make_windows
from skrnn._wording import type_name

N = 8
NUMBERS = np.arange(N, dtype=np.float64)


def windows_of(data):
    return make_windows(data, window_length=3)


def fit_rows(data):
    return SlidingWindow(3).fit(data)


ENTRANCES = [windows_of, fit_rows, SequenceScaler().fit]


@pytest.mark.parametrize("entrance", ENTRANCES)
@pytest.mark.parametrize("given", [{1.0, 2.0}, len, object()])
def test_objects_that_are_not_data(entrance, given):
    with pytest.raises((TypeError, ValueError), match=r"numeric values are needed|2D array"):
        entrance(given)


@pytest.mark.parametrize("entrance", ENTRANCES)
@pytest.mark.parametrize("kind", [np.ndarray, pd.DataFrame, pl.DataFrame, pl.LazyFrame, pa.Table])
def test_a_class_is_no_data(entrance, kind):
    with pytest.raises(TypeError, match=f"the class {kind.__name__} was given"):
        entrance(kind)


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_a_column_of_objects(entrance):
    for make_frame in (pd.DataFrame, lambda columns: pl.DataFrame(columns, strict=False)):
        frame = make_frame({"a": pd.Series([object()] * N, dtype=object).tolist(), "b": NUMBERS})
        with pytest.raises(TypeError, match=r"column 'a' of .* holds <object .*, of type object"):
            entrance(frame)


@pytest.mark.parametrize("entrance", ENTRANCES)
@pytest.mark.parametrize("held", [[1.0, 2.0], (1.0, 2.0), {"x": 1}, np.ones(2), pd.Series([1.0])])
def test_a_column_of_several_numbers_a_row(entrance, held):
    frame = pd.DataFrame({"a": [held] * N, "b": NUMBERS})
    with pytest.raises(ValueError, match=f"column 'a' of .* holds {type_name(held)} in each row"):
        entrance(frame)


@pytest.mark.parametrize(
    "column",
    [
        pl.Series([[1.0, 2.0]] * N),
        pl.Series([[1.0, 2.0]] * N, dtype=pl.Array(pl.Float64, 2)),
        pl.Series([{"x": 1.0}] * N),
    ],
)
def test_a_column_of_polars_of_several_numbers_a_row(column):
    with pytest.raises(ValueError, match="column 'a' of data holds an ndarray in each row"):
        windows_of(pl.DataFrame({"a": column, "b": NUMBERS}))


def test_a_list_in_place_of_a_number():
    X = np.ones((4, 3, 1), dtype=object)
    X[1, 1, 0] = [1.0]
    with pytest.raises(ValueError, match=r"X holds \[1.0\], of type list, where numeric values"):
        SequenceScaler().fit(X)


def test_an_integer_beyond_all_floats():
    with pytest.raises(ValueError, match=r"of type int, where numeric .* too large to convert"):
        windows_of([1, 2, 3, 10**400])


@pytest.mark.parametrize("columns", [{"x": 1}, {"x": [1.0], "y": [1.0, 2.0]}])
def test_a_mapping_of_no_columns(columns):
    with pytest.raises(ValueError, match=r"a dict of .* are not columns of one length"):
        SequenceScaler().fit([columns] * 4)


def test_bytes_without_fields_and_tables_of_records():
    with pytest.raises(TypeError, match=r"an array of \|V4 .* which holds no numbers"):
        windows_of(np.zeros(N, dtype="V4"))
    with pytest.raises(TypeError, match=r"with 2 dimension\(s\) .* which holds no numbers"):
        windows_of(np.zeros((N, 2), dtype=[("a", float)]))


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_two_columns_of_one_name(entrance):
    table = np.stack([NUMBERS, NUMBERS], axis=1)
    arrow = pa.Table.from_arrays([pa.array(NUMBERS), pa.array(NUMBERS)], names=["a", "a"])
    for frame in (pd.DataFrame(table, columns=["a", "a"]), arrow):
        with pytest.raises(ValueError, match=r"several columns of .* are called 'a'"):
            entrance(frame)


def test_two_features_of_one_name_in_a_panel_or_a_list():
    frame = pd.DataFrame(np.ones((4, 2)), columns=["a", "a"])
    for X in ([frame] * 4, pd.concat(dict.fromkeys(range(4), frame))):
        with pytest.raises(ValueError, match="several columns of X are called 'a'"):
            GRURegressor(units=2, epochs=1).fit(X, np.ones(4))


def test_numbers_by_category_are_numbers():
    codes = pa.array([2.0, 5.0] * 4).dictionary_encode()
    windows, _ = windows_of(pa.table({"a": codes}))
    np.testing.assert_array_equal(np.asarray(windows)[0, :, 0], [2.0, 5.0, 2.0])
    with pytest.raises(ValueError, match="column 'a' of data holds text"):
        windows_of(pa.table({"a": pa.array(["x", "y"] * 4).dictionary_encode()}))


@pytest.mark.parametrize(("dtype", "noun"), [(pl.Time, "times of day"), (pl.Duration, "time diff")])
def test_times_are_called_what_they_are(dtype, noun):
    with pytest.raises(ValueError, match=f"column 'a' of data holds {noun}"):
        windows_of(pl.DataFrame({"a": pl.Series(range(N)).cast(dtype), "b": NUMBERS}))


@pytest.mark.parametrize(
    ("held", "dtype", "second"),
    [
        ([decimal.Decimal(n) for n in range(N)], np.float64, 1.0),
        ([None, *range(1, N)], np.float64, 1.0),
        (list(range(N)), np.int64, 1),
        ([True, False] * 4, np.bool_, False),
        ([None, *[True] * (N - 1)], np.float64, 1.0),
    ],
)
def test_numbers_held_as_objects_are_targets_as_numbers(held, dtype, second):
    column = pd.Series(held, dtype=object)
    for data, targets in ((NUMBERS, column), (pd.DataFrame({"a": NUMBERS, "y": column}), "y")):
        _, y = make_windows(data, targets, window_length=1)
        assert y.dtype == dtype
        assert y[0] == second


def test_a_series_with_a_missing_value_predicts_itself_in_numbers():
    _, y = windows_of([None, *range(1, N)])
    np.testing.assert_array_equal(y, np.arange(3.0, N))
    assert y.dtype == np.float64


def test_targets_are_named_in_a_lazy_frame():
    data = pl.DataFrame({"a": NUMBERS, "b": 2 * NUMBERS}).lazy()
    _, y = make_windows(data, "b", window_length=3)
    np.testing.assert_array_equal(y, 2 * np.arange(3.0, N))
