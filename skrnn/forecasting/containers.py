"""Checks of the containers of y and X, before sktime reads them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn._conversion import as_numbers, dtype_name, native, refuse_repeated_names
from skrnn.forecasting.time_grid import up_to

Flags = NDArray[np.bool_]


def readable(data: Any, name: str) -> Any:
    """Return y or X for sktime, as an array of numbers, or pandas in native byte order.

    Parameters
    ----------
    data : any
        Container that sktime accepts, or None.
    name : {"y", "X"}
        Name used in messages.

    Raises
    ------
    TypeError
        If a column does not hold numbers.
    ValueError
        If a key or a time is missing, or times decrease.
    """
    if isinstance(data, np.ndarray):
        return as_numbers(data, name)
    if isinstance(data, pd.Series | pd.DataFrame):
        refuse_repeated_names(data, name)
        require_numeric_columns(data, name)
        refuse_index(data.index, name)
        data = native(_with_dates(data))
    return data


def both_readable(y: Any, X: Any) -> tuple[Any, Any]:
    """Return y and X for sktime; see `readable`.

    Raises
    ------
    TypeError, ValueError
        If `readable` refuses one of them, one is empty, or they have other levels.
    """
    for name, data in (("y", y), ("X", X)):
        refuse_empty(data, name)
    y, X = readable(y, "y"), readable(X, "X")
    refuse_other_levels(X, y)
    return y, X


def refuse_converted(**pairs: tuple[Any, Any]) -> None:
    """Raise ValueError for an index that sktime made, of data by name before and after."""
    for name, (before, read) in pairs.items():
        if read is not None and read is not before:
            refuse_index(read.index, name)


def cut(y: Any, cutoff: Any, stacklevel: int) -> Any:
    """Return the rows of y up to a cutoff; warn of series that have none.

    Raises
    ------
    TypeError
        If y is not a Series or DataFrame with times in its index, or the cutoff no such time.
    ValueError
        If no row is left.
    """
    if not isinstance(y, pd.Series | pd.DataFrame):
        raise TypeError(
            f"cutoff={cutoff!r} was given with y of type {type(y).__name__}; give y as a Series or "
            "DataFrame with the times in its index."
        )
    times = y.index.get_level_values(-1)
    kept = up_to(cutoff, times, "cutoff")
    if not kept.any():
        raise ValueError(
            f"cutoff={cutoff!r} lies before the first time of y, {times.min()}; give a later one."
        )
    if isinstance(y.index, pd.MultiIndex):
        names = y.index.droplevel(-1)
        later = names.unique().difference(names[kept].unique(), sort=False)
        if len(later):
            warnings.warn(
                f"{len(later)} series of y begin after cutoff={str(cutoff)!r} and are left out, "
                f"the first of them {later[0]!r}; leave them out of predict and backtest, too.",
                UserWarning,
                stacklevel=stacklevel + 1,
            )
    return y[kept]


def refuse_empty(data: Any, name: str) -> None:
    """Raise ValueError for a list without series, or a series without rows or columns.

    Raises
    ------
    TypeError
        If it is a tuple, which sktime does not accept as a container of series.
    """
    if isinstance(data, tuple):
        raise TypeError(f"{name} is of type tuple; give a Series or DataFrame.")
    if isinstance(data, list) and not data:
        raise ValueError(f"{name} is an empty list; give a Series or DataFrame.")
    shape = getattr(data, "shape", ())
    if not isinstance(shape, tuple) or 0 not in shape:
        return
    if shape[0] == 0:
        raise ValueError(f"{name} has no rows; give a series of two times or more.")
    raise ValueError(f"{name} holds no values: its shape is {shape}; give a column, at least.")


def refuse_other_levels(X: Any, y: Any) -> None:
    """Raise ValueError if one of X and y is a single series and the other a panel."""
    both = (X, y)
    if not all(isinstance(one, pd.Series | pd.DataFrame) for one in both):
        return
    if any(_holds_series(column) for frame in both for _, column in pd.DataFrame(frame).items()):
        return
    if X.index.nlevels != y.index.nlevels:
        of_X, of_y = (_described(tuple(one.index.names)) for one in both)
        raise ValueError(f"X is {of_X}, and y is {of_y}; give X in the form of y.")


def _with_dates(data: Any) -> Any:
    """Return a pandas container with dates of pyarrow converted to those of pandas."""
    times = data.index.levels[-1] if isinstance(data.index, pd.MultiIndex) else data.index
    if isinstance(times, pd.DatetimeIndex) or not pd.api.types.is_datetime64_any_dtype(times.dtype):
        return data
    dates: Any = pd.DatetimeIndex(times)
    if isinstance(data.index, pd.MultiIndex):
        dates = data.index.set_levels(dates, level=-1)
    return data.set_axis(dates)


def refuse_index(index: pd.Index, name: str) -> None:
    """Raise ValueError if a row has no key or no time, or the times of a series decrease."""
    for level, label in enumerate(index.names):
        missing = _missing(index, level)
        if not missing.any():
            continue
        count, first = int(missing.sum()), int(np.argmax(missing))
        if level == index.nlevels - 1:
            raise ValueError(
                f"{count} rows of {name} have no time, the first of them row {first}; give "
                "each row its time, or drop them."
            )
        level_name = level if label is None else label
        raise ValueError(
            f"{count} rows of {name} have no name of their series: the level {level_name!r} of "
            f"the index is missing (None or NaN), first in row {first}; name these series, or "
            f"drop them with {name}[{name}.index.get_level_values({level_name!r}).notna()]."
        )
    _refuse_falling_times(index, name)


def _missing(index: pd.Index, level: int) -> Flags:
    """Return which rows have no label in a level."""
    if not isinstance(index, pd.MultiIndex):
        return np.asarray(index.isna())
    codes = np.asarray(index.codes[level])
    unnamed = np.append(index.levels[level].isna(), True)  # the code of missing labels is -1
    return np.asarray(unnamed[codes], dtype=bool)


def _refuse_falling_times(index: pd.Index, name: str) -> None:
    """Raise ValueError if the times of a series decrease; duplicates are checked elsewhere."""
    times = index.get_level_values(-1)
    is_time = isinstance(times, pd.DatetimeIndex | pd.PeriodIndex) or times.dtype.kind in "iu"
    if index.is_monotonic_increasing or not is_time:
        return
    series = np.zeros(len(index), dtype=np.int64)
    if isinstance(index, pd.MultiIndex):
        series = pd.factorize(index.droplevel(-1))[0]
    order = np.argsort(series, kind="stable")
    series, times = series[order], times[order]
    falling = (series[1:] == series[:-1]) & np.asarray(times[1:] < times[:-1])
    if falling.any():
        row = int(np.argmax(falling))
        raise ValueError(
            f"the times of {name} fall: {times[row + 1]} comes after {times[row]}; sort the rows, "
            f"for example with {name}.sort_index()."
        )


def require_numeric_columns(data: pd.Series | pd.DataFrame, name: str) -> None:
    """Raise TypeError, naming the column, if one holds texts, categories, dates or objects."""
    columns = [(data.name, data)] if isinstance(data, pd.Series) else list(data.items())
    for label, column in columns:
        if column.dtype.kind in "iufb" or _holds_series(column):
            continue
        where = name if isinstance(data, pd.Series) else f"the column {label!r} of {name}"
        advice = (
            "encode categorical values, for example with pandas.get_dummies, or leave it out"
            if name == "X"
            else "leave out categorical values"
        )
        raise TypeError(
            f"{where} holds {dtype_name(column)} values, and not numbers; convert numbers with "
            f".astype('float64'), and {advice}."
        )


def _holds_series(column: pd.Series) -> bool:
    """Return whether a column is of sktime's nested frames, whose cells are series."""
    return column.dtype == object and len(column) > 0 and isinstance(column.iloc[0], pd.Series)


