"""Scaling of the values of one series, and the weights of its smoothing forecast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from skrnn.preprocessing.scaling import AffineScaling

Floats = NDArray[np.float64]

#: Share of the least value of a series that a later value counts as, at least, in a logarithm.
_LEAST_SHARE = 1e-3

#: Unit of a column that never varied, as a share of its level.
_STEADY = 1e-6

#: Largest logarithm of a forecast, for which its exponential is finite.
LARGEST_LOG = 700.0


@dataclass(frozen=True, eq=False)
class SeriesScaling:
    """Scaling of the columns of a series, for some of their logarithms.

    Attributes
    ----------
    affine : AffineScaling
        Standardization of the values or their logarithms.
    floor : ndarray of shape (n_columns,)
        Least value whose logarithm is taken; NaN for columns without logarithm.
    least : ndarray of shape (n_columns,)
        Least forecast: 0 for a column without negative values, else minus infinity.
    rules : ndarray of shape (n_columns, n_rules)
        Weights of the forecast by exponential smoothing.
    """

    affine: AffineScaling
    floor: Floats
    least: Floats
    rules: Floats

    @classmethod
    def of(cls, affine: AffineScaling) -> Self:
        """Return the scaling without logarithms, bounds and rules."""
        n = len(affine.center)
        return cls(affine, np.full(n, np.nan), np.full(n, -np.inf), np.empty((n, 0)))

    @classmethod
    def identity(cls, n_columns: int) -> Self:
        """Return the scaling that changes nothing."""
        return cls.of(AffineScaling.identity(n_columns))

    @classmethod
    def fit(cls, values: Floats, *, log: NDArray[np.bool_] | None = None) -> Self:
        """Measure the columns of values (n_times, n_columns), for some as logarithms."""
        scaling = cls.of(AffineScaling.identity(values.shape[1]))
        if log is not None and log.any():
            positive = np.where(values > 0, values, np.inf).min(axis=0, initial=np.inf)
            scaling = replace(scaling, floor=np.where(log, positive * _LEAST_SHARE, np.nan))
        moved = scaling._moved(values)
        affine = AffineScaling.fit(moved, np.ones(len(values)))
        # Of a column that never varied, the unit follows from its level, as those of others do.
        level = np.where(np.isnan(scaling.floor), np.abs(affine.center), 1.0)
        lowest = np.nanmin(moved, axis=0, initial=np.inf)
        is_constant = lowest == np.nanmax(moved, axis=0, initial=-np.inf)
        unit = np.where(is_constant & (level > 0), _STEADY * level, affine.scale)
        return replace(scaling, affine=replace(affine, scale=unit))

    def transform_single(self, values: Floats) -> NDArray[np.float32]:
        """Return scaled values in float32, infinite for those out of range."""
        return self.affine.transform_single(self._moved(values))

    def transform(self, values: Floats) -> Floats:
        """Return scaled values; the last axis has the columns."""
        return self.affine.transform(self._moved(values))

    def accepts(self, values: Floats) -> bool:
        """Return whether values have no sign that the series did not have before."""
        lowest = np.nanmin(values, axis=0, initial=np.inf)
        return bool(np.all(lowest >= self.least) and not np.any(lowest <= 0 * self.floor))

    def columns(self, chosen: Sequence[int]) -> Self:
        """Return the scaling of some columns."""
        rows = list(chosen)
        affine = AffineScaling(self.affine.center[rows], self.affine.scale[rows])
        return replace(
            self,
            affine=affine,
            floor=self.floor[rows],
            least=self.least[rows],
            rules=self.rules[rows],
        )

    def replaced(self, where: NDArray[np.bool_], other: Self) -> Self:
        """Return the scaling with some columns of another one."""
        affine = AffineScaling(
            np.where(where, other.affine.center, self.affine.center),
            np.where(where, other.affine.scale, self.affine.scale),
        )
        return type(self)(
            affine,
            np.where(where, other.floor, self.floor),
            np.where(where, other.least, self.least),
            np.where(where[:, None], other.rules, self.rules),
        )

    def _moved(self, values: Floats) -> Floats:
        """Return the values, as logarithms where these are taken."""
        is_log = ~np.isnan(self.floor)
        if not is_log.any():
            return values
        moved = values.copy()
        moved[..., is_log] = np.log(np.maximum(values[..., is_log], self.floor[is_log]))
        return moved


def restored(values: Floats, scalings: Sequence[SeriesScaling]) -> Floats:
    """Return scaled values (n, n_steps, n_columns, n_values) in the units of their series.

    ``scalings`` are one for each series, or one for all. Values beyond float64 are infinite.
    """
    center, scale, floor, least = (
        np.stack(parts)[:, None, :, None]
        for parts in zip(
            *((s.affine.center, s.affine.scale, s.floor, s.least) for s in scalings), strict=True
        )
    )
    with np.errstate(over="ignore"):
        moved = values * scale + center
    is_log = np.broadcast_to(~np.isnan(floor), moved.shape)
    moved[is_log] = np.exp(np.minimum(moved[is_log], LARGEST_LOG))
    return np.maximum(moved, least)
