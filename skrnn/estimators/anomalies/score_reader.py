"""Scores of the steps of a stream, each against the forecast made before it."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skrnn.estimators.anomalies.step_scores import StepScoring
from skrnn.preprocessing.scaling import Standardiser

Floats = NDArray[np.float64]


class ScoreReader:
    """Score each step of streams against the forecast made before it.

    Parameters
    ----------
    scoring : StepScoring
        How errors become scores.
    scaling : Standardiser
        How the network sees the steps.
    n : int
        Streams.
    """

    def __init__(self, scoring: StepScoring, scaling: Standardiser, n: int) -> None:
        self._scoring, self._scaling = scoring, scaling
        self._moving = scoring.moving(n)
        self._told = np.full((n, len(scaling.mean)), np.nan)

    def __call__(self, steps: Floats, outputs: Floats) -> Floats:
        """Return the scores of steps, and keep the forecasts after them."""
        errors = self._scaling.transform(steps) - self._told
        self._told = outputs
        return np.nan_to_num(self._moving(self._scoring.usual.joined(errors)))

    def reset(self, streams: Any) -> None:
        """Let some streams begin anew."""
        self._told[streams] = np.nan
        self._moving.reset(streams)

    def go_on_from(self, other: Self) -> None:
        """Take over the forecasts that were made, and the scores of late."""
        self._told = other._told.copy()
        self._moving.go_on_from(other._moving)
