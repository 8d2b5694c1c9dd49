"""Errors at every step made into scores, for whole sequences and step by step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skrnn.estimators.anomalies.step_errors import WORST, UsualErrors
from skrnn.sequences import Sequences

Floats = NDArray[np.float64]

#: Scores that are usual make no peak: it is at least one deviation.
LEAST_PEAK = 1.0

#: Scores from here on come of errors that are infinite, whatever they are smoothed with.
BEYOND_MEASURE = 1e-10 * WORST


@dataclass(frozen=True, eq=False)
class StepScoring:
    """How errors at steps become scores.

    Attributes
    ----------
    usual : UsualErrors
        What errors are usual.
    smoothing : int
        A score is the root mean square of so many latest ones.
    memory : int or None
        Steps in which the peak that scores are compared with falls by half; None compares with
        none.
    peak : float
        What that begins with; it never falls below `LEAST_PEAK`.
    """

    usual: UsualErrors
    smoothing: int
    memory: int | None
    peak: float = LEAST_PEAK

    def scores(self, errors: Floats, lengths: NDArray[np.int64]) -> Floats:
        """Return the scores (n,) of sequences that lie end to end, NaN where there is no error."""
        joined = self.usual.joined(errors)
        if self.smoothing == 1 and self.memory is None:
            return joined
        table = Sequences.end_to_end(joined[:, None], lengths)
        padded, real = table.gather(np.arange(len(lengths)), table.longest)
        # No more scores are kept than there are: a smoothing beyond them costs nothing.
        kept = min(self.smoothing, table.longest)
        moving = MovingScores(len(lengths), kept, self.memory, self.peak)
        scores = np.where(real, padded[..., 0], np.nan)
        for step in range(table.longest):
            scores[:, step] = moving(scores[:, step])
        return scores[real]

    def moving(self, n: int) -> MovingScores:
        """Return what scores ``n`` streams step by step."""
        return MovingScores(n, self.smoothing, self.memory, self.peak)


class MovingScores:
    """Scores of streams, one step at a time, that look back at those of earlier steps.

    The parameters are those of `StepScoring`, for ``n`` streams.
    """

    def __init__(self, n: int, smoothing: int, memory: int | None, peak: float) -> None:
        self._latest = np.full((n, smoothing), np.nan)
        self._fade = None if memory is None else 0.5 ** (1.0 / memory)
        self._first_peak = peak
        self._peak = np.full(n, peak)

    def __call__(self, scores: Floats) -> Floats:
        """Take the scores (n,) of a step, NaN where there is none, and return the new ones."""
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
            # A score that measures nothing is no peak: whatever follows would be small beside it.
            peak = np.where(smooth < BEYOND_MEASURE, np.maximum(smooth, fading), fading)
            self._peak[new] = peak[new]
        return found

    def reset(self, streams: Any) -> None:
        """Let some streams begin anew."""
        self._latest[streams] = np.nan
        self._peak[streams] = self._first_peak

    def go_on_from(self, other: Self) -> None:
        """Take over the latest scores, as many as both keep, and their peak."""
        kept = min(self._latest.shape[1], other._latest.shape[1])
        self._latest[:, -kept:] = other._latest[:, -kept:]
        self._peak[:] = other._peak


def of_sequences(scores: Floats, lengths: NDArray[np.int64]) -> Floats:
    """Return the root mean square of the step scores of each sequence, 0 without any."""
    starts = np.cumsum(lengths) - lengths
    total = np.add.reduceat(np.nan_to_num(scores) ** 2, starts)
    n = np.add.reduceat(np.logical_not(np.isnan(scores)), starts, dtype=np.int64)
    return np.sqrt(total / np.maximum(n, 1))
