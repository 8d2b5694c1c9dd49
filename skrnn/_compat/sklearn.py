"""Private names of scikit-learn: checks of sample weights, array namespace, callbacks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def checked_weights(sample_weight: Any, n_samples: int) -> NDArray[np.float64]:
    """Return one weight per sample; raise scikit-learn's error for invalid or negative ones.

    No public function checks weights; this one is behind every ``fit`` that takes them.
    """
    from sklearn.utils.validation import _check_sample_weight

    weights: NDArray[np.float64] = _check_sample_weight(
        sample_weight, np.empty((n_samples, 1)), dtype=np.float64, ensure_non_negative=True
    )
    return weights


def array_namespace(array: NDArray[Any]) -> Any:
    """Return scikit-learn's array namespace for numpy.

    That of ``array.__array_namespace__()`` is another object, and scikit-learn's array API
    dispatch refuses to mix the two.
    """
    from sklearn.utils._array_api import get_namespace

    return get_namespace(array)[0]


def has_callbacks(estimator: Any) -> bool:
    """Return whether an estimator has scikit-learn callbacks; there is no public method."""
    return hasattr(estimator, "_skl_callbacks")


def fit_context(estimator: Any, n_subtasks: int) -> Any:
    """Return the context in which an estimator reports its fit, and set up its callbacks.

    scikit-learn documents the method for authors of estimators, under its underscored name.
    """
    return estimator._init_callback_context(max_subtasks=n_subtasks)
