"""Scaled steps in the container of the original sequences."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn._conversion import is_panel, is_ragged
from skrnn._validation import Floats
from skrnn.sequences import Sequences, Windows


def end_to_end(sequences: Sequences) -> Sequences:
    """Return the sequences over a table in which they are concatenated."""
    table = Sequences.end_to_end(sequences.steps[rows_of(sequences)], sequences.lengths)
    return replace(table, numbers=sequences.numbers)


def rows_of(sequences: Sequences) -> NDArray[np.int64]:
    """Return the row of the table that holds each step, sequence by sequence."""
    lengths = sequences.lengths
    offsets = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return np.repeat(sequences.starts, lengths) + sequences.stride * offsets


def over_new_steps(X: Any, sequences: Sequences, steps: Floats, layout: str) -> Any:
    """Return new steps in the form of X.

    Parameters
    ----------
    X : array-like, DataFrame, list or Windows
        X of the user.
    sequences : Sequences
        Sequences of X.
    steps : ndarray of shape (n_total_steps, n_features)
        Replacement of ``sequences.steps``.
    layout : {"channels_last", "channels_first"}
        Order of the axes of X, if it is an array.
    """
    if isinstance(X, Windows):
        return replace(X, series=steps)
    if is_ragged(X):
        parts = as_list(replace(sequences, steps=steps))
        return like(X, [_framed(part, given) for part, given in zip(parts, X, strict=True)])
    if is_panel(X):
        return pd.DataFrame(steps, index=X.index, columns=X.columns)
    cube = steps.reshape(len(sequences), -1, sequences.n_features)
    if layout == "channels_first":
        cube = cube.transpose(0, 2, 1)
    n_dimensions = X.ndim if hasattr(X, "ndim") else np.asarray(X).ndim
    return cube if n_dimensions == 3 else cube.reshape(len(cube), -1)


def as_list(sequences: Sequences) -> list[Floats]:
    """Return sequences that lie end to end as arrays of shape (n_steps_i, n_features)."""
    return np.split(sequences.steps, sequences.starts[1:])


def _framed(steps: Floats, given: Any) -> Any:
    """Return steps as a DataFrame with the labels of a given one, else unchanged."""
    if isinstance(given, pd.DataFrame):
        return pd.DataFrame(steps, index=given.index, columns=given.columns)
    return steps


def like(X: Any, parts: list[Any]) -> Any:
    """Return parts as a list, tuple or object array, like X."""
    if isinstance(X, np.ndarray):
        objects = np.empty(len(parts), dtype=object)
        objects[:] = parts
        return objects
    return tuple(parts) if isinstance(X, tuple) else parts
