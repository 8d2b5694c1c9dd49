"""Which sequences a fit holds out to validate on."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

Rows = NDArray[np.int64]


def hold_out(
    n_samples: int, *, rule: str, fraction: float, strata: Any, seed: int
) -> tuple[Rows, Rows]:
    """Return the rows to learn from and the rows to validate on.

    Parameters
    ----------
    n_samples : int
        How many sequences there are.
    rule : {"random", "latest"}
        "latest" holds out the last ones in order.
    fraction : float
        The share held out, in (0, 1).
    strata : array of shape (n_samples,) or None
        Labels whose shares a random choice keeps where each has two sequences or more and
        the held-out part has room for all of them.
    seed : int
        Of the random choice.

    Raises
    ------
    ValueError
        If there are fewer than two sequences.
    """
    if n_samples < 2:
        raise ValueError(
            f"early_stopping=True needs 2 sequences or more, and X has {n_samples} sample(s); "
            "give X_val and y_val, or set early_stopping=False."
        )
    n_held_out = min(n_samples - 1, math.ceil(fraction * n_samples))
    rows = np.arange(n_samples)
    if rule == "latest":
        return rows[:-n_held_out], rows[-n_held_out:]
    if strata is not None:
        counts = np.unique(strata, return_counts=True)[1]
        room = min(n_held_out, n_samples - n_held_out)
        strata = strata if counts.min() >= 2 and len(counts) <= room else None
    kept, held_out = train_test_split(
        rows, test_size=n_held_out, stratify=strata, random_state=seed
    )
    return np.sort(kept), np.sort(held_out)
