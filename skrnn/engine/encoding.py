"""Encoding of steps: scaling to float32, NaN as zero with mask channels, refusal of overflow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn._validation import all_finite, fail_overflow
from skrnn.preprocessing.scaling import AffineScaling
from skrnn.sequences import Sequences

#: In standard deviations; networks do not overflow on a step whose norm is below this.
SAFE_NORM = 1e12

#: From a mask of the scaled values beyond float32: raises, or returns if no sequence holds them.
Refuse = Callable[[NDArray[np.bool_]], None]


def is_modest(values: NDArray[np.float32]) -> bool:
    """Return whether no value is missing or large enough for a network to overflow."""
    return bool(np.vdot(values, values) < SAFE_NORM**2)


def encode(
    raw: NDArray[Any], scaling: AffineScaling, *, indicator: bool, refuse: Refuse
) -> NDArray[np.float32]:
    """Return scaled steps with NaN as zero; the last axis has the features."""
    values = scaling.transform_single(raw)
    missing = None
    if not all_finite(values):
        infinite = np.isinf(values)
        if infinite.any():
            refuse(infinite)
        missing = np.isnan(values)
        values[missing | infinite] = 0.0
    if not indicator:
        return values
    missing = np.zeros(values.shape, dtype=bool) if missing is None else missing
    return np.concatenate([values, missing], axis=-1, dtype=np.float32)


def observed_first(
    values: NDArray[Any], real: NDArray[np.bool_]
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return sequences without steps at which nothing was observed, and their lengths.

    A sequence without any observation keeps one step, as in `Sequences.without_missing_steps`.

    Parameters
    ----------
    values : ndarray of shape (n_samples, n_steps, n_features)
        Padded sequences, NaN for values not observed.
    real : ndarray of bool of shape (n_samples, n_steps)
        False where a step is padding.
    """
    observed = real & ~np.isnan(values).all(axis=-1)
    order = np.argsort(~observed, axis=1, kind="stable")
    values = np.take_along_axis(values, order[..., None], axis=1)
    counts = observed.sum(axis=1)
    values[counts == 0, 0] = np.nan
    return values, np.maximum(counts, 1)


def refuse_in_table(sequences: Sequences, first: int) -> Refuse:
    """Return a function that refuses values in the rows of a table from ``first`` on."""

    def refuse(infinite: NDArray[np.bool_]) -> None:
        found = sequences.first_marked(infinite, first)
        if found is not None:
            number, value = found
            fail_overflow("Input X", value, f"sequence {number} has it first")

    return refuse


def refuse_in_batch(
    sequences: Sequences, rows: NDArray[np.int64], raw: NDArray[Any], real: NDArray[np.bool_]
) -> Refuse:
    """Return a function that refuses values in ``real`` steps of the sequences at ``rows``."""

    def refuse(infinite: NDArray[np.bool_]) -> None:
        infinite = infinite & real[..., None]
        if infinite.any():
            place = np.unravel_index(int(np.argmax(infinite)), infinite.shape)
            number = sequences.numbering[rows[place[0]]]
            fail_overflow("Input X", float(raw[place]), f"sequence {number} has it first")

    return refuse


def refuse_in_step(raw: NDArray[Any]) -> Refuse:
    """Return a function that refuses values in a step (n_streams, n_features) of a stream."""

    def refuse(infinite: NDArray[np.bool_]) -> None:
        fail_overflow("the step", float(raw[infinite][0]))

    return refuse
