"""X of every library, and of every dtype, holds the same numbers or is refused by name."""

import datetime

import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from skrnn import GRURegressor
from skrnn.sequences import InputFormat, read_sequences
from tests.conftest import make
from tests.conversion.libraries import TENSORS

GENERATOR = np.random.default_rng(0)
RAGGED = [GENERATOR.normal(size=(3 + n % 3, 2)) for n in range(6)]
TABLE = GENERATOR.normal(size=(6, 4))
Y = np.arange(6.0)
DAYS = pd.Series(pd.date_range("2024-03-01", periods=6))


def sequences_of(X, **parameters):
    """Return X as an estimator reads it."""
    model = GRURegressor(**parameters)
    return read_sequences(model, X, InputFormat.of(model), reset=True)


def steps_of(X, **parameters):
    """Return the steps of X, end to end, as an estimator reads them."""
    return sequences_of(X, **parameters).steps


def frame(array):
    return pd.DataFrame(array, columns=[f"f{column}" for column in range(array.shape[1])])


def as_arrow(array):
    return pa.Table.from_pandas(frame(array))


def as_arrow_dtypes(array):
    return frame(array).astype("double[pyarrow]")


def as_dask(array):
    return dd.from_pandas(frame(array), npartitions=2)


def as_dask_array(array):
    return da.from_array(array)


def read_only(array):
    copy = array.copy()
    copy.flags.writeable = False
    return copy


