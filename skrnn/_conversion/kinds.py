"""Kinds of values in an array, and the refusal of those that are not numbers."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable
from typing import Any, NoReturn

import numpy as np
import pandas as pd
from numpy.typing import NDArray

#: Kinds of numbers in `pandas.api.types.infer_dtype`, and of missing values only.
NUMBERS = ("boolean", "integer", "floating", "mixed-integer-float", "decimal", "empty")

#: Names of values that are not numbers, by kind in `pandas.api.types.infer_dtype`.
NOUNS = {
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


def dtype_name(values: Any) -> str:
    """Return the name of the dtype of a column or an index, "str" for texts in every version."""
    is_text = values.dtype == object and pd.api.types.infer_dtype(values, skipna=True) == "string"
    return "str" if is_text else str(values.dtype)


def kind_of(array: NDArray[Any], *, skipna: bool) -> str:
    """Return the kind of the values of an array, as in `pandas.api.types.infer_dtype`."""
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
    """Raise ValueError if an array of texts, dates or objects has values that are not numbers.

    Parameters
    ----------
    array : ndarray
        Values, some of which may be missing.
    name : str
        Name used in the message.
    cure : str, optional
        Remedy, if it is more than a conversion.
    """
    kind = kind_of(array, skipna=True)
    if kind in ("mixed", "mixed-integer"):
        kind = next((k for k in map(_kind_of_one, array.flat) if k in NOUNS), kind)
    if kind not in NOUNS:
        return
    noun = NOUNS[kind]
    is_target = name.endswith("y") and kind == "string"
    if cure is None:
        labels = "take a classifier for labels, or convert them with astype(float)"
        cure = labels if is_target else _CURES[noun]
    prefix = "Complex data not supported: " if kind == "complex" else ""
    found = (
        value
        for value in array.flat
        if array.dtype != object or NOUNS.get(_kind_of_one(value)) == noun
    )
    raise ValueError(
        f"{prefix}{name} holds {noun}, such as {example_of(found)}, where numeric values are "
        f"needed; {cure}."
    )


def refuse_objects(array: NDArray[Any], name: str, error: Exception) -> NoReturn:
    """Raise the error for values of other kinds."""
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


def example_of(values: Iterable[Any]) -> str:
    """Return the first value as shown in messages."""
    value = next(iter(values))
    if isinstance(value, np.generic) and value.dtype.kind not in "mM":
        value = value.item()
    return reprlib.repr(value) if isinstance(value, str | bytes) else str(value)
