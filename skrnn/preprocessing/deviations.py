"""Deviations of sequences of one length from their mean sequence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Minimum share of deviations in the standard deviation of a feature. Networks read single
#: precision, of whose rounding errors smaller deviations would largely consist.
LEAST_SHARE = 1e-5


@dataclass(frozen=True, eq=False)
class Deviations:
    """Mean of sequences at each step, and the size of the deviations from it.

    Attributes
    ----------
    mean : ndarray of shape (n_steps, n_features)
        Weighted mean over sequences.
    scale : ndarray of shape (n_features,)
        Root mean square of the deviations of each feature.
    shares : ndarray of shape (n_features,)
        ``scale``, relative to the standard deviation of the feature over all steps.
    """

    mean: Floats
    scale: Floats
    shares: Floats

    @classmethod
    def of(cls, values: Floats, weights: Floats) -> Self:
        """Measure sequences (n_samples, n_steps, n_features)."""
        weights = weights / weights.max()
        mean = np.average(values, axis=0, weights=weights)
        squares = np.average((values - mean) ** 2, axis=0, weights=weights).mean(axis=0)
        total = squares + mean.var(axis=0)
        shares = np.sqrt(np.divide(squares, total, out=np.zeros_like(total), where=total > 0))
        return cls(mean, np.sqrt(squares), shares)

    def are_small(self, most: float) -> NDArray[np.bool_]:
        """Return the features whose deviations have at most this share, and more than rounding."""
        return (self.shares > LEAST_SHARE) & (self.shares <= most)

    def without(self, columns: Sequence[int]) -> Self:
        """Return the same with features, such as codes of categories, that have none."""
        shares = self.shares.copy()
        shares[list(columns)] = 0.0
        return type(self)(self.mean, self.scale, shares)

    def up_to(self, most: float) -> Self:
        """Return the same without the mean and scale of features with other deviations."""
        small = self.are_small(most)
        return type(self)(
            np.where(small, self.mean, 0.0), np.where(small, self.scale, 1.0), self.shares
        )
