"""The ``class_weight`` parameter, and ``partial_fit`` of estimators that know classes."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skrnn._conversion import as_labels
from skrnn._rollback import rollback_on_error
from skrnn.engine.losses import expects_probabilities
from skrnn.estimators.sequence_estimator import BaseSequenceEstimator
from skrnn.parameters import NONE, one_of, parameter, satisfying

CLASS_WEIGHT = parameter(
    default=None,
    domain=NONE
    | one_of("balanced")
    | satisfying(
        "a dict from label to a weight > 0",
        lambda value: isinstance(value, dict) and all(w > 0 for w in value.values()),
        "dict",
    ),
    doc="""Weight of each class, multiplied by ``sample_weight``; "balanced" weights classes
    inversely to their frequency. None weights all classes by 1.""",
)


class ClassesMixin(BaseSequenceEstimator):
    """Estimators with classes, from the targets or from the first ``partial_fit``."""

    @property
    def classes_(self) -> NDArray[Any]:
        """Return the classes, sorted."""
        classes: NDArray[Any] = self.network_.target.classes
        return classes

    @rollback_on_error
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Train for one epoch on new sequences at a constant learning rate.

        The first call sets the scaling and builds the network; the state of the optimizer is
        kept between calls.

        Parameters
        ----------
        X, y, sample_weight
            As in ``fit``.
        classes : array-like of shape (n_classes,), default=None
            All labels of later calls; needed in the first call unless y has all of them.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError, TypeError, FloatingPointError
            As in ``fit``, and for a label that is not in ``classes``; the estimator is
            left unchanged.
        """
        if classes is not None:
            classes = as_labels(classes, "classes", each="class")
        known = getattr(self, "classes_", classes)
        if classes is not None and not np.array_equal(np.unique(classes), np.unique(known)):
            raise ValueError(
                f"classes={classes!r} was given, and the first call had {known!r}; give those."
            )
        self._partial_fit(X, y, sample_weight, classes)
        return self


def refuse_probabilities(loss: Any) -> None:
    """Raise ValueError for a loss of Keras that expects probabilities: networks give logits."""
    if expects_probabilities(loss):
        name = getattr(loss, "__name__", type(loss).__name__)
        raise ValueError(
            f"loss={name} with from_logits=False expects probabilities, but the network "
            "gives logits; pass from_logits=True."
        )
