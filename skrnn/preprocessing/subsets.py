"""Subsets of many items, on which something is measured."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Maximum number of sequences that are measured.
MOST_MEASURED = 2_000


#: Minimum number of blocks on disk from which a sample is taken; all of them if there are fewer.
LEAST_BLOCKS = 32


def stratified_sample(
    n: int, most: int = MOST_MEASURED, blocks: NDArray[np.int64] | None = None
) -> NDArray[np.int64]:
    """Return the positions of at most ``most`` of n items, one of each of as many equal parts.

    It is drawn at random, always the same: at equal distances, windows of a series could all begin
    at the same phase of a season.

    Parameters
    ----------
    n : int
        Number of items.
    most : int
        Maximum size of the sample.
    blocks : ndarray of int of shape (n,), optional
        The block on disk of each item. Of many blocks, items of some are taken, about as many of
        each as it has, so that the others need not be read.
    """
    if blocks is not None and n > most:
        n_blocks = len(np.unique(blocks))
        n_read = max(LEAST_BLOCKS, -(-n_blocks * most // n))
        if n_read < n_blocks:
            return _of_some_blocks(blocks, most, min(n_read, most))
    size = min(n, most)
    bounds = np.arange(size + 1) * n // max(size, 1)
    return bounds[:-1] + np.random.default_rng(0).integers(np.diff(bounds))


def _of_some_blocks(blocks: NDArray[np.int64], most: int, n_draws: int) -> NDArray[np.int64]:
    """Return a sample of items in the blocks of ``n_draws`` items that are drawn first.

    Each of these gives its block an equal share of the sample, as far as the block has items.
    """
    drawn, counts = np.unique(blocks[stratified_sample(len(blocks), n_draws)], return_counts=True)
    sizes = np.diff(np.cumsum(counts) * most // n_draws, prepend=0)
    order = np.argsort(blocks, kind="stable")
    found = []
    for block, size in zip(drawn, sizes, strict=True):
        own = order[slice(*np.searchsorted(blocks, [block, block + 1], sorter=order))]
        found.append(own[stratified_sample(len(own), int(size))])
    return np.sort(np.concatenate(found))
