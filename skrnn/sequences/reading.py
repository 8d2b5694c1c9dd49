"""Reading of X as `Sequences`: its format, and checks against the fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from skrnn import _validation
from skrnn._conversion import in_numpy_or_pandas, is_panel, is_ragged
from skrnn._validation import Floats
from skrnn.parameters import NONE, integers, one_of, parameter
from skrnn.sequences.table import BLOCK, Sequences
from skrnn.sequences.windows import Windows

N_CHANNELS = parameter(
    default=None,
    domain=integers(1) | NONE,
    doc="Features per step of a 2-D X, whose rows are flattened sequences; None is 1.",
)
LAYOUT = parameter(
    default="channels_last",
    domain=one_of("channels_last", "channels_first"),
    doc="""Order of the axes of a 3-D X, and of a flattened one: (n_steps, n_features) or
    (n_features, n_steps).""",
)


@dataclass(frozen=True)
class InputFormat:
    """The axes of X, and the meaning of NaN in it.

    Attributes
    ----------
    n_channels : int or None
        Features of each step in a 2-D X; None is 1.
    layout : {"channels_last", "channels_first"}
        The order of steps and features.
    missing : {"error", "mask"}
        Whether NaN is refused or marks a value as not observed.
    """

    n_channels: int | None = None
    layout: str = "channels_last"
    missing: str = "error"

    @classmethod
    def of(cls, estimator: Any) -> Self:
        """Return the format that the parameters of an estimator describe."""
        return cls(estimator.n_channels, estimator.layout, estimator.missing)


@dataclass(frozen=True)
class SequenceShape:
    """Features of the sequences of a fit and, if it is the same for all, their length.

    With ``at_most``, shorter sequences are accepted as well, as after a fit on windows.
    """

    n_steps: int | None
    n_features: int
    at_most: bool = False


def read_sequences(estimator: Any, X: Any, input_format: InputFormat, *, reset: bool) -> Sequences:
    """Read X, in any of the accepted forms, as sequences.

    Parameters
    ----------
    estimator : estimator
        Records or compares ``n_features_in_`` and ``feature_names_in_``.
    X : array-like, DataFrame, list or Windows
        Sequences in any accepted form.
    input_format : InputFormat
        The axes of X, and the meaning of NaN.
    reset : bool
        True at fit, False at predict.

    Raises
    ------
    ValueError, TypeError
        If X has a form, width or values that are not accepted.
    """
    if isinstance(X, Windows):
        _validation.require_samples(len(X))
        _validation.check_width(estimator, X.header(), X.shape[2], reset=reset)
        sequences = X.sequences()
    else:
        sequences = _read_form(estimator, in_numpy_or_pandas(X), input_format, reset=reset)
    _check_finite(sequences, allow_nan=input_format.missing == "mask")
    return sequences


def check_shape(estimator: Any, sequences: Sequences, fitted: SequenceShape) -> None:
    """Raise ValueError unless sequences have the features, and the length, of the fit."""
    if sequences.n_features != fitted.n_features:
        _validation.fail_channels(estimator, sequences.n_features, fitted.n_features)
    if fitted.n_steps is None or sequences.n_steps == fitted.n_steps:
        return
    if not fitted.at_most or sequences.window or sequences.longest > fitted.n_steps:
        given = sequences.n_steps
        text = f"{sequences.lengths.min()} to {sequences.longest}" if given is None else str(given)
        _validation.fail_steps(estimator, text, fitted.n_steps)


def _read_form(estimator: Any, X: Any, input_format: InputFormat, *, reset: bool) -> Sequences:
    """Read arrays, pandas objects or lists as sequences."""
    _validation.refuse_mapping(X, "X")
    _validation.refuse_texts(X)
    if isinstance(X, pd.Series):
        X = X.to_numpy()
    if is_ragged(X):
        return _read_list(estimator, X, reset=reset)
    if is_panel(X):
        steps, lengths = _validation.check_panel(estimator, X)
        _validation.check_width(estimator, X, steps.shape[1], reset=reset)
        return Sequences.end_to_end(steps, lengths)
    n_dimensions = _n_dimensions(X)
    if n_dimensions > 3:
        raise ValueError(
            f"X has {n_dimensions} dimensions; sequences have 2, (n_samples, n_steps), or "
            "3, (n_samples, n_steps, n_features)."
        )
    read = _read_cube if n_dimensions == 3 else _read_table
    return _from_cube(read(estimator, X, input_format, reset=reset))


def _n_dimensions(X: Any) -> int:
    """Return the number of dimensions of an array, or of nested lists."""
    if isinstance(X, list | tuple):
        return 1 + _n_dimensions(X[0]) if len(X) else 1
    return int(getattr(X, "ndim", 0))


def _read_list(estimator: Any, X: Any, *, reset: bool) -> Sequences:
    steps, lengths = _validation.check_rows(estimator, X)
    named = next((part for part in X if hasattr(part, "columns")), None)
    _validation.check_width(estimator, named, steps.shape[1], reset=reset)
    return Sequences.end_to_end(steps, lengths)


def _read_cube(estimator: Any, X: Any, input_format: InputFormat, *, reset: bool) -> Floats:
    cube = _validation.check_cube(estimator, X)
    if cube.shape[1] == 0 or cube.shape[2] == 0:
        raise ValueError(f"X has no steps or no features: its shape is {cube.shape}.")
    if input_format.layout == "channels_first":
        cube = cube.transpose(0, 2, 1)
    _validation.check_width(estimator, None, cube.shape[2], reset=reset)
    return cube


def _read_table(estimator: Any, X: Any, input_format: InputFormat, *, reset: bool) -> Floats:
    """Return a 2-D X as (n_samples, n_steps, n_channels)."""
    if reset and input_format.n_channels is None:
        _validation.warn_of_times(X)
    table = _validation.check_table(estimator, X, reset=reset)
    n_channels = input_format.n_channels or 1
    n_steps, rest = divmod(table.shape[1], n_channels)
    if rest:
        raise ValueError(
            f"X has {table.shape[1]} columns, which is not a multiple of n_channels={n_channels}."
        )
    if input_format.layout == "channels_first":
        return table.reshape(len(table), n_channels, n_steps).transpose(0, 2, 1)
    return table.reshape(len(table), n_steps, n_channels)


def _from_cube(cube: Floats) -> Sequences:
    n_samples, n_steps, n_features = cube.shape
    return Sequences.end_to_end(cube.reshape(-1, n_features), np.full(n_samples, n_steps))


def _check_finite(sequences: Sequences, *, allow_nan: bool) -> None:
    sequences = sequences.within()
    steps = sequences.steps
    if len(steps) <= BLOCK and _validation.all_finite(steps):
        return
    for rows, weights in sequences.blocks(np.ones(len(sequences))):
        values = steps[rows][weights > 0]
        if np.isfinite(values).all():
            continue
        if np.isinf(values).any():
            marked = np.any(np.isinf(steps), axis=1)
            _validation.fail_missing(sequences.first_with(marked), "infinity")
        if not allow_nan:
            _validation.fail_missing(sequences.first_with(np.any(np.isnan(steps), axis=1)), "NaN")
