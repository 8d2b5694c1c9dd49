"""Duplicate sequences, merged for full-batch training.

A full-batch gradient depends on the examples and their weights, not on how
often or in what order they were written down. Merging equal examples and putting them in an
order of their own makes this hold to the last bit: a weight of 2 is the same as two rows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skrnn.sequences import Sequences


def merge_duplicates(
    sequences: Sequences, y: NDArray[np.generic], weights: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return one row per distinct example, and the total weight of its duplicates.

    Parameters
    ----------
    sequences : Sequences
        The sequences.
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Their targets.
    weights : ndarray of shape (n_samples,)
        Their weights.

    Returns
    -------
    rows : ndarray of shape (n_distinct,)
        First occurrence of each example, in an order that depends on the examples alone.
    weights : ndarray of shape (n_distinct,)
        Sum of the weights of the example's duplicates.
    """
    repeats: dict[bytes, list[int]] = {}
    bounds = zip(sequences.starts, sequences.starts + sequences.lengths, strict=True)
    for row, (start, end) in enumerate(bounds):
        example = sequences.steps[start:end].tobytes() + repr(y[row].tolist()).encode()
        repeats.setdefault(example, []).append(row)
    groups = [repeats[example] for example in sorted(repeats)]
    rows = np.array([group[0] for group in groups], dtype=np.int64)
    return rows, np.array([weights[group].sum() for group in groups])
