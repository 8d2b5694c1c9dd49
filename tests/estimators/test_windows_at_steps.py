"""Outputs at every step of windows, of which the first ones may be incomplete."""

import numpy as np
import pytest

from skrnn import SequenceAnomalyDetector, SequenceLabeler, SlidingWindow, networks

SERIES = np.random.default_rng(0).normal(size=(40, 2)).cumsum(axis=0)
SMALL = {"network": networks.GRU(units=2), "epochs": 1, "random_state": 0}
WINDOWS = SlidingWindow(4).fit_transform(SERIES)
CUT_OUT = [SERIES[max(0, row - 3) : row + 1] for row in range(40)]
LABELS = np.where(SERIES[:, 0] > 0, "up", "down")

network_ = {}


def fitted(kind):
    if kind not in network_:
        if kind is SequenceLabeler:
            network_[kind] = kind(**SMALL).fit([SERIES], [LABELS])
        else:
            network_[kind] = kind(**SMALL).fit([SERIES])
    return network_[kind]


METHODS = [
    (SequenceAnomalyDetector, "step_scores"),
    (SequenceLabeler, "predict"),
    (SequenceLabeler, "predict_proba"),
]


@pytest.mark.parametrize(("kind", "method"), METHODS)
def test_windows_of_which_some_are_incomplete_give_a_list(kind, method):
    found = getattr(fitted(kind), method)(WINDOWS)
    expected = getattr(fitted(kind), method)(CUT_OUT)
    assert [len(part) for part in found] == [1, 2, 3, *[4] * 37]
    for mine, yours in zip(found, expected, strict=True):
        if mine.dtype.kind == "f":
            np.testing.assert_allclose(mine, yours, rtol=1e-5, atol=1e-6)
        else:
            np.testing.assert_array_equal(mine, yours)


@pytest.mark.parametrize(("kind", "method"), METHODS)
def test_complete_windows_give_an_array(kind, method):
    found = getattr(fitted(kind), method)(WINDOWS[3:])
    expected = getattr(fitted(kind), method)(CUT_OUT[3:])
    assert isinstance(found, np.ndarray)
    assert found.shape[:2] == (37, 4)
    for mine, yours in zip(found, expected, strict=True):
        if mine.dtype.kind == "f":
            np.testing.assert_allclose(mine, yours, rtol=1e-5, atol=1e-6)
        else:
            np.testing.assert_array_equal(mine, yours)
