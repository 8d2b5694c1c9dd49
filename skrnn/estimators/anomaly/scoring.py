"""Anomaly scores from errors at every step, for whole sequences and step by step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skrnn.estimators.anomaly.robust_statistics import WORST, RobustErrorScale
from skrnn.numpy_runtime.ensemble import average_numbers
from skrnn.onnx_export.scores import ScoreRule
from skrnn.sequences import Sequences

Floats = NDArray[np.float64]

#: Minimum of the running maximum: usual scores, up to one standard deviation, do not count.
LEAST_PEAK = 1.0

#: Scores from here on result from infinite errors, even after smoothing.
BEYOND_MEASURE = 1e-10 * WORST


@dataclass(frozen=True, eq=False)
class StepScoring:
    """Scores of steps from their errors; of several networks, the mean of the scores of each.

    Attributes
    ----------
    usual : RobustErrorScale
        Robust scale of the errors.
    smoothing : int
        Number of latest scores over which the root mean square is taken.
    memory : int or None
        Half-life, in steps, of the running maximum that divides scores; None does not
        divide.
    peak : float
        Initial running maximum, which stays above `LEAST_PEAK`.
    others : tuple of StepScoring
        Rules for the errors of the other networks.
    """

    usual: RobustErrorScale
    smoothing: int
    memory: int | None
    peak: float = LEAST_PEAK
    others: tuple[StepScoring, ...] = ()

    def mean_scores(self, errors: Floats, lengths: NDArray[np.int64]) -> Floats:
        """Return the scores (n,) of sequences that lie end to end, NaN where there is no error.

        ``errors`` are those of all networks, side by side.
        """
        rules = (self, *self.others)
        of_each = np.split(errors, len(rules), axis=1)
        scores = [rule.scores(part, lengths) for rule, part in zip(rules, of_each, strict=True)]
        return average_numbers(scores)

    def scores(self, errors: Floats, lengths: NDArray[np.int64]) -> Floats:
        """Return the scores (n,) of one network."""
        joined = self.usual.joined(errors)
        if self.smoothing == 1 and self.memory is None:
            return joined
        table = Sequences.end_to_end(joined[:, None], lengths)
        padded, real = table.gather(np.arange(len(lengths)), table.longest)
        # No more scores are kept than there are, so that a longer smoothing costs nothing.
        kept = min(self.smoothing, table.longest)
        moving = MovingScores(len(lengths), kept, self.memory, self.peak)
        scores = np.where(real, padded[..., 0], np.nan)
        for step in range(table.longest):
            scores[:, step] = moving(scores[:, step])
        return scores[real]

    @property
    def onnx_rules(self) -> list[ScoreRule]:
        """Return the rules of all networks for an ONNX graph."""
        return [
            ScoreRule(
                rule.usual.center,
                rule.usual.scale,
                rule.smoothing,
                None if rule.memory is None else 0.5 ** (1.0 / rule.memory),
                rule.peak,
                LEAST_PEAK,
                WORST,
                BEYOND_MEASURE,
            )
            for rule in (self, *self.others)
        ]

    def moving(self, n: int) -> MovingScores:
        """Return the step-by-step scorer of ``n`` streams."""
        return MovingScores(n, self.smoothing, self.memory, self.peak)


class MovingScores:
    """Smoothing of the scores of streams, one step at a time.

    The parameters are those of `StepScoring`, for ``n`` streams.
    """

    def __init__(self, n: int, smoothing: int, memory: int | None, peak: float) -> None:
        self._latest = np.full((n, smoothing), np.nan)
        self._fade = None if memory is None else 0.5 ** (1.0 / memory)
        self._first_peak = peak
        self._peak = np.full(n, peak)

    def __call__(self, scores: Floats) -> Floats:
        """Return smoothed scores from the scores (n,) of a step, NaN for none."""
        new = np.logical_not(np.isnan(scores))
        self._latest[new, :-1] = self._latest[new, 1:]
        self._latest[new, -1] = scores[new]
        there = np.logical_not(np.isnan(self._latest))
        squares = np.where(there, self._latest, 0.0) ** 2
        smooth = np.sqrt(squares.sum(axis=1) / np.maximum(there.sum(axis=1), 1))
        found = np.where(new, smooth, np.nan)
        if self._fade is not None:
            found /= self._peak
            fading = np.maximum(self._fade * self._peak, LEAST_PEAK)
            # An infinite error must not become the maximum, or all later scores would vanish.
            peak = np.where(smooth < BEYOND_MEASURE, np.maximum(smooth, fading), fading)
            self._peak[new] = peak[new]
        return found

    def reset(self, streams: Any) -> None:
        """Reset some streams to their initial state."""
        self._latest[streams] = np.nan
        self._peak[streams] = self._first_peak

    def go_on_from(self, other: Self) -> None:
        """Copy the latest scores, as many as both keep, and the running maximum."""
        kept = min(self._latest.shape[1], other._latest.shape[1])
        self._latest[:, -kept:] = other._latest[:, -kept:]
        self._peak[:] = other._peak


def of_sequences(scores: Floats, lengths: NDArray[np.int64]) -> Floats:
    """Return the root mean square of the step scores of each sequence, 0 without any."""
    starts = np.cumsum(lengths) - lengths
    total = np.add.reduceat(np.nan_to_num(scores) ** 2, starts)
    n = np.add.reduceat(np.logical_not(np.isnan(scores)), starts, dtype=np.int64)
    return np.sqrt(total / np.maximum(n, 1))
