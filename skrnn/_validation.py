"""Checks on X, y and weights, and every message about them."""

from __future__ import annotations

import math
import reprlib
import warnings
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils import check_array, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, validate_data

from skrnn._compat.sklearn import checked_weights
from skrnn._conversion import (
    as_labels,
    as_numbers,
    check_order,
    column_names,
    holds_times,
    is_mapping,
    refuse_repeated_names,
)
from skrnn._wording import type_name

Floats = NDArray[np.floating[Any]]

_FLOATS = (np.float64, np.float32)


def all_finite(values: NDArray[Any]) -> bool:
    """Return whether all values are finite, in most cases from their sum of squares alone."""
    return math.isfinite(np.vdot(values, values)) or bool(np.isfinite(values).all())


def refuse_texts(X: Any) -> None:
    """Raise ValueError for a text, or a list of texts, in place of numbers."""
    is_listed = isinstance(X, list | tuple) or getattr(X, "ndim", 0) == 1
    first = next(iter(X), None) if is_listed else X
    if isinstance(first, str):
        raise ValueError(
            f"X holds texts, {reprlib.repr(first)}; networks take the ids of their tokens: "
            "TokenSequences gives them to an estimator with embedding_dim, as in "
            "make_pipeline(TokenSequences(), GRUClassifier(embedding_dim=32))."
        )


def refuse_mapping(values: Any, name: str) -> None:
    """Raise TypeError for a dict, which has no row order."""
    if is_mapping(values):
        raise TypeError(
            f"{name} is {type_name(values)}; give a list of its values, list({name}.values())"
            f", or a DataFrame of its columns, pd.DataFrame({name})."
        )


def warn_of_times(X: Any) -> None:
    """Warn if the rows of X look like the times of one series, and its columns like features."""
    names = column_names(X)
    is_named = bool(names) and all(isinstance(name, str) for name in names or ())
    index = getattr(X, "index", None)
    if is_named and isinstance(index, pd.Index) and holds_times(index):
        warnings.warn(
            f"X is a DataFrame whose index holds times, and its columns {reprlib.repr(names)} are "
            "read as the steps of one sequence a row. If its rows are the times of a series, put "
            "SlidingWindow before the estimator in a pipeline; if its columns are steps, say so "
            "with n_channels=1, or with the number of features that each step has.",
            UserWarning,
            stacklevel=2,
        )


def check_table(estimator: Any, X: Any, *, reset: bool) -> Floats:
    """Return a 2-D X as floats, after scikit-learn's checks of names and width."""
    table = _as_floats(estimator, X)
    check_width(estimator, X, table.shape[1], reset=reset)
    return table


def check_width(estimator: Any, X: Any, n_features: int, *, reset: bool) -> None:
    """Record (``reset``) or compare the number and the names of the columns of X."""
    refuse_repeated_names(X, "X")
    if reset or X is not None or hasattr(estimator, "feature_names_in_"):
        # Names only: X may be a part, or an empty frame with the columns.
        validate_data(estimator, X, reset=reset, skip_check_array=True, ensure_2d=False)
    if reset:
        estimator.n_features_in_ = n_features
    elif getattr(estimator, "n_features_in_", n_features) != n_features:
        raise ValueError(
            f"X has {n_features} features, but {type(estimator).__name__} is expecting "
            f"{estimator.n_features_in_} features as input."
        )


def check_cube(estimator: Any, X: Any) -> Floats:
    """Return a 3-D X as floats."""
    return _as_floats(estimator, X, allow_nd=True)


def check_rows(estimator: Any, X: list[Any]) -> tuple[Floats, NDArray[np.int64]]:
    """Return the steps of a list of sequences as floats and the length of each sequence."""
    refuse_other_columns(X, "X")
    sequences = [as_numbers(sequence, f"sequence {row} of X") for row, sequence in enumerate(X)]
    widths = set()
    for row, sequence in enumerate(sequences):
        n_dimensions = getattr(sequence, "ndim", 0)
        if n_dimensions != 2:
            raise ValueError(
                f"sequence {row} of X has {n_dimensions} dimension(s); give each sequence as "
                "an array of shape (n_steps, n_features), a univariate one as (n_steps, 1)."
            )
        if 0 in sequence.shape:
            raise ValueError(f"sequence {row} of X is empty: its shape is {sequence.shape}.")
        widths.add(sequence.shape[1])
    if len(widths) > 1:
        raise ValueError(
            f"the sequences of X have {sorted(widths)} features; "
            "all must have the same number, only their lengths may differ."
        )
    lengths = np.array([len(sequence) for sequence in sequences], dtype=np.int64)
    return _as_floats(estimator, np.concatenate(sequences)), lengths


