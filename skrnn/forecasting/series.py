"""Series on regular times, read from sktime's pandas containers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn._stored_index import StoresIndices
from skrnn.forecasting.calendar import reaching, regular
from skrnn.forecasting.grids import refuse_gap, refuse_other_frequency
from skrnn.forecasting.time_grid import alike

Array = NDArray[np.float64]
Key = tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Series(StoresIndices):
    """Series with its covariates.

    Attributes
    ----------
    key : tuple
        Instance of the series; empty for a single series.
    index : pandas.Index
        Times, without gaps.
    values : ndarray of shape (n_times, n_columns)
        NaN for values not observed.
    covariates : ndarray of shape (n_times or more, n_covariates)
        Covariates from the first time on, those known in advance beyond the last time.
    channel : int
        Number of the column, if columns are series of their own.
    """

    key: tuple[Any, ...]
    index: pd.Index
    values: Array
    covariates: Array
    channel: int = 0

    def __len__(self) -> int:
        return len(self.values)  # sooner than that of an index

    @property
    def observed_times(self) -> NDArray[np.int64]:
        """Return the positions of the times with an observed value."""
        return np.flatnonzero(~np.isnan(self.values).all(axis=1))

    def first(self, n_times: int) -> Self:
        """Return the first times of the series."""
        if n_times == len(self):
            return self
        return replace(self, index=self.index[:n_times], values=self.values[:n_times])

    def merged(self, newer: Self) -> Self:
        """Return the series merged with another one, whose values take precedence."""
        times = self.index.union(newer.index)
        refuse_gap(times, named(self.key), like=self.index)
        index = regular(times, like=self.index)
        rows = []
        for part in (self, newer):
            own = index.get_indexer(part.index)  # a part with gaps may have a coarser grid
            n_later = len(part.covariates) - len(part)
            rows.append(np.concatenate([own, own[-1] + 1 + np.arange(n_later)]))
        n_rows = max(len(index), *(int(part[-1]) + 1 for part in rows))
        values = np.full((len(index), self.values.shape[1]), np.nan)
        covariates = np.full((n_rows, self.covariates.shape[1]), np.nan)
        for part, place in zip((self, newer), rows, strict=True):
            _put(part.values, values, place[: len(part)])
            _put(part.covariates, covariates, place)
        return replace(self, index=index, values=values, covariates=covariates)

    def channels(self) -> list[Self]:
        """Return the columns as series of their own."""
        n_columns = self.values.shape[1]
        if n_columns == 1:
            return [self]
        return [
            replace(self, values=self.values[:, number : number + 1], channel=number)
            for number in range(n_columns)
        ]


def first_positions(parts: Sequence[Series], wholes: Sequence[Series]) -> list[int]:
    """Return the positions of the first times of parts in whole series."""
    return [
        whole.index.get_indexer(part.index[:1])[0]
        for part, whole in zip(parts, wholes, strict=True)
    ]


def units_of(series: Sequence[Series], channel_independent: bool) -> list[Series]:
    """Return the units of the network: whole series, or their columns."""
    if not channel_independent:
        return list(series)
    return [channel for one in series for channel in one.channels()]


def read_series(
    y: pd.DataFrame,
    X: pd.DataFrame | None,
    names: tuple[str, ...],
    *,
    may_be_empty: bool = False,
    known: Mapping[tuple[Any, ...], Series] | None = None,
) -> list[Series]:
    """Return the series of y with the covariates of X, in the order of ``names``.

    Parameters
    ----------
    y : DataFrame
        Indexed by time, or by one or more levels of instances and time.
    X : DataFrame or None
        Covariates at the times of y, and perhaps later ones.
    names : tuple of str
        The columns of X to take.
    may_be_empty : bool
        Accept series without any observed value.
    known : mapping of tuple to Series, optional
        Earlier parts of the series, with their frequency.

    Raises
    ------
    ValueError
        If times are repeated, not regular or nearly all missing, if the frequencies of series
        differ, if X lacks a time of y, or if a series holds no value.
    """
    given = read_covariates(X, names)
    rows = floats(y, copy=True)  # which later changes to y leave as they are
    is_finite = bool(np.isfinite(rows).all())
    parts = {key: (part, times) for key, part, times in grouped(y.index)}
    # A series with few times, or gaps, has the frequency of the longest one.
    like = _longest({key: times for key, (_, times) in parts.items()}, known or {})
    grids: dict[tuple[int, int], Grid] = {}  # made once for all series of equal times
    series = []
    for key, (part, times) in parts.items():
        earlier = (known or {}).get(key)
        own = like if earlier is None else (key, earlier.index)
        same = id(times), id(own[1] if own else None)
        if same not in grids:
            grids[same] = Grid.of(key, times, own, like[1] if known and like else None)
        grid = grids[same]
        values = grid.placed(rows[part])
        if not is_finite:
            if not may_be_empty and not np.isfinite(values).any():
                raise ValueError(
                    f"{named(key)} has no observed value in its {len(times)} times; leave it out."
                )
            refuse_infinity(values, f"{named(key)} holds an infinite value")
        covariates = grid.no_covariates
        if names:
            if key not in given:
                raise ValueError(f"X has no rows for {named(key)}.")
            covariates = _covariates(given[key], grid.times, grid.index, named(key))
        series.append(Series(key, grid.index, values, covariates))
    return series


def read_covariates(X: pd.DataFrame | None, names: tuple[Any, ...]) -> dict[Key, pd.DataFrame]:
    """Return the named columns of X for each series, as floats indexed by time.

    Raises
    ------
    ValueError
        If times are repeated or values infinite.
    """
    if X is None:
        return {}
    columns = [name for name in names if name in X.columns]
    given = {}
    for key, part in instances(X[columns]):
        name = f"X of {named(key)}" if key else "X"
        _refuse_repeats(part.index, name)
        values = floats(part)
        refuse_infinity(values, f"X holds an infinite value for {named(key)}")
        given[key] = pd.DataFrame(values, index=part.index, columns=columns)
    return given


@dataclass(frozen=True, eq=False)
class Grid:
    """Regular times of a series.

    Attributes
    ----------
    times : pandas.Index
        The times that were given.
    index : pandas.Index
        All times from the first to the last one.
    places : ndarray of int of shape (n_times,) or None
        Position of each time in ``index``; None if they are the same.
    """

    times: pd.Index
    index: pd.Index
    places: NDArray[np.int64] | None

    @classmethod
    def of(
        cls,
        key: Key,
        times: pd.Index,
        like: tuple[Key, pd.Index] | None,
        fitted: pd.Index | None,
    ) -> Self:
        """Return the grid of a series, with the frequency of another one, or its own.

        Raises
        ------
        ValueError, TypeError
            If times are repeated, not regular or nearly all missing, or of another kind than those
            of the fit, if there are any.
        """
        _refuse_repeats(times, named(key))
        if fitted is not None:
            times = alike(times, fitted, "y", "the y of the fit")
        index = _grid(key, times, like)
        is_whole = len(index) == len(times) and times.is_monotonic_increasing
        places = None if is_whole else np.asarray(index.get_indexer(times), dtype=np.int64)
        return cls(times, index, places)

    @cached_property
    def no_covariates(self) -> Array:
        """Return an array (n_times, 0), one for all series at these times."""
        return np.empty((len(self.index), 0))

    def placed(self, rows: Array) -> Array:
        """Return the rows of the given times at all times, NaN between them."""
        if self.places is None:
            return rows
        values = np.full((len(self.index), rows.shape[1]), np.nan)
        values[self.places] = rows
        return values


def _longest(
    times: Mapping[Key, pd.Index], known: Mapping[Key, Series]
) -> tuple[Key, pd.Index] | None:
    """Return the key and times of the longest series, which has the frequency of a panel."""
    for key, one in known.items():
        return key, one.index
    if len(times) < 2:
        return None
    key = max(times, key=lambda key: len(times[key]))
    _refuse_repeats(times[key], named(key))
    return key, _grid(key, times[key], None)


def _grid(key: Key, times: pd.Index, like: tuple[Key, pd.Index] | None) -> pd.Index:
    """Return the regular times of a series, with the frequency of another one, or its own."""
    other, common = (key, None) if like is None else like
    refuse_gap(times, named(key), common)
    grid = regular(times, like=common)
    if common is not None and other != key:
        refuse_other_frequency(times, grid, common, named(key), named(other))
    return grid


def _refuse_repeats(times: pd.Index, name: str) -> None:
    """Raise ValueError if a time occurs twice."""
    repeated = times[times.duplicated()]
    if len(repeated):
        raise ValueError(f"{name} has several rows for {repeated[0]}; give one row for each time.")


def instances(frame: pd.DataFrame) -> Iterator[tuple[tuple[Any, ...], pd.DataFrame]]:
    """Yield the key of each instance, a tuple, and its rows indexed by time alone."""
    for key, rows, times in grouped(frame.index):
        yield key, frame.iloc[rows].set_axis(times)


def grouped(index: pd.Index) -> Iterator[tuple[Key, Any, pd.Index]]:
    """Yield the key of each instance, its rows, and its times; equal times are one object."""
    if not isinstance(index, pd.MultiIndex):
        yield (), slice(None), index
        return
    *codes, time_codes = (np.asarray(part, dtype=np.int64) for part in index.codes)
    *levels, every_time = index.levels
    numbers = np.zeros(len(index), dtype=np.int64)
    for part, level in zip(codes, levels, strict=True):
        numbers, _ = pd.factorize(numbers * (len(level) + 1) + part)  # in order of appearance
    is_in_order = bool((np.diff(numbers) >= 0).all())
    order = np.arange(len(index)) if is_in_order else np.argsort(numbers, kind="stable")
    bounds = np.flatnonzero(np.diff(numbers[order], prepend=-1, append=-1)).tolist()
    labels = [list(level) for level in levels]
    shared: dict[bytes, pd.Index] = {}
    for begin, end in pairwise(bounds):
        rows: Any = slice(begin, end) if is_in_order else order[begin:end]
        own = time_codes[rows]
        times = shared.get(own.tobytes())
        if times is None:
            times = shared[own.tobytes()] = every_time.take(own)
        first = order[begin]
        key = tuple(names[part[first]] for names, part in zip(labels, codes, strict=True))
        yield key, rows, times


def _covariates(X: pd.DataFrame, times: pd.Index, index: pd.Index, name: str) -> Array:
    """Return the rows of X from the first time of a series on, missing ones as NaN."""
    X = X.set_axis(alike(X.index, index, "X"))
    lacking = times.difference(X.index)
    if len(lacking):
        raise ValueError(
            f"X lacks {len(lacking)} of the {len(times)} times of {name}, the first "
            f"{lacking[0]}; give X a row for each time of y."
        )
    later = X.loc[X.index >= index[0]]
    refuse_gap(later.index, f"X of {name}", like=index)
    one_time = isinstance(index, pd.DatetimeIndex) and index.freq is None
    full = regular(later.index) if one_time else reaching(index, later.index[-1])
    return floats(later.reindex(full))


def floats(data: pd.DataFrame | pd.Series[Any], *, copy: bool = False) -> Array:
    """Return the values of a frame or a series as floats, NaN for missing values."""
    return data.to_numpy(dtype=np.float64, na_value=np.nan, copy=copy)


def _put(part: Array, whole: Array, rows: NDArray[np.int64]) -> None:
    """Write the observed values of a part into a whole."""
    whole[rows] = np.where(np.isnan(part), whole[rows], part)


def refuse_infinity(values: Array, fault: str) -> None:
    """Raise ValueError, with the given fault, if a value is infinite."""
    if np.isinf(values).any():
        raise ValueError(f"{fault}; mark it as missing (NaN).")


def named(key: tuple[Any, ...]) -> str:
    """Return the name of a series in messages."""
    return f"the series {label(key)} of y" if key else "y"


def label(key: tuple[Any, ...]) -> str:
    """Return the instance of a series in messages, without the tuple if it has one level."""
    return repr(key if len(key) != 1 else key[0])
