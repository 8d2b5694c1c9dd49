"""Errors at every step measured by what is usual, and where to draw the line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: The score of a step with an error that is no longer a number: none that is one comes near it.
WORST = 1e100

#: Networks compute in float32: errors below its smallest normal number are not told apart.
LEAST_ERROR = float(np.finfo(np.float32).tiny)

#: Errors smaller than this share of a feature's standard deviation are not told apart.
LEAST_SCALE = 0.01


@dataclass(frozen=True, eq=False)
class UsualErrors:
    """What errors of each feature are usual: their ``centre`` and ``scale``, (n_features,).

    The scale is the median absolute deviation, times what makes it the standard deviation of a
    normal distribution; where more than half of the errors are the same, the mean absolute
    deviation (Iglewicz and Hoaglin, 1993, How to Detect and Handle Outliers).
    """

    centre: Floats
    scale: Floats

    @classmethod
    def of(cls, errors: Floats, spread: Floats, weights: Floats) -> Self:
        """Measure errors (n, n_features), NaN where there is none, row i weighing weights[i].

        ``spread`` is the standard deviation of each feature itself.
        """
        least = LEAST_SCALE * spread
        centre, scale = np.zeros_like(least), least.copy()
        for column, values in enumerate(errors.T):
            there = ~np.isnan(values) & (weights > 0)
            if not there.any():
                continue
            values, weight = values[there], weights[there]
            centre[column] = quantile(values, weight, 0.5)
            deviations = np.abs(values - centre[column])
            scale[column] = 1.4826 * quantile(deviations, weight, 0.5)
            if scale[column] < least[column]:
                scale[column] = 1.2533 * np.average(deviations, weights=weight)
        return cls(centre, np.maximum(scale, np.maximum(least, LEAST_ERROR)))

    def joined(self, errors: Floats) -> Floats:
        """Return the root mean square over features of errors (..., n_features), scaled.

        NaN where no feature has an error, `WORST` where one is infinite.
        """
        squares = ((errors - self.centre) / self.scale) ** 2
        there = ~np.isnan(squares)
        total = np.where(there, squares, 0.0).sum(axis=-1)
        n = there.sum(axis=-1)
        joined = np.sqrt(np.divide(total, n, out=np.full(n.shape, np.nan), where=n > 0))
        return np.minimum(joined, WORST)


def cut_off(values: Floats, weights: Floats, share: float) -> float:
    """Return what divides the greatest values, a share of all weights or just more, from others.

    Equal values stay together, and the least are never among the greatest. The line lies midway
    between two values, so that rounding puts none on its other side.
    """
    distinct, group = np.unique(-values, return_inverse=True)
    weight = np.bincount(group, weights)
    enough = np.cumsum(weight) >= share * weight.sum() * (1 - 1e-12)
    last = int(np.argmax(enough))
    return -float(distinct[last : last + 2].mean())


def quantile(values: Floats, weights: Floats, level: float) -> float:
    """Return the quantile at a level of values (n,), value i weighing weights[i]."""
    return float(np.quantile(values, level, weights=weights, method="inverted_cdf"))


def upper_fence(values: Floats, weights: Floats, reach: float) -> float:
    """Return the upper quartile plus ``reach`` times the distance of both quartiles.

    Tukey (1977, Exploratory Data Analysis) calls values beyond outside at a reach of 1.5, and
    far out at 3.
    """
    low, high = (quantile(values, weights, level) for level in (0.25, 0.75))
    return high + reach * (high - low)
