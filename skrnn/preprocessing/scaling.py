"""Standardisation by weighted mean and standard deviation, blind to missing values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skrnn._validation import all_finite, fail_overflow

Floats = NDArray[np.float64]

#: Values up to this size, and from its inverse on, are squared and weighed as they are.
MODEST = 1e50


@dataclass(frozen=True, eq=False)
class Standardiser:
    """Subtract ``mean`` and divide by ``scale``, both of shape (n_columns,)."""

    mean: Floats
    scale: Floats

    @classmethod
    def fit(cls, values: NDArray[Any], weights: Floats) -> Self:
        """Measure the columns of ``values``, row i weighing ``weights[i]``.

        NaN counts as absent. A column that never varies, or is never observed, gets
        scale 1 (and mean 0 if unobserved).
        """
        return cls.fit_blocks([(values, weights)])

    @classmethod
    def fit_blocks(cls, blocks: Iterable[tuple[NDArray[Any], Floats]]) -> Self:
        """Measure the columns of a table that comes in blocks of rows with their weights."""
        _, mean, deviation = measure(blocks)
        return cls(mean, np.where(is_constant(mean, deviation), 1.0, deviation))

    @classmethod
    def identity(cls, n_columns: int) -> Self:
        """Return the scaling that changes nothing."""
        return cls(np.zeros(n_columns), np.ones(n_columns))

    def transform(self, values: NDArray[Any]) -> Floats:
        """Return standardised values; the last axis holds the columns."""
        return (values - self.mean) / self.scale

    def transform_single(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """Return standardized values in float32, infinite where they are beyond it."""
        with np.errstate(over="ignore"):
            return self.transform(values).astype(np.float32)

    def encode(
        self, values: NDArray[Any], what: str, where: str | None = None
    ) -> NDArray[np.float32]:
        """Return standardized values, none of them missing, in float32.

        Raises
        ------
        ValueError
            If one is beyond float32; ``what`` and ``where`` name what holds it.
        """
        encoded = self.transform_single(values)
        if not all_finite(encoded):
            fail_overflow(what, float(values[~np.isfinite(encoded)][0]), where)
        return encoded

    def inverse_transform(self, values: NDArray[Any]) -> Floats:
        """Return values in their own units; the last axis holds the columns."""
        return values * self.scale + self.mean


def measure(blocks: Iterable[tuple[NDArray[Any], Floats]]) -> Floats:
    """Return weight, mean and standard deviation of each column, (3, n_columns).

    Moments of blocks are joined after Chan, Golub and LeVeque (1983,
    doi:10.1080/00031305.1983.10483115).
    """
    total: Floats | None = None
    for values, weights in blocks:
        part = _moments(values[weights > 0], weights[weights > 0])
        total = part if total is None else joined(total, part)
    assert total is not None, "a table has at least one block"
    return total


def is_constant(mean: Floats, deviation: Floats) -> NDArray[np.bool_]:
    """Tell which columns never vary, but for what rounding makes of their mean."""
    return np.asarray(deviation <= 10 * np.finfo(np.float64).eps * np.abs(mean))


def joined(first: Floats, second: Floats) -> Floats:
    """Return the moments of two parts together; no square leaves the range of float64."""
    weight = first[0] + second[0]
    shares = np.divide(
        np.stack([first[0], second[0]]), weight, out=np.zeros((2, len(weight))), where=weight > 0
    )
    half_apart = 0.5 * second[1] - 0.5 * first[1]
    mean = first[1] + half_apart * shares[1] + half_apart * shares[1]
    own = np.hypot(first[2] * np.sqrt(shares[0]), second[2] * np.sqrt(shares[1]))
    between = half_apart * (2.0 * np.sqrt(shares[0] * shares[1]))
    return np.stack([weight, mean, np.hypot(own, between)])


def _moments(values: NDArray[Any], weights: Floats) -> Floats:
    """Return weight, mean and standard deviation of each column, (3, n_columns)."""
    moments = np.zeros((3, values.shape[1]))
    for column in range(values.shape[1]):
        present = values[:, column].astype(np.float64)
        observed = ~np.isnan(present)
        if observed.any():
            moments[:, column] = _moments_of(present[observed], weights[observed])
    return moments


def _moments_of(values: Floats, weights: Floats) -> tuple[float, float, float]:
    """Return weight, mean and standard deviation of values, none of which is missing."""
    least, most = float(values.min()), float(values.max())
    total = float(weights.sum())
    if least == most:
        return total, least, 0.0
    size = max(most, -least)
    # By a power of two, which rounds nothing: the squares of large values would be infinite,
    # and those of small ones zero.
    exponent = 0 if 1.0 / MODEST < size < MODEST else int(np.frexp(size)[1])
    if exponent:
        values = np.ldexp(values, -exponent)
    mean = np.average(values, weights=weights)
    deviation = np.sqrt(np.sum(weights * (values - mean) ** 2) / total)
    return total, float(np.ldexp(mean, exponent)), float(np.ldexp(deviation, exponent))
