"""Sequences with their targets and weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skrnn.sequences import Sequences
from skrnn.sequences.categories import Categories


@dataclass(frozen=True, eq=False)
class SequenceData:
    """Sequences with their targets and weights, as read from user data.

    Attributes
    ----------
    sequences : Sequences
        The sequences.
    y : ndarray or StepTargets
        Their targets, in the units of the user.
    weights : ndarray of shape (n_samples,)
        The weight of each sequence; none is 0.
    classes : ndarray or None
        All classes, if ``partial_fit`` was given them.
    categories : Categories or None
        Categorical features of a first fit.
    """

    sequences: Sequences
    y: Any
    weights: NDArray[np.float64]
    classes: NDArray[Any] | None = None
    categories: Categories | None = None

    def __len__(self) -> int:
        return len(self.sequences)

    def take(self, rows: NDArray[np.int64]) -> Self:
        """Return the examples at ``rows``."""
        return replace(
            self,
            sequences=self.sequences.take(rows),
            y=self.y[rows],
            weights=self.weights[rows],
        )
