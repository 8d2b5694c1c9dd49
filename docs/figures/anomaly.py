"""Draw the figure of docs/anomalies.md from the code, beside this file.

Run ``python docs/figures/anomaly.py`` after changing what it shows.
"""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # the figure goes to a file

import matplotlib.pyplot as plt
import numpy as np

from skrnn import SequenceAnomalyDetector

# Colors that color-blind readers can tell apart (Okabe and Ito, 2008).
BLUE, ORANGE, RED = "#0072B2", "#E69F00", "#D55E00"


def recordings(rng, n, n_steps=60):
    """Return the recordings of the page."""
    phase = rng.uniform(0, 2 * np.pi, size=(n, 1))
    return np.sin(np.arange(n_steps) / 3 + phase) + 0.1 * rng.normal(size=(n, n_steps))


def draw():
    """Draw the recording that stutters, and the scores of its steps."""
    rng = np.random.default_rng(0)
    X, new = recordings(rng, 64), recordings(rng, 8)
    new[5, 24:30] = new[5, 24]
    detector = SequenceAnomalyDetector(epochs=30, random_state=0).fit(X)
    figure, (above, below) = plt.subplots(2, 1, figsize=(8, 4), layout="constrained", sharex=True)
    above.plot(new[5], "o-", color="0.3", markersize=2.5, linewidth=0.8)
    above.set(ylabel="recording")
    below.plot(detector.step_scores(new)[5], color=BLUE)
    below.axhline(detector.threshold_, color=RED, linewidth=0.8)
    below.annotate("threshold_", (0, detector.threshold_), va="bottom", family="monospace")
    below.set(ylabel="score", xlabel="step")
    for axis in (above, below):
        axis.axvspan(24, 29, color=ORANGE, alpha=0.3)
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(Path(__file__).parent / "anomaly.png", dpi=100)


if __name__ == "__main__":
    draw()
