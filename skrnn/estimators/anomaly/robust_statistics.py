"""Robust center and scale of errors, and weighted quantiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Score of a step with an infinite error, far above all others.
WORST = 1e100

#: Smallest scale of errors: the smallest normal number of float32, in which networks compute.
LEAST_ERROR = float(np.finfo(np.float32).tiny)

#: Smallest scale of errors, as a fraction of the feature's standard deviation.
LEAST_SCALE = 0.01


@dataclass(frozen=True, eq=False)
class RobustErrorScale:
    """Robust ``center`` and ``scale`` of the errors of each feature, (n_features,).

    The scale is the median absolute deviation, times the factor to the standard deviation of a
    normal distribution; if more than half of the errors are equal, the mean absolute
    deviation (Iglewicz and Hoaglin, 1993, How to Detect and Handle Outliers).
    """

    center: Floats
    scale: Floats

    @classmethod
    def of(cls, errors: Floats, spread: Floats, weights: Floats) -> Self:
        """Measure errors (n, n_features), NaN where there is none, row i weighing weights[i].

        ``spread`` is the standard deviation of each feature itself.
        """
        least = LEAST_SCALE * spread
        center, scale = np.zeros_like(least), least.copy()
        for column, values in enumerate(errors.T):
            there = ~np.isnan(values) & (weights > 0)
            if not there.any():
                continue
            values, weight = values[there], weights[there]
            center[column] = quantile(values, weight, 0.5)
            deviations = np.abs(values - center[column])
            scale[column] = 1.4826 * quantile(deviations, weight, 0.5)
            if scale[column] < least[column]:
                scale[column] = 1.2533 * np.average(deviations, weights=weight)
        return cls(center, np.maximum(scale, np.maximum(least, LEAST_ERROR)))

    def joined(self, errors: Floats) -> Floats:
        """Return the root mean square over features of errors (..., n_features), scaled.

        NaN where no feature has an error, `WORST` where one is infinite.
        """
        squares = ((errors - self.center) / self.scale) ** 2
        there = ~np.isnan(squares)
        total = np.where(there, squares, 0.0).sum(axis=-1)
        n = there.sum(axis=-1)
        joined = np.sqrt(np.divide(total, n, out=np.full(n.shape, np.nan), where=n > 0))
        return np.minimum(joined, WORST)


def quantile(values: Floats, weights: Floats, level: float) -> float:
    """Return the quantile at a level of values (n,), value i weighing weights[i]."""
    return float(np.quantile(values, level, weights=weights, method="inverted_cdf"))
