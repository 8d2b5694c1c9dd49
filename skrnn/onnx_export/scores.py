"""Anomaly scores in an ONNX graph: errors of steps, their robust scale, smoothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skrnn.onnx_export.graph import Graph, Tensor
from skrnn.onnx_export.outputs import average_numbers


class ScoreRule(NamedTuple):
    """Settings of the scores of one network, as the detector measured them.

    Attributes
    ----------
    center, scale : ndarray of shape (n_features,)
        Robust center and scale of the errors of each feature.
    smoothing : int
        Number of latest scores over which the root mean square is taken.
    fade : float or None
        Factor of the running maximum from step to step; None does not divide by one.
    peak, least_peak : float
        Running maximum before the first step, and its minimum.
    worst, beyond : float
        Largest score, and scores from which on the running maximum stays as it is.
    """

    center: NDArray[Any]
    scale: NDArray[Any]
    smoothing: int
    fade: float | None
    peak: float
    least_peak: float
    worst: float
    beyond: float

    @property
    def start(self) -> list[NDArray[np.float64]]:
        """Return the state of the smoothing before the first step: latest scores, maximum."""
        return [np.full(self.smoothing, np.nan), np.array(self.peak)]

    @property
    def is_plain(self) -> bool:
        """Return whether scores are not smoothed."""
        return self.smoothing == 1 and self.fade is None


def joined(graph: Graph, errors: Tensor, rule: ScoreRule) -> Tensor:
    """Return the root mean square over features of scaled errors, NaN where there is none."""
    parts = (errors - graph.constant(rule.center)) / graph.constant(rule.scale)
    there = ~graph.op("IsNaN", parts)
    total = graph.where(there, parts * parts, 0.0).sum(-1, keepdims=False)
    n = there.cast(np.float64).sum(-1, keepdims=False)
    mean = total / graph.op("Max", n, graph.constant(1.0))
    score = graph.op("Min", graph.op("Sqrt", mean), graph.constant(rule.worst))
    return graph.where(n > 0.0, score, np.nan)


def moved(
    graph: Graph, rule: ScoreRule, latest: Tensor, peak: Tensor, scores: Tensor
) -> tuple[list[Tensor], Tensor]:
    """Return the new state of the smoothing, and the smoothed scores (n,) of a step."""
    new = ~graph.op("IsNaN", scores)
    shifted = graph.concatenate([latest.between(1, None, 1), scores.with_axis(1)], 1)
    latest = graph.where(new.with_axis(1), shifted, latest)
    there = ~graph.op("IsNaN", latest)
    total = graph.where(there, latest * latest, 0.0).sum(1, keepdims=False)
    n = graph.op("Max", there.cast(np.float64).sum(1, keepdims=False), graph.constant(1.0))
    smooth = graph.op("Sqrt", total / n)
    found = graph.where(new, smooth, np.nan)
    if rule.fade is not None:
        found = found / peak
        fading = graph.op("Max", peak * rule.fade, graph.constant(rule.least_peak))
        higher = graph.op("Max", smooth, fading)
        grown = graph.where(smooth < rule.beyond, higher, fading)
        peak = graph.where(new, grown, peak)
    return [latest, peak], found


def step_scores(
    graph: Graph, errors: Sequence[Tensor], real: Tensor, rules: Sequence[ScoreRule]
) -> Tensor:
    """Return the mean scores (n, n_steps) of several networks, NaN where there is none.

    Parameters
    ----------
    graph : Graph
        The graph.
    errors : sequence of Tensor of shape (n, n_steps, n_features)
        Scaled errors of each network.
    real : Tensor of bool of shape (n, n_steps)
        False for padding.
    rules : sequence of ScoreRule
        Rule of each network.
    """
    of_each = []
    for part, rule in zip(errors, rules, strict=True):
        scores = graph.where(real, joined(graph, part, rule), np.nan)
        if not rule.is_plain:
            scores = _smoothed(graph, scores, rule)
        of_each.append(scores)
    return average_numbers(graph, of_each)


def of_sequences(graph: Graph, scores: Tensor) -> Tensor:
    """Return the root mean square of the step scores of each sequence, 0 without any."""
    there = ~graph.op("IsNaN", scores)
    total = graph.where(there, scores * scores, 0.0).sum(1, keepdims=False)
    n = there.cast(np.float64).sum(1, keepdims=False)
    return graph.op("Sqrt", total / graph.op("Max", n, graph.constant(1.0)))


def _smoothed(graph: Graph, scores: Tensor, rule: ScoreRule) -> Tensor:
    """Return the scores of whole sequences after smoothing."""

    def body(latest: Tensor, peak: Tensor, now: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        state, found = moved(graph, rule, latest, peak, now)
        return state, [found]

    n = scores.length(0)
    latest, peak = (graph.constant(part[None]) for part in rule.start)
    start = [latest.expand(n, 1), peak.expand(n)]
    *_, found = graph.scan(body, start, [scores.transpose(1, 0)], [(None, rule.smoothing), (None,)])
    return found.transpose(1, 0)
