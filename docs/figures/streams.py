"""Draw the figure of docs/streams.md: what is remembered long after it happened.

``python docs/figures/streams.py`` writes streams.png beside this file.
"""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # the figures go to files

import matplotlib.pyplot as plt
import numpy as np

from skrnn import SequenceLabeler, Stream, networks

FOLDER = Path(__file__).parent
# Colors that color-blind readers can tell apart (Okabe and Ito, 2008).
BLUE, ORANGE = "#0072B2", "#E69F00"
GRAY = "#DDDDDD"


def record(n, n_steps=400, seed=0):
    """Return rare commands, 1 for on and -1 for off, and whether it is on at each step."""
    generator = np.random.default_rng(seed)
    X = np.sign(generator.normal(size=(n, n_steps))) * (generator.random((n, n_steps)) < 0.01)
    X[:, 0] = np.sign(generator.normal(size=n))
    latest = np.maximum.accumulate(np.where(X != 0, np.arange(n_steps), 0), axis=1)
    return X, np.take_along_axis(X, latest, axis=1) > 0


def draw():
    """Draw what streams of two labelers say, one of which was trained on separate chunks."""
    X, y = record(16)
    live, truth = record(1, seed=1)
    steps = np.arange(live.shape[1])
    figure, axis = plt.subplots(figsize=(9, 3.6), layout="constrained")
    axis.fill_between(steps, truth[0], step="mid", color=GRAY, label="it runs")
    for setting, color in (("chunk_length", ORANGE), ("bptt_length", BLUE)):
        model = SequenceLabeler(
            network=networks.GRU(units=8),
            causal=True,
            batch_size=16,
            epochs=15,
            random_state=0,
            **{setting: 10},
        ).fit(X, y)
        stream = Stream(model, method="predict_proba")
        probability = [stream.step([value])[1] for value in live[0]]
        axis.plot(steps, probability, color=color, label=f"probability, {setting}=10")
    for sign, marker, name in ((1, "^", "on"), (-1, "v", "off")):
        where = np.flatnonzero(live[0] == sign)
        axis.plot(
            where, np.full(len(where), -0.12), marker, color="black", label=f"command: {name}"
        )
    axis.set(xlabel="step", ylim=(-0.25, 1.05), yticks=(0, 0.5, 1), xlim=(0, len(steps)))
    axis.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside upper center", ncols=3, frameon=False)
    figure.savefig(FOLDER / "streams.png", dpi=100)


if __name__ == "__main__":
    draw()
