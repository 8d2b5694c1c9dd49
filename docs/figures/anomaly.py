"""Draw the figure of docs/anomalies.md from the code, beside this file.

Run ``python docs/figures/anomaly.py`` after changing what it shows.
"""

from pathlib import Path

import numpy as np
from style import BLUE, ORANGE, VERMILION, subplots

from skrnn import SequenceAnomalyDetector


def recordings(rng, n, n_steps=60):
    """Return the recordings of the page."""
    phase = rng.uniform(0, 2 * np.pi, size=(n, 1))
    return np.sin(np.arange(n_steps) / 3 + phase) + 0.1 * rng.normal(size=(n, n_steps))


def draw():
    """Draw the recording that stutters, the scores of its steps, and those above the threshold."""
    rng = np.random.default_rng(0)
    X, new = recordings(rng, 64), recordings(rng, 8)
    new[5, 24:30] = new[5, 24]
    detector = SequenceAnomalyDetector(epochs=30, random_state=0).fit(X)
    figure, (above, below) = subplots(2, 1, figsize=(9, 4.8), sharex=True)
    scores = detector.step_scores(new)[5]
    found = np.flatnonzero(scores > detector.threshold_)
    above.plot(new[5], "o-", color="0.3", markersize=2.5, linewidth=0.8, label="recording")
    above.set(title="A stuttering pump", ylabel="recording")
    below.plot(scores, color=BLUE, label="score of a step")
    below.plot(found, scores[found], "o", color=VERMILION, label="above the threshold")
    below.axhline(detector.threshold_, color=VERMILION, linestyle="--", label="threshold_")
    below.set(ylabel="score\n(standard deviations)", xlabel="step")
    for axis in (above, below):
        span = axis.axvspan(24, 30, color=ORANGE, alpha=0.3, lw=0)
    span.set_label("standstill, and jump at its end")
    figure.legend(loc="outside lower center", ncols=3)
    figure.savefig(Path(__file__).parent / "anomaly.png")


if __name__ == "__main__":
    draw()
