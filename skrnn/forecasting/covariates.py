"""Roles of the columns of X (past, known ahead, static), and their scaling."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn.forecasting.calendar import following
from skrnn.forecasting.horizons import of_each_grid
from skrnn.forecasting.series import Key, Series, instances, named
from skrnn.forecasting.time_grid import alike
from skrnn.preprocessing.scaling import AffineScaling


@dataclass(frozen=True)
class Roles:
    """Columns of X by role: known for the past, known in advance, or static."""

    past: tuple[Any, ...] = ()
    known: tuple[Any, ...] = ()
    static: tuple[Any, ...] = ()

    @classmethod
    def of(
        cls, X: pd.DataFrame | None, past: Iterable[Any] | None, static: Iterable[Any] | None
    ) -> Self:
        """Return the roles of the columns of X.

        Raises
        ------
        ValueError
            If a name is not a column of X or in both lists, or a static column is not constant.
        """
        past, static = tuple(past or ()), tuple(static or ())
        columns = [] if X is None else list(X.columns)
        for parameter, names in (("past_covariates", past), ("static_covariates", static)):
            unknown = [name for name in names if name not in columns]
            if unknown and X is None:
                raise ValueError(
                    f"{parameter} names the columns {list(names)} of X, and no X was given; give "
                    f"X with them, or set {parameter}=None."
                )
            if unknown:
                raise ValueError(
                    f"{parameter} names {unknown}, and X has the columns {columns}; give names "
                    "among these."
                )
        both = set(past) & set(static)
        if both:
            raise ValueError(f"{sorted(both)} is in past_covariates and in static_covariates.")
        if X is not None and static:
            for key, part in instances(X[list(static)]):
                if (part.nunique(dropna=False) > 1).any():
                    raise ValueError(
                        f"static_covariates={list(static)} have to be constant within a series, "
                        f"and vary in that of {named(key)}."
                    )
        known = tuple(name for name in columns if name not in past + static)
        return cls(past, known, static)

    @property
    def names(self) -> tuple[Any, ...]:
        """Return all columns: past, known and static ones."""
        return self.past + self.known + self.static

    def check(self, X: pd.DataFrame | None, *, ahead: bool = False) -> None:
        """Raise ValueError unless X has all columns, or with ``ahead`` those known in advance."""
        wanted = self.known if ahead else self.names
        given = [] if X is None else list(X.columns)
        lacking = [name for name in wanted if name not in given]
        unknown = [name for name in given if name not in self.names]
        if X is None and lacking:
            raise ValueError(
                f"no X was given, and the fit had one with the columns {list(self.names)}; give "
                "X with these."
            )
        if not self.names and unknown:
            raise ValueError(
                f"X has the columns {given}, and the fit had no X; leave X out, or fit with it."
            )
        if lacking or unknown:
            raise ValueError(
                f"X has the columns {given}, and that of the fit had {list(self.names)}: "
                + (f"{lacking} are missing" if lacking else f"{unknown} are new")
                + ("; past_covariates may be left out." if lacking and ahead else ".")
            )

    def measure(self, series: Sequence[Series]) -> AffineScaling:
        """Return the scaling of the columns over all series; static ones count once per series."""
        n_static = len(self.static)
        rows = np.concatenate([one.covariates[: len(one)] for one in series])
        moving = AffineScaling.fit(rows, np.ones(len(rows)))
        if not n_static:
            return moving
        constant = np.stack([one.covariates[0, -n_static:] for one in series])
        static = AffineScaling.fit(constant, np.ones(len(constant)))
        return AffineScaling(
            np.concatenate([moving.center[:-n_static], static.center]),
            np.concatenate([moving.scale[:-n_static], static.scale]),
        )


@dataclass(frozen=True, eq=False)
class Ahead:
    """Covariates of a series after its last time.

    Attributes
    ----------
    index : pandas.Index
        The times.
    covariates : ndarray of shape (n_times, n_covariates)
        NaN for unknown values.
    """

    index: pd.Index
    covariates: NDArray[np.float64]

    @classmethod
    def of_each(
        cls,
        series: Sequence[Series],
        roles: Roles,
        n_times: int,
        given: Mapping[Key, pd.DataFrame] | None = None,
        n_wanted: int = 0,
    ) -> list[Self]:
        """Return the covariates of the next times of series from X and from the fit.

        Parameters
        ----------
        series : sequence of Series
            The series.
        roles : Roles
            The columns of their covariates.
        n_times : int
            Maximum number of times; a single time without a frequency has none after it.
        given : mapping of tuple to DataFrame, optional
            X for each series, floats indexed by time.
        n_wanted : int
            Number of first times that need the columns known in advance.

        Raises
        ------
        ValueError
            If one of these times has none, or is not known.
        """

        def after(grid: pd.Index) -> pd.Index:
            has_frequency = not (isinstance(grid, pd.DatetimeIndex) and grid.freq is None)
            return following(grid, n_times) if has_frequency or n_wanted else grid[:0]

        later = of_each_grid(series, after)
        if not roles.names:
            nothing = {id(index): cls(index, np.empty((len(index), 0))) for index in later}
            return [nothing[id(index)] for index in later]
        return [
            cls._of(one, roles, index, (given or {}).get(one.key), n_wanted)
            for one, index in zip(series, later, strict=True)
        ]

    @classmethod
    def _of(
        cls, one: Series, roles: Roles, index: pd.Index, X: pd.DataFrame | None, n_wanted: int
    ) -> Self:
        """Return the covariates of a series at the times of an index; see `of_each`."""
        rows = np.full((len(index), len(roles.names)), np.nan)
        stored = one.covariates[len(one) : len(one) + len(index)]
        rows[: len(stored)] = stored
        known = slice(len(roles.past), len(roles.past) + len(roles.known))
        covered = np.arange(len(index)) < len(stored)
        if X is not None and roles.known:
            positions = alike(X.index, index, "X").get_indexer(index)
            found = positions >= 0
            rows[found, known] = X[list(roles.known)].to_numpy(np.float64)[positions[found]]
            covered |= found
        if roles.known and not covered[:n_wanted].all():
            lacking = index[:n_wanted][~covered[:n_wanted]]
            given = "X" if X is not None else f"X was not given for {named(one.key)}, so it"
            raise ValueError(
                f"{given} lacks {len(lacking)} of the {n_wanted} times up to the last one of fh, "
                f"the first {lacking[0]}; give {list(roles.known)} for each time after the last "
                f"one of {named(one.key)}. What is not known in advance goes into "
                "past_covariates."
            )
        rows[:, known.stop :] = one.covariates[0, known.stop :]
        return cls(index, rows)
