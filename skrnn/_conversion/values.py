"""Values as numbers or as labels; what is neither is refused by name, with the cure."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable
from typing import Any, NoReturn

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn._conversion.containers import holds_plain_numbers, in_numpy_or_pandas, is_ragged

#: What numbers are called by it, and nothing but missing values.
_NUMBERS = ("boolean", "integer", "floating", "mixed-integer-float", "decimal", "empty")

#: What values that are no numbers are called, by what `pandas.api.types.infer_dtype` finds.
_NOUNS = {
    "string": "texts",
    "bytes": "bytes",
    "datetime": "dates",
    "datetime64": "dates",
    "date": "dates",
    "time": "times of day",
    "timedelta": "time differences",
    "timedelta64": "time differences",
    "period": "periods",
    "interval": "intervals",
    "complex": "complex numbers",
}
_KINDS = {
    "U": "string",
    "T": "string",
    "S": "bytes",
    "M": "datetime64",
    "m": "timedelta64",
    "c": "complex",
}
_CURES = {
    "texts": "encode them, for example with scikit-learn's OneHotEncoder, or leave them out",
    "bytes": "decode them",
    "dates": "make numbers of them, such as the hour, or the time since the first date",
    "times of day": "make numbers of them, such as hours",
    "time differences": "divide them by a unit, for example by pd.Timedelta('1h')",
    "periods": "make numbers of them, such as the month",
    "intervals": "give their midpoints",
    "complex numbers": "give the real and the imaginary part",
}


def as_array(values: Any, name: str) -> NDArray[Any]:
    """Return what any container holds as an array; numbers are float64 where one is missing."""
    values = in_numpy_or_pandas(values)
    if isinstance(values, pd.DataFrame):
        columns = [_of_column(column) for _, column in values.items()]
        if any(column.dtype.kind not in "biuf" for column in columns):
            columns = [column.astype(object) for column in columns]
        return np.column_stack(columns) if columns else np.empty((len(values), 0))
    if isinstance(values, pd.Series):
        return _of_column(values)
    if isinstance(values, list) and is_ragged(values):
        values = [as_array(element, name) for element in values]
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(
            f"the rows of {name} differ in length; give sequences of different length as a list "
            "of arrays of shape (n_steps, n_features), a univariate one as (n_steps, 1)."
        ) from error
    if array.dtype.kind in "US" and isinstance(values, list | tuple):
        # A list of a text and a number, or of a text and NaN, is no list of texts.
        objects = np.asarray(values, dtype=object)
        return array if _kind_of(objects, skipna=False) in ("string", "bytes") else objects
    return array


def as_numbers(values: Any, name: str) -> Any:
    """Return an array of booleans, integers or floats, NaN for what is missing.

    Parameters
    ----------
    values : object
        Any container; a sparse matrix comes back as it is.
    name : str
        What messages call it.

    Raises
    ------
    ValueError
        If it holds dates, texts or anything else that is no number; the message names the column.
    """
    if holds_plain_numbers(values):
        return values
    values = in_numpy_or_pandas(values)
    if isinstance(values, pd.DataFrame):
        return _numbers_of_frame(values, name)
    if values is None or hasattr(values, "toarray"):
        return values
    return _numbers(as_array(values, name), name)


def as_values(values: Any, name: str) -> NDArray[Any]:
    """Return numbers, however they are held, as an array of numbers, and all else as an array.

    What is missing among numbers is NaN.
    """
    array = as_array(values, name)
    if array.dtype != object or _kind_of(array, skipna=True) not in _NUMBERS:
        return array
    held = np.array(array.tolist())
    return held if held.dtype.kind in "biuf" else _numbers(array, name)


def as_labels(values: Any, name: str, *, each: str) -> NDArray[Any]:
    """Return labels, none missing, with the dtype of what they are: text, number or boolean.

    Parameters
    ----------
    values : object
        Any container.
    name, each : str
        What messages call it, and what needs a label.

    Raises
    ------
    ValueError
        If a label is missing, or they are not all texts, numbers, booleans or intervals.
    """
    values = in_numpy_or_pandas(values)
    dtype = getattr(values, "dtype", None)
    labels = as_array(values, name)
    if labels.dtype.kind in "biuf":
        if np.isnan(labels).any():
            _fail_missing(name, each)
        return labels
    if labels.dtype.kind in "OmM" and pd.isna(labels).any():
        _fail_missing(name, each)
    kind = _kind_of(labels, skipna=False)
    if kind in ("boolean", "integer", "floating", "mixed-integer-float"):
        return np.array(labels.tolist())
    if kind == "string":
        return labels
    if kind != "interval":
        held = _NOUNS.get(kind, "values of different kinds, or of none that labels have")
        given = labels.dtype if dtype is None else dtype
        raise ValueError(
            f"{name} holds {held}, dtype {given}, such as {_example(labels.flat)}; labels are "
            "texts, integers, booleans or intervals, all of one kind: convert them, for example "
            "with astype(str)."
        )
    return labels


def _of_column(column: pd.Series[Any]) -> NDArray[Any]:
    """Return a column as an array, with NaN where a number is missing."""
    dtype = column.dtype
    if isinstance(dtype, np.dtype):
        return column.to_numpy()
    if isinstance(dtype, pd.CategoricalDtype):
        return _of_categories(column)
    if not (pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_bool_dtype(dtype)):
        return np.asarray(column, dtype=object)
    numpy_dtype = getattr(dtype, "numpy_dtype", getattr(dtype, "subtype", np.dtype(object)))
    if numpy_dtype.kind == "c":
        return np.asarray(column)
    if column.hasnans or numpy_dtype.kind not in "biuf":
        numpy_dtype = np.dtype(np.float64)
        return column.to_numpy(dtype=numpy_dtype, na_value=np.nan)
    return column.to_numpy(dtype=numpy_dtype)


def _of_categories(column: pd.Series[Any]) -> NDArray[Any]:
    categories = _of_column(pd.Series(column.cat.categories))
    codes = column.cat.codes.to_numpy()
    missing = codes < 0
    if not missing.any():
        return categories[codes]
    is_number = categories.dtype.kind in "biuf"
    values = np.full(len(codes), np.nan if is_number else None, float if is_number else object)
    values[~missing] = categories[codes[~missing]]
    return values


def _numbers_of_frame(frame: pd.DataFrame, name: str) -> NDArray[Any]:
    kinds = {dtype.kind if isinstance(dtype, np.dtype) else "O" for dtype in frame.dtypes}
    if kinds and (kinds <= set("iuf") or kinds == {"b"}):
        return frame.to_numpy()
    columns = []
    for label, column in frame.items():
        called = f"column {label!r} of {name}"
        if is_ragged(column):
            held = next(value for value in column if value is not None)
            raise ValueError(
                f"{called} holds a {type(held).__name__} in each row; give a list of arrays "
                "(n_steps, n_features), or a DataFrame indexed by instance and time."
            )
        columns.append(_numbers(_of_column(column), called))
    return np.column_stack(columns) if columns else np.empty((len(frame), 0))


def _numbers(array: NDArray[Any], name: str) -> NDArray[Any]:
    """Return an array of numbers, of those among objects as float64."""
    if array.dtype.kind in "biuf":
        return array
    refuse_other_than_numbers(array, name)
    if array.size == 0:
        return array.astype(np.float64)
    try:
        return np.where(pd.isna(array), np.nan, array).astype(np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        _refuse_objects(array, name, error)


def _kind_of(array: NDArray[Any], *, skipna: bool) -> str:
    """Return what an array holds, in the words of `pandas.api.types.infer_dtype`."""
    if array.dtype != object:
        return _KINDS.get(array.dtype.kind, "mixed")
    return pd.api.types.infer_dtype(array.ravel(), skipna=skipna)


def _kind_of_one(value: Any) -> str:
    if isinstance(value, int | float):
        return "floating"
    one = np.empty(1, dtype=object)
    one[0] = value
    return pd.api.types.infer_dtype(one, skipna=True)


def refuse_other_than_numbers(array: NDArray[Any], name: str, cure: str | None = None) -> None:
    """Raise ValueError if an array of texts, dates or objects holds what is no number.

    Parameters
    ----------
    array : ndarray
        Values, some of which may be missing.
    name : str
        What the message calls them.
    cure : str, optional
        What to do, where that is more than to convert them.
    """
    kind = _kind_of(array, skipna=True)
    if kind in ("mixed", "mixed-integer"):
        kind = next((k for k in map(_kind_of_one, array.flat) if k in _NOUNS), kind)
    if kind not in _NOUNS:
        return
    noun = _NOUNS[kind]
    is_target = name.endswith("y") and kind == "string"
    if cure is None:
        labels = "take a classifier for labels, or convert them with astype(float)"
        cure = labels if is_target else _CURES[noun]
    prefix = "Complex data not supported: " if kind == "complex" else ""
    found = (
        value
        for value in array.flat
        if array.dtype != object or _NOUNS.get(_kind_of_one(value)) == noun
    )
    raise ValueError(
        f"{prefix}{name} holds {noun}, such as {_example(found)}, where numeric values are needed; "
        f"{cure}."
    )


def _refuse_objects(array: NDArray[Any], name: str, error: Exception) -> NoReturn:
    """Raise the error for values that are no numbers and of no kind that has a noun."""
    value = next((one for one in array.flat if not _is_a_number(one)), array.flat[0])
    kind = TypeError if isinstance(error, TypeError) else ValueError
    raise kind(
        f"{name} holds {reprlib.repr(value)}, of type {type(value).__name__}, where numeric values "
        f"are needed ({error}); give an array, a list or a table of numbers."
    ) from error


def _is_a_number(value: Any) -> bool:
    if hasattr(value, "__len__"):
        return False
    try:
        float(value)
    except (TypeError, ValueError, OverflowError):
        return value is pd.NA
    return True


def _example(values: Iterable[Any]) -> str:
    """Return how a message shows the first value."""
    value = next(iter(values))
    if isinstance(value, np.generic) and value.dtype.kind not in "mM":
        value = value.item()
    return reprlib.repr(value) if isinstance(value, str | bytes) else str(value)


def _fail_missing(name: str, each: str) -> NoReturn:
    raise ValueError(f"Input {name} contains NaN; each {each} needs one.")
