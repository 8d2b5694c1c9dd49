"""Generators on real data: the characters of Shakespeare, and the chords of Bach's chorales.

Settings are chosen on validation data: the 5 % of the text after the first 90 %, and the validation
chorales. The test sets, the last 5 % and the test chorales, are scored once, with the chosen
settings. With `--keep FOLDER`, fitted models are kept there and reused, and `--fit text GRU 0` fits
one of them and stops, so that fits can run one by one or in parallel.
"""

from __future__ import annotations

import gzip
import pickle
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # folder of common.py

from chorales import PUBLISHED, chorales, step_nll
from common import Parser, command, page, table, write_page

from skrnn import SequenceGenerator, networks

#: What all models of a task are fitted with.
SETTINGS: dict[str, dict[str, Any]] = {
    "text": {"epochs": 4, "batch_size": 16, "learning_rate": 3e-3},
    "music": {"learning_rate": 3e-3, "chunk_length": None, "early_stopping": True},
}
#: What validation chooses from.
CANDIDATES: dict[str, dict[str, list[dict[str, Any]]]] = {
    "text": {
        "GRU": [{"network": networks.GRU(units=256)}],
    },
    "music": {
        "GRU": [
            {"network": networks.GRU(units=u, dropout=d), "epochs": 60, "patience": 20}
            | {"batch_size": 8}
            for u in (128, 256)
            for d in (0.3, 0.5)
        ],
        "TCN": [
            {"network": networks.TCN(filters=256, n_blocks=2, dropout=d), "patience": 15}
            | {"batch_size": 4}
            for d in (0.1, 0.3)
        ],
    },
}
ORDERS = (3, 4, 5, 6, 7)


class NGrams:
    """n-grams of characters, interpolated after Witten and Bell.

    The estimate of a history is averaged with that of the next shorter one, with the number of
    its occurrences and the number of different characters that follow it as weights (method C,
    doi:10.1109/18.87000).
    """

    def __init__(self, text: str, order: int) -> None:
        self.uniform = 1 / (len(set(text)) + 1)
        self.counts = [
            Counter(text[i : i + length] for i in range(len(text) - length + 1))
            for length in range(1, order + 1)
        ]
        self.totals: list[Counter[str]] = [Counter() for _ in self.counts]
        for grams, totals in zip(self.counts, self.totals, strict=True):
            for gram, count in grams.items():
                totals[gram[:-1]] += count
        self.kinds = [Counter(gram[:-1] for gram in grams) for grams in self.counts]

    def bits(self, text: str) -> list[float]:
        """Return the mean number of bits for a character, for each order from 1 on."""
        p = np.full(len(text), self.uniform)
        found = []
        for length, counts, totals, kinds in zip(
            range(1, len(self.counts) + 1), self.counts, self.totals, self.kinds, strict=True
        ):
            for i in range(length - 1, len(text)):
                gram = text[i - length + 1 : i + 1]
                n, n_kinds = totals[gram[:-1]], kinds[gram[:-1]]
                if n:
                    p[i] = (counts[gram] + n_kinds * p[i]) / (n + n_kinds)
            found.append(float(-np.log2(p).mean()))
        return found


def shakespeare(data: Path) -> tuple[str, str, str]:
    """Return the training, validation and test text."""
    text = gzip.decompress((data / "tinyshakespeare.txt.gz").read_bytes()).decode()
    first, second = len(text) * 90 // 100, len(text) * 95 // 100
    return text[:first], text[first:second], text[second:]


def nll(model: SequenceGenerator, rolls: list[Any]) -> float:
    """Return the negative log-likelihood of a step, from the second on, as it was published."""
    predicted = [part[:-1] for part in model.predict_proba(rolls)]
    return step_nll(predicted, [roll[1:] for roll in rolls])


def fitted(task: str, name: str, number: int, data: Path, keep: Path, epochs: int | None) -> Any:
    """Return a candidate, fitted now or kept from before."""
    place = keep / f"{task}_{name}_{number}.pickle"
    if place.exists():
        return pickle.loads(place.read_bytes())
    train, valid, _ = (shakespeare if task == "text" else chorales)(data)
    settings = SETTINGS[task] | CANDIDATES[task][name][number]
    model = SequenceGenerator(random_state=0, **settings | ({"epochs": epochs} if epochs else {}))
    model.fit(train, X_val=valid if model.early_stopping else None)
    place.write_bytes(pickle.dumps(model))
    print(task, name, number, model.history_, flush=True)
    return model


