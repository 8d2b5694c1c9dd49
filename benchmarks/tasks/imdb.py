"""Sentiment of film reviews: IMDB (Maas et al., 2011), 20,000 for training, 5,000 for validation.

``--choose`` fits on nine tenths of the training reviews and measures on every tenth one; the
settings below were chosen in this way. Otherwise, models are fitted on all 20,000 reviews and
measured on the validation set, as published figures are. Models can be run one at a time: rows are
collected in results/imdb.csv, from which the page and the figure are generated.
"""

from __future__ import annotations

import gzip
import json
import statistics
import sys
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # folder of common.py

from common import (
    Parser,
    command,
    mean_and_deviation,
    page,
    replace_rows,
    table,
    today,
    write_page,
)

from skrnn import SequenceClassifier, TokenSequences, networks

BAG = "bag of bigrams"

#: Best accuracy on the validation part in Chollet, Deep Learning with Python (2018 and 2021); for
#: the ConvNet the upper end of what is reported, for attention the LSTM's.
PUBLISHED = {
    BAG: 0.900,
    "SimpleRNN": 0.846,
    "LSTM": 0.893,
    "bidirectional LSTM": 0.886,
    "ConvNet": 0.890,
    "attention": 0.893,
}

#: A convolution in front sees several words at once and makes sequences shorter.
FRONT = {"conv_filters": 128, "conv_kernel_size": 3, "conv_strides": 3}
SHORTER = {"conv_filters": 64, "conv_kernel_size": 5, "conv_strides": 4}

NETWORKS: dict[str, networks.Network] = {
    "SimpleRNN": networks.RNN(units=32, pooling="mean", dropout=0.7),
    "LSTM": networks.LSTM(units=32, pooling="attention", dropout=0.7, **FRONT),
    "bidirectional LSTM": networks.LSTM(
        units=32, bidirectional=True, pooling="attention", dropout=0.6, **SHORTER
    ),
    "ConvNet": networks.Conv(filters=64, kernel_size=5, pooling="attention", dropout=0.5),
    "attention": networks.GRU(units=32, pooling="attention", dropout=0.7, **FRONT),
}

#: How each is trained where it is not as `model_of` says.
TRAINING: dict[str, dict[str, Any]] = {
    "SimpleRNN": {"max_length": 500, "embedding_dim": 32},
    "bidirectional LSTM": {"embedding_dim": 64, "epochs": 2},
    "ConvNet": {"max_length": 400, "embedding_dim": 64, "epochs": 2},
}


def reviews(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the texts of a file and their labels."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return np.array([row["text"] for row in rows], dtype=object), np.array(
        [row["label"] for row in rows]
    )


def model_of(name: str, seed: int = 0, **training: Any) -> Pipeline:
    """Return a pipeline from texts to labels."""
    if name == BAG:
        words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
        return make_pipeline(words, LogisticRegression(C=30, max_iter=300))
    usual = {
        "max_length": 600,
        "embedding_dim": 128,
        "learning_rate": 3e-3,
        "epochs": 3,
        "early_stopping": False,  # all reviews are for training
        "label_smoothing": 0.0,
    }
    settings = usual | TRAINING.get(name, {}) | training
    tokens = TokenSequences(
        max_tokens=10_000 - 2,  # padding and the unknown one are two
        max_length=settings.pop("max_length"),
        keep="last",
        stop_words=["br"],  # the name of a line break
    )
    classifier = SequenceClassifier(
        network=NETWORKS[name], batch_size=128, random_state=seed, **settings
    )
    return make_pipeline(tokens, classifier)


def described(model: Pipeline) -> str:
    """Return the settings of a model as text."""
    if not isinstance(model[-1], SequenceClassifier):
        return "tf-idf, logistic regression"
    own = ("embedding_dim", "learning_rate", "epochs")
    return ", ".join(
        [
            repr(model[-1].network),
            f"max_length={model[0].max_length}",
            *(f"{name}={getattr(model[-1], name)}" for name in own),
        ]
    )


