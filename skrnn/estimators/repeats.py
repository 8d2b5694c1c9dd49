"""Sequences that occur more than once, merged for training on all of them at a time.

A full-batch gradient depends on which examples there are and what each weighs, not on how
often or in what order they were written down. Merging equal examples and putting them in an
order of their own makes this hold to the last bit: a weight of 2 is the same as two rows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skrnn.sequences import Sequences


def merge_repeats(
    sequences: Sequences, y: NDArray[np.generic], weights: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return one row for each distinct example, and the weights of all its repeats together.

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
        Where each example first occurs, in an order that depends on the examples alone.
    weights : ndarray of shape (n_distinct,)
        The sum of the weights of the example's repeats.
    """
    repeats: dict[bytes, list[int]] = {}
    bounds = zip(sequences.starts, sequences.starts + sequences.lengths, strict=True)
    for row, (start, end) in enumerate(bounds):
        example = sequences.steps[start:end].tobytes() + repr(y[row].tolist()).encode()
        repeats.setdefault(example, []).append(row)
    groups = [repeats[example] for example in sorted(repeats)]
    rows = np.array([group[0] for group in groups], dtype=np.int64)
    return rows, np.array([weights[group].sum() for group in groups])
