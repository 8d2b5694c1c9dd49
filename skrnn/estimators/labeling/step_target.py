"""Target of a labeler: a class, labels or numbers at each step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import type_of_target

from skrnn._conversion import as_numbers
from skrnn._validation import beyond_integers, in_range
from skrnn.engine.losses import CLASSIFICATION, MULTILABEL, REGRESSION
from skrnn.estimators.per_step.step_targets import StepTargets
from skrnn.estimators.targets import (
    ContinuousTarget,
    MulticlassTarget,
    MultilabelTarget,
    ProbabilisticTarget,
    Target,
)

Floats = NDArray[np.float64]

#: Losses of each kind of target, with the Keras functions; the first is the default.
LOSSES: dict[str, Mapping[str, str]] = {
    "multiclass": CLASSIFICATION,
    "multilabel": MULTILABEL,
    "continuous": REGRESSION,
}


@dataclass(frozen=True, eq=False)
class StepTarget(ProbabilisticTarget):
    """Target at each step, encoded with its weight.

    Attributes
    ----------
    values : Target
        Target of a single step.
    class_weights : ndarray of shape (n_classes,) or None
        Weight of each class; None weights all equally.
    background : object
        Class of steps without an event.
    counts : ndarray of shape (n_classes,) or None
        Steps of each class so far.
    """

    per_step = True

    values: Target
    class_weights: Floats | None = None
    background: Any = None
    counts: NDArray[np.int64] | None = None

    @property
    def classes(self) -> NDArray[Any]:
        """Return the classes; a target without classes has no such attribute."""
        if not isinstance(self.values, MulticlassTarget):
            raise AttributeError("the targets are not classes")
        return self.values.classes

    @property
    def n_outputs(self) -> int:
        """Return the number of outputs at a step."""
        return self.values.n_outputs

    @property
    def is_trivial(self) -> bool:
        """Return whether there is one class only."""
        return self.values.is_trivial

    @property
    def has_probabilities(self) -> bool:
        """Return whether the outputs have probabilities."""
        return isinstance(self.values, ProbabilisticTarget)

    def with_more(self, y: StepTargets, weights: Floats) -> Self:
        """Return the target for training that continues with further targets."""
        values = self.values.with_more(y.values, y.per_step(weights))
        return replace(self, values=values)

    def with_classes(
        self, y: StepTargets, weights: Floats, class_weight: Any, background: Any
    ) -> Self:
        """Return the target with the weights and the background of its classes.

        Classes are counted at the steps of ``y`` whose sequence has a weight; the background is by
        default the most frequent class so far.

        Raises
        ------
        ValueError
            If ``background`` is none of the classes, or ``y`` holds others.
        """
        assert isinstance(self.values, MulticlassTarget), "only classes have weights"
        _require_one_value(y.values)
        classes, present = self.values.classes, y.values[y.per_step(weights) > 0]
        counts = np.bincount(self.values.indices(present), minlength=len(classes))
        weighted = np.full(len(classes), True) if isinstance(class_weight, dict) else counts > 0
        class_weights = np.ones(len(classes))
        class_weights[weighted] = compute_class_weight(
            class_weight, classes=classes[weighted], y=present
        )
        if self.counts is not None:
            counts += self.counts
        if background is None:
            background = classes.tolist()[np.argmax(counts)]
        elif background not in classes.tolist():
            raise ValueError(f"background={background!r} is none of the classes {classes!r}.")
        return replace(
            self, class_weights=in_range(class_weights), background=background, counts=counts
        )

    def encode(self, y: StepTargets) -> NDArray[np.float32]:
        """Return targets encoded for the network, with the weight of each step."""
        if isinstance(self.values, MulticlassTarget):
            _require_one_value(y.values)
        columns = self.values.encode(y.values)
        if self.class_weights is None:
            return y.padded(columns, np.ones(len(columns)))
        return y.padded(columns, columns @ self.class_weights)  # one class of each row is 1

    def decode(self, outputs: Floats) -> NDArray[Any]:
        """Return the predictions at steps."""
        return self.values.decode(outputs)

    def probabilities(self, outputs: Floats) -> Floats:
        """Return the probabilities at steps."""
        assert isinstance(self.values, ProbabilisticTarget), "numbers have no probabilities"
        return self.values.probabilities(outputs)

    def combined(self, outputs: Sequence[NDArray[Any]]) -> NDArray[Any]:
        """Return outputs at steps that are decoded to the average of predictions."""
        return self.values.combined(outputs)

    def foreground(self, columns: NDArray[Any]) -> Iterator[tuple[Any, NDArray[Any]]]:
        """Yield name and column, of columns (n, n_outputs), of each class or label of events."""
        if not isinstance(self.values, MulticlassTarget):
            yield from enumerate(columns.T)
            return
        for name, column in zip(self.classes.tolist(), columns.T, strict=True):
            if name != self.background:
                yield name, column


def learn_step_target(
    y: StepTargets,
    weights: Floats,
    target_type: str,
    classes: NDArray[Any] | None,
) -> StepTarget:
    """Return the target of a labeler for ``y`` with the weights of its sequences.

    Raises
    ------
    ValueError
        If there are several values at a step and ``target_type`` is "multiclass", or values are
        not numbers and it is "continuous".
    """
    values, per_step = y.values, y.per_step(weights)
    if target_type == "continuous":
        numbers = as_numbers(values, "y")
        return StepTarget(ContinuousTarget.learn(numbers, per_step, each="step"))
    if target_type == "multilabel":
        return StepTarget(MultilabelTarget(y.table.n_features, y.is_flat))
    return StepTarget(MulticlassTarget.learn(values, classes))


def _require_one_value(values: NDArray[Any]) -> None:
    """Raise ValueError if there are several values at a step, which has one class."""
    if values.ndim > 1:
        raise ValueError(
            f"y has {values.shape[1]} values at each step, and a step has one class; give one "
            "label for each step, or fit a labeler with target_type='multilabel' or "
            "target_type='continuous'."
        )


def type_of_targets(values: NDArray[Any]) -> str:
    """Return the type of targets (n,) or (n, n_targets): a value of ``target_type``."""
    if values.ndim == 2:
        is_indicator = values.dtype.kind in "biuf" and np.isin(values, (0, 1)).all()
        return "multilabel" if is_indicator else "continuous"
    with beyond_integers():
        kind = type_of_target(values)
    return "continuous" if kind.startswith("continuous") else "multiclass"
