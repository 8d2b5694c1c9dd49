"""R2 score of numbers in any unit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Numbers up to this size, and down to its inverse, are squared without rescaling.
MODEST = 1e100


def r2(target: NDArray[Any], predicted: NDArray[Any], weights: NDArray[np.float64]) -> float:
    """Return scikit-learn's R2, averaged over the columns, of arrays (n,) or (n, n_columns).

    R2 is scale-free. A column whose squares would overflow or underflow is rescaled by a
    power of two, which is exact.
    """
    from sklearn.metrics import r2_score

    if target.shape == predicted.shape:
        greatest = np.maximum(np.abs(target).max(axis=0), np.abs(predicted).max(axis=0))
        is_modest = (greatest == 0) | ((greatest > 1 / MODEST) & (greatest < MODEST))
        if not is_modest.all():
            exponent = np.where(is_modest, 0, np.frexp(greatest)[1])
            target, predicted = np.ldexp(target, -exponent), np.ldexp(predicted, -exponent)
    return float(r2_score(target, predicted, sample_weight=weights))
