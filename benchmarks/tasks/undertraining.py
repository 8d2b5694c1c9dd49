"""Training time of classifiers with default parameters, compared with four times as many epochs.

For each classifier and each set on which ``default_classifiers.py`` found a training accuracy below
.9: the accuracy in three folds of the training set with the default number of epochs, and with four
times as many.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedKFold

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # folder of common.py

from common import Parser, command, in_processes, page, read_rows, table, write_page
from ucr_data import load, take

import skrnn

ENOUGH = 0.9
TIMES = 4


def accuracies(data: Path, estimator: str, name: str) -> tuple[float, float]:
    """Return the accuracy over three folds with the defaults, and with more epochs."""
    X, y = load(data, name, "train")
    n_right = np.zeros(2)
    for training, test in StratifiedKFold(3, shuffle=True, random_state=0).split(y, y):
        X_training, X_test = take(X, training), take(X, test)
        model = getattr(skrnn, estimator)(missing="mask", random_state=0)
        model.fit(X_training, y[training])
        n_right[0] += model.score(X_test, y[test]) * len(test)
        model.set_params(epochs=TIMES * model.n_epochs_).fit(X_training, y[training])
        n_right[1] += model.score(X_test, y[test]) * len(test)
    return tuple(n_right / len(y))


def main() -> None:
    parser = Parser(__doc__, "data", "results", "jobs")
    args = parser.parse_args()
    data = parser.data_folder(args, "ucr/published.csv")
    found: dict[tuple[str, str], list[float]] = {}
    for row in read_rows(args.results / "default_classifiers.csv"):
        if hasattr(skrnn, row["estimator"]):
            found.setdefault((row["estimator"], row["set"]), []).append(float(row["training"]))
    means = {key: statistics.fmean(values) for key, values in found.items()}
    calls = [(data, *key) for key, mean in means.items() if mean < ENOUGH]
    rows: list[list[Any]] = []
    for (_, *key), (usual, longer) in in_processes(accuracies, calls, args.jobs):
        rows.append([*key, means[tuple(key)], usual, longer, longer - usual])
        print(*rows[-1], flush=True)
    header = ["estimator", "set", "training accuracy", "accuracy", "four times the epochs", "gain"]
    text = page(
        "Training time of classifiers with default parameters",
        [command(__file__), "Seed: 0"],
        "Accuracies in three folds of the training sets on which the training accuracy is below "
        ".9:",
        table(header, sorted(rows)),
    )
    write_page(args.results / "undertraining.md", text)
    print(text)


if __name__ == "__main__":
    main()
