"""Subsets of many items, on which something is measured."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Maximum number of sequences that are measured.
MOST_MEASURED = 2_000


def stratified_sample(n: int, most: int = MOST_MEASURED) -> NDArray[np.int64]:
    """Return the positions of at most ``most`` of n items, one of each of as many equal parts.

    It is drawn at random, always the same: at equal distances, windows of a series could all begin
    at the same phase of a season.
    """
    size = min(n, most)
    bounds = np.arange(size + 1) * n // max(size, 1)
    return bounds[:-1] + np.random.default_rng(0).integers(np.diff(bounds))
