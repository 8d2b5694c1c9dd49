"""Accuracy and CPU seconds of the default classifiers, on 36 UCR and two UEA data sets.

`missing="mask"` is the only argument, because some sets have gaps. Each classifier is fitted to the
official training set and scored on the official test set. CPU seconds are those of a fit in a
process with one thread that has already fitted others; those of LITE, Inception, minGRU, sLSTM and
the third seed of 5 x TCN were measured beside other work, some of them on a slower machine, and
those of LITE, and of Inception on most sets, before long convolutions became faster. MiniRocket
(Dempster, Schmidt and Webb, 2021, doi:10.1145/3447548.3467231) with ridge regression is fitted in
the same run, in the implementation of sktime. Besides the four classes, the mean of five TCNs and
further networks are fitted, each with the default parameters of its kind.

MiniRocket needs numba. With ``--validate``, a third of each training set is held out and scored
instead, and nothing is written; ``--set`` changes parameters.
"""

from __future__ import annotations

import csv
import statistics
import sys
import time
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.linear_model import RidgeClassifierCV
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # folder of common.py

from common import (
    Parser,
    command,
    in_processes,
    page,
    read_rows,
    seeds_note,
    table,
    write_page,
    write_rows,
)
from ucr_data import LOADERS, load, take, with_gaps

import skrnn
from skrnn import networks

OURS = ("TCNClassifier", "GRUClassifier", "LSTMClassifier", "RNNClassifier")
#: What the recurrent classifiers have by default, and time scales.
AS_IN_CLASSIFIERS = {
    "bidirectional": True,
    "conv_filters": 32,
    "conv_kernel_size": 7,
    "conv_strides": "auto",
    "pooling": "max",
    "time_scale": 2,  # on held-out thirds, better than "auto" after a convolution
}
#: Further models: the class and its parameters.
FURTHER: dict[str, tuple[str, dict[str, Any]]] = {
    "5 x TCN": ("TCNClassifier", {"n_networks": 5}),
    "LITE": ("SequenceClassifier", {"network": "lite"}),
    "Inception": ("SequenceClassifier", {"network": "inception"}),
    "minGRU": ("SequenceClassifier", {"network": networks.MinGRU(**AS_IN_CLASSIFIERS)}),
    "sLSTM": ("SequenceClassifier", {"network": networks.SLSTM(**AS_IN_CLASSIFIERS)}),
}
MINIROCKET = "MiniRocket + ridge"
MODELS = (*OURS, *FURTHER, MINIROCKET)
PUBLISHED = ("FCN", "RESNET", "InceptionTime", "ROCKET")
COLUMNS = ["estimator", "set", "seed", "accuracy", "training", "log_loss", "cpu_seconds"]


class Task(NamedTuple):
    """One fit: of an estimator to a set, with a seed."""

    estimator: str
    name: str
    seed: int


