"""Labels at each step, anomalies and texts with default parameters.

Room occupancy: F1 of a labeler and of logistic regression on the same rows, both fitted to the
training days. Anomalies: scores of 18 files of the Numenta anomaly benchmark by its own rules,
compared with a moving Gaussian; a detector is fitted on the probationary part of each file. Film
reviews: accuracy on the 5,000 validation reviews, with the 10,000 most frequent words and the first
500 of each review.

With ``--validate``, the test sets are not used, and nothing is written: the days of the training
set are predicted in four blocks, each from the others; of the anomaly benchmark, only the
artificial files count; every tenth training review is held out. ``--set`` changes parameters.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
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
from imdb import reviews
from labeling import occupancy
from nab import File, Floats, best_outcome, outcome_at, windowed_gaussian
from nab import load as load_files

from skrnn import GRUClassifier, SequenceAnomalyDetector, SequenceLabeler, TokenSequences

COLUMNS = ["data", "part", "model", "seed", "score", "cpu_seconds"]
N_BLOCKS = 4
FOLDERS = ("artificialNoAnomaly", "artificialWithAnomaly", "realKnownCause")


class Task(NamedTuple):
    """One model on one kind of data, with a seed."""

    data: str
    model: str
    seed: int


def labels_of(task: Task, X: list[Floats], y: list[Any], X_test: Floats, how: Any) -> Any:
    """Return the predictions of a model of series X for another series."""
    if task.model == "logistic regression":
        model = make_pipeline(StandardScaler(), LogisticRegression())
        return model.fit(np.concatenate(X), np.concatenate(y)).predict(X_test)
    return SequenceLabeler(random_state=task.seed, **how).fit(X, y).predict([X_test])[0]


def rate_occupancy(data: Path, task: Task, validate: bool, how: Any) -> dict[str, float]:
    """Return F1 of the occupied minutes of the test days, or of four blocks of training days."""
    X, y = occupancy(data, "datatraining")
    if not validate:
        X_test, y_test = occupancy(data, "datatest")
        return {"test": float(f1_score(y_test, labels_of(task, [X], [y], X_test, how)))}
    predicted = np.empty_like(y)
    for block in np.array_split(np.arange(len(X)), N_BLOCKS):
        others = [(0, block[0]), (block[-1] + 1, len(X))]
        parts = [slice(*bounds) for bounds in others if bounds[0] < bounds[1]]
        training = [X[part] for part in parts], [y[part] for part in parts]
        predicted[block] = labels_of(task, *training, X[block], how)
    return {"blocks": float(f1_score(y, predicted))}


def scores_of(file: File, task: Task, how: Any) -> Floats:
    """Return scores in [0, 1) of the steps of a file."""
    if task.model == "windowed Gaussian":
        return windowed_gaussian(file.values)
    series = file.values[:, None]
    model = SequenceAnomalyDetector(random_state=task.seed, **how)
    model.fit([series[: file.n_probation]])
    scores = model.step_scores([series])[0]
    return np.asarray(scores / (1.0 + scores))


def rate_anomalies(data: Path, task: Task, validate: bool, how: Any) -> dict[str, float]:
    """Return scores of all files and of each folder, at the one threshold best for all.

    Files without anomalies have no score of their own, but the sum of their false alarms.
    """
    files = load_files(data / "nab")
    if validate:
        files = [file for file in files if file.name.startswith("artificial")]
    scores = [scores_of(file, task, how) for file in files]
    threshold = best_outcome(files, scores).threshold
    found = {}
    for folder in ("", *FOLDERS):
        chosen = [n for n, file in enumerate(files) if file.name.startswith(folder)]
        if not chosen:
            continue
        part = [files[n] for n in chosen], [scores[n] for n in chosen]
        outcome = outcome_at(*part, threshold)
        has_windows = any(file.windows for file in part[0])
        found[folder or "all"] = float(outcome.normalized if has_windows else outcome.score)
    return found


def rate_reviews(data: Path, task: Task, validate: bool, how: Any) -> dict[str, float]:
    """Return the accuracy on the validation reviews, or on a tenth of the training ones."""
    X, y = reviews(data / "imdb" / "train.jsonl.gz")
    if validate:
        held_out = np.arange(len(X)) % 10 == 0
        X, y, X_test, y_test = X[~held_out], y[~held_out], X[held_out], y[held_out]
    else:
        X_test, y_test = reviews(data / "imdb" / "val.jsonl.gz")
    tokens = TokenSequences(max_tokens=9_998, max_length=500)
    classifier = GRUClassifier(embedding_dim=64, random_state=task.seed).set_params(**how)
    model = make_pipeline(tokens, classifier).fit(X, y)
    return {"held out" if validate else "validation": float(model.score(X_test, y_test))}


#: Function and models of each kind of data, and whether seeds matter to each.
DATA: dict[str, tuple[Callable[..., dict[str, float]], dict[str, bool]]] = {
    "occupancy": (rate_occupancy, {"SequenceLabeler": True, "logistic regression": False}),
    "anomalies": (rate_anomalies, {"SequenceAnomalyDetector": True, "windowed Gaussian": False}),
    "reviews": (rate_reviews, {"GRUClassifier": True}),
}


def measure(data: Path, task: Task, validate: bool, how: Any) -> list[dict[str, Any]]:
    """Return a row for each part of the data."""
    start = time.process_time()
    found = DATA[task.data][0](data, task, validate, how)
    seconds = f"{time.process_time() - start:.1f}"
    return [
        task._asdict() | {"part": part, "score": f"{score:.6f}", "cpu_seconds": seconds}
        for part, score in found.items()
    ]


def report(rows: list[Any]) -> str:
    """Return a table of means and standard deviations over seeds."""
    found: dict[tuple[str, str, str], list[float]] = {}
    for row in rows:
        found.setdefault((row["data"], row["part"], row["model"]), []).append(float(row["score"]))
    cells = [
        [*key, statistics.fmean(scores), statistics.stdev(scores) if len(scores) > 1 else None]
        for key, scores in found.items()
    ]
    return table(["data", "part", "model", "mean score", "standard deviation"], cells)


def main() -> None:
    parser = Parser(__doc__, "data", "results", "jobs", "validate", "set", seeds=3)
    parser.add_argument("--kinds", nargs="+", choices=list(DATA), default=list(DATA))
    args = parser.parse_args()
    if args.set and not args.validate:
        parser.error("--set is for --validate: the page is that of the defaults")
    data = parser.data_folder(args, "occupancy", "nab", "imdb")
    path = args.results / "default_step_models.csv"
    known = [] if args.validate else read_rows(path)
    rows = {tuple(row[name] for name in COLUMNS[:4]): row for row in known}
    tasks = [
        Task(kind, model, seed)
        for kind in args.kinds
        for model, is_random in DATA[kind][1].items()
        for seed in range(args.seeds if is_random else 1)
    ]
    calls = list(product([data], tasks, [args.validate], [dict(args.set)]))
    for (_, task, *_), found in in_processes(measure, calls, args.jobs):
        for row in found:
            print(*task, row["part"], row["score"], row["cpu_seconds"], "s", flush=True)
            rows[task.data, row["part"], task.model, str(task.seed)] = row
        if not args.validate:
            write_rows(path, COLUMNS, [rows[key] for key in sorted(rows)])
    if args.validate:
        print(report(list(rows.values())))
        return
    text = page(
        "Labels at each step, anomalies and texts with default parameters",
        [seeds_note(args.seeds), command(__file__, f"--seeds {args.seeds} --jobs {args.jobs}")],
        "Scores: F1 of occupied minutes; the score of the anomaly benchmark (standard profile), "
        "where 100 is best and 0 is no detection, or the sum of false alarms for files without "
        "anomalies; accuracy on film reviews.",
        report(list(rows.values())),
    )
    write_page(args.results / "default_step_models.md", text)
    print(text)


if __name__ == "__main__":
    main()
