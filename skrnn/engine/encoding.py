"""Steps as the network sees them: scaled, float32, and nothing in them that is not finite."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn._validation import all_finite, fail_overflow
from skrnn.preprocessing.scaling import Standardiser
from skrnn.sequences import Sequences

#: Of a step. Its values are below 1e12 then, in standard deviations.
MODEST_SQUARES = 1e24

#: From a mask of the scaled values beyond float32: raises, or returns if no sequence holds them.
Refuse = Callable[[NDArray[np.bool_]], None]


def is_modest(values: NDArray[np.float32]) -> bool:
    """Tell whether no value is missing, or so large that a network may overflow."""
    return bool(np.vdot(values, values) < MODEST_SQUARES)


def encode(
    raw: NDArray[Any], scaling: Standardiser, *, indicator: bool, refuse: Refuse
) -> NDArray[np.float32]:
    """Return steps as the network sees them; the last axis holds the features."""
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


def refuse_in_table(sequences: Sequences, first: int) -> Refuse:
    """Return what refuses values in the rows of a table from ``first`` on."""

    def refuse(infinite: NDArray[np.bool_]) -> None:
        found = sequences.first_marked(infinite, first)
        if found is not None:
            number, value = found
            fail_overflow("Input X", value, f"sequence {number} has it first")

    return refuse


def refuse_in_batch(
    sequences: Sequences, rows: NDArray[np.int64], raw: NDArray[Any], real: NDArray[np.bool_]
) -> Refuse:
    """Return what refuses values in the ``real`` steps of the sequences at ``rows``."""

    def refuse(infinite: NDArray[np.bool_]) -> None:
        infinite = infinite & real[..., None]
        if infinite.any():
            place = np.unravel_index(int(np.argmax(infinite)), infinite.shape)
            number = sequences.numbering[rows[place[0]]]
            fail_overflow("Input X", float(raw[place]), f"sequence {number} has it first")

    return refuse


def refuse_in_step(raw: NDArray[Any]) -> Refuse:
    """Return what refuses values in a step (n_streams, n_features) of a stream."""

    def refuse(infinite: NDArray[np.bool_]) -> None:
        fail_overflow("the step", float(raw[infinite][0]))

    return refuse
