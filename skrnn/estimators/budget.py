"""Training budget: what "auto" means for ``batch_size``, ``epochs`` and ``early_stopping``."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from skrnn.engine.batches import Examples
from skrnn.engine.sizes import batch_rows


class Budget(ABC):
    """Batch size, epochs and early stopping of a fit, from the number of training examples."""

    @abstractmethod
    def batch_size(self, n_examples: int) -> int:
        """Return the examples per training step, a power of two."""

    @abstractmethod
    def epochs(self, n_batches: int) -> int:
        """Return the maximum number of epochs, each of ``n_batches`` training steps."""

    @abstractmethod
    def early_stopping(self, n_examples: int) -> bool:
        """Return whether to hold out a validation set, and to stop early."""


@dataclass(frozen=True)
class StepBudget(Budget):
    """Budget in training steps, so that small sets get enough of them and large ones not too many.

    A step is one batch. A batch has at least a tenth of the examples, within bounds, rounded up
    to a power of two.

    Attributes
    ----------
    n_steps : int
        Minimum number of training steps.
    n_epochs : int
        Minimum number of epochs, which counts for large sets; training stops early.
    most_steps : int
        Maximum number of training steps, except that there is always one epoch.
    batch_sizes : tuple of int
        Minimum and maximum size of a batch, powers of two.
    enough : int
        Examples from which on a validation set is held out.
    """

    n_steps: int
    n_epochs: int = 15
    most_steps: int = 20_000
    batch_sizes: tuple[int, int] = (4, 64)
    enough: int = 5_000

    def batch_size(self, n_examples: int) -> int:
        """Return the smallest power of two that is a tenth of the examples, within bounds."""
        low, high = self.batch_sizes
        return min(max(2 ** math.ceil(math.log2(n_examples / 10)), low), high)

    def epochs(self, n_batches: int) -> int:
        """Return the epochs in which the minimum number of steps is taken, within bounds."""
        wanted = max(math.ceil(self.n_steps / n_batches), self.n_epochs)
        return min(wanted, max(1, self.most_steps // n_batches))

    def early_stopping(self, n_examples: int) -> bool:
        """Return whether there are enough examples to hold some out."""
        return n_examples >= self.enough


@dataclass(frozen=True)
class EpochBudget(Budget):
    """Budget in epochs, the same for all sets, without early stopping."""

    n_epochs: int = 50
    size: int = 32

    def batch_size(self, n_examples: int) -> int:
        """Return the size of all batches."""
        return self.size

    def epochs(self, n_batches: int) -> int:
        """Return the number of epochs."""
        return self.n_epochs

    def early_stopping(self, n_examples: int) -> bool:
        """Return False."""
        return False


def stops_early(estimator: Any, n_examples: int, *, is_given: bool = False) -> bool:
    """Return whether an estimator stops early; ``is_given``: ``fit`` got validation data."""
    if isinstance(estimator.early_stopping, str):
        return is_given or bool(estimator._budget.early_stopping(n_examples))
    return bool(estimator.early_stopping)


def batch_size_of(estimator: Any, n_examples: int) -> int | None:
    """Return the examples per training step of an estimator; None is all of them."""
    if isinstance(estimator.batch_size, str):
        return int(estimator._budget.batch_size(n_examples))
    return None if estimator.batch_size is None else int(estimator.batch_size)


def epochs_of(estimator: Any, training: Examples, batch_size: int | None, epochs: Any) -> int:
    """Return the maximum number of epochs of an estimator; ``epochs`` may be "auto".

    A batch that is larger than the automatic one counts as several, so that a step on all
    examples is not taken a thousand times.
    """
    if not isinstance(epochs, str):
        return int(epochs)
    n_examples = len(training)
    usual = int(estimator._budget.batch_size(n_examples))
    size = batch_rows(min(batch_size or usual, usual), n_examples)
    return int(estimator._budget.epochs(training.n_batches(size)))
