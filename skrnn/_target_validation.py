"""The checks on y and on weights, and every message about them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, _check_y, check_consistent_length

from skrnn._conversion import as_labels, as_numbers, check_order
from skrnn._validation import refuse_mapping


def require_target(estimator: Any, y: Any) -> None:
    """Raise ValueError, in scikit-learn's words, where no y was passed."""
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
        If y is missing, of another length or order than X, or holds NaN, infinity, or what is
        no number.
    """
    require_target(estimator, y)
    values = as_numbers(y, "y")
    target = _check_y(values, multi_output=True, y_numeric=True, estimator=estimator)
    check_order(X, y, "y")
    check_consistent_length(np.empty(n_samples), target)
    return target


def check_labels(estimator: Any, X: Any, y: Any, n_samples: int) -> NDArray[Any]:
    """Return y as a 1-D array of labels, one for each of the ``n_samples`` sequences of X.

    Raises
    ------
    ValueError
        If y is missing, of another length or order than X, has several columns, lacks a
        label, or holds continuous values or what is no label.
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
    """Return the context in which scikit-learn may look for integers among all numbers.

    It compares them with what casting makes of them, of which numpy warns from 2**63 on.
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
    weights = _check_sample_weight(
        sample_weight, np.empty((n_samples, 1)), dtype=np.float64, ensure_non_negative=True
    )
    if not weights.any():
        raise ValueError("sample_weight is 0 everywhere; at least one sequence has to count.")
    return in_range(weights)


def in_range(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return weights of which products and sums neither overflow nor vanish.

    Only their ratios count, so that any may be multiplied by a power of two, which rounds nothing.
    """
    greatest = float(weights.max(initial=0.0))
    if not math.isfinite(greatest):
        raise ValueError(
            "the weights, times class_weight if there is one, are infinite; give smaller ones."
        )
    if 1e-30 < greatest < 1e30:
        return weights
    return np.asarray(np.ldexp(weights, -int(np.frexp(greatest)[1])))
