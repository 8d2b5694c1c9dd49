"""Which sequences a fit holds out to validate on, and which it leaves out."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


def hold_out_at_random(
    n_samples: int, *, fraction: float, strata: Any, seed: int
) -> tuple[Rows, Rows]:
    """Return the rows to learn from and the rows to validate on, drawn at random.

    Parameters
    ----------
    n_samples : int
        How many sequences there are.
    fraction : float
        The share held out, in (0, 1).
    strata : array of shape (n_samples,) or None
        Labels whose shares the choice keeps where each has two sequences or more and the
        held-out part has room for all of them.
    seed : int
        Of the choice.

    Raises
    ------
    ValueError
        If there are fewer than two sequences.
    """
    from sklearn.model_selection import train_test_split  # slow, and not every fit needs it

    n_held_out = _share(n_samples, fraction)
    if strata is not None:
        counts = np.unique(strata, return_counts=True)[1]
        room = min(n_held_out, n_samples - n_held_out)
        strata = strata if counts.min() >= 2 and len(counts) <= room else None
    kept, held_out = train_test_split(
        np.arange(n_samples), test_size=n_held_out, stratify=strata, random_state=seed
    )
    return np.sort(kept), np.sort(held_out)


def hold_out_latest(
    times: NDArray[Any],
    *,
    fraction: float,
    gap: int,
    share_rows: Callable[[Rows], NDArray[np.bool_]] | None = None,
) -> tuple[Rows, Rows]:
    """Return the rows to learn from and the latest ones, to validate on.

    Parameters
    ----------
    times : ndarray of shape (n_samples,)
        When each sequence ends, in steps.
    fraction : float
        The share held out, in (0, 1).
    gap : int
        What is learnt from ends more than so many steps before the first one held out: the
        step after the gap is no later than it.
    share_rows : callable, optional
        Whether each sequence shares a row with those given, where times do not tell.

    Raises
    ------
    ValueError
        If there are fewer than two sequences, or none before the gap.
    """
    n_held_out = _share(len(times), fraction)
    order = np.argsort(times, kind="stable")
    held_out = np.sort(order[-n_held_out:])
    is_earlier = times <= times[held_out].min() - gap - 1
    if share_rows is not None:
        is_earlier &= ~share_rows(held_out)
    kept = np.setdiff1d(np.flatnonzero(is_earlier), held_out)
    if len(kept) == 0:
        raise ValueError(
            f"early_stopping=True holds out the latest {n_held_out} of {len(times)} sequences, "
            f"and none ends more than {gap} rows before them, so that none is left to learn "
            "from; give X_val and y_val, more rows, or a smaller validation_fraction, purge "
            "or window."
        )
    return kept, held_out


def without_purged(
    times: NDArray[Any], weights: NDArray[np.float64], purge: int
) -> NDArray[np.float64]:
    """Return the weights with zero for sequences that end in the last ``purge`` times.

    Raises
    ------
    ValueError
        If that leaves no sequence that counts.
    """
    left = np.where(times > times.max() - purge, 0.0, weights)
    if not left.any():
        raise ValueError(
            f"purge={purge} leaves none of the {len(times)} sequences of X to learn from; "
            "give more rows, or a smaller purge."
        )
    return left


def _share(n_samples: int, fraction: float) -> int:
    if n_samples < 2:
        raise ValueError(
            f"early_stopping=True needs 2 sequences or more, and X has {n_samples} sample(s); "
            "give X_val and y_val, or set early_stopping=False."
        )
    return min(n_samples - 1, math.ceil(fraction * n_samples))
