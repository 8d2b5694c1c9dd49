"""Targets: encoding of y (classes, labels, standardized numbers), decoding of outputs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax

from skrnn.numpy_runtime.ensemble import average_classes, average_labels, average_numbers
from skrnn.preprocessing.scaling import TargetScaling

Floats = NDArray[np.float64]


class Target(ABC):
    """Encoding of targets for a network, and decoding of its outputs."""

    #: True for targets at each step, encoded with their weights in a last column.
    per_step: ClassVar[bool] = False

    @property
    @abstractmethod
    def n_outputs(self) -> int:
        """Return the number of outputs for each target."""

    @property
    @abstractmethod
    def is_trivial(self) -> bool:
        """Return whether all targets are of one class, so that no training is needed."""

    @abstractmethod
    def with_more(self, y: Any, weights: Floats) -> Self:
        """Return the target for training that continues with further targets."""

    @abstractmethod
    def encode(self, y: Any) -> NDArray[Any]:
        """Return targets (n, ...) encoded for the network, (n, n_outputs)."""

    @abstractmethod
    def decode(self, outputs: Floats) -> NDArray[Any]:
        """Return the predictions for outputs (n, n_outputs)."""

    @abstractmethod
    def combined(self, outputs: Sequence[NDArray[Any]]) -> NDArray[Any]:
        """Return outputs that are decoded to the average of the predictions of several networks."""


class ProbabilisticTarget(Target):
    """Targets with probabilities."""

    @abstractmethod
    def probabilities(self, outputs: Floats) -> Floats:
        """Return the probabilities for outputs (n, n_outputs)."""


@dataclass(frozen=True, eq=False)
class ContinuousTarget(Target):
    """Numbers, standardized for the network.

    Attributes
    ----------
    scaling : TargetScaling
        Mean and scale of each.
    is_flat : bool
        True if y had a single number per example, without an axis of targets.
    each : str
        End of the message about another number of targets: "step" or similar.
    """

    scaling: TargetScaling
    is_flat: bool
    each: str = ""

    @classmethod
    def learn(
        cls, y: NDArray[Any], weights: Floats, *, scales: bool = True, each: str = ""
    ) -> Self:
        """Measure targets (n,) or (n, n_targets), with ``weights[i]`` for row i."""
        columns = y.reshape(len(y), -1).astype(np.float64)
        return cls(TargetScaling.learn(columns, weights, scales=scales), y.ndim == 1, each)

    def with_more(self, y: NDArray[Any], weights: Floats) -> Self:
        """Return the target for training that continues with further numbers."""
        return replace(self, scaling=self.scaling.with_more(self._columns(y), weights))

    @property
    def n_outputs(self) -> int:
        """Return the number of targets."""
        return self.scaling.n_columns

    @property
    def is_trivial(self) -> bool:
        """Return False: numbers are learned even if they never vary."""
        return False

    def encode(self, y: NDArray[Any]) -> NDArray[np.float32]:
        """Return the numbers, standardized."""
        return self.scaling.encode(self._columns(y), "Input y")

    def decode(self, outputs: Floats) -> NDArray[Any]:
        """Return the numbers in their own units."""
        return _shaped(self.scaling.decode(outputs), self.is_flat)

    def combined(self, outputs: Sequence[NDArray[Any]]) -> NDArray[Any]:
        """Return the mean: numbers in their own units are linear in the outputs."""
        return average_numbers(outputs)

    def _columns(self, y: NDArray[Any]) -> Floats:
        if y.dtype.kind not in "biuf":
            raise ValueError(
                f"y holds labels of dtype {y.dtype}, such as {y.flat[0]!r}, and had numbers before."
            )
        columns = y.reshape(len(y), -1).astype(np.float64)
        if columns.shape[1] != self.n_outputs:
            noun = f"targets at each {self.each}" if self.each else "outputs"
            raise ValueError(f"y has {columns.shape[1]} {noun}, and had {self.n_outputs} before.")
        return columns


@dataclass(frozen=True, eq=False)
class MulticlassTarget(ProbabilisticTarget):
    """One of several classes, as logits.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        The classes, sorted.
    """

    classes: NDArray[Any]

    @classmethod
    def learn(cls, y: NDArray[Any], classes: NDArray[Any] | None) -> Self:
        """Return the target of the classes given, or of those in ``y``."""
        return cls(np.unique(y if classes is None else classes))

    @property
    def n_outputs(self) -> int:
        """Return the number of classes."""
        return len(self.classes)

    @property
    def is_trivial(self) -> bool:
        """Return whether there is one class only."""
        return len(self.classes) == 1

    def with_more(self, y: Any, weights: Floats) -> Self:
        """Return the same target: the classes are those of the first fit."""
        return self

    def encode(self, y: NDArray[Any]) -> NDArray[np.float32]:
        """Return 1 for the class and 0 for the others; raise ValueError as `indices` does."""
        return np.eye(self.n_outputs, dtype=np.float32)[self.indices(y)]

    def indices(self, y: NDArray[Any]) -> NDArray[np.int64]:
        """Return the index of the class of each label.

        Raises
        ------
        ValueError
            If a label is none of the classes.
        """
        unknown = ~np.isin(y, self.classes)
        if unknown.any():
            raise ValueError(
                f"y holds the labels {np.unique(y[unknown])!r}, which are not among the "
                f"classes {self.classes!r} of the first fit."
            )
        return np.searchsorted(self.classes, y)

    def decode(self, outputs: Floats) -> NDArray[Any]:
        """Return the most probable class."""
        return self.classes[np.argmax(outputs, axis=1)]

    def probabilities(self, outputs: Floats) -> Floats:
        """Return the probability of each class."""
        return softmax(outputs, axis=1)

    def combined(self, outputs: Sequence[NDArray[Any]]) -> NDArray[Any]:
        """Return the logits of the mean probabilities."""
        return average_classes(outputs)


@dataclass(frozen=True, eq=False)
class MultilabelTarget(ProbabilisticTarget):
    """Any of several labels, each 0 or 1, as a logit each.

    Attributes
    ----------
    n_labels : int
        The number of labels.
    is_flat : bool
        True if y had a single label per example, without an axis of labels.
    """

    n_labels: int
    is_flat: bool

    def with_more(self, y: Any, weights: Floats) -> Self:
        """Return the same target."""
        return self

    @property
    def n_outputs(self) -> int:
        """Return the number of labels."""
        return self.n_labels

    @property
    def is_trivial(self) -> bool:
        """Return False: labels are learned even if they never vary."""
        return False

    def encode(self, y: NDArray[Any]) -> NDArray[np.float64]:
        """Return the labels as they are; raise ValueError for other values than 0 and 1."""
        columns = y.reshape(len(y), -1)
        if columns.shape[1] != self.n_labels:
            raise ValueError(
                f"y has {columns.shape[1]} targets at each step, and had {self.n_labels} before."
            )
        if not np.isin(y, (0, 1)).all():
            raise ValueError("y holds other values than 0 and 1, which labels have to be.")
        return columns.astype(np.float64)

    def decode(self, outputs: Floats) -> NDArray[Any]:
        """Return 1 where a label is more probable than not, else 0."""
        return _shaped((outputs > 0).astype(np.int64), self.is_flat)

    def probabilities(self, outputs: Floats) -> Floats:
        """Return the probability of each label, independent of the others."""
        return expit(outputs)

    def combined(self, outputs: Sequence[NDArray[Any]]) -> NDArray[Any]:
        """Return the logits of the mean probabilities."""
        return average_labels(outputs)


def _shaped(columns: NDArray[Any], is_flat: bool) -> NDArray[Any]:
    return columns[:, 0] if is_flat else columns
