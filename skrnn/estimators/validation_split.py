"""Validation split, at random or by time, and sequences left out before it (``purge``)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn.estimators.trainer import draw_seed
from skrnn.parameters import one_of, parameter

Rows = NDArray[np.int64]

VALIDATION: Any = parameter(
    default="random",
    domain=one_of("random", "latest"),
    doc="""Validation set of early stopping: a "random" sample of the sequences, or the "latest"
    ones in the order of X. Validation data passed to ``fit`` take precedence.""",
)


def hold_out(
    times: NDArray[Any],
    *,
    latest: bool,
    fraction: float,
    random_state: Any,
    gap: int = 0,
    share_rows: Callable[[Rows], NDArray[np.bool_]] | None = None,
    strata: Any = None,
) -> tuple[Rows, Rows]:
    """Return the rows to train on and the rows to validate on, by order or at random.

    Parameters
    ----------
    times : ndarray of shape (n_samples,)
        End of each sequence, in steps, or its number.
    latest : bool
        Validate on the last sequences in order, and not on some drawn at random.
    fraction : float
        The share held out, in (0, 1).
    random_state : int, RandomState or None
        Of the random choice.
    gap, share_rows
        As in `hold_out_latest`.
    strata
        As in `hold_out_at_random`.

    Raises
    ------
    ValueError
        If there are fewer than two sequences, or none before the gap.
    """
    if latest:
        return hold_out_latest(times, fraction=fraction, gap=gap, share_rows=share_rows)
    return hold_out_at_random(
        len(times), fraction=fraction, strata=strata, seed=draw_seed(random_state)
    )


def hold_out_at_random(
    n_samples: int, *, fraction: float, strata: Any, seed: int
) -> tuple[Rows, Rows]:
    """Return randomly drawn training rows and validation rows.

    Parameters
    ----------
    n_samples : int
        Number of sequences.
    fraction : float
        Fraction held out, in (0, 1).
    strata : array of shape (n_samples,) or None
        Labels to stratify by, if each has two sequences or more and the
        validation set has room for all of them.
    seed : int
        Seed of the draw.

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
    """Return the training rows and, as validation rows, the latest ones.

    Parameters
    ----------
    times : ndarray of shape (n_samples,)
        End of each sequence, in steps.
    fraction : float
        Fraction held out, in (0, 1).
    gap : int
        Training sequences end more than this many steps before the first validation sequence: the
        step after the gap is no later than its end.
    share_rows : callable, optional
        Returns whether each sequence shares a row with given ones, if times do not tell.

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
            f"early_stopping=True holds out the latest {n_held_out} of {len(times)} sequences to "
            f"train on, and none ends more than {gap} rows before them, so that no training data "
            "is left; give X_val and y_val, more rows, or a smaller validation_fraction, purge "
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
        If that leaves no sequence.
    """
    is_purged = times > times.max() - purge
    left = np.where(is_purged, 0.0, weights)
    if not left.any():
        n_left = np.count_nonzero(~is_purged)
        raise ValueError(
            f"purge={purge} leaves {n_left or 'none'} of the {len(times)} sequences of X for "
            f"training{', and sample_weight is 0 for each of these' if n_left else ''}; give more "
            f"rows, {'other weights, ' if n_left else ''}or a smaller purge."
        )
    return left


def trained_on(
    weights: NDArray[np.float64], split: tuple[Rows, Rows] | None
) -> NDArray[np.float64]:
    """Return weights with zero for the validation rows."""
    if split is None:
        return weights
    counted = np.zeros(len(weights))
    counted[split[0]] = weights[split[0]]
    return counted


def _share(n_samples: int, fraction: float) -> int:
    if n_samples < 2:
        raise ValueError(
            f"early_stopping=True needs 2 sequences or more, and X has {n_samples} sample(s) to "
            "train on; give X_val and y_val, or set early_stopping=False."
        )
    return min(n_samples - 1, math.ceil(fraction * n_samples))