def refuse_other_columns(parts: list[Any], name: str) -> None:
    """Raise ValueError unless the DataFrames of a list have the same columns in one order."""
    frames = [(row, part) for row, part in enumerate(parts) if isinstance(part, pd.DataFrame)]
    for row, frame in frames:
        if not frame.columns.equals(frames[0][1].columns):
            raise ValueError(
                f"sequence {row} of {name} has the columns {list(frame.columns)}, but sequence "
                f"{frames[0][0]} has {list(frames[0][1].columns)}; give all the same columns "
                "in the same order."
            )


def check_panel(estimator: Any, X: pd.DataFrame) -> tuple[Floats, NDArray[np.int64]]:
    """Return the steps of a panel as floats and the length of each instance."""
    if X.index.nlevels != 2:
        raise ValueError(
            f"X has an index of {X.index.nlevels} levels; a panel has two: instance and time."
        )
    if len(X) == 0:
        raise ValueError("X is a panel with 0 rows; at least one step is required.")
    instances = X.index.get_level_values(0)
    if instances.hasnans:
        missing = np.asarray(instances.isna())
        raise ValueError(
            f"{missing.sum()} rows of X have no name of their instance: the first level of the "
            f"index is missing (None or NaN), first in row {missing.argmax()}; name these "
            "instances, or drop them with X[X.index.get_level_values(0).notna()]."
        )
    changes = np.flatnonzero(instances[1:] != instances[:-1]) + 1
    starts = np.concatenate([[0], changes])
    if len(starts) != instances.nunique():
        raise ValueError(
            "the rows of an instance of X are not next to each other; "
            "sort the panel first, for example with X.sort_index()."
        )
    times = X.index.get_level_values(1)
    rising = np.asarray(times[1:] > times[:-1])
    rising[changes - 1] = True
    if not rising.all():
        row = int(np.argmin(rising)) + 1
        raise ValueError(
            f"the times of instance {instances[row]} of X do not rise at {times[row]}; "
            "sort the panel and remove duplicates first."
        )
    lengths = np.diff(np.concatenate([starts, [len(X)]])).astype(np.int64)
    return _as_floats(estimator, X), lengths


def _as_floats(estimator: Any, X: Any, *, allow_nd: bool = False) -> Floats:
    numbers = as_numbers(X, "X")
    if allow_nd and type(numbers) is np.ndarray and numbers.dtype in _FLOATS and numbers.size:
        return numbers  # check_array would return it, and takes a tenth of a millisecond
    return check_array(
        numbers,
        dtype=list(_FLOATS),
        ensure_all_finite=False,
        allow_nd=allow_nd,
        estimator=estimator,
        input_name="X",
    )


def require_samples(n_samples: int) -> None:
    """Raise ValueError, in scikit-learn's wording, for an X without sequences."""
    if n_samples == 0:
        raise ValueError("Found X with 0 sample(s) while a minimum of 1 is required.")


def fail_missing(row: int, kind: str) -> NoReturn:
    """Raise the error for a NaN or an infinity in sequence ``row`` of X."""
    advice = (
        'fit with missing="mask" to learn from what was observed, or impute X first.'
        if kind == "NaN"
        else "replace infinite values before the fit."
    )
    raise ValueError(f"Input X contains {kind}: sequence {row} has it first; {advice}")


def fail_overflow(
    what: str, value: float, where: str | None = None, dtype: str = "float32"
) -> NoReturn:
    """Raise the error for a finite value that is infinite after scaling in a dtype."""
    place = "" if where is None else f": {where}"
    raise ValueError(
        f"{what} contains {value:g}{place}; once scaled, it is beyond {dtype}, whose largest value "
        f"is {np.finfo(dtype).max:.1e}. Correct or clip such values, or give all in another unit."
    )


def check_outputs(outputs: NDArray[Any], sequence_of: Callable[[int], int] = int) -> None:
    """Raise ValueError if an output of the network is NaN or infinite.

    Parameters
    ----------
    outputs : ndarray of shape (n_rows, ...)
        Outputs for all sequences of X.
    sequence_of : callable
        Function from a row to the number of its sequence; by default each row is one.
    """
    if all_finite(outputs):
        return
    row = int(np.argmin(np.isfinite(outputs).reshape(len(outputs), -1).all(axis=1)))
    raise ValueError(
        f"the outputs of the network for sequence {sequence_of(row)} of X are not finite: its "
        "values are too far from those of the fit, or the weights are too large. Correct or clip "
        "the values, or fit with a smaller learning_rate."
    )


