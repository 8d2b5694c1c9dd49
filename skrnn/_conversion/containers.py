"""Conversion of any library's containers to numpy arrays, DataFrames, or lists of them."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.extensions import ExtensionArray

from skrnn._wording import type_name

#: Start of a date as text, with the year first or last.
_DATE = re.compile(r"\s*(\d{4}([-/.])\d{1,2}(\2\d|$)|\d{1,2}([-/.])\d{1,2}\4\d{2})")


def in_numpy_or_pandas(values: Any) -> Any:
    """Return the content of a container as numpy arrays or pandas objects.

    Parameters
    ----------
    values : object
        Arrays and tensors of numpy, PyTorch, JAX, TensorFlow or Dask; tables and columns of
        pandas, Polars, PyArrow or Dask; lists, and arrays or columns of objects, that hold any
        of them.

    Returns
    -------
    ndarray, DataFrame, Series or list
        An array in native byte order, NaN or None for masked values; a DataFrame for a table;
        a Series for a column of pandas; a list for a container of sequences. Other objects,
        such as a text, a list of numbers or a sparse matrix, unchanged.

    Raises
    ------
    TypeError
        If a tensor cannot be read, a table has no values yet, or a class was given.
    """
    if holds_plain_numbers(values):
        return values
    if isinstance(values, np.ndarray):
        return _plain(values)
    if isinstance(values, pd.DataFrame) or values is None or isinstance(values, str | bytes):
        return values
    if isinstance(values, list | tuple):
        holds_tensors = len(values) > 0 and hasattr(values[0], "detach")
        return _listed(values) if holds_tensors or is_ragged(values) else values
    if isinstance(values, pd.Series | pd.Index | ExtensionArray):
        column: pd.Series[Any] = values if isinstance(values, pd.Series) else pd.Series(values)
        return _listed(column.tolist()) if _holds_sequences(column) else column
    if isinstance(values, np.generic | Mapping):
        return values
    if isinstance(values, type):
        raise TypeError(f"the class {values.__name__} was given; give an object that holds data.")
    if hasattr(values, "collect"):
        raise TypeError(
            f"{type_name(values)} was given, which has no values yet; give those that its "
            "method collect() returns."
        )
    if hasattr(values, "compute"):  # Dask's collections
        computed = values.compute()
        values = computed if type(computed) is not type(values) else computed.to_numpy()
        return in_numpy_or_pandas(values)
    names = column_names(values)
    if names is not None:
        return _table(values, names)
    if hasattr(values, "__array__"):
        return _plain(_in_memory(values))
    return values


def holds_plain_numbers(values: Any) -> bool:
    """Return whether values are an array of booleans, integers or floats, the usual case."""
    return type(values) is np.ndarray and values.dtype.kind in "biuf" and values.dtype.isnative


def is_sequence(element: Any) -> bool:
    """Return whether an element of a list is an array, a tensor, a table or a column."""
    if isinstance(element, str | list | tuple | int | float | np.generic):
        return False
    if is_mapping(element):
        return True
    shape = getattr(element, "shape", None)
    return hasattr(element, "__array__") if shape is None else len(shape) > 0


def is_ragged(values: Any) -> bool:
    """Return whether X is a list of sequences, possibly of different length."""
    if isinstance(values, list | tuple):
        # Texts, a common case, are checked first.
        return len(values) > 0 and not isinstance(values[0], str) and any(map(is_sequence, values))
    if isinstance(values, np.ndarray):
        return values.ndim == 1 and values.dtype == object and any(map(is_sequence, values))
    return isinstance(values, pd.Series) and _holds_sequences(values)


def is_panel(values: Any) -> bool:
    """Return whether X is a DataFrame indexed by instance and time."""
    return isinstance(values, pd.DataFrame) and isinstance(values.index, pd.MultiIndex)


def is_mapping(values: Any) -> bool:
    """Return whether values are a dict or a similar mapping, except for sparse matrices."""
    return isinstance(values, Mapping) and not hasattr(values, "toarray")


def column_names(values: Any) -> list[Any] | None:
    """Return the names of the columns of a table of any library, or None for anything else."""
    if is_mapping(values):
        return list(values)
    if isinstance(values, type):  # a class has the attributes without values
        return None
    for attribute in ("column_names", "columns"):  # PyArrow has both, with names in the first
        names = getattr(values, attribute, None)
        if names is not None and not callable(names):
            return list(names)
    return None


def refuse_repeated_names(values: Any, name: str) -> None:
    """Raise ValueError if two columns of a table have one name."""
    names = column_names(values) or []
    if len(set(names)) < len(names):
        repeated = next(one for one in names if names.count(one) > 1)
        raise ValueError(
            f"several columns of {name} are called {repeated!r}; give each column a name of its "
            "own, or an array."
        )


def holds_times(index: pd.Index) -> bool:
    """Return whether an index holds dates, periods or time differences, or texts with dates."""
    dtype = index.dtype
    if dtype.kind in "mM" or isinstance(dtype, pd.PeriodDtype):
        return True
    first = index[0] if len(index) else None
    return isinstance(first, str) and _DATE.match(first) is not None


def _listed(values: Any) -> list[Any]:
    """Return elements one by one as numpy arrays or pandas objects."""
    return [
        _table(element, list(element)) if is_mapping(element) else _element(element)
        for element in values
    ]


def _element(element: Any) -> Any:
    return _plain(np.asarray(element)) if np.isscalar(element) else in_numpy_or_pandas(element)


def _table(values: Any, names: list[Any]) -> pd.DataFrame:
    """Return a table of another library, or a mapping of columns, as a DataFrame."""
    if hasattr(values, "column"):  # PyArrow's, whose names may repeat
        columns = [values.column(position) for position in range(len(names))]
    else:
        columns = [values[name] for name in names]
    read = [_column(column) for column in columns]
    lengths = {len(column) if hasattr(column, "__len__") else None for column in read}
    if None in lengths or len(lengths) > 1:
        raise ValueError(
            f"{type_name(values)} of {reprlib.repr(names)} was given, whose values are not "
            "columns of one length; give a DataFrame, or a column for each name."
        )
    frame = pd.DataFrame(dict(enumerate(read)))
    frame.columns = pd.Index(names)
    return frame


def _column(values: Any) -> Any:
    """Return a column of a table, as a list of arrays if rows have several numbers."""
    read = in_numpy_or_pandas(values)
    return list(read) if getattr(read, "ndim", 1) > 1 else read


def _in_memory(values: Any) -> NDArray[Any]:
    """Return a tensor of any device and any precision as an array."""
    try:
        if hasattr(values, "detach"):  # PyTorch's
            values = values.detach().cpu()
            if str(values.dtype) == "torch.bfloat16":
                values = values.float()
        return np.asarray(values)
    except (TypeError, RuntimeError) as error:
        raise TypeError(
            f"{type_name(values)} was given that cannot be read as a numpy array ({error}); "
            "convert it first."
        ) from error


def _plain(array: NDArray[Any]) -> Any:
    """Return an array without a mask or a foreign byte order; a list for one of sequences."""
    if isinstance(array, np.ma.MaskedArray):
        array = _filled(array)
    array = np.asarray(array)
    dtype = array.dtype
    if dtype.kind == "V":
        if dtype.names is not None and array.ndim == 1:
            return _table(array, list(dtype.names))
        if issubclass(dtype.type, np.void):
            raise TypeError(
                f"an array of {dtype} with {array.ndim} dimension(s) was given, which holds no "
                "numbers; give an array of numbers, or a table with a column for each field."
            )
        return array.astype(np.float32)  # bfloat16 and similar types, which numpy does not have
    if not dtype.isnative:
        array = array.astype(dtype.newbyteorder("="))
    return _listed(array) if array.ndim == 1 and _holds_sequences(array) else array


def native_index(index: pd.Index) -> pd.Index:
    """Return an index in the byte order of this machine, which pandas needs to look up labels."""
    dtype = index.dtype
    if not isinstance(dtype, np.dtype) or dtype.isnative:
        return index
    return index.astype(dtype.newbyteorder("="))


def native(data: Any) -> Any:
    """Return a pandas container whose numbers and index have the byte order of this machine."""
    if isinstance(data, pd.Series):
        return native(data.to_frame()).iloc[:, 0].rename(data.name)
    foreign = {
        column: dtype.newbyteorder("=")
        for column, dtype in enumerate(data.dtypes)
        if isinstance(dtype, np.dtype) and not dtype.isnative
    }
    if foreign:
        names = data.columns
        data = data.set_axis(range(len(names)), axis=1).astype(foreign).set_axis(names, axis=1)
    index = native_index(data.index)
    return data if index is data.index else data.set_axis(index)


def _filled(array: np.ma.MaskedArray[Any, Any]) -> NDArray[Any]:
    """Return an array with NaN, or None among other values than numbers, for masked values."""
    mask = np.ma.getmaskarray(array)
    if not mask.any():
        return np.asarray(array.data)
    is_number = array.dtype.kind in "biuf"
    kind: Any = object
    if is_number:
        kind = np.float32 if array.dtype == np.float32 else np.float64
    values = np.array(array.data, dtype=kind)
    values[mask] = np.nan if is_number else None
    return values


def _holds_sequences(column: pd.Series[Any] | NDArray[Any]) -> bool:
    """Return whether the rows of a column are arrays, lists or other sequences."""
    if column.dtype.kind != "O" or isinstance(column.dtype, pd.CategoricalDtype):
        return False
    first = next((value for value in column if value is not None), None)
    return isinstance(first, list | tuple) or is_sequence(first)
