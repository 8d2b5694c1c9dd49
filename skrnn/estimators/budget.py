"""Training budget: what "auto" means for ``batch_size``, ``epochs`` and ``early_stopping``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from skrnn.engine.batches import Examples
from skrnn.engine.sizes import batch_rows


@dataclass(frozen=True)
class Budget:
    """Batch size, epochs and early stopping of a fit, from the size of the training set.

    Small sets are trained on for a minimum number of training steps, batches, and large ones for
    a maximum. A batch has a fixed part of the examples, as a power of two within bounds; fewer, if
    they are so long that a step would take long.

    Attributes
    ----------
    n_steps : int
        Minimum number of training steps.
    n_epochs : int
        Minimum number of epochs.
    most_steps : int
        Maximum number of training steps, except that there is always one epoch.
    batch_sizes : tuple of int
        Minimum and maximum size of a batch, powers of two.
    n_batches : int
        Maximum number of batches of an epoch, between these bounds.
    batch_length : int or None
        Maximum length of all sequences of a batch together, in time steps, except that a
        batch has its minimum size.
    enough : int or None
        Examples from which on a validation set is held out, to stop early; None: never.
    """

    n_steps: int = 0
    n_epochs: int = 50
    most_steps: int = 20_000
    batch_sizes: tuple[int, int] = (32, 32)
    n_batches: int = 10
    batch_length: int | None = None
    enough: int | None = None

    def batch_size(self, n_examples: int, longest: int) -> int:
        """Return the examples of up to ``longest`` steps per training step, a power of two."""
        low, high = self.batch_sizes
        size = min(max(2 ** math.ceil(math.log2(n_examples / self.n_batches)), low), high)
        if self.batch_length is None:
            return size
        fitting = max(self.batch_length // max(longest, 1), low)
        return min(size, 2 ** int(math.log2(fitting)))

    def epochs(self, n_batches: int) -> int:
        """Return the maximum number of epochs, each of ``n_batches`` training steps."""
        wanted = max(math.ceil(self.n_steps / n_batches), self.n_epochs)
        return min(wanted, max(1, self.most_steps // n_batches))

    def early_stopping(self, n_examples: int) -> bool:
        """Return whether there are enough examples to hold some out."""
        return self.enough is not None and n_examples >= self.enough


def stops_early(estimator: Any, n_examples: int, *, is_given: bool = False) -> bool:
    """Return whether an estimator stops early; ``is_given``: ``fit`` got validation data."""
    if isinstance(estimator.early_stopping, str):
        return is_given or bool(estimator._budget.early_stopping(n_examples))
    return bool(estimator.early_stopping)


def batch_size_of(estimator: Any, training: Examples) -> int | None:
    """Return the examples per training step of an estimator; None is all of them."""
    if isinstance(estimator.batch_size, str):
        return int(estimator._budget.batch_size(len(training), training.longest))
    return None if estimator.batch_size is None else int(estimator.batch_size)


def epochs_of(estimator: Any, training: Examples, batch_size: int | None, epochs: Any) -> int:
    """Return the maximum number of epochs of an estimator; ``epochs`` may be "auto".

    A batch that is larger than the automatic one counts as several, so that a step on all
    examples is not taken a thousand times.
    """
    if not isinstance(epochs, str):
        return int(epochs)
    usual = int(estimator._budget.batch_size(len(training), training.longest))
    size = batch_rows(min(batch_size or usual, usual), len(training))
    return int(estimator._budget.epochs(training.n_batches(size)))
