"""Target of an anomaly detector: the features themselves, at each step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skrnn.estimators.anomaly.methods import DetectionMethod, PredictionError
from skrnn.estimators.per_step.step_targets import StepTargets
from skrnn.estimators.targets import Target
from skrnn.preprocessing.scaling import AffineScaling

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FeatureTarget(Target):
    """Scaled features at each step.

    Attributes
    ----------
    scaling : AffineScaling
        Center and scale of each feature.
    method : DetectionMethod
        Detection method.
    """

    per_step = True

    scaling: AffineScaling
    method: DetectionMethod

    @property
    def n_outputs(self) -> int:
        """Return the number of features."""
        return len(self.scaling.center)

    @property
    def is_trivial(self) -> bool:
        """Return False: constant features are learned, too."""
        return False

    def with_more(self, y: Any, weights: Floats) -> Self:
        """Return the same target: features keep the scaling of the first fit."""
        return self

    def encode(self, y: StepTargets) -> NDArray[np.float32]:
        """Return scaled features, with weight 0 for steps without observations.

        Raises
        ------
        ValueError
            If that leaves no step.
        """
        rows = self.scaling.transform_single(y.values)
        observed = np.logical_not(np.isnan(rows).all(axis=1))
        if not observed.any():
            follows = isinstance(self.method, PredictionError)
            raise ValueError(
                "X has no training data: no step with an observed value "
                + ("follows another one." if follows else "is in it.")
            )
        return y.padded(rows, observed.astype(np.float64))

    def decode(self, outputs: Floats) -> Floats:
        """Return features in their own units."""
        return self.scaling.inverse_transform(outputs)

    def combined(self, outputs: Sequence[NDArray[Any]]) -> NDArray[Any]:
        """Return the outputs side by side: not predictions are averaged, but their scores."""
        return np.concatenate(outputs, axis=-1)
