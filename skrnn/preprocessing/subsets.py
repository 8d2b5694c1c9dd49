"""Subsets of many items, on which something is measured."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Maximum number of sequences that are measured.
MOST_MEASURED = 2_000


#: Minimum number of blocks on disk from which items are taken.
LEAST_BLOCKS = 32


def stratified_sample(
    n: int, most: int = MOST_MEASURED, blocks: NDArray[np.int64] | None = None
) -> NDArray[np.int64]:
    """Return the positions of at most ``most`` of n items, one of each of as many equal parts.

    It is drawn at random, always the same: at equal distances, windows of a series could all begin
    at the same phase of a season. If ``blocks`` has the block on disk of each item, and these are
    many, the items are those of a sample of the blocks, so that the others need not be read.
    """
    if blocks is not None and n > most:
        _, numbers = np.unique(blocks, return_inverse=True)
        n_blocks = int(numbers.max()) + 1
        n_read = max(LEAST_BLOCKS, -(-n_blocks * most // n))
        if n_read < n_blocks:
            own = np.flatnonzero(np.isin(numbers, stratified_sample(n_blocks, n_read)))
            return own[stratified_sample(len(own), most)]
    size = min(n, most)
    bounds = np.arange(size + 1) * n // max(size, 1)
    return bounds[:-1] + np.random.default_rng(0).integers(np.diff(bounds))
