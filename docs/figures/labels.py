"""Draw the figure of docs/labels_and_events.md from the code, beside this file.

Run ``python docs/figures/labels.py`` after changing what it shows; it takes a few seconds.
"""

from pathlib import Path

import numpy as np
from style import BLUE, GREEN, ORANGE, SHADE, subplots

from skrnn import SequenceLabeler

FOLDER = Path(__file__).parent


def recordings():
    """Return the recordings of the page, and whether there is a fault at each step."""
    rng = np.random.default_rng(0)
    y = np.zeros((60, 80), dtype=int)
    for row in y:
        start = rng.integers(0, 60)
        row[start : start + rng.integers(8, 20)] = 1
    return rng.normal(size=(60, 80, 1)) * (1 + 1.5 * y[..., None]), y


def draw_events():
    """Draw a recording, the probability of a fault by two labelers, and the detected events."""
    X, y = recordings()
    settings = {"epochs": 30, "random_state": 0}
    parts = (X[:30], y[:30]), {"X_val": X[30:45], "y_val": y[30:45]}
    both = SequenceLabeler(**settings).fit(*parts[0], **parts[1])
    live = SequenceLabeler(causal=True, **settings).fit(*parts[0], **parts[1])
    row = 54
    steps = np.arange(80)
    figure, (above, below) = subplots(2, figsize=(9, 4.6), sharex=True)
    for axis in (above, below):
        axis.fill_between(
            steps,
            0,
            1,
            where=y[row] > 0,
            step="mid",
            transform=axis.get_xaxis_transform(),
            color=SHADE,
            label="true fault",
        )
    above.plot(steps, X[row, :, 0], color="0.25", linewidth=1)
    above.set_ylabel("sound (no unit)")
    for model, color, style, label in (
        (both, BLUE, "-", "bidirectional"),
        (live, ORANGE, "--", "causal=True"),
    ):
        below.plot(steps, model.predict_proba(X[[row]])[0, :, 1], style, color=color, label=label)
    rule = both.event_rule_
    below.axhline(rule.threshold, color="0.5", linewidth=0.8)
    below.annotate("threshold", (80, rule.threshold), (80, rule.threshold + 0.03), ha="right")
    for event in both.events(X[[row]]).itertuples():
        below.plot(
            [event.start - 0.5, event.end - 0.5],
            [-0.08, -0.08],
            color=GREEN,
            linewidth=5,
            solid_capstyle="butt",
            label="detected event",
        )
    below.set(ylabel="probability of fault", xlabel="step", ylim=(-0.13, 1.03))
    figure.legend(*below.get_legend_handles_labels(), loc="outside upper center", ncols=4)
    figure.savefig(FOLDER / "events.png")


if __name__ == "__main__":
    draw_events()
