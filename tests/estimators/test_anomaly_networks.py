"""A detector that reconstructs chunks takes longer sequences than these with any network."""

import numpy as np
import pytest

import skrnn
from skrnn import networks


@pytest.mark.parametrize(
    "network", [networks.Dense(units=4), networks.GRU(units=4), networks.MinGRU(units=4)]
)
def test_chunks_of_one_length_come_from_sequences_of_any_length(network):
    steps = np.sin(np.arange(7.0)[:, None] + np.arange(12))
    X = [steps[: 5 + n % 3, n, None] for n in range(12)]
    detector = skrnn.SequenceAnomalyDetector(
        network=network, method="reconstruction", window_length=3, epochs=2, random_state=0
    ).fit(X)
    odd = X[0].copy()
    odd[4] += 9.0
    scores = detector.step_scores([odd, X[1]])
    assert [len(part) for part in scores] == [5, 6]
    assert int(np.argmax(scores[0])) == 4
    assert scores[0].max() > 3 * scores[1].max()