def published(data: Path) -> dict[str, dict[str, float]]:
    """Return the published accuracies by set and method, of sets with all of them."""
    with (data / "ucr" / "published.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {row["dataset"]: {method: float(row[method]) for method in PUBLISHED} for row in rows}


class MiniRocketRidge:
    """MiniRocket with ridge regression, which has no probabilities.

    Not a pipeline of scikit-learn, which asks more of its steps than those of sktime have.
    """

    def __init__(self, seed: int) -> None:
        from sktime.transformations.panel.rocket import MiniRocket

        self.transformer = MiniRocket(random_state=seed)
        self.ridge = make_pipeline(
            StandardScaler(with_mean=False), RidgeClassifierCV(alphas=np.logspace(-3, 3, 10))
        )

    def fit(self, X: np.ndarray, y: np.ndarray) -> None:
        """Fit both."""
        self.ridge.fit(self.transformer.fit_transform(X), y)

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return labels."""
        return self.ridge.predict(self.transformer.transform(X))


def held_out(X: Any, y: np.ndarray, seed: int) -> tuple[Any, np.ndarray, Any, np.ndarray]:
    """Return a training part without a third of it, and that third; classes of one are left out."""
    classes, counts = np.unique(y, return_counts=True)
    rows = np.flatnonzero(np.isin(y, classes[counts > 1]))
    first, third = train_test_split(rows, test_size=1 / 3, random_state=seed, stratify=y[rows])
    return take(X, first), y[first], take(X, third), y[third]


def measure(
    data: Path, task: Task, validate: bool, settings: dict[str, Any]
) -> dict[str, Any] | None:
    """Fit and score; None where MiniRocket does not apply, to gaps and unequal lengths."""
    X, y = load(data, task.name, "train")
    if validate:
        X, y, X_test, y_test = held_out(X, y, task.seed)
    else:
        X_test, y_test = load(data, task.name, "test")
    if task.estimator == MINIROCKET:
        if isinstance(X, list) or np.isnan(X).any():
            return None
        X, X_test = (one.reshape(len(one), 1, -1) for one in (X, X_test))
        model: Any = MiniRocketRidge(task.seed)
    else:
        name, own = FURTHER.get(task.estimator, (task.estimator, {}))
        parameters = {"missing": "mask", "random_state": task.seed} | own
        model = clone(getattr(skrnn, name)(**parameters)).set_params(**settings)
    start = time.process_time()
    model.fit(X, y)
    seconds = time.process_time() - start
    row: dict[str, Any] = task._asdict() | {"set": task.name, "cpu_seconds": f"{seconds:.1f}"}
    del row["name"]
    row["accuracy"] = f"{accuracy_score(y_test, model.predict(X_test)):.6f}"
    row["training"] = f"{accuracy_score(y, model.predict(X)):.6f}"
    if hasattr(model, "predict_proba"):
        loss = log_loss(y_test, model.predict_proba(X_test), labels=model.classes_)
        row["log_loss"] = f"{loss:.4f}"
    return row


def mean(rows: list[dict[str, Any]], estimator: str, name: str, column: str) -> float | None:
    """Return the mean of a column over seeds, or None without a figure."""
    found = [
        float(row[column])
        for row in rows
        if (row["estimator"], row["set"]) == (estimator, name) and row.get(column)
    ]
    return statistics.fmean(found) if found else None


def means(
    rows: list[dict[str, Any]], models: list[str], known: Any, names: list[str], title: str
) -> list[Any]:
    """Return a row of mean accuracies over sets; None for a method that lacks one of them."""
    cells: list[Any] = [f"{title} ({len(names)})"]
    for estimator in models:
        found = [mean(rows, estimator, name, "accuracy") for name in names]
        kept = [one for one in found if one is not None]
        cells.append(statistics.fmean(kept) if kept and len(kept) == len(found) else None)
    published_means = [
        statistics.fmean(known[name][method] for name in names) if names else None
        for method in PUBLISHED
    ]
    return [*cells, *published_means]


def report(rows: list[dict[str, Any]], data: Path, sets: list[str]) -> list[str]:
    """Return the tables of accuracies, of their means, and of log losses and CPU seconds."""
    known = published(data)
    measured = {row["estimator"] for row in rows}
    models = [estimator for estimator in MODELS if estimator in measured]
    gaps = [name for name in known if name in sets and with_gaps(data, name)]
    whole = [name for name in known if name in sets and name not in gaps]
    accuracies = [
        [
            name,
            *(mean(rows, estimator, name, "accuracy") for estimator in models),
            *(known.get(name, {}).get(method) for method in PUBLISHED),
        ]
        for name in sets
    ]
    others: list[list[Any]] = []
    for estimator in models:
        of_it = [row for row in rows if row["estimator"] == estimator]
        losses = [float(row["log_loss"]) for row in of_it if row.get("log_loss")]
        seconds = [float(row["cpu_seconds"]) for row in of_it]
        cells = [statistics.fmean(float(row["accuracy"]) for row in of_it) if of_it else None]
        cells += [statistics.fmean(losses) if losses else None]
        cells += [statistics.median(seconds), max(seconds)] if seconds else [None, None]
        counts = (len({row[column] for row in of_it}) for column in ("seed", "set"))
        others.append([estimator, *counts, *cells])
    header = [*models, *PUBLISHED]
    return [
        table(["set", *header], accuracies),
        "Means over the UCR sets (published networks read NaN in the gaps):",
        table(
            ["sets", *header],
            [
                means(rows, models, known, whole + gaps, "all"),
                means(rows, models, known, whole, "without gaps"),
            ],
        ),
        table(
            [
                "estimator",
                "seeds",
                "sets",
                "mean accuracy",
                "mean log loss",
                "median CPU s of a fit",
                "maximum",
            ],
            others,
        ),
    ]


def main() -> None:
    parser = Parser(__doc__, "data", "results", "jobs", "validate", "set", seeds=3)
    parser.add_argument("--sets", nargs="+")
    parser.add_argument("--estimators", nargs="+", default=[*OURS, MINIROCKET])
    args = parser.parse_args()
    if args.set and not args.validate:
        parser.error("--set is for --validate: the page is that of the defaults")
    data = parser.data_folder(args, "ucr/published.csv")
    every = [*published(data), *LOADERS]
    sets = args.sets or every
    path = args.results / "default_classifiers.csv"
    kept = [] if args.validate else [row for row in read_rows(path) if row["set"] in every]
    rows: dict[Task, dict[str, Any]] = {
        Task(row["estimator"], row["set"], int(row["seed"])): row for row in kept
    }
    every_task = (Task(*one) for one in product(args.estimators, sets, range(args.seeds)))
    tasks = sorted((task for task in every_task if task not in rows), key=lambda task: task.seed)
    calls = [(data, task, args.validate, dict(args.set)) for task in tasks]
    for (_, task, *_), row in in_processes(measure, calls, args.jobs):
        if row is None:
            continue
        print(*task, row["accuracy"], row.get("log_loss"), row["cpu_seconds"], "s", flush=True)
        rows[task] = row
        if not args.validate:
            write_rows(path, COLUMNS, [rows[key] for key in sorted(rows)])
    if args.validate:
        print(report(list(rows.values()), data, every)[-1])
        return
    text = page(
        "Classifiers with default parameters",
        [seeds_note(args.seeds), command(__file__, f"--seeds {args.seeds} --jobs {args.jobs}")],
        __doc__.split("\n\n")[1],
        *report([row for row in rows.values() if int(row["seed"]) < args.seeds], data, every),
    )
    write_page(args.results / "default_classifiers.md", text)
    print(text)


if __name__ == "__main__":
    main()
