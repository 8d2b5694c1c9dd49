"""What learns to tell classes apart: their labels, their weights, calls that announce them."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skrnn._conversion import as_labels
from skrnn._parameters import NONE, fitted, one_of, parameter, satisfying
from skrnn.engine.losses import expects_probabilities
from skrnn.estimators.base import BaseSequenceEstimator

CLASS_WEIGHT = parameter(
    default=None,
    domain=NONE
    | one_of("balanced")
    | satisfying(
        "a dict from label to a weight > 0",
        lambda value: isinstance(value, dict) and all(w > 0 for w in value.values()),
    ),
    doc="""How much what is labelled with each class counts, times ``sample_weight``; "balanced"
    lets every class count the same.""",
)


class LearnsClasses(BaseSequenceEstimator):
    """Know the labels of the classes, from the targets or from the first ``partial_fit``."""

    classes_: NDArray[Any] = fitted()

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Take one pass over new sequences at a constant rate.

        Scaling and network come from the first call; the optimizer's state is kept from
        one call to the next.

        Parameters
        ----------
        X, y, sample_weight
            As in ``fit``.
        classes : array-like of shape (n_classes,), default=None
            Every label there will be; needed at the first call unless y has them all.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError, TypeError, FloatingPointError
            As in ``fit``, and for a label that is not in ``classes``; the estimator stays
            as it was.
        """
        if classes is not None:
            classes = as_labels(classes, "classes", each="class")
        known = getattr(self, "classes_", classes)
        if classes is not None and not np.array_equal(np.unique(classes), np.unique(known)):
            raise ValueError(f"classes={classes!r} were {known!r} in the first call.")
        self._announced = classes
        try:
            return self._partial_fit(X, y, sample_weight)
        finally:
            del self._announced

    def _learn_classes(self, labels: NDArray[Any]) -> None:
        """Take the classes from labels, or from what ``partial_fit`` announced."""
        announced = vars(self).get("_announced")
        self.classes_ = np.unique(labels if announced is None else announced)

    def _refuse_unknown(self, labels: NDArray[Any]) -> None:
        """Raise ValueError for labels that are none of the classes."""
        unknown = ~np.isin(labels, self.classes_)
        if unknown.any():
            raise ValueError(
                f"y holds the labels {np.unique(labels[unknown])!r}, which are not among the "
                f"classes {self.classes_!r} of the first fit."
            )


def refuse_probabilities(loss: Any) -> None:
    """Raise ValueError for a loss of Keras that expects probabilities: networks give logits."""
    if expects_probabilities(loss):
        name = getattr(loss, "__name__", type(loss).__name__)
        raise ValueError(
            f"loss={name} with from_logits=False expects probabilities, but the network "
            "gives logits; pass from_logits=True."
        )
