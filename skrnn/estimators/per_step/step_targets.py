"""Targets at every step of sequences, read from user data and padded for training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn._conversion import (
    as_labels,
    check_order,
    check_same_rows,
    in_numpy_or_pandas,
    is_panel,
    is_ragged,
)
from skrnn._validation import refuse_other_columns
from skrnn.engine.sizes import STEP_MULTIPLE, padded_length
from skrnn.preprocessing.sequence_containers import end_to_end, like
from skrnn.sequences import Sequences, pieces


@dataclass(frozen=True, eq=False)
class StepTargets:
    """Targets of sequences, one row for each step.

    Attributes
    ----------
    table : Sequences
        Rows of targets, of any dtype, instead of steps.
    is_flat : bool
        True if y had a single value per step, without an axis of targets.
    """

    table: Sequences
    is_flat: bool

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, rows: Any) -> Any:
        """Return the targets of one sequence as an array, or of several as `StepTargets`."""
        if np.ndim(rows) == 0 and not isinstance(rows, slice):
            return end_to_end(self.table.take(np.array([rows]))).steps
        return type(self)(self.table.take(np.arange(len(self))[rows]), self.is_flat)

    @property
    def values(self) -> NDArray[Any]:
        """Return the targets of all steps in order: (n,), or (n, n_targets) if not flat."""
        return self._shaped(end_to_end(self.table).steps)

    def per_step(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the weight of each sequence at each of its steps, in the order of `values`."""
        return np.repeat(weights, self.table.lengths)

    def cut(self, n_steps: int, *, whole: bool = False) -> Self:
        """Return the same targets split into chunks."""
        return type(self)(pieces(self.table, n_steps, whole=whole), self.is_flat)

    def shortened(self, lengths: NDArray[np.int64]) -> Self:
        """Return the targets of the first ``lengths`` steps of the sequences."""
        return type(self)(replace(self.table, lengths=lengths), self.is_flat)

    def padded(
        self, columns: NDArray[np.float32], weights: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        """Return padded targets for the network, with the weight of each step.

        Parameters
        ----------
        columns : ndarray of shape (n, n_outputs)
            Encoding of each of `values`.
        weights : ndarray of shape (n,)
            Weight of each.

        Returns
        -------
        ndarray of float32 of shape (n_samples, n_steps, n_outputs + 1)
            Targets, with the weight in the last column; zero for padding.
        """
        rows = np.concatenate([columns, weights[:, None]], axis=1, dtype=np.float32)
        table = Sequences.end_to_end(rows, self.table.lengths)
        n_steps = padded_length(table.longest, STEP_MULTIPLE)
        padded, real = table.gather(np.arange(len(self)), n_steps)
        padded[~real] = 0.0
        return padded

    def _shaped(self, rows: NDArray[Any]) -> NDArray[Any]:
        return rows[:, 0] if self.is_flat else rows


def read_step_targets(X: Any, y: Any, sequences: Sequences) -> StepTargets:
    """Read one target, or several, for each step of X.

    Parameters
    ----------
    X, y
        X of the user.
    sequences : Sequences
        Sequences of X.

    Raises
    ------
    ValueError
        If y has no target for a step, or one too many, or a missing one.
    """
    if is_panel(X):
        values = _of_panel(X, y)
    else:
        check_order(X, y, "y")
        y = in_numpy_or_pandas(y)
        has_parts = isinstance(y, list | tuple) and len(y) > 0 and all(map(_is_part, y))
        values = _of_list(y, sequences) if has_parts else _of_array(_targets(y), sequences)
    table = Sequences.end_to_end(values.reshape(len(values), -1), sequences.lengths)
    return StepTargets(table, is_flat=values.ndim == 1)


def names_of(X: Any, sequences: Sequences) -> Sequence[Any]:
    """Return the names of the sequences of X: instances of a panel, else numbers."""
    return X.index.get_level_values(0).unique() if is_panel(X) else range(len(sequences))


def in_form_of(X: Any, sequences: Sequences, values: NDArray[Any]) -> Any:
    """Return one row for each step of X in the form of X.

    Parameters
    ----------
    X, sequences
        X of the user, and its sequences.
    values : ndarray of shape (n_total_steps,) or (n_total_steps, n)
        Values for each step.

    Returns
    -------
    Series or DataFrame with the index of a panel; list of arrays for a list, and for windows of
    which some are incomplete; else an array of shape (n_samples, n_steps) or
    (n_samples, n_steps, n).
    """
    if is_panel(X):
        kind = pd.Series if values.ndim == 1 else pd.DataFrame
        return kind(values, index=X.index)
    if is_ragged(X) or sequences.n_steps is None:
        return like(X, np.split(values, np.cumsum(sequences.lengths)[:-1]))
    if (sequences.lengths != sequences.lengths[0]).any():
        return np.split(values, np.cumsum(sequences.lengths)[:-1])
    return values.reshape(len(sequences), -1, *values.shape[1:])


def _of_panel(X: pd.DataFrame, y: Any) -> NDArray[Any]:
    check_same_rows(X, y, "y", "X")
    values = _targets(y)
    n_rows = len(values) if values.ndim else 1
    if n_rows != len(X):
        raise ValueError(f"y has {n_rows} rows and X {len(X)}; each step needs a target.")
    return _with_one_axis_or_two(values)


def _of_list(y: Any, sequences: Sequences) -> NDArray[Any]:
    refuse_other_columns(y, "y")
    parts = [_targets(part, f"sequence {row} of y") for row, part in enumerate(y)]
    if len(parts) != len(sequences):
        _fail_number(len(parts), len(sequences))
    for row, (part, length) in enumerate(zip(parts, sequences.lengths, strict=True)):
        if len(part) != length:
            raise ValueError(
                f"sequence {row} of X has {length} steps, and its part of y {len(part)}; give "
                "a target for each step."
            )
    if len({part.shape[1:] for part in parts}) > 1:
        raise ValueError("the parts of y differ in their number of targets for a step.")
    kinds = {part.dtype.kind in "biuf" for part in parts}
    if len(kinds) > 1:
        raise ValueError("some parts of y hold numbers, and others do not; give all one kind.")
    return _with_one_axis_or_two(np.concatenate(parts))


def _of_array(y: NDArray[Any], sequences: Sequences) -> NDArray[Any]:
    if y.ndim == 0 or len(y) != len(sequences):
        _fail_number(len(y) if y.ndim else 1, len(sequences))
    n_steps = sequences.n_steps
    if y.ndim == 1 or n_steps is None or y.shape[1] != n_steps:
        steps = "of different length" if n_steps is None else f"of {n_steps} steps"
        raise ValueError(
            f"y has the shape {y.shape}, and X {len(sequences)} sequences {steps}; give a target "
            "for each step, in an array (n_samples, n_steps) or a list of arrays (n_steps,)."
        )
    return _with_one_axis_or_two(y.reshape(len(y) * n_steps, *y.shape[2:]))


def _with_one_axis_or_two(values: NDArray[Any]) -> NDArray[Any]:
    if values.ndim > 2:
        raise ValueError(f"y has {values.ndim - 1} axes for each step; it may have one.")
    if values.ndim == 2 and values.shape[1] == 0:
        raise ValueError("y has columns for 0 targets at each step; give one or more.")
    return values


def _is_part(part: Any) -> bool:
    """Return whether an element of y is a list of targets, not a single target."""
    return isinstance(part, list | tuple | pd.DataFrame | pd.Series) or np.ndim(part) > 0


def _targets(values: Any, name: str = "y") -> NDArray[Any]:
    return as_labels(values, name, each="step")


def _fail_number(given: int, wanted: int) -> NoReturn:
    raise ValueError(f"y has targets for {given} sequences, and X has {wanted}.")
