"""Errors, weights and CPU seconds of a regressor by the form of categorical columns.

Bike rentals in Washington, 2011 and 2012, are predicted 1 and 24 hours ahead from windows of 24
hours; the last quarter is for testing. Season, month, hour, day of the week, holiday and weather
are categories, read by `GRURegressor` as embeddings (`categorical_features`), as one-hot columns or
as ordinal numbers, with default parameters, and without the linear skip connection. One-hot columns
and ordinal numbers are standardized, as the other columns are.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # folder of common.py

from common import (
    Parser,
    add_rows,
    command,
    in_processes,
    mean_and_deviation,
    page,
    seeds_note,
    table,
    write_page,
)

from skrnn import GRURegressor, make_windows

CATEGORIES = ["season", "mnth", "hr", "weekday", "holiday", "weathersit"]
LEFT_OUT = ["instant", "dateday", "casual", "registered"]
TARGET = "cnt"
N_STEPS = 24
AHEAD = (1, 24)
FORMS = ("embeddings", "one-hot columns", "ordinal numbers")
SKIPS = ("with", "without")
COLUMNS = ["ahead", "linear_skip", "form", "seed", "rmse", "weights", "cpu_seconds"]


class Task(NamedTuple):
    """One fit: with categories in some form, some hours ahead, and a seed."""

    ahead: int
    linear_skip: str
    form: str
    seed: int


def measure(data: Path, task: Task) -> dict[str, Any]:
    """Fit once and return the row of results."""
    frame = pd.read_csv(data / "bike_hour.csv.gz").drop(columns=LEFT_OUT)
    if task.form == "one-hot columns":
        frame = pd.get_dummies(frame, columns=CATEGORIES, dtype=float)
    chosen = CATEGORIES if task.form == "embeddings" else None
    windows, y = make_windows(frame, TARGET, window_length=N_STEPS, delay=task.ahead)
    n_training = int(0.75 * len(frame)) - N_STEPS - task.ahead + 1  # with targets before that row
    model = GRURegressor(
        categorical_features=chosen,
        linear_skip="auto" if task.linear_skip == "with" else False,
        random_state=task.seed,
    )
    start = time.process_time()
    model.fit(windows[:n_training], y[:n_training])
    seconds = time.process_time() - start
    errors = model.predict(windows[n_training:]) - y[n_training:]
    return task._asdict() | {
        "rmse": f"{np.sqrt(np.mean(errors**2)):.6g}",
        "weights": model.n_parameters_,
        "cpu_seconds": f"{seconds:.1f}",
    }


def report(rows: list[Mapping[str, Any]]) -> list[str]:
    """Return the table of errors, weights and CPU seconds."""
    lines = []
    for ahead, skip, form in product(AHEAD, SKIPS, FORMS):
        found = [
            row
            for row in rows
            if (int(row["ahead"]), row["linear_skip"], row["form"]) == (ahead, skip, form)
        ]
        if found:
            error, seconds = (
                mean_and_deviation([float(row[name]) for row in found], 1)
                for name in ("rmse", "cpu_seconds")
            )
            lines.append([ahead, skip, form, error, int(found[0]["weights"]), seconds])
    header = ["hours ahead", "linear skip", "categories as", "RMSE", "weights", "CPU s"]
    return [
        "Root mean squared errors on the test set and CPU seconds of a fit, means and standard "
        "deviations over the seeds:",
        table(header, lines),
    ]


def main() -> None:
    parser = Parser(__doc__, "data", "results", "jobs", seeds=3)
    args = parser.parse_args()
    data = parser.data_folder(args, "bike_hour.csv.gz")
    tasks = [Task(*one) for one in product(AHEAD, SKIPS, FORMS, range(args.seeds))]
    path = args.results / "categories.csv"
    results = in_processes(measure, [(data, task) for task in tasks], args.jobs)
    rows = add_rows(path, COLUMNS, 4, results)
    text = page(
        "Categorical features",
        [seeds_note(args.seeds), command(__file__, f"--seeds {args.seeds} --jobs {args.jobs}")],
        __doc__.split("\n\n")[1].strip(),
        *report(rows),
    )
    write_page(args.results / "categories.md", text)
    print(text)


if __name__ == "__main__":
    main()