CONTAINERS = {
    "polars": lambda array: pl.DataFrame(array, schema=list(frame(array).columns)),
    "arrow": as_arrow,
    "arrow dtypes": as_arrow_dtypes,
    **TENSORS,
    "dask": as_dask,
    "dask array": as_dask_array,
    "extension dtype": lambda array: frame(array).astype("Float64"),
    "sparse": lambda array: frame(array).astype(pd.SparseDtype(float)),
    "categorical": lambda array: frame(array).astype("category"),
    "objects": lambda array: array.astype(object),
    "records": lambda array: frame(array).to_records(index=False),
    "another byte order": lambda array: array.astype(">f8"),
    "read-only": read_only,
    "nothing masked": np.ma.array,
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_table_of_any_library_holds_the_numbers_of_its_array(container):
    X = CONTAINERS[container](TABLE)
    np.testing.assert_allclose(steps_of(X), steps_of(TABLE), rtol=1e-6)


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_list_of_any_library_holds_the_numbers_of_its_arrays(container):
    X = [CONTAINERS[container](array) for array in RAGGED]
    np.testing.assert_allclose(steps_of(X), np.concatenate(RAGGED), rtol=1e-6)
    lengths = sequences_of(X).lengths
    assert lengths.tolist() == [len(array) for array in RAGGED]
    one_length = [CONTAINERS[container](array[:3]) for array in RAGGED]
    expected = np.concatenate([array[:3] for array in RAGGED])
    np.testing.assert_allclose(steps_of(one_length), expected, rtol=1e-6)


def test_predictions_are_those_of_the_arrays_whatever_the_library():
    model = make("GRURegressor", units=2, epochs=1).fit(RAGGED, Y)
    expected = model.predict(RAGGED)
    frames = [pl.DataFrame(array) for array in RAGGED]
    other = make("GRURegressor", units=2, epochs=1).fit(frames, pl.Series(Y))
    np.testing.assert_allclose(other.predict(frames), expected)
    for tensor in TENSORS.values():
        tensors = [tensor(array) for array in RAGGED]
        np.testing.assert_allclose(model.predict(tensors), expected, rtol=1e-5)


@pytest.mark.parametrize("rows", ["pandas", "polars"])
def test_a_series_of_arrays_is_a_list_of_them(rows):
    X = pd.Series(RAGGED, index=list("abcdef"))
    if rows == "polars":
        X = pl.Series(RAGGED, dtype=pl.Object)
    np.testing.assert_array_equal(steps_of(X), np.concatenate(RAGGED))


def test_a_list_of_mappings_is_one_of_frames_with_their_names():
    X = [{"a": array[:, 0], "b": array[:, 1]} for array in RAGGED]
    model = make("GRURegressor", units=2, epochs=1).fit(X, Y)
    assert model.feature_names_in_.tolist() == ["a", "b"]
    np.testing.assert_array_equal(steps_of(X), np.concatenate(RAGGED))
    with pytest.raises(ValueError, match="names should match"):
        model.predict([{"b": array[:, 1], "a": array[:, 0]} for array in RAGGED])


@pytest.mark.parametrize("make_frame", [pl.DataFrame, as_arrow])
def test_names_of_other_libraries_are_those_of_the_fit(make_frame):
    X = [make_frame(array) for array in RAGGED]
    model = make("GRURegressor", units=2, epochs=1).fit(X, Y)
    names = model.feature_names_in_.tolist()
    assert len(names) == 2
    assert all(isinstance(name, str) for name in names)
    swapped = [pd.DataFrame(array, columns=names[::-1]) for array in RAGGED]
    with pytest.raises(ValueError, match="same order as they were in fit"):
        model.predict(swapped)


# ------------------------------------------------------------------ columns of every frame


def test_columns_are_compared_for_every_frame_of_a_list():
    ordered = [pd.DataFrame(array, columns=["a", "b"]) for array in RAGGED]
    model = make("GRURegressor", units=2, epochs=1).fit(ordered, Y)
    swapped = [*ordered[:5], ordered[5][["b", "a"]]]
    for act in (lambda: model.fit(swapped, Y), lambda: model.predict(swapped)):
        with pytest.raises(ValueError, match=r"sequence 5 of X has the columns \['b', 'a'\]"):
            act()
    with pytest.raises(ValueError, match="same order as they were in fit"):
        model.predict([RAGGED[0], *[part[["b", "a"]] for part in ordered[1:]]])


@pytest.mark.parametrize("library", ["polars", "arrow"])
def test_columns_of_other_libraries_are_compared_for_every_frame_of_a_list(library):
    ordered = [CONTAINERS[library](array) for array in RAGGED]
    swapped = ordered[5].select(["f1", "f0"])
    with pytest.raises(ValueError, match=r"sequence 5 of X has the columns \['f1', 'f0'\]"):
        steps_of([*ordered[:5], swapped])


# ------------------------------------------------------------------ what is missing

MISSING = np.array([[1.0, 2.0], [np.nan, 3.0], [4.0, np.nan]])
NULLABLE = frame(MISSING).astype("Float64")
WITH_MISSING = {
    "masked": np.ma.masked_invalid(MISSING),
    "masked integers": np.ma.array(np.nan_to_num(MISSING).astype(int), mask=np.isnan(MISSING)),
    "nullable": NULLABLE,
    "nullable integers": NULLABLE.astype("Int64"),
    "objects with pd.NA": NULLABLE.astype(object),
    "None": [[1.0, 2.0], [None, 3.0], [4.0, None]],
    "polars": pl.DataFrame([[1.0, None, 4.0], [2.0, 3.0, None]], schema=["a", "b"]),
}


@pytest.mark.parametrize("listed", [False, True])
@pytest.mark.parametrize("form", WITH_MISSING)
def test_what_is_missing_is_nan_in_every_form(form, listed):
    X = WITH_MISSING[form]
    if listed:
        X = [np.array(X, dtype=object) if form == "None" else X] * 2
    expected = np.concatenate([MISSING] * 2) if listed else MISSING.reshape(-1, 1)
    np.testing.assert_array_equal(steps_of(X, missing="mask"), expected)
    with pytest.raises(ValueError, match=r'Input X contains NaN: .*missing="mask"'):
        steps_of(X)


def test_a_masked_value_is_not_used_in_training():
    values = np.random.default_rng(0).normal(size=(6, 5, 2))
    values[0, 2] = -9999.0
    masked = np.ma.masked_equal(values, -9999.0)
    expected = np.where(values == -9999.0, np.nan, values)
    settings = {"units": 2, "epochs": 1, "missing": "mask"}
    read = make("GRURegressor", **settings).fit(masked, Y).predict(masked)
    np.testing.assert_array_equal(
        read, make("GRURegressor", **settings).fit(expected, Y).predict(expected)
    )
    with pytest.raises(ValueError, match="Input X contains NaN: sequence 0"):
        make("GRURegressor").fit(masked, Y)


# ------------------------------------------------------------------ what is no number

NO_NUMBERS = {
    "dates": (DAYS, "dates, such as 2024-03-01"),
    "dates of a zone": (DAYS.dt.tz_localize("UTC"), "dates, such as 2024-03-01"),
    "dates of Python": (DAYS.dt.date, "dates, such as 2024-03-01"),
    "time differences": (DAYS - DAYS[0], "time differences, .* divide them by a unit"),
    "periods": (DAYS.dt.to_period("D"), "periods, such as 2024-03-01"),
    "texts": (pd.Series(list("abcdef")), "texts, such as 'a'"),
    "texts of numbers": (pd.Series(list("123456")), "texts, such as '1'"),
    "categories of texts": (pd.Series(list("abcdef"), dtype="category"), "texts, such as 'a'"),
    "a text among numbers": (pd.Series([1, 2, "c", 4, 5, 6]), "texts, such as 'c'"),
    "intervals": (pd.Series(pd.cut(range(6), 2)), "intervals, .* midpoints"),
    "complex numbers": (pd.Series([1j] * 6), "complex numbers"),
}


@pytest.mark.parametrize("case", NO_NUMBERS)
def test_a_column_of_no_numbers_is_refused_by_name(case):
    column, message = NO_NUMBERS[case]
    X = pd.DataFrame({"level": Y, "when": column})
    with pytest.raises(ValueError, match=f"column 'when' of X holds {message}"):
        steps_of(X)
    with pytest.raises(ValueError, match=f"column 'when' of sequence 1 of X holds {message}"):
        steps_of([frame(TABLE[:, :2]).set_axis(["level", "when"], axis=1), X])
    panel = pd.concat({0: X, 1: X})
    with pytest.raises(ValueError, match=f"column 'when' of X holds {message}"):
        steps_of(panel)
    with pytest.raises(ValueError, match=f"X holds {message}"):
        steps_of(X[["when"]].to_numpy())


@pytest.mark.parametrize("unit", ["M8[s]", "m8[s]"])
def test_times_in_an_array_of_three_axes_are_no_numbers(unit):
    noun = "dates" if unit.startswith("M") else "time differences"
    with pytest.raises(ValueError, match=f"X holds {noun}"):
        steps_of(np.zeros((2, 3, 1), dtype=unit))
    with pytest.raises(ValueError, match="X holds dates, such as 2024-01-01"):
        steps_of([[[datetime.date(2024, 1, 1)]], [[datetime.date(2024, 1, 2)]]])


def test_a_nested_frame_is_refused_with_advice():
    nested = pd.DataFrame({"dim_0": [pd.Series(array[:, 0]) for array in RAGGED]})
    with pytest.raises(ValueError, match=r"column 'dim_0' of X holds a Series .* give a list"):
        steps_of(nested)


def test_a_dict_and_a_table_without_values_are_refused():
    with pytest.raises(TypeError, match=r"X is a dict; give a list of its values"):
        steps_of({"a": RAGGED[0]})
    with pytest.raises(TypeError, match=r"LazyFrame was given.* collect\(\)"):
        steps_of(pl.LazyFrame({"a": [1.0]}))


# ------------------------------------------------------------------ times read as sequences


def test_rows_that_are_times_are_warned_of_once_at_fit():
    X = pd.DataFrame(TABLE, columns=list("abcd"), index=DAYS)
    model = make("GRURegressor", units=2, epochs=1)
    with pytest.warns(UserWarning, match="SlidingWindow .* n_channels") as caught:
        model.fit(X, Y)
    assert [one.category for one in caught].count(UserWarning) == 1
    model.predict(X)


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%d.%m.%Y %H:%M", "%m/%d/%y"])
def test_rows_that_are_times_as_text_are_warned_of(form):
    X = pd.DataFrame(TABLE, columns=list("abcd"), index=pd.DatetimeIndex(DAYS).strftime(form))
    with pytest.warns(UserWarning, match="whose index holds times"):
        make("GRURegressor", units=2, epochs=1).fit(X, Y)


def test_rows_that_are_no_times_and_columns_that_are_said_to_be_steps_are_not_warned_of():
    X = pd.DataFrame(TABLE, columns=list("abcd"))
    expected = steps_of(TABLE)
    names = pd.Index([f"row {n}-{n}" for n in range(len(X))])
    np.testing.assert_array_equal(steps_of(X), expected)
    np.testing.assert_array_equal(steps_of(X.set_axis(names)), expected)
    np.testing.assert_array_equal(steps_of(X.set_axis(DAYS), n_channels=1), expected)
    np.testing.assert_array_equal(steps_of(pd.DataFrame(TABLE, index=DAYS)), expected)
