"""Anomaly scores of the steps of a stream, each from the prediction made before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skrnn.estimators.anomaly.scoring import StepScoring
from skrnn.numpy_runtime import ensemble
from skrnn.onnx_export.graph import Graph, Outputs, Tensor
from skrnn.onnx_export.outputs import average_numbers
from skrnn.onnx_export.scores import joined, moved
from skrnn.onnx_export.stages import StepState
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
        self._scoring = scoring
        self._scaling = scaling
        self._rules = [(rule.usual, rule.moving(n)) for rule in (scoring, *scoring.others)]
        self._predicted = np.full((n, len(self._rules) * len(scaling.center)), np.nan)

    def __call__(self, steps: Floats, outputs: Floats) -> Floats:
        """Return the scores of steps, and keep the forecasts after them."""
        errors = np.tile(self._scaling.transform(steps), len(self._rules)) - self._predicted
        self._predicted = outputs
        of_each = np.split(errors, len(self._rules), axis=1)
        scores = [
            moving(usual.joined(part))
            for (usual, moving), part in zip(self._rules, of_each, strict=True)
        ]
        return np.nan_to_num(ensemble.average_numbers(scores))

    def reset(self, streams: Any) -> None:
        """Reset some streams to their initial state."""
        self._predicted[streams] = np.nan
        for _, moving in self._rules:
            moving.reset(streams)

    def go_on_from(self, other: Self) -> None:
        """Copy the latest forecasts and the state of the smoothing from another reader."""
        self._predicted = other._predicted.copy()
        for (_, moving), (_, before) in zip(self._rules, other._rules, strict=True):
            moving.go_on_from(before)

    def onnx_outputs(
        self, graph: Graph, steps: Tensor, outputs: Sequence[Tensor], state: StepState
    ) -> Outputs:
        """Return the scores of a step in an ONNX graph, and keep the forecasts after it."""
        scores = []
        for rule, following in zip(self._scoring.onnx_rules, outputs, strict=True):
            (predicted,) = state.take(np.full(len(self._scaling.center), np.nan))
            state.put(following.cast(np.float64))
            score = joined(graph, steps - predicted, rule)
            if not rule.is_plain:
                latest, peak = state.take(*rule.start)
                new, score = moved(graph, rule, latest, peak, score)
                state.put(*new)
            scores.append(score)
        average = average_numbers(graph, scores)
        known = graph.where(graph.op("IsNaN", average), 0.0, average)
        return {"step_scores": (known, ("n_streams",))}
