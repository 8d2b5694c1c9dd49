"""Draw which characters of a date the translator of docs/translation.md looks at.

``python docs/figures/translation.py`` writes translation.png beside this file.
"""

import datetime
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # the figure goes to a file

import matplotlib.pyplot as plt
import numpy as np

from skrnn import SequenceTranslator

FORMS = ("%d %B %Y", "%B %d, %Y", "%d.%m.%Y")
SHOWN = datetime.date(1987, 12, 30)


def examples(n, seed=0):
    """Return dates as people write them, and in ISO form; the one that is shown is not there."""
    generator = np.random.default_rng(seed)
    days = generator.choice(36_500, size=n, replace=False).tolist()
    dates = [datetime.date(1950, 1, 1) + datetime.timedelta(days=day) for day in days]
    dates = [date for date in dates if date != SHOWN]
    forms = generator.choice(FORMS, size=len(dates))
    written = [date.strftime(form) for date, form in zip(dates, forms, strict=True)]
    return written, [date.isoformat() for date in dates]


def draw(axis, weights, source, target):
    """Draw the weights of one pair, the darker the larger."""
    axis.imshow(weights, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axis.set_xticks(range(len(source)), [c.replace(" ", "␣") for c in source])
    axis.set_yticks(range(len(target) + 1), [*target, "end"])
    axis.tick_params(length=0)
    axis.set_title(source, fontsize=10)


if __name__ == "__main__":
    X, y = examples(2000)
    model = SequenceTranslator(epochs=15, learning_rate=5e-3, batch_size=64, random_state=0)
    model.fit(X, y)
    sources = [SHOWN.strftime(form) for form in FORMS]
    predicted = model.predict(sources)
    figure, axes = plt.subplots(1, 3, figsize=(11, 4), layout="constrained")
    pairs = zip(axes, model.attention_weights(sources), sources, predicted, strict=True)
    for pair in pairs:
        draw(*pair)
    axes[0].set_ylabel("predicted")
    figure.supxlabel("read")
    figure.savefig(Path(__file__).with_suffix(".png"), dpi=100)
    print(dict(zip(sources, predicted, strict=True)))
