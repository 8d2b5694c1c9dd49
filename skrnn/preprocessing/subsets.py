"""Subsets of many items, on which something is measured."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Maximum number of sequences that are measured.
MOST_MEASURED = 2_000


def evenly_spaced(n: int, most: int = MOST_MEASURED) -> NDArray[np.int64]:
    """Return the positions of at most ``most`` of n items, evenly spaced from the first on."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(np.int64))
