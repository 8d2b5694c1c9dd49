"""Scores of a fitted estimator on changed sequences, and the importances that follow."""

from __future__ import annotations

import numbers
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import check_scoring
from sklearn.utils import Bunch

from skrnn._validation import check_weights
from skrnn._wording import type_name
from skrnn.estimators.labeling.labeler import SequenceLabeler
from skrnn.estimators.metrics import AtEachStep
from skrnn.estimators.per_step.step_targets import read_step_targets


def score_function(
    estimator: Any, y: Any, scoring: Any, sample_weight: Any
) -> Callable[[Any], float]:
    """Return the function from X to the score of a fitted estimator; greater is better.

    Raises
    ------
    TypeError, ValueError
        If ``scoring`` is not one scorer, or None and the estimator has no score.
    """
    if scoring is None and not hasattr(estimator, "score"):
        raise TypeError(
            f"{type(estimator).__name__} has no method score; give scoring, a callable "
            "(estimator, X, y) that returns a number, greater for better predictions."
        )
    if scoring is not None and not isinstance(scoring, str) and not callable(scoring):
        raise TypeError(
            f"scoring is {type_name(scoring)}; give the name of one scorer of scikit-learn, such "
            "as 'accuracy', or a callable (estimator, X, y) that returns a number."
        )
    if isinstance(estimator, SequenceLabeler) and isinstance(scoring, str):
        return _at_each_step(estimator, y, scoring, sample_weight)
    scorer = check_scoring(estimator, scoring)
    targets = () if y is None else (y,)
    weights = {} if sample_weight is None else {"sample_weight": sample_weight}

    def score(X: Any) -> float:
        return _number(scorer(estimator, X, *targets, **weights))

    return score


def _at_each_step(
    labeler: SequenceLabeler, y: Any, scoring: str, sample_weight: Any
) -> Callable[[Any], float]:
    """Return the score of a labeler over all steps, each with the weight of its sequence."""
    model = AtEachStep(labeler)

    def score(X: Any) -> float:
        sequences, _ = labeler.network_.encoder.read(labeler, X)
        targets = read_step_targets(X, y, sequences)
        sequences = labeler.network_.encoder.without_padding(sequences)
        targets, weights = targets.shortened(sequences.lengths), {}
        if sample_weight is not None:
            each = check_weights(X, sample_weight, len(sequences))
            weights = {"sample_weight": targets.per_step(each)}
        scorer = check_scoring(model, scoring)
        return _number(scorer(model, sequences, targets.values, **weights))

    return score


def summarized(importances: NDArray[np.float64], **about: Any) -> Bunch:
    """Return importances, by repeat in the last axis, with their mean and standard deviation."""
    return Bunch(
        importances=importances,
        importances_mean=importances.mean(axis=-1),
        importances_std=importances.std(axis=-1),
        **about,
    )


def _number(score: Any) -> float:
    if not isinstance(score, numbers.Real):
        raise TypeError(
            f"scoring returned {type_name(score)}; it has to return one number, greater for "
            "better predictions."
        )
    return float(score)
