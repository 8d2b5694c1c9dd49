"""Whether two things hold the same, and whether what they hold is finite, for data of any kind."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from typing import Any

import numpy as np
import pandas as pd


def same(one: Any, other: Any) -> bool:
    """Tell whether two things hold the same to the last bit, NaN beside NaN included."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, np.random.RandomState):
        return same(one.get_state(), other.get_state())
    if isinstance(one, np.ma.MaskedArray):
        return same(one.data, other.data) and same(np.array(one.mask), np.array(other.mask))
    if isinstance(one, np.ndarray):
        return _same_arrays(one, other)
    if isinstance(one, pd.DataFrame | pd.Series):
        return _same_tables(pd.DataFrame(one), pd.DataFrame(other))
    if isinstance(one, pd.Index):
        return one.equals(other) and one.names == other.names and one.dtype == other.dtype
    if isinstance(one, Mapping):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float):
        return one == other or (one != one and other != other)
    return _same_objects(one, other)


def _same_tables(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    labels = same(one.index, other.index) and same(one.columns, other.columns)
    if not labels or list(one.dtypes) != list(other.dtypes):
        return False
    columns = ((one.iloc[:, n], other.iloc[:, n]) for n in range(one.shape[1]))
    return all(a.equals(b) or same(a.to_numpy(), b.to_numpy()) for a, b in columns)


def _same_arrays(one: np.ndarray, other: np.ndarray) -> bool:
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    if one.dtype == object:
        return all(map(same, one.ravel().tolist(), other.ravel().tolist()))
    return np.array_equal(one, other, equal_nan=one.dtype.kind in "fcmM")


def _same_objects(one: Any, other: Any) -> bool:
    if type(one).__name__ == "ForecastingHorizon":  # which notes down the frequencies it meets
        return one.is_relative == other.is_relative and same(one._values, other._values)
    if hasattr(one, "toarray"):
        return same(one.toarray(), other.toarray())
    if hasattr(one, "equals"):  # polars, arrow
        return bool(one.equals(other))
    is_plain = type(one).__eq__ is object.__eq__ or is_dataclass(one)
    if hasattr(one, "__dict__") and is_plain:  # equal data may hold what compares by identity
        return same(vars(one), vars(other))
    try:
        return bool(one == other)
    except Exception:
        return frozen(one) == frozen(other) is not None


def frozen(thing: Any) -> bytes | None:
    """Return everything that a thing holds as bytes; None where that cannot be told."""
    try:
        return pickle.dumps(thing)
    except Exception:
        return None


def numbers(thing: Any) -> Iterator[np.ndarray]:
    """Yield all the floating-point numbers in a result, as arrays."""
    if isinstance(thing, float | complex | np.floating):
        yield np.asarray(thing)
    elif isinstance(thing, np.ndarray):
        if thing.dtype.kind in "fc":
            yield thing
        elif thing.dtype == object:
            yield from numbers(thing.ravel().tolist())
    elif isinstance(thing, pd.DataFrame):
        for column in range(thing.shape[1]):
            yield from numbers(thing.iloc[:, column])
    elif isinstance(thing, pd.Series):
        if pd.api.types.is_float_dtype(thing.dtype):
            yield thing.to_numpy(np.float64, na_value=np.nan)
    elif isinstance(thing, Mapping):
        for part in thing.values():
            yield from numbers(part)
    elif isinstance(thing, list | tuple):
        for part in thing:
            yield from numbers(part)
    elif hasattr(thing, "series") and hasattr(thing, "ends"):  # Windows
        yield from numbers(thing.series)


def finite(thing: Any) -> bool:
    """Tell whether no number in a result is NaN or infinite."""
    return all(bool(np.isfinite(part).all()) for part in numbers(thing))
