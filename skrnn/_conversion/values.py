"""Conversion of values to numbers or labels, with errors that say how to convert others."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn._conversion.containers import holds_plain_numbers, in_numpy_or_pandas, is_ragged
from skrnn._conversion.kinds import (
    NOUNS,
    NUMBERS,
    example_of,
    kind_of,
    refuse_objects,
    refuse_other_than_numbers,
)
from skrnn._wording import type_name


def as_array(values: Any, name: str) -> NDArray[Any]:
    """Return the content of any container as an array, float64 for numbers with missing values."""
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
        # A list of texts and numbers, or of texts and NaN, is not a list of texts.
        objects = np.asarray(values, dtype=object)
        return array if kind_of(objects, skipna=False) in ("string", "bytes") else objects
    return array


def as_numbers(values: Any, name: str) -> Any:
    """Return an array of booleans, integers or floats, NaN for missing values.

    Parameters
    ----------
    values : object
        Any container; a sparse matrix is returned unchanged.
    name : str
        Name used in messages.

    Raises
    ------
    ValueError
        If it has dates, texts or other values than numbers; the message names the column.
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
    """Return numbers in any container as an array of numbers, other values as an array.

    Missing numbers are NaN.
    """
    array = as_array(values, name)
    if array.dtype != object or kind_of(array, skipna=True) not in NUMBERS:
        return array
    held = np.array(array.tolist())
    return held if held.dtype.kind in "biuf" else _numbers(array, name)


def as_labels(values: Any, name: str, *, each: str) -> NDArray[Any]:
    """Return labels, none missing, with the dtype of their values: text, number or boolean.

    Parameters
    ----------
    values : object
        Any container.
    name, each : str
        Names of the values and of their owners in messages.

    Raises
    ------
    ValueError
        If a label is missing or infinite, or labels are not all texts, numbers, booleans or
        intervals.
    """
    values = in_numpy_or_pandas(values)
    dtype = getattr(values, "dtype", None)
    labels = as_array(values, name)
    if labels.dtype.kind in "biuf":
        return _finite(labels, name, each)
    if labels.size == 0:
        return labels
    if labels.dtype.kind in "OmM" and pd.isna(labels).any():
        _fail_missing(name, each)
    kind = kind_of(labels, skipna=False)
    if kind in ("boolean", "integer", "floating", "mixed-integer-float"):
        return _finite(np.array(labels.tolist()), name, each)
    if kind == "string":
        return labels
    if kind != "interval":
        held = NOUNS.get(kind, "values of different kinds, or of a kind that labels cannot have")
        given = labels.dtype if dtype is None else dtype
        raise ValueError(
            f"{name} holds {held}, dtype {given}, such as {example_of(labels.flat)}; labels are "
            "texts, integers, booleans or intervals, all of one kind: convert them, for example "
            "with astype(str)."
        )
    return labels


def _finite(labels: NDArray[Any], name: str, each: str) -> NDArray[Any]:
    """Return numeric labels; raise ValueError unless all are finite."""
    if labels.dtype.kind != "f":
        return labels
    if np.isnan(labels).any():
        _fail_missing(name, each)
    if np.isinf(labels).any():
        raise ValueError(f"Input {name} contains infinity; correct it or leave its {each} out.")
    return labels


def _of_column(column: pd.Series[Any]) -> NDArray[Any]:
    """Return a column as an array, with NaN for missing numbers."""
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
                f"{called} holds {type_name(held)} in each row; give a list of arrays "
                "(n_steps, n_features), or a DataFrame indexed by instance and time."
            )
        columns.append(_numbers(_of_column(column), called))
    return np.column_stack(columns) if columns else np.empty((len(frame), 0))


def _numbers(array: NDArray[Any], name: str) -> NDArray[Any]:
    """Return an array of numbers, float64 for numbers among objects."""
    if array.dtype.kind in "biuf":
        return array
    if array.size == 0:
        return np.empty(array.shape)
    refuse_other_than_numbers(array, name)
    try:
        return np.where(pd.isna(array), np.nan, array).astype(np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        refuse_objects(array, name, error)


def _fail_missing(name: str, each: str) -> NoReturn:
    raise ValueError(f"Input {name} contains NaN; each {each} needs one.")
