"""Padded sizes of sequences, batches and tables, rounded so that programs are reused.

Sizes grow geometrically, so that longer sequences, larger folds and larger tables reuse compiled
programs or need only a few more.
"""

from __future__ import annotations

from typing import Any

import numpy as np

#: Multiple to which short lengths are rounded up, on backends that compile for each padded length.
#: Margins of a table allow for it.
STEP_MULTIPLE = 8

#: Lengths between successive powers of two. Predictions have many lengths, so few are compiled and
#: up to a quarter of the steps is padding. A fit has one length for many epochs: at most a
#: sixteenth is padding.
PREDICTED_LENGTHS, TRAINED_LENGTHS = 4, 16

#: Minimum size of a padded table, in elements; larger ones are rounded up to a quarter of a power
#: of two, so that folds of different size share compiled programs.
LEAST_ELEMENTS = 2**20


def padded_length(n_steps: int, multiple: int, n_lengths: int = TRAINED_LENGTHS) -> int:
    """Return the padded length of sequences of ``n_steps``.

    Parameters
    ----------
    n_steps : int
        Steps of the longest sequence.
    multiple : int
        Multiple to round up to; 1 pads to exactly ``n_steps``.
    n_lengths : int
        Lengths between successive powers of two.
    """
    if multiple == 1:
        return n_steps
    below = 2 ** max(0, (n_steps - 1).bit_length() - 1)
    unit = max(multiple, below // n_lengths)
    return -(-n_steps // unit) * unit


def batch_rows(batch_size: int, n_rows: int) -> int:
    """Return the rows of a batch, at most the smallest power of two >= ``n_rows``."""
    return min(batch_size, 2 ** (n_rows - 1).bit_length())


def with_margins(n_rows: int, n_columns: int, margin: int) -> tuple[int, int]:
    """Return the rows of margin before a table, and the total rows with margins.

    Padded sequences stay within the margins, and the total is a rounded size.
    """
    total = max(n_rows + 2 * margin, -(-LEAST_ELEMENTS // n_columns))
    unit = 2 ** max(0, total.bit_length() - 3)
    return margin, -(-total // unit) * unit


def index_dtype(most: int) -> np.dtype[Any]:
    """Return the type of positions up to ``most``: of 32 bits if they fit, since many are kept."""
    return np.dtype(np.int32 if most <= np.iinfo(np.int32).max else np.int64)
