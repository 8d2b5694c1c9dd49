"""Rows of any data frame: features, times and groups."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from skrnn._conversion import (
    in_numpy_or_pandas,
    native,
    refuse_other_than_numbers,
    refuse_repeated_names,
)
from skrnn._wording import type_name
from skrnn.parameters import NONE, satisfying, tuples_of
from skrnn.sequences.arrow_rows import ArrowRows, is_dataset
from skrnn.sequences.stored_rows import is_stored, rows_of_table
from skrnn.sequences.times import as_times

NAME = satisfying("a column's name", lambda value: isinstance(value, str) and bool(value), "str")
TIME_DOMAIN = NAME | NONE
GROUPS_DOMAIN = NAME | tuples_of(NAME) | NONE

#: narwhals dtypes that cannot be features.
_NO_NUMBERS = {"String", "Enum", "Datetime", "Date", "Duration", "Time"}


@dataclass(frozen=True, eq=False)
class Rows:
    """Features, times and groups of the rows of a table, in their order.

    Attributes
    ----------
    features : array-like, frame or StoredRows
        All columns except times and groups.
    times : Index or None
        Time of each row, if known.
    groups : Index or None
        The key of each row's group; with several columns a MultiIndex.
    labels : Index or None
        The index of a pandas frame.
    names : list or None
        The names of the features.
    """

    features: Any
    times: pd.Index | None = None
    groups: pd.Index | None = None
    labels: pd.Index | None = None
    names: list[Any] | None = None

    @property
    def has_names(self) -> bool:
        """Return whether the rows have an index of names, not of times."""
        return self.times is None and self.labels is not None


def read_rows(X: Any, *, time: Any, groups: Any, name: str = "X") -> Rows:
    """Return the features, times and groups of an array or any data frame.

    Parameters
    ----------
    X : array-like or frame
        Arrays have neither times nor groups.
    time, groups : str, tuple of str or None
        Names of columns or of levels of a pandas index.
    name : str
        Name of X in messages.

    Raises
    ------
    ValueError
        If a name is not found, times or keys are missing or hidden in text, or a feature is a
        column of dates or text.
    """
    keys = key_names(groups)
    if is_stored(X) and (is_dataset(X) or (time is None and not keys)):
        return _with_checked_times(_from_stored(X, time, keys, name), time, groups, name)
    if not hasattr(X, "collect"):  # names of a lazy frame are unique
        refuse_repeated_names(X, name)
    table = as_table(X)
    if isinstance(table, pd.DataFrame):
        rows = _from_pandas(table, time, keys, name)
    elif table is not None:
        rows = _from_narwhals(table, time, keys, name)
    elif time is not None or keys:
        raise ValueError(
            f"time={time!r} and groups={groups!r} name columns, and {name} is of type "
            f"{type(X).__name__}, whose columns have no names; give a DataFrame."
        )
    else:
        return Rows(X)
    return _with_checked_times(rows, time, groups, name)


def _with_checked_times(rows: Rows, time: Any, groups: Any, name: str) -> Rows:
    """Return the rows, or raise ValueError if times are missing."""
    if rows.times is not None and (lacks := _lacks(rows.times)):
        raise ValueError(f"{_times_of(time, name)} has {lacks} times; drop those rows first.")
    if groups and rows.times is None:
        raise ValueError(
            f"groups={groups!r} was given without times, and rows of different groups are "
            'compared by time; name the column of times with time="column".'
        )
    return rows


def key_names(groups: Any) -> tuple[str, ...]:
    """Return the names of the columns that identify groups."""
    return () if groups is None else (groups,) if isinstance(groups, str) else tuple(groups)


def as_table(X: Any) -> Any:
    """Return a pandas or narwhals DataFrame for a frame or a series, and None for an array."""
    if hasattr(X, "compute"):  # Dask's collections
        X = in_numpy_or_pandas(X)
    if isinstance(X, np.ndarray | list | tuple):
        return None
    if isinstance(X, pd.Series):
        return X.to_frame()
    if isinstance(X, pd.DataFrame):
        return X
    import narwhals.stable.v2 as nw  # imported only for data frames

    frame = nw.from_native(X, pass_through=True, allow_series=True)
    if isinstance(frame, nw.Series):
        return frame.to_frame()
    if isinstance(frame, nw.LazyFrame):
        frame = frame.collect()
    if not isinstance(frame, nw.DataFrame):
        return None
    return frame.to_pandas() if frame.implementation.is_pandas_like() else frame


def _from_pandas(frame: pd.DataFrame, time: Any, keys: tuple[str, ...], name: str) -> Rows:
    frame = native(frame)
    found = {key: _labels_of(frame, key, name) for key in {*keys, *([time] if time else [])}}
    columns = [key for key in found if key in frame.columns]
    features = frame.drop(columns=columns) if columns else frame
    for position, (column, dtype) in enumerate(features.dtypes.items()):
        if getattr(dtype, "kind", "O") not in "biufc":
            _check_feature(column, features.iloc[:, position], name)
    named = None if time is None else _named_times(found[time], time)
    times = _times_of_index(frame.index, keys, name) if named is None else named
    groups = _joined([found[key] for key in keys], keys)
    return Rows(features, times, groups, frame.index, list(features.columns))


def _from_narwhals(frame: Any, time: Any, keys: tuple[str, ...], name: str) -> Rows:
    for key in (*keys, *([time] if time else [])):
        if key not in frame.columns:
            _fail_unknown(key, frame.columns, name)
    features = frame.drop([*{*keys, *([time] if time else [])}])
    for column in features.columns:
        if not _holds_numbers(features[column]):
            _check_feature(column, features[column], name)
    times = None if time is None else _named_times(_index_of(frame[time]), time)
    groups = _joined([_index_of(frame[key]) for key in keys], keys)
    return Rows(features.to_native(), times, groups, names=features.columns)


def _from_stored(X: Any, time: Any, keys: tuple[str, ...], name: str) -> Rows:
    """Return rows that are not read, except for the columns of times and groups of a dataset."""
    if not is_dataset(X):
        return Rows(rows_of_table(X, name))
    import narwhals.stable.v2 as nw

    others = [*keys, *([time] if time and time not in keys else [])]
    for key in others:
        if key not in X.schema.names:
            _fail_unknown(key, X.schema.names, name)
    rows = Rows(None)
    if others:
        rows = _from_narwhals(nw.from_native(X.to_table(columns=others)), time, keys, name)
    names = [one for one in X.schema.names if one not in others]
    features = rows_of_table(ArrowRows.of(X, names, name), name)
    return replace(rows, features=features, names=names)


def _index_of(column: Any) -> pd.Index:
    """Return a narwhals Series as an Index, in its time zone."""
    held = _widened(column.to_numpy())
    values = pd.Index(held if held.ndim == 1 else list(held), tupleize_cols=False)
    zone = getattr(column.dtype, "time_zone", None)
    return values.tz_localize("UTC").tz_convert(zone) if zone else values


def _widened(values: Any) -> Any:
    """Return 16-bit floats as 32-bit ones, since pandas has no 16-bit index."""
    return values.astype("float32") if values.dtype == np.float16 else values


def _labels_of(frame: pd.DataFrame, key: str, name: str) -> pd.Index:
    """Return a column, or a level of the index, as an Index."""
    if key in frame.columns:
        return pd.Index(_widened(frame[key]))
    if key not in frame.index.names:
        levels = [level for level in frame.index.names if level is not None]
        _fail_unknown(key, [*frame.columns, *levels], name)
    return frame.index.get_level_values(key)


def _named_times(labels: pd.Index, time: str) -> pd.Index:
    times = as_times(labels, f"time={time!r}")
    if times is None:
        raise ValueError(
            f"time={time!r} names a column that holds no times, such as {labels[0]!r}; it has to "
            "hold dates, periods, time differences or numbers."
        )
    return times


def _times_of_index(index: pd.Index, keys: tuple[str, ...], name: str) -> pd.Index | None:
    """Return the times of an index, or of its only level that is not a group."""
    if not isinstance(index, pd.MultiIndex):
        times = as_times(index, f"the index of {name}")
        is_numbered = times is not None and pd.api.types.is_numeric_dtype(times.dtype)
        return None if keys and is_numbered else times
    left = [level for level, key in enumerate(index.names) if key not in keys]
    if len(left) != 1:
        raise ValueError(
            f"{name} has an index of {index.nlevels} levels; windows are taken from one series, "
            "with one row for each time: window each instance by itself, or name the levels with "
            'groups="instance" and time="time".'
        )
    return as_times(index.get_level_values(left[0]), f"the index of {name}")


def _joined(parts: list[pd.Index], keys: tuple[str, ...]) -> pd.Index | None:
    """Return the key of each row's group."""
    for key, part in zip(keys, parts, strict=True):
        if part.isna().any():
            row = int(np.argmax(part.isna()))
            raise ValueError(
                f"groups={key!r} has no value in row {row}; give each row a group, or drop it."
            )
        held = part[0] if len(part) and part.dtype == object else None
        if not isinstance(held, Hashable):
            raise ValueError(
                f"groups={key!r} holds {type_name(held)} in each row, which cannot be "
                "compared; name a column of texts or numbers."
            )
    if len(parts) > 1:
        return pd.MultiIndex.from_arrays(parts)
    return parts[0] if parts else None