@dataclass(frozen=True)
class Container:
    """Index levels and columns of y, which later y and X have to share.

    Attributes
    ----------
    levels : tuple
        Names of the index levels, the last one that of the times.
    columns : tuple
        Names of the columns of y.
    """

    levels: tuple[Any, ...]
    columns: tuple[Any, ...]

    @classmethod
    def of(cls, y: pd.DataFrame) -> Self:
        """Return the container of a frame."""
        return cls(tuple(y.index.names), tuple(y.columns))

    def check_levels(self, frame: pd.DataFrame, name: str) -> None:
        """Raise ValueError unless a frame has the levels of series that y has.

        A level without a name matches any other; the name of the times does not matter.
        """
        given = tuple(frame.index.names)
        others = [
            None not in pair and pair[0] != pair[1]
            for pair in zip(given[:-1], self.levels[:-1], strict=False)
        ]
        if len(given) != len(self.levels) or any(others):
            raise ValueError(
                f"{name} is {_described(given)}, and y of the fit is {_described(self.levels)}; "
                f"give {name} in the same form, or fit anew."
            )

    def aligned(self, y: pd.DataFrame) -> pd.DataFrame:
        """Return a later y with its columns in order; raise ValueError for another form."""
        self.check_levels(y, "y")
        return in_order(y, self.columns, "y")


def in_order(frame: pd.DataFrame, columns: tuple[Any, ...], name: str) -> pd.DataFrame:
    """Return a frame with its columns in the given order, matched by name.

    Raises
    ------
    ValueError
        If the names differ. Columns without names, which are numbers, are matched by position.
    """
    given = tuple(frame.columns)
    if given == columns or _unnamed(given) or _unnamed(columns):
        return frame
    if set(given) != set(columns):
        raise ValueError(
            f"{name} has the columns {list(given)}, and that of the fit had {list(columns)}; give "
            "the same columns."
        )
    return frame[list(columns)]


def _described(levels: tuple[Any, ...]) -> str:
    if len(levels) == 1:
        return "a single series"
    return f"a panel whose index has the levels {list(levels)}"


def _unnamed(columns: tuple[Any, ...]) -> bool:
    """Return whether columns are numbers only, those of data without names."""
    return columns == tuple(range(len(columns)))
