"""Thresholds beyond which sequences and steps are abnormal, from `contamination`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skrnn.estimators.anomaly.robust_statistics import quantile

Floats = NDArray[np.float64]

#: With ``contamination="auto"``: reach of the fences of sequences ("outside"),
#: and of steps ("far out"; Tukey, 1977), and the minimum thresholds.
OUTSIDE, FAR_OUT = 1.5, 3.0
LEAST_RATIO, LEAST_THRESHOLD = 1.5, 3.0


def threshold_of_sequences(scores: Floats, weights: Floats, contamination: str | float) -> float:
    """Return the threshold of the scores of sequences."""
    if contamination != "auto":
        return cut_off(scores, weights, float(contamination))
    least = LEAST_RATIO * quantile(scores, weights, 0.5)
    return max(least, upper_fence(scores, weights, OUTSIDE))


def threshold_of_steps(scores: Floats, weights: Floats, contamination: str | float) -> float:
    """Return the threshold of the scores of steps."""
    if contamination != "auto":
        return cut_off(scores, weights, float(contamination))
    return max(LEAST_THRESHOLD, upper_fence(scores, weights, FAR_OUT))


def cut_off(values: Floats, weights: Floats, share: float) -> float:
    """Return the threshold above which the greatest values have a given share of the weights.

    Ties are not split, and the least values are never above it. The threshold is midway
    between two values, so that rounding does not matter.
    """
    distinct, group = np.unique(-values, return_inverse=True)
    weight = np.bincount(group, weights)
    enough = np.cumsum(weight) >= share * weight.sum() * (1 - 1e-12)
    last = int(np.argmax(enough))
    return -float(distinct[last : last + 2].mean())


def upper_fence(values: Floats, weights: Floats, reach: float) -> float:
    """Return the upper quartile plus ``reach`` interquartile ranges.

    Tukey (1977, Exploratory Data Analysis) calls values beyond outside at a reach of 1.5, and
    far out at 3.
    """
    low, high = (quantile(values, weights, level) for level in (0.25, 0.75))
    return high + reach * (high - low)
