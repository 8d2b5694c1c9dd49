"""Accuracy of the eight named estimators on UCR and UEA sets, with published figures.

Each estimator has one setting for all sets and is fitted to the official training set; a
regressor is fitted to one-hot labels, and predicts the label of its largest output. The pooling
was chosen by ``--choose-pooling``, which uses training sets only.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # folder of common.py

from common import (
    Parser,
    command,
    in_processes,
    page,
    seeds_note,
    table,
    write_page,
    write_rows,
)
from ucr_data import load

import skrnn

#: FCN, ResNet, InceptionTime, ROCKET, LSTM-FCN, 1-NN DTW; None where no figure is known.
METHODS = ("FCN", "ResNet", "InceptionTime", "ROCKET", "LSTM-FCN", "1-NN DTW")
PUBLISHED: dict[str, tuple[float | None, ...]] = {
    "CBF": (0.994, 0.996, 0.999, 1.0, 0.996, 0.997),
    "Chinatown": (0.980, 0.978, 0.985, 0.983, None, None),
    "DodgerLoopDay": (None,) * 6,
    "ECG200": (0.888, 0.874, 0.930, 0.906, 0.870, 0.770),
    "GesturePebbleZ1": (None,) * 6,
    "GunPoint": (1.0, 0.991, 1.0, 1.0, 1.0, 0.907),
    "ItalyPowerDemand": (0.963, 0.962, 0.965, 0.970, 0.962, 0.950),
    "MelbournePedestrian": (0.912, 0.909, 0.914, 0.904, None, None),
    "Plane": (1.0, 1.0, 1.0, 1.0, 1.0, 1.0),
    "PowerCons": (0.863, 0.879, 0.944, 0.940, None, None),
    "SwedishLeaf": (0.967, 0.963, 0.974, 0.964, 0.976, 0.792),
    "SyntheticControl": (0.989, 0.997, 0.997, 1.0, 0.987, 0.993),
    "TwoLeadECG": (1.0, 1.0, 0.996, 0.999, 0.999, 0.904),
    "BasicMotions": (None,) * 6,
    "JapaneseVowels": (0.993, None, None, None, None, None),
}
POOLINGS = ("last", "mean", "max", "attention")
# Mean validation accuracy inside the training parts, seed 0: TCNClassifier on eight sets, last
# .897, mean .954, max .911, attention .878. For the recurrent networks see README.md.
RECURRENT = {
    "bidirectional": True,
    "pooling": "max",
    "batch_size": 16,
    "epochs": 50,
    "missing": "mask",
}
TCN = {
    "kernel_size": 5,
    "layer_norm": True,
    "pooling": "mean",
    "learning_rate": 2e-3,
    "batch_size": 4,
    "epochs": 100,
    "missing": "mask",
}
NETWORKS = {"RNN": RECURRENT, "LSTM": RECURRENT, "GRU": RECURRENT, "TCN": TCN}
SETTINGS = {
    f"{network}{task}": NETWORKS[network]
    for task, network in product(("Classifier", "Regressor"), ("TCN", "GRU", "LSTM", "RNN"))
}
#: The network whose validation speaks for all recurrent ones, and the TCN.
CHOOSING = ("TCNClassifier", "GRUClassifier")


class Task(NamedTuple):
    """One fit: of an estimator to a set, with a seed, and a pooling if one is being chosen."""

    estimator: str
    name: str
    seed: int
    pooling: str | None = None


class Result(NamedTuple):
    """The accuracy of one fit and the seconds it took, compilation included."""

    task: Task
    accuracy: float
    seconds: float


def split(X: Any, y: np.ndarray, seed: int) -> tuple[Any, np.ndarray, Any, np.ndarray]:
    """Hold out a third of a training part, stratified by label."""
    learn, hold = train_test_split(
        np.arange(len(y)), test_size=1 / 3, stratify=y, random_state=seed
    )
    parts = [[X[i] for i in rows] if isinstance(X, list) else X[rows] for rows in (learn, hold)]
    return parts[0], y[learn], parts[1], y[hold]


def measure(data: Path, task: Task) -> Result:
    """Fit once and score: on the test part, or on held-out training rows for a pooling."""
    X, y = load(data, task.name, "train")
    setting = SETTINGS[task.estimator]
    if task.pooling is None:
        X_test, y_test = load(data, task.name, "test")
    else:
        X, y, X_test, y_test = split(X, y, task.seed)
        setting = setting | {"pooling": task.pooling}
    model = getattr(skrnn, task.estimator)(random_state=task.seed, **setting)
    start = time.perf_counter()
    if task.estimator.endswith("Classifier"):
        model.fit(X, y)
        seconds = time.perf_counter() - start
        predicted = model.predict(X_test)
    else:
        labels = np.unique(y)
        model.fit(X, (y[:, None] == labels).astype(float))
        seconds = time.perf_counter() - start
        predicted = labels[np.argmax(model.predict(X_test), axis=1)]
    return Result(task, float(accuracy_score(y_test, predicted)), seconds)


def run(data: Path, tasks: list[Task], jobs: int, report: Any) -> list[Result]:
    """Do all tasks, one core each, and report what is done after each."""
    done: list[Result] = []
    for _, result in in_processes(measure, [(data, task) for task in tasks], jobs):
        done.append(result)
        words = [str(word) for word in result.task if word is not None]
        print(*words, f"{result.accuracy:.4f} {result.seconds:.1f} s", flush=True)
        report(done)
    return done


def mean_accuracy(results: list[Result], estimator: str, names: list[str]) -> float | None:
    """Return the mean over sets of the mean over seeds, or None if a set is lacking."""
    means = []
    for name in names:
        found = [r.accuracy for r in results if r.task[:2] == (estimator, name)]
        if not found:
            return None
        means.append(statistics.fmean(found))
    return statistics.fmean(means) if means else None


def with_figure(method: str, names: list[str]) -> list[str]:
    """Return the sets for which a figure of the method is published."""
    return [name for name in names if PUBLISHED[name][METHODS.index(method)] is not None]


def compare(results: list[Result], names: list[str], estimators: list[str]) -> str:
    """Return the tables of accuracies and of means."""
    accuracies = [
        [name, *(mean_accuracy(results, e, [name]) for e in estimators), *PUBLISHED[name]]
        for name in names
    ]
    means = [
        ["all sets", len(names), None, *(mean_accuracy(results, e, names) for e in estimators)]
    ]
    for method in METHODS:
        same = with_figure(method, names)
        if not same:
            continue
        figures = [PUBLISHED[name][METHODS.index(method)] or 0.0 for name in same]
        theirs = statistics.fmean(figures)
        ours = [mean_accuracy(results, e, same) for e in estimators]
        means.append([f"sets with {method}", len(same), theirs, *ours])
    return "\n\n".join(
        [
            table(["set", *estimators, *METHODS], accuracies),
            "Means over the data sets for which a figure of the method is published:",
            table(["sets", "number", "published", *estimators], means),
        ]
    )


def write(results: list[Result], folder: Path, text: str) -> None:
    """Write the page and the accuracies so far to ucr.md and ucr.csv in a folder."""
    write_page(folder / "ucr.md", text)
    rows = [
        {"estimator": estimator, "set": name, "seed": seed}
        | {"accuracy": f"{accuracy:.6f}", "fit_seconds": f"{seconds:.1f}"}
        for (estimator, name, seed, _), accuracy, seconds in sorted(results)
    ]
    write_rows(folder / "ucr.csv", ["estimator", "set", "seed", "accuracy", "fit_seconds"], rows)


def choose_pooling(args: argparse.Namespace, data: Path) -> None:
    """Print the mean validation accuracy of each pooling, inside the training parts."""
    estimators = [e for e in args.estimators if e in CHOOSING]
    tasks = [Task(*task) for task in product(estimators, args.sets, range(args.seeds), POOLINGS)]
    results = run(data, tasks, args.jobs, lambda _done: None)
    rows = []
    for pooling in POOLINGS:
        of_it = [r for r in results if r.task.pooling == pooling]
        rows.append([pooling, *(mean_accuracy(of_it, e, args.sets) for e in estimators)])
    print(f"\nMean validation accuracy on {len(args.sets)} sets:\n")
    print(table(["pooling", *estimators], rows))


def main() -> None:
    parser = Parser(__doc__, "data", "results", "jobs", seeds=1)
    parser.add_argument("--sets", nargs="+", choices=list(PUBLISHED), default=list(PUBLISHED))
    parser.add_argument("--estimators", nargs="+", choices=list(SETTINGS), default=list(SETTINGS))
    parser.add_argument("--choose-pooling", action="store_true")
    args = parser.parse_args()
    data = parser.data_folder(args, "ucr")
    if args.choose_pooling:
        choose_pooling(args, data)
        return
    tasks = [Task(e, n, s) for e, n, s in product(args.estimators, args.sets, range(args.seeds))]
    whole = len(args.estimators) == len(SETTINGS) and len(args.sets) == len(PUBLISHED)
    start = time.perf_counter()

    def report(done: list[Result]) -> None:
        if whole:
            minutes = (time.perf_counter() - start) / 60
            text = page(
                "Accuracy on UCR and UEA data sets",
                [
                    f"{seeds_note(args.seeds)}; wall time {minutes:.1f} min",
                    command(__file__, f"--seeds {args.seeds} --jobs {args.jobs}"),
                    f"TCN: `{TCN}`",
                    f"RNN, LSTM, GRU: `{RECURRENT}`",
                ],
                f"Fits done: {len(done)} of {len(tasks)}.",
                compare(done, args.sets, args.estimators),
            )
            write(done, args.results, text)

    print("\n" + compare(run(data, tasks, args.jobs, report), args.sets, args.estimators))


if __name__ == "__main__":
    main()
