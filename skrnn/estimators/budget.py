"""Training budget: what "auto" means for ``batch_size``, ``epochs`` and ``early_stopping``."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass


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
