"""Sizes that data are padded to, so that nearly equal ones share what was compiled.

Each grows geometrically: a longer sequence, a larger fold or a larger table meets a size that was
compiled before, or one of a few more.
"""

from __future__ import annotations

#: Where each padded length is compiled for, short lengths are rounded up to a multiple of this many
#: steps. Margins of a table allow for it.
STEP_MULTIPLE = 8

#: Lengths between a power of two and the next. Predictions meet every length there is, so that
#: theirs are few: at most a quarter of the steps is padding. A fit has one length and computes it
#: for many epochs: at most a sixteenth.
PREDICTED_LENGTHS, TRAINED_LENGTHS = 4, 16

#: Tables of fewer elements are filled up to so many, and larger ones to a quarter of a power
#: of two, so that folds of different size share what was compiled for them.
LEAST_ELEMENTS = 2**20


def padded_length(n_steps: int, multiple: int, n_lengths: int = TRAINED_LENGTHS) -> int:
    """Return the length that sequences of ``n_steps`` are padded to.

    Parameters
    ----------
    n_steps : int
        Steps of the longest sequence.
    multiple : int
        What the length is a multiple of; 1 pads to no more than ``n_steps``.
    n_lengths : int
        Lengths between a power of two and the next.
    """
    if multiple == 1:
        return n_steps
    below = 2 ** max(0, (n_steps - 1).bit_length() - 1)
    unit = max(multiple, below // n_lengths)
    return -(-n_steps // unit) * unit


def batch_rows(batch_size: int, n_rows: int) -> int:
    """Return how many rows a batch has: no more than the power of two that holds ``n_rows``."""
    return min(batch_size, 2 ** (n_rows - 1).bit_length())


def with_margins(n_rows: int, n_columns: int, margin: int) -> tuple[int, int]:
    """Return how many rows to put before a table, and how many it then has in all.

    A padded sequence never reaches over its edges, and its size is a round number.
    """
    total = max(n_rows + 2 * margin, -(-LEAST_ELEMENTS // n_columns))
    unit = 2 ** max(0, total.bit_length() - 3)
    return margin, -(-total // unit) * unit