def record(
    results: Path, name: str, settings: str, accuracies: list[float]
) -> list[dict[str, str]]:
    """Put the row of a model into the collected ones, and return all of them."""
    row = {
        "model": name,
        "accuracy": statistics.fmean(accuracies),
        "deviation": statistics.stdev(accuracies) if len(accuracies) > 1 else "",
        "seeds": len(accuracies),
        "date": today(),
        "settings": settings,
    }
    path = results / "imdb.csv"
    return replace_rows(path, list(row), [row], lambda row: row["model"], PUBLISHED)


def report(rows: list[dict[str, str]], results: Path) -> None:
    """Write the page and the figure of all rows."""
    lines = [
        [
            name,
            float(row["accuracy"]),
            float(row["deviation"] or "nan"),
            row["seeds"],
            row["date"],
            PUBLISHED[name],
            row["settings"],
        ]
        for row in rows
        for name in [row["model"]]
    ]
    text = page(
        "Film reviews",
        [command(__file__), "Seeds: 0, 1, ..., as many as a row has"],
        "Accuracy on the 5,000 validation reviews of IMDB, for models trained on 20,000 reviews "
        "(Maas et al., 2011, Learning word vectors for sentiment analysis, ACL), with the 10,000 "
        "most frequent words; of long reviews, the end is kept. Published: the best validation "
        "accuracy in Chollet, Deep Learning with Python. Here, hyperparameters are chosen on a "
        "tenth of the training reviews (`--choose`), and the validation set is used once for "
        "each final model; for two models, an earlier configuration was evaluated as well "
        "(benchmarks/README.md).",
        table(["", "accuracy", "deviation", "seeds", "date", "published", "settings"], lines),
        "![Accuracies and published ones](imdb.png)",
    )
    print(text)
    write_page(results / "imdb.md", text)
    draw({name: accuracy for name, accuracy, *_ in lines}, results / "imdb.png")


def draw(accuracies: dict[str, float], path: Path) -> None:
    """Draw the accuracies and the published ones."""
    from style import BLUE, VERMILION, subplots

    figure, axes = subplots(figsize=(8, 3.4))
    names = list(accuracies)
    published = [PUBLISHED[name] for name in names]
    axes.plot(published, names, "|", color=VERMILION, ms=16, mew=2.5, label="published")
    axes.plot(list(accuracies.values()), names, "o", color=BLUE, ms=9, label="skrnn")
    axes.set(xlim=(0.83, 0.92), ylim=(-0.5, len(names) - 0.5), title="Film reviews (IMDB)")
    axes.set_xlabel("accuracy on the validation set")
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.legend(loc="lower left")
    figure.savefig(path)


def main() -> None:
    parser = Parser(__doc__, "data", "results", "epochs", seeds=1)
    parser.add_argument("models", nargs="*", metavar="model", help=f"of {', '.join(PUBLISHED)}")
    parser.add_argument("--choose", action="store_true", help="evaluate on a held-out tenth")
    args = parser.parse_args()
    data = parser.data_folder(args, "imdb/train.jsonl.gz", "imdb/val.jsonl.gz") / "imdb"
    texts, y = reviews(data / "train.jsonl.gz")
    is_held_out = np.arange(len(y)) % 10 == 9
    training = {} if args.epochs is None else {"epochs": args.epochs}
    for name in args.models or PUBLISHED:
        accuracies = []
        for seed in range(args.seeds):
            model = model_of(name, seed, **training)
            if args.choose:
                model.fit(texts[~is_held_out], y[~is_held_out])
                accuracies.append(float(model.score(texts[is_held_out], y[is_held_out])))
            else:
                model.fit(texts, y)
                accuracies.append(float(model.score(*reviews(data / "val.jsonl.gz"))))
        print(name, mean_and_deviation(accuracies, 4), described(model), flush=True)
        if not (args.choose or training):
            report(record(args.results, name, described(model), accuracies), args.results)


if __name__ == "__main__":
    main()