def chosen(task: str, name: str, *args: Any) -> tuple[float, SequenceGenerator]:
    """Return the candidate that is best on validation data, and its error there."""
    models = [fitted(task, name, n, *args) for n in range(len(CANDIDATES[task][name]))]
    valid = (shakespeare if task == "text" else chorales)(args[0])[1]
    error = SequenceGenerator.bits_per_character if task == "text" else nll
    errors = [error(model, valid) for model in models]
    best = int(np.argmin(errors))
    return errors[best], models[best]


def rate_text(data: Path, *args: Any) -> tuple[list[list[Any]], str]:
    """Return a row for the n-grams and for each network, and what the best network writes."""
    train, valid, test = shakespeare(data)
    bar = NGrams(train, max(ORDERS))
    pairs = list(zip(bar.bits(valid), bar.bits(test), strict=True))
    rows = [[f"{order}-gram", None, *pairs[order - 1]] for order in ORDERS]
    best = (np.inf, "")
    for name in CANDIDATES["text"]:
        error, model = chosen("text", name, data, *args)
        rows.append([name, repr(model.network), error, model.bits_per_character(test)])
        written = model.generate(400, "ROMEO:", temperature=0.7, random_state=0)
        best = min(best, (error, "ROMEO:" + written))
        print(rows[-1], flush=True)
    return rows, best[1]


def rate_music(data: Path, *args: Any) -> tuple[list[list[Any]], np.ndarray, np.ndarray]:
    """Return a row for each network, a chorale of the test part and one by the best network."""
    _, _, test = chorales(data)
    found = {name: chosen("music", name, data, *args) for name in CANDIDATES["music"]}
    rows = [
        [name, repr(model.network), error, nll(model, test), PUBLISHED[name]]
        for name, (error, model) in found.items()
    ]
    _, model = min(found.values(), key=lambda pair: pair[0])
    return rows, test[0][:64], model.generate(64, top_k=4, random_state=0)


def draw(path: Path, chorale: np.ndarray, written: np.ndarray) -> None:
    """Save a figure of a chorale and of a generated one."""
    from style import BLUE, subplots

    figure, axes = subplots(2, 1, figsize=(8, 5), sharex=True, sharey=True)
    rolls = {"A chorale of the test set": chorale, "A generated chorale": written}
    for axis, (title, roll) in zip(axes, rolls.items(), strict=True):
        steps, keys = np.nonzero(roll)
        axis.scatter(steps, keys, marker="s", s=9, color=BLUE)
        axis.set(title=title, ylabel="piano key")
    axes[1].set_xlabel("step")
    figure.savefig(path)


def report(texts: list[list[Any]], written: str, songs: list[list[Any]]) -> str:
    """Return the page of results."""
    return page(
        "Generation of text and music",
        [command(__file__), "Seed: 0"],
        "## Characters of Shakespeare",
        "Cross-entropy in bits per character on tiny Shakespeare (1.1 MB), compared with "
        "interpolated n-grams (Witten and Bell, 1991, doi:10.1109/18.87000).",
        table(["", "settings", "validation", "test"], texts),
        'Text generated by the best network from the prompt "ROMEO:", temperature 0.7:',
        f"```\n{written}\n```",
        "## Chords of chorales",
        "Negative log-likelihood per step in nats; published: Bai, Kolter and Koltun (2018, "
        "arXiv:1803.01271).",
        table(["", "settings", "validation", "test", "published"], songs),
        "A chorale of the test set, and a generated one with at most four keys per step:",
        "![Piano rolls of both chorales](generation_chorale.png)",
    )


def main() -> None:
    parser = Parser(__doc__, "data", "results", "keep", "epochs")
    parser.add_argument("--fit", nargs=3, metavar=("TASK", "NETWORK", "NUMBER"))
    args = parser.parse_args()
    data = parser.data_folder(args, "tinyshakespeare.txt.gz", "music")
    with tempfile.TemporaryDirectory() as temporary:
        keep = args.keep or Path(temporary)
        keep.mkdir(exist_ok=True)
        if args.fit:
            fitted(args.fit[0], args.fit[1], int(args.fit[2]), data, keep, args.epochs)
            return
        texts, written = rate_text(data, keep, args.epochs)
        songs, *chorale_pair = rate_music(data, keep, args.epochs)
    text = report(texts, written, songs)
    print(text)
    if args.epochs is None:
        write_page(args.results / "generation.md", text)
        draw(args.results / "generation_chorale.png", *chorale_pair)


if __name__ == "__main__":
    main()
