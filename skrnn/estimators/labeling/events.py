"""Events: runs of steps at which a class is probable, and the rule that finds them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Intervals = NDArray[np.int64]
Probabilities = NDArray[np.floating]

#: The thresholds that `choose_rule` tries.
THRESHOLDS = np.arange(1, 20) / 20

#: Minimum intersection over union of two intervals of the same event.
OVERLAP = 0.5


@dataclass(frozen=True)
class EventRule:
    """Rule by which steps are an event.

    Attributes
    ----------
    threshold : float
        Minimum probability of each step.
    min_length : int
        Minimum number of steps.
    """

    threshold: float = 0.5
    min_length: int = 1

    def with_settings(self, threshold: Any, min_length: Any) -> EventRule:
        """Return the rule with these settings; "auto" keeps that of the rule."""
        return EventRule(
            self.threshold if threshold == "auto" else float(threshold),
            self.min_length if min_length == "auto" else int(min_length),
        )

    def intervals(self, probability: Probabilities) -> Intervals:
        """Return the events of one sequence, rows of first step and step after the last."""
        found = runs(probability >= self.threshold)
        return found[found[:, 1] - found[:, 0] >= self.min_length]


def runs(flags: NDArray[np.bool_]) -> Intervals:
    """Return the runs of true ``flags``, as rows of first step and step after the last."""
    changes = np.diff(np.concatenate([[0], flags.astype(np.int8), [0]]))
    return np.stack([np.flatnonzero(changes > 0), np.flatnonzero(changes < 0)], axis=1)


def n_matched(found: Intervals, true: Intervals) -> int:
    """Return the number of true intervals matched one-to-one by found ones."""
    shared = np.minimum(found[:, None, 1], true[None, :, 1]) - np.maximum(
        found[:, None, 0], true[None, :, 0]
    )
    lengths = [intervals[:, 1] - intervals[:, 0] for intervals in (found, true)]
    together = lengths[0][:, None] + lengths[1][None, :] - shared
    # Intervals of one kind are disjoint, so that above a half each has one partner at most.
    return int(np.count_nonzero(shared > OVERLAP * together))


def choose_rule(
    probabilities: Sequence[Probabilities], truths: Sequence[NDArray[np.bool_]]
) -> EventRule:
    """Return the rule whose events agree best with true ones, by F1 over events.

    Ties are resolved by the smallest minimum length, then by the threshold
    nearest to one half.

    Parameters
    ----------
    probabilities, truths : sequence of ndarray of shape (n_steps_i,)
        The probability at each step, and whether the class is there; an array for each
        sequence and class.
    """
    true = [runs(truth) for truth in truths]
    n_true = sum(map(len, true))
    if n_true == 0:
        return EventRule()

    def quality(rule: EventRule) -> tuple[float, int, float]:
        found = [rule.intervals(probability) for probability in probabilities]
        n_found = sum(map(len, found))
        matched = sum(n_matched(*pair) for pair in zip(found, true, strict=True))
        return 2 * matched / (n_found + n_true), -rule.min_length, -abs(rule.threshold - 0.5)

    return max(_rules(true), key=quality)


def _rules(true: Sequence[Intervals]) -> Iterator[EventRule]:
    """Yield candidate rules, with minimum lengths that most true events reach."""
    lengths = np.concatenate([interval[:, 1] - interval[:, 0] for interval in true])
    longest, length = max(1, int(np.median(lengths))), 1
    while length <= longest:
        for threshold in THRESHOLDS:
            yield EventRule(float(threshold), length)
        length = max(length + 1, length * 3 // 2)
