"""Draw the attention weights of dates for docs/translation.md.

``python docs/figures/translation.py`` writes translation.png beside this file.
"""

import datetime
from pathlib import Path

import numpy as np
from style import subplots

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
    """Draw the weights of one pair, the darker the larger, and return the image."""
    image = axis.imshow(weights, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axis.set_xticks(range(len(source)), [c.replace(" ", "␣") for c in source])
    axis.set_yticks(range(len(target) + 1), [*target, "end"])
    axis.tick_params(length=0)
    axis.grid(visible=False)
    axis.set_title(source)
    return image


if __name__ == "__main__":
    X, y = examples(2000)
    model = SequenceTranslator(epochs=15, learning_rate=5e-3, batch_size=64, random_state=0)
    model.fit(X, y)
    sources = [SHOWN.strftime(form) for form in FORMS]
    predicted = model.predict(sources)
    figure, axes = subplots(1, 3, figsize=(11, 4))
    pairs = zip(axes, model.attention_weights(sources), sources, predicted, strict=True)
    for pair in pairs:
        image = draw(*pair)
    figure.colorbar(image, ax=axes, label="attention weight")
    axes[0].set_ylabel("predicted character")
    figure.supxlabel("character of the source")
    figure.savefig(Path(__file__).with_suffix(".png"))
    print(dict(zip(sources, predicted, strict=True)))
