"""Series on regular times, read from sktime's pandas containers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn.forecasting.calendar import reaching, regular
from skrnn.forecasting.grids import refuse_gap, refuse_other_frequency
from skrnn.forecasting.time_grid import alike

Array = NDArray[np.float64]
Key = tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Series:
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
        return len(self.index)

    @property
    def observed_times(self) -> NDArray[np.int64]:
        """Return the positions of the times with an observed value."""
        return np.flatnonzero(~np.isnan(self.values).all(axis=1))

    def until(self, cutoff: Any) -> Self:
        """Return the series up to a time."""
        n_times = int(np.sum(np.asarray(self.index <= cutoff)))
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
        return [
            replace(self, values=self.values[:, [number]], channel=number)
            for number in range(self.values.shape[1])
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
    parts = _parts(y)
    # A series with few times, or gaps, has the frequency of the longest one.
    like = _longest(parts, known or {})
    series = []
    for key, part in parts.items():
        earlier = (known or {}).get(key)
        if known and like is not None:
            part = part.set_axis(alike(part.index, like[1], "y", "the y of the fit"))
        index = _grid(key, part.index, like if earlier is None else (key, earlier.index))
        values = floats(part.reindex(index))
        if not may_be_empty and not np.isfinite(values).any():
            raise ValueError(
                f"{named(key)} has no observed value in its {len(part)} times; leave it out."
            )
        refuse_infinity(values, f"{named(key)} holds an infinite value")
        covariates = np.empty((len(index), 0))
        if names:
            if key not in given:
                raise ValueError(f"X has no rows for {named(key)}.")
            covariates = _covariates(given[key], part.index, index, named(key))
        series.append(Series(key, index, values, covariates))
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


def _parts(y: pd.DataFrame) -> dict[Key, pd.DataFrame]:
    """Return the rows of each series of y, indexed by time."""
    parts = dict(instances(y))
    for key, part in parts.items():
        _refuse_repeats(part.index, named(key))
    return parts


def _longest(
    parts: Mapping[Key, pd.DataFrame], known: Mapping[Key, Series]
) -> tuple[Key, pd.Index] | None:
    """Return the key and times of the longest series, which has the frequency of a panel."""
    for key, one in known.items():
        return key, one.index
    if len(parts) < 2:
        return None
    key = max(parts, key=lambda key: len(parts[key]))
    return key, _grid(key, parts[key].index, None)


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
    if not isinstance(frame.index, pd.MultiIndex):
        yield (), frame
        return
    levels: list[Any] = list(range(frame.index.nlevels - 1))
    is_one = len(levels) == 1
    for key, part in frame.groupby(level=0 if is_one else levels, sort=False):
        yield (key,) if is_one else key, part.droplevel(levels)


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


def floats(data: pd.DataFrame | pd.Series[Any]) -> Array:
    """Return the values of a frame or a series as floats, NaN for missing values."""
    return data.to_numpy(dtype=np.float64, na_value=np.nan)


def _put(part: Array, whole: Array, rows: NDArray[np.int64]) -> None:
    """Write the observed values of a part into a whole."""
    whole[rows] = np.where(np.isnan(part), whole[rows], part)


def refuse_infinity(values: Array, fault: str) -> None:
    """Raise ValueError, with the given fault, if a value is infinite."""
    if np.isinf(values).any():
        raise ValueError(f"{fault}; mark it as missing (NaN).")


def named(key: tuple[Any, ...]) -> str:
    """Return the name of a series in messages."""
    return f"the series {key if len(key) != 1 else key[0]!r} of y" if key else "y"
