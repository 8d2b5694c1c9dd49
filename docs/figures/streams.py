"""Draw the figure of docs/streams.md: commands that a labeler has to remember for long.

``python docs/figures/streams.py`` writes streams.png beside this file.
"""

from pathlib import Path

import numpy as np
from style import BLACK, BLUE, ORANGE, SHADE, subplots

from skrnn import SequenceLabeler, Stream, networks

FOLDER = Path(__file__).parent


def record(n, n_steps=400, seed=0):
    """Return rare commands, 1 for on and -1 for off, and whether it is on at each step."""
    generator = np.random.default_rng(seed)
    X = np.sign(generator.normal(size=(n, n_steps))) * (generator.random((n, n_steps)) < 0.01)
    X[:, 0] = np.sign(generator.normal(size=n))
    latest = np.maximum.accumulate(np.where(X != 0, np.arange(n_steps), 0), axis=1)
    return X, np.take_along_axis(X, latest, axis=1) > 0


def draw():
    """Draw the streams of two labelers, one of which was trained on independent chunks."""
    X, y = record(16)
    live, truth = record(1, seed=1)
    steps = np.arange(live.shape[1])
    figure, axis = subplots(figsize=(9, 3.6))
    axis.fill_between(steps, truth[0], step="mid", color=SHADE, label="machine on")
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
        axis.plot(where, np.full(len(where), -0.12), marker, color=BLACK, label=f"command: {name}")
    axis.set(xlabel="step", ylabel="probability of on")
    axis.set(ylim=(-0.25, 1.05), yticks=(0, 0.5, 1), xlim=(0, len(steps)))
    figure.legend(loc="outside upper center", ncols=3)
    figure.savefig(FOLDER / "streams.png")


if __name__ == "__main__":
    draw()
