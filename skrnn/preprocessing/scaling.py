"""Standardisation by weighted mean and standard deviation, blind to missing values."""

from __future__ import annotations

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
        mean = np.zeros(values.shape[1])
        variance = np.zeros(values.shape[1])
        for column in range(values.shape[1]):
            present = values[:, column].astype(np.float64)
            observed = ~np.isnan(present)
            if weights[observed].sum() > 0:
                mean[column] = np.average(present[observed], weights=weights[observed])
                centred = present[observed] - mean[column]
                variance[column] = np.average(centred**2, weights=weights[observed])
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
