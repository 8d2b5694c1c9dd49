"""Anomaly scores of the steps of a stream, each from the prediction made before it."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skrnn.estimators.anomaly.scoring import StepScoring
from skrnn.preprocessing.scaling import AffineScaling

Floats = NDArray[np.float64]


class ScoreReader:
    """Score each step of streams against the forecast made before it.

    Parameters
    ----------
    scoring : StepScoring
        Rule from errors to scores.
    scaling : AffineScaling
        Scaling of the steps.
    n : int
        Streams.
    """

    def __init__(self, scoring: StepScoring, scaling: AffineScaling, n: int) -> None:
        self._scoring, self._scaling = scoring, scaling
        self._moving = scoring.moving(n)
        self._predicted = np.full((n, len(scaling.center)), np.nan)

    def __call__(self, steps: Floats, outputs: Floats) -> Floats:
        """Return the scores of steps, and keep the forecasts after them."""
        errors = self._scaling.transform(steps) - self._predicted
        self._predicted = outputs
        return np.nan_to_num(self._moving(self._scoring.usual.joined(errors)))

    def reset(self, streams: Any) -> None:
        """Reset some streams to their initial state."""
        self._predicted[streams] = np.nan
        self._moving.reset(streams)

    def go_on_from(self, other: Self) -> None:
        """Copy the latest forecasts and the state of the smoothing from another reader."""
        self._predicted = other._predicted.copy()
        self._moving.go_on_from(other._moving)
