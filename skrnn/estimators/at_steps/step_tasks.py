"""What can stand at each step - a class, labels or numbers - and how a network gives it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import type_of_target

from skrnn._target_validation import beyond_integers, in_range
from skrnn.engine.losses import CLASSIFICATION, MULTILABEL, REGRESSION
from skrnn.preprocessing.target_scaling import TargetScaling

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class StepTask:
    """Targets at each step, as the network gives them and as the user sees them.

    Attributes
    ----------
    losses : dict of str to str
        What ``loss`` accepts, and what it stands for; the first one is the default.
    """

    losses: ClassVar[Mapping[str, str]]

    @property
    @abstractmethod
    def n_outputs(self) -> int:
        """Return how many numbers the network gives at a step."""

    @abstractmethod
    def encode(self, values: NDArray[Any]) -> tuple[NDArray[Any], Floats]:
        """Return targets (n, ...) as the network is to give them, (n, n_outputs), and weights."""

    @abstractmethod
    def decode(self, outputs: Floats) -> NDArray[Any]:
        """Return what outputs (n, n_outputs) say, (n,) or (n, n_targets)."""


@dataclass(frozen=True)
class ProbableTask(StepTask):
    """A task whose outputs say how probable something is."""

    @abstractmethod
    def probabilities(self, outputs: Floats) -> Floats:
        """Return the probabilities that outputs (n, n_outputs) say."""

    @abstractmethod
    def foreground(self, columns: NDArray[Any]) -> Iterator[tuple[Any, NDArray[Any]]]:
        """Yield the name and the column, of columns (n, n_outputs), of all that makes events."""


@dataclass(frozen=True)
class Classes(ProbableTask):
    """One of several classes at each step."""

    losses = CLASSIFICATION
    classes: NDArray[Any]
    weights: Floats
    background: Any

    @classmethod
    def learn(
        cls, classes: NDArray[Any], values: NDArray[Any], class_weight: Any, background: Any
    ) -> Self:
        """Return the task of these classes, which occur as ``values`` say.

        Raises
        ------
        ValueError
            If ``background`` is none of the classes.
        """
        present, counts = np.unique(values, return_counts=True)
        weights = np.ones(len(classes))
        weights[np.isin(classes, present)] = compute_class_weight(
            class_weight, classes=present, y=values
        )
        if background is None:
            background = present.tolist()[np.argmax(counts)]
        elif background not in classes.tolist():
            raise ValueError(f"background={background!r} is none of the classes {classes!r}.")
        return cls(classes, in_range(weights), background)

    @property
    def n_outputs(self) -> int:
        """Return the number of classes."""
        return len(self.classes)

    def encode(self, values: NDArray[Any]) -> tuple[NDArray[Any], Floats]:
        """Return 1 for the class and else 0, and the weight of the class."""
        codes = np.searchsorted(self.classes, values)
        return np.eye(self.n_outputs)[codes], self.weights[codes]

    def decode(self, outputs: Floats) -> NDArray[Any]:
        """Return the most probable class."""
        return self.classes[np.argmax(outputs, axis=1)]

    def probabilities(self, outputs: Floats) -> Floats:
        """Return the probability of each class."""
        return softmax(outputs, axis=1)

    def foreground(self, columns: NDArray[Any]) -> Iterator[tuple[Any, NDArray[Any]]]:
        """Yield the classes other than the background."""
        for name, column in zip(self.classes.tolist(), columns.T, strict=True):
            if name != self.background:
                yield name, column


@dataclass(frozen=True)
class Labels(ProbableTask):
    """Any of several labels at each step."""

    losses = MULTILABEL
    n_labels: int
    is_flat: bool

    @property
    def n_outputs(self) -> int:
        """Return the number of labels."""
        return self.n_labels

    def encode(self, values: NDArray[Any]) -> tuple[NDArray[Any], Floats]:
        """Return the labels as they are."""
        if not np.isin(values, (0, 1)).all():
            raise ValueError("y holds other values than 0 and 1, which labels have to be.")
        columns = values.reshape(-1, self.n_labels).astype(np.float64)
        return columns, np.ones(len(columns))

    def decode(self, outputs: Floats) -> NDArray[Any]:
        """Return 1 where a label is more probable than not, else 0."""
        return _shaped((outputs > 0).astype(np.int64), self.is_flat)

    def probabilities(self, outputs: Floats) -> Floats:
        """Return the probability of each label, independent of the others."""
        return expit(outputs)

    def foreground(self, columns: NDArray[Any]) -> Iterator[tuple[Any, NDArray[Any]]]:
        """Yield the number of each label."""
        yield from enumerate(columns.T)


@dataclass(frozen=True)
class Numbers(StepTask):
    """One number or several at each step, standardised for the network."""

    losses = REGRESSION
    scaling: TargetScaling
    is_flat: bool

    @classmethod
    def learn(cls, values: NDArray[Any], weights: Floats) -> Self:
        """Return the task of such numbers, measured with these weights."""
        columns = values.reshape(len(values), -1).astype(np.float64)
        return cls(TargetScaling.learn(columns, weights), values.ndim == 1)

    def with_more(self, values: NDArray[Any], weights: Floats) -> Self:
        """Return the task for training that goes on with further numbers."""
        columns = values.reshape(-1, self.n_outputs).astype(np.float64)
        return replace(self, scaling=self.scaling.with_more(columns, weights))

    @property
    def n_outputs(self) -> int:
        """Return how many numbers there are at a step."""
        return len(self.scaling.mean)

    def encode(self, values: NDArray[Any]) -> tuple[NDArray[Any], Floats]:
        """Return the numbers, standardised."""
        columns = values.reshape(-1, self.n_outputs).astype(np.float64)
        return self.scaling.encode(columns, "Input y"), np.ones(len(columns))

    def decode(self, outputs: Floats) -> NDArray[Any]:
        """Return the numbers in their own units."""
        return _shaped(self.scaling.decode(outputs), self.is_flat)


def task_of(values: NDArray[Any]) -> str:
    """Return which task targets (n,) or (n, n_targets) speak of: classes, labels or numbers."""
    if values.ndim == 2:
        is_indicator = values.dtype.kind in "biuf" and np.isin(values, (0, 1)).all()
        return "labels" if is_indicator else "numbers"
    with beyond_integers():
        kind = type_of_target(values)
    return "numbers" if kind.startswith("continuous") else "classes"


def _shaped(columns: NDArray[Any], is_flat: bool) -> NDArray[Any]:
    return columns[:, 0] if is_flat else columns
