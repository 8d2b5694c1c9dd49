"""Standardization of targets; one that never varies has a known value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skrnn._validation import all_finite
from skrnn.preprocessing.scaling import Floats, Standardiser, is_constant, joined, measure

#: Outputs are float32: in units up to this one, none leaves the range of float64.
LARGEST_UNIT = 1e269


@dataclass(frozen=True, eq=False)
class TargetScaling(Standardiser):
    """Standardize targets for a network; one that never varied is predicted as its value.

    Attributes
    ----------
    moments : ndarray of shape (3, n_columns)
        Weight, mean and standard deviation of the targets that were measured.
    constant : ndarray of bool of shape (n_columns,) or None
        Which of them never varied, None if all did.
    scales : bool
        Whether targets are standardized, or only constant ones are known.
    may_overflow : bool
        Whether float32 outputs may decode to values beyond float64.
    """

    moments: Floats
    constant: NDArray[np.bool_] | None
    scales: bool
    may_overflow: bool

    @classmethod
    def learn(cls, values: NDArray[Any], weights: Floats, *, scales: bool = True) -> Self:
        """Measure targets (n, n_columns), row i weighing ``weights[i]``."""
        return cls._of(measure([(values, weights)]), scales)

    @classmethod
    def _of(cls, moments: Floats, scales: bool) -> Self:
        _, mean, deviation = moments
        constant = is_constant(mean, deviation)
        scale = np.where(constant, 1.0, deviation)
        if not scales:
            mean, scale = np.zeros_like(mean), np.ones_like(mean)
        may_overflow = bool(max(scale.max(), np.abs(mean).max()) > LARGEST_UNIT)
        never = constant if constant.any() else None
        return cls(mean, scale, moments, never, scales, may_overflow)

    def with_more(self, values: NDArray[Any], weights: Floats) -> Self:
        """Return the scaling for training that goes on with further targets.

        It is the same but for targets that never varied so far: these are measured anew, on all
        that was seen.
        """
        if self.constant is None:
            return self
        both = joined(self.moments, measure([(values, weights)]))
        return self._of(np.where(self.constant, both, self.moments), self.scales)

    def decode(self, outputs: NDArray[Any]) -> Floats:
        """Return the targets that outputs (n, n_columns) stand for.

        Raises
        ------
        ValueError
            If one is beyond float64.
        """
        if self.may_overflow:
            with np.errstate(over="ignore"):
                values = self.inverse_transform(outputs)
            if not all_finite(values):
                raise ValueError(
                    f"a prediction is beyond float64: the targets of the fit have a mean of "
                    f"{self.mean.max():g} and a standard deviation of {self.scale.max():g}. Fit "
                    "with y in another unit."
                )
        else:
            values = self.inverse_transform(outputs)
        if self.constant is not None:
            values[..., self.constant] = self.moments[1, self.constant]
        return values