def fail_steps(estimator: Any, given: str, fitted: int) -> NoReturn:
    """Raise the error for sequences of another length than those of a fixed-length fit."""
    raise ValueError(
        f"X has {given} steps but {type(estimator).__name__} was fitted with {fitted}; "
        "window the data with the same window_length, or fit on sequences of different "
        "length to predict any length."
    )


def fail_channels(estimator: Any, given: int, fitted: int) -> NoReturn:
    """Raise the error for sequences with another number of features than at fit."""
    raise ValueError(
        f"X has {given} features a step but {type(estimator).__name__} was fitted with "
        f"{fitted}; give the same features in the same order, and a single sequence of shape "
        "(n_steps, n_features) as a list that holds it: [sequence]."
    )


def require_target(estimator: Any, y: Any) -> None:
    """Raise ValueError, in scikit-learn's wording, for a missing y."""
    if y is None:
        raise ValueError(
            f"This {type(estimator).__name__} estimator requires y to be passed, "
            "but the target y is None."
        )
    refuse_mapping(y, "y")


def check_target(estimator: Any, X: Any, y: Any, n_samples: int) -> NDArray[Any]:
    """Return y as numbers, with one row for each of the ``n_samples`` sequences of X.

    Raises
    ------
    ValueError
        If y is missing, of another length or order than X, or holds NaN, infinity, or values that
        are not numbers.
    """
    require_target(estimator, y)
    values = as_numbers(y, "y")
    target = check_array(
        values, accept_sparse="csr", ensure_2d=False, estimator=estimator, input_name="y"
    )
    check_order(X, y, "y")
    check_consistent_length(np.empty(n_samples), target)
    return target


def check_labels(estimator: Any, X: Any, y: Any, n_samples: int) -> NDArray[Any]:
    """Return y as a 1-D array of labels, one for each of the ``n_samples`` sequences of X.

    Raises
    ------
    ValueError
        If y is missing, of another length or order than X, has several columns, lacks a
        label, or holds continuous values or other objects.
    """
    require_target(estimator, y)
    labels = as_labels(y, "y", each="sequence")
    if labels.ndim == 2 and labels.shape[1] > 1:
        raise ValueError(
            f"y has {labels.shape[1]} columns; a sequence classifier predicts one label: "
            "wrap it in sklearn.multioutput.MultiOutputClassifier."
        )
    labels = column_or_1d(labels, warn=True)
    check_order(X, y, "y")
    check_consistent_length(np.empty(n_samples), labels)
    if labels.dtype != object or isinstance(labels.flat[0], str):  # others are intervals
        with beyond_integers():
            check_classification_targets(labels)
    return labels


def beyond_integers() -> np.errstate:
    """Return a context for scikit-learn's check for integers, without warnings.

    It compares numbers with their casts, of which numpy warns from 2**63 on.
    """
    return np.errstate(invalid="ignore")


def require_both(X_val: Any, y_val: Any) -> None:
    """Raise ValueError for validation sequences without targets, or the other way round."""
    if (X_val is None) != (y_val is None):
        raise ValueError("X_val and y_val go together; one of them was given alone.")


def check_weights(X: Any, sample_weight: Any, n_samples: int) -> NDArray[np.float64]:
    """Return one weight for each of the ``n_samples`` sequences of X; None is 1 for all.

    Raises
    ------
    ValueError
        If there are more or fewer, in another order, one is negative, or all are 0.
    """
    refuse_mapping(sample_weight, "sample_weight")
    check_order(X, sample_weight, "sample_weight")
    if not np.isscalar(sample_weight) or isinstance(sample_weight, str | bytes | complex):
        sample_weight = as_numbers(sample_weight, "sample_weight")
    weights = checked_weights(sample_weight, n_samples)
    if not weights.any():  # which newer releases of scikit-learn refuse in their own words
        raise ValueError("Sample weights are 0 everywhere; at least one sequence has to count.")
    return in_range(weights)


def in_range(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return weights rescaled so that products and sums neither overflow nor underflow.

    Only ratios of weights matter, so they are multiplied by a power of two, which is exact.
    """
    greatest = float(weights.max(initial=0.0))
    if not math.isfinite(greatest):
        raise ValueError(
            "the weights, times class_weight if there is one, are infinite; give smaller ones."
        )
    if 1e-30 < greatest < 1e30:
        return weights
    return np.asarray(np.ldexp(weights, -int(np.frexp(greatest)[1])))
