"""The mood of film reviews: IMDB (Maas et al., 2011), 20,000 to learn from and 5,000 to judge by.

``--choose`` fits on nine tenths of the training reviews and measures on every tenth one: by it the
settings below were chosen. Otherwise models are fitted on all 20,000, and the validation part, on
which published figures are given, is looked at. Models can be run one at a time: rows
are collected in results/imdb.csv, of which the page and the figure are made.
"""

from __future__ import annotations

import argparse
import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from reporting import RESULTS, ROOT, circumstances, table
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from skrnn import SequenceClassifier, TokenSequences, networks

ROWS = RESULTS / "imdb.csv"
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


def model_of(name: str, **training: Any) -> Pipeline:
    """Return a pipeline from texts to labels."""
    if name == BAG:
        words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
        return make_pipeline(words, LogisticRegression(C=30, max_iter=300))
    usual = {"max_length": 600, "embedding_dim": 128, "learning_rate": 3e-3, "epochs": 3}
    settings = usual | TRAINING.get(name, {}) | training
    tokens = TokenSequences(
        max_tokens=10_000 - 2,  # padding and the unknown one are two
        max_length=settings.pop("max_length"),
        keep="last",
        stop_words=["br"],  # the name of a line break
    )
    classifier = SequenceClassifier(
        network=NETWORKS[name], batch_size=128, random_state=0, **settings
    )
    return make_pipeline(tokens, classifier)


def described(model: Pipeline) -> str:
    """Return the settings of a model, in words."""
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


def record(name: str, settings: str, accuracy: float) -> None:
    """Put a row into the collected ones, in place of the one of this model."""
    rows = pd.read_csv(ROWS) if ROWS.exists() else pd.DataFrame({"model": []})
    row = {"model": name, "accuracy": accuracy, "settings": settings}
    others = rows[rows["model"] != name].to_dict("records")
    order = list(PUBLISHED)
    rows = sorted([*others, row], key=lambda row: order.index(row["model"]))
    pd.DataFrame(rows).to_csv(ROWS, index=False)


def report() -> None:
    """Print the page of all rows, and say which of them fall short of what is published."""
    rows = pd.read_csv(ROWS)
    lines = [
        [row.model, row.accuracy, PUBLISHED[row.model], row.settings] for row in rows.itertuples()
    ]
    short = [
        f"{name} falls short by {published - accuracy:.4f}."
        for name, accuracy, published, _ in lines
        if accuracy < published
    ]
    page = "\n\n".join(
        [
            "# Film reviews",
            circumstances("Command: `python benchmarks/imdb.py`; seed 0"),
            "Accuracy on the 5,000 validation reviews of IMDB after a fit on 20,000 (Maas et al., "
            "2011, Learning word vectors for sentiment analysis, ACL), the 10,000 most frequent "
            "words, the end of longer reviews. Published: the best validation accuracy in "
            "Chollet, Deep Learning with Python; here settings are chosen on a tenth of the "
            "training reviews (`--choose`), and the part is looked at once for each that is final; "
            "of two models an earlier setting was looked at as well (benchmarks/README.md).",
            table(["", "accuracy", "published", "settings"], lines),
            " ".join(short) or "None of them falls short of the published figure.",
        ]
    )
    print(page)
    (RESULTS / "imdb.md").write_text(page + "\n")
    draw(rows)


def draw(rows: pd.DataFrame) -> None:
    """Draw the accuracies beside those published."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 3), layout="constrained")
    names = rows["model"]
    axes.plot(names.map(PUBLISHED), names, "|", color="#D55E00", ms=16, mew=2.5, label="published")
    axes.plot(rows["accuracy"], names, "o", color="#0072B2", ms=9, label="here")
    axes.set(xlim=(0.83, 0.92), xlabel="accuracy on the validation part")
    axes.invert_yaxis()
    axes.grid(axis="x", color="#DDDDDD")
    axes.set_axisbelow(True)
    axes.legend(loc="lower left")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(RESULTS / "imdb.png", dpi=130)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", metavar="model", help=f"of {', '.join(PUBLISHED)}")
    parser.add_argument("--data", type=Path, default=ROOT / ".." / "shared" / "data" / "imdb")
    parser.add_argument("--choose", action="store_true", help="measure on a part held out")
    parser.add_argument("--epochs", type=int, help="other than usual; nothing is written")
    args = parser.parse_args()
    if not args.data.is_dir():
        print(f"Nothing measured: no folder {args.data}; give --data.")
        return
    texts, y = reviews(args.data / "train.jsonl.gz")
    is_held_out = np.arange(len(y)) % 10 == 9
    training = {} if args.epochs is None else {"epochs": args.epochs}
    for name in args.models or PUBLISHED:
        model = model_of(name, **training)
        if args.choose:
            model.fit(texts[~is_held_out], y[~is_held_out])
            accuracy = float(model.score(texts[is_held_out], y[is_held_out]))
        else:
            accuracy = float(model.fit(texts, y).score(*reviews(args.data / "val.jsonl.gz")))
        print(name, f"{accuracy:.4f}", described(model), flush=True)
        if not (args.choose or training):
            record(name, described(model), accuracy)
    if not (args.choose or training):
        report()


if __name__ == "__main__":
    main()
