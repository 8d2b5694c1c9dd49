"""Draw the figure of docs/generation.md from the code, beside this file.

Run ``python docs/figures/generation.py`` after changing what it shows; it takes a few seconds.
"""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
from style import BLUE, VERMILION, subplots

from skrnn import SequenceGenerator, networks

FOLDER = Path(__file__).parent


def generator():
    """Return the generator of the page."""
    days = [date(2024, 1, 1) + timedelta(n) for n in range(1000)]
    texts = [f"{day:%A}, {day.day} {day:%B}" for day in days]
    model = SequenceGenerator(network=networks.GRU(units=32), epochs=25, random_state=0)
    return model.fit(texts[:900])


def bits(model, text):
    """Return how many bits each character of a text takes."""
    probabilities = model.predict_proba([text])[0]
    columns = [model.vocabulary_[character] for character in text[1:]]
    end = probabilities[0, -1]  # what would come after the first character
    first = -model.score_samples([text[:1]])[0] + np.log(end)
    later = -np.log(probabilities[np.arange(len(columns)), columns])
    return np.append(first, later) / np.log(2)


def main():
    """Draw the bits of a date and of a misspelled one."""
    model = generator()
    figure, axes = subplots(2, 1, figsize=(9, 4.5), sharey=True)
    for axis, text, color in zip(
        axes, ("Thursday, 17 September", "Thrusday, 17 Setpember"), (BLUE, VERMILION), strict=True
    ):
        found = bits(model, text)
        print(text, found.round(1))
        axis.bar(range(len(text)), found, color=color)
        axis.set_xticks(range(len(text)), list(text.replace(" ", "␣")), family="DejaVu Sans Mono")
        axis.set(title=text, ylabel="bits per character", ylim=(0, 20))
    figure.savefig(FOLDER / "generation.png")


if __name__ == "__main__":
    main()
