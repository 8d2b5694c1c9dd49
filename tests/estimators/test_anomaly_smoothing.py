"""Smoothed scores: of more steps than there are, and of a stream that is updated."""

import numpy as np
import pytest

from skrnn import SequenceAnomalyDetector, Stream, networks
from skrnn.estimators.anomaly.robust_statistics import RobustErrorScale
from skrnn.estimators.anomaly.scoring import MovingScores, StepScoring

X = np.sin(np.arange(12) / 2 + np.arange(8)[:, None])
SETTINGS = {"network": networks.GRU(units=2), "epochs": 1, "random_state": 0}


def test_a_smoothing_beyond_all_steps_takes_no_more_memory_than_there_are():
    scoring = StepScoring(RobustErrorScale(np.zeros(1), np.ones(1)), 2**40, None)
    scores = scoring.scores(np.array([[3.0], [4.0], [1.0]]), np.array([2, 1]))
    assert scores.tolist() == [3.0, pytest.approx(np.sqrt(12.5)), 1.0]


@pytest.mark.parametrize(
    ("before", "after", "latest"), [(1, 3, [3, 1]), (3, 2, [3, 1]), (3, 1, [1])]
)
def test_scores_are_taken_over_as_far_as_both_smoothings_go(before, after, latest):
    old, new = (MovingScores(1, n, None, 1.0) for n in (before, after))
    for score in (5.0, 3.0):
        old(np.array([score]))
    new.go_on_from(old)
    assert new(np.array([1.0])) == pytest.approx(np.sqrt(np.mean(np.square(latest))))


def test_a_stream_continues_with_another_smoothing():
    detector = SequenceAnomalyDetector(**SETTINGS).fit(X)
    stream = Stream(detector)
    for x in X[0]:
        latest = stream.step([x])
    stream.update(SequenceAnomalyDetector(smoothing=3, **SETTINGS).fit(X))
    alone = Stream(detector)
    alone_scores = [alone.step([x]) for x in [*X[0], X[1, 0]]]
    expected = np.sqrt(np.mean(np.square([latest, alone_scores[-1]])))
    assert stream.step([X[1, 0]]) == pytest.approx(expected)