def _holds_numbers(column: Any) -> bool:
    """Return whether a narwhals Series is numeric."""
    dtype = type(column.dtype).__name__
    if dtype == "Categorical":  # PyArrow has categories of any kind
        dtype = type(column.cat.get_categories().dtype).__name__
    return dtype not in _NO_NUMBERS


def _check_feature(label: Any, column: Any, name: str) -> None:
    """Raise ValueError for a column of dates or text."""
    refuse_other_than_numbers(
        np.asarray(column),
        f"column {label!r} of {name}",
        f"name it with time={label!r} if it tells when a row was measured, with groups={label!r} "
        "if it tells which series a row belongs to, or drop or encode it",
    )


def _lacks(times: pd.Index) -> str:
    """Return a description of missing or infinite times, "" if there are none."""
    if times.hasnans:
        return "missing"
    is_float = pd.api.types.is_float_dtype(times.dtype)
    return "infinite" if is_float and np.isinf(times.to_numpy(np.float64)).any() else ""


def _times_of(time: Any, name: str) -> str:
    return f"the index of {name}" if time is None else f"time={time!r}"


def _fail_unknown(key: Any, columns: Any, name: str) -> NoReturn:
    raise ValueError(f"{key!r} is not a column of {name}, which has {list(columns)}.")
