"""Standardisation by weighted mean and standard deviation, blind to missing values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Standardiser:
    """Subtract ``mean`` and divide by ``scale``, both of shape (n_columns,)."""

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]

    @classmethod
    def fit(cls, values: NDArray[Any], weights: NDArray[np.float64]) -> Self:
        """Measure the columns of ``values``, row i weighing ``weights[i]``.

        NaN counts as absent. A column that never varies, or is never observed, gets
        scale 1 (and mean 0 if unobserved).
        """
        return cls.fit_blocks([(values, weights)])

    @classmethod
    def fit_blocks(cls, blocks: Iterable[tuple[NDArray[Any], NDArray[np.float64]]]) -> Self:
        """Measure the columns of a table that comes in blocks of rows with their weights.

        Moments of blocks are joined after Chan, Golub and LeVeque (1983,
        doi:10.1080/00031305.1983.10483115).
        """
        total: NDArray[np.float64] | None = None
        for values, weights in blocks:
            part = _moments(values[weights > 0], weights[weights > 0])
            total = part if total is None else _joined(total, part)
        assert total is not None, "a table has at least one block"
        weight, mean, squares = total
        variance = np.divide(squares, weight, out=np.zeros_like(squares), where=weight > 0)
        constant = variance <= (10 * np.finfo(np.float64).eps * np.abs(mean)) ** 2
        return cls(mean, np.where(constant, 1.0, np.sqrt(variance)))

    @classmethod
    def identity(cls, n_columns: int) -> Self:
        """Return the scaling that changes nothing."""
        return cls(np.zeros(n_columns), np.ones(n_columns))

    def transform(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Return standardised values; the last axis holds the columns."""
        return (values - self.mean) / self.scale

    def inverse_transform(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Return values in their own units; the last axis holds the columns."""
        return values * self.scale + self.mean


def _moments(values: NDArray[Any], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return weight, mean and weighted sum of squares about it, each (n_columns,)."""
    moments = np.zeros((3, values.shape[1]))
    for column in range(values.shape[1]):
        present = values[:, column].astype(np.float64)
        observed = ~np.isnan(present)
        present, weight = present[observed], weights[observed]
        if weight.sum() > 0:
            mean = np.average(present, weights=weight)
            squares = np.sum(weight * (present - mean) ** 2)
            moments[:, column] = weight.sum(), mean, squares
    return moments


def _joined(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the moments of two parts together."""
    weight = first[0] + second[0]
    share = np.divide(second[0], weight, out=np.zeros_like(weight), where=weight > 0)
    apart = second[1] - first[1]
    squares = first[2] + second[2] + apart**2 * first[0] * share
    return np.stack([weight, first[1] + apart * share, squares])
