"""The temperature in Jena 24 hours ahead: the models of a textbook as pipelines.

After Chollet, Deep Learning with Python (2nd edition, 2021, chapter 10): the first half of the
series trains, the next quarter validates, the last quarter tests; a window has 120 hourly rows;
errors are mean absolute errors in degrees Celsius. With ``--full``, windows begin every ten
minutes, as in the book: the folder of data then holds the file that `skrnn.datasets.fetch_jena`
downloads. Settings were chosen by ``--validate``, which never uses the test set.
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
import pandas as pd
from sklearn.pipeline import Pipeline

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # folder of common.py

from common import (
    Parser,
    command,
    in_processes,
    mean_and_deviation,
    page,
    seeds_note,
    table,
    write_page,
    write_rows,
)
from jena_models import BEST, ROWS, WINDOW, Row

from skrnn.datasets import fetch_jena

FILE = "jena_hourly.csv.gz"
TEMPERATURE = "T (degC)"
HOURS_AHEAD = 24
AVERAGED = "mean forecast of its seeds"
TRAINING = {
    "batch_size": 256,
    "learning_rate": 3e-3,
    "early_stopping": True,
    "linear_skip": False,
    "patience": 3,
}


# ------------------------------------------------------------------ the data


class Parts(NamedTuple):
    """The series and the temperature 24 hours later, with the rows of each part.

    ``rate`` is the number of rows in an hour.
    """

    X: pd.DataFrame
    y: pd.Series
    train: slice
    validation: slice
    test: slice
    rate: int


def load(data: Path, full: bool) -> Parts:
    """Return the series, cut in order of time: the hourly file, or that of ten minutes."""
    if full:
        X, rate = fetch_jena(data, download=False), 6
        X = X[~X.index.duplicated()].sort_index()
        X = X.mask(X <= -9999).ffill()  # code of a missing wind speed
    else:
        X, rate = pd.read_csv(data / FILE, index_col="Date Time", parse_dates=True), 1
    n_train, n_validation = len(X) // 2, len(X) // 4
    known = len(X) - HOURS_AHEAD * rate
    return Parts(
        X[:known],
        X[TEMPERATURE].shift(-HOURS_AHEAD * rate)[:known],
        slice(0, n_train),
        slice(n_train, n_train + n_validation),
        slice(n_train + n_validation, known),
        rate,
    )


# ------------------------------------------------------------------ the measurements


class Result(NamedTuple):
    """Errors of a fit in degrees, and its time."""

    row: str
    seed: int
    validation: float
    test: float | None
    epochs: int
    seconds: float
    n_weights: int


def mean_error(parts: Parts, forecast: pd.Series, rows: slice) -> float:
    """Return the mean absolute error of a part."""
    return float((forecast - parts.y)[parts.y.index[rows]].abs().mean())


def fit(row: Row, parts: Parts, y: pd.Series, seed: int, changes: dict[str, Any]) -> Pipeline:
    """Return a pipeline fitted to the training set, with the weights of its best epoch."""
    assert row.make is not None
    purge = HOURS_AHEAD * parts.rate - 1
    training = TRAINING | {"purge": purge, "epochs": row.epochs, "random_state": seed}
    pipeline = row.make(training).set_params(slidingwindow__sampling_rate=parts.rate)
    regressor = pipeline[-1].set_params(**changes)
    windows = pipeline[:-1].fit_transform(parts.X[parts.train])
    # Rows that continue the fitted ones: their windows reach back into them.
    X_val = pipeline[:-1].transform(parts.X[parts.validation])
    regressor.fit(windows, y[parts.train], X_val=X_val, y_val=y[parts.validation])
    return pipeline


def measure(
    data: Path, full: bool, name: str, seed: int, changes: dict[str, Any], with_test: bool
) -> tuple[Result, pd.Series]:
    """Fit a row of the table on the training part, and return its errors and its forecasts."""
    parts, row = load(data, full), ROWS[name]
    now = parts.X[TEMPERATURE]
    measured = [parts.validation, parts.test] if with_test else [parts.validation]
    if row.make is None:
        errors = [mean_error(parts, now, rows) for rows in measured]
        return Result(name, seed, errors[0], errors[-1] if with_test else None, 0, 0.0, 0), now
    base = now if row.of_change else 0.0 * now
    began = time.perf_counter()
    pipeline = fit(row, parts, parts.y - base, seed, changes)
    seconds = time.perf_counter() - began
    epochs = int(np.argmin(pipeline[-1].history_["val_loss"])) + 1
    n_weights = sum(weight.size for weight in pipeline[-1].weights_)
    # The rows before the validation part are the history of its first windows.
    later = parts.X[parts.validation.start - WINDOW * parts.rate : measured[-1].stop]
    forecast = base + pd.Series(pipeline.predict(later), later.index)
    errors = [mean_error(parts, forecast, rows) for rows in measured]
    test = errors[-1] if with_test else None
    return Result(name, seed, errors[0], test, epochs, seconds, n_weights), forecast


def average(parts: Parts, forecasts: list[pd.Series], done: list[Result]) -> Result:
    """Return the errors of the mean forecast of all seeds of the best row."""
    members = [result for result in done if result.row == BEST]
    forecast = sum(forecasts[1:], forecasts[0]) / len(forecasts)
    errors = [mean_error(parts, forecast, rows) for rows in (parts.validation, parts.test)]
    return Result(
        AVERAGED,
        0,
        *errors,
        max(result.epochs for result in members),
        sum(result.seconds for result in members),
        sum(result.n_weights for result in members),
    )


def number_or_text(text: str) -> int | float | str:
    """Return a value of ``--set`` as a number or text."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def run(args: argparse.Namespace, data: Path) -> list[Result]:
    """Fit all rows with all seeds, one core each."""
    changes = dict(pair.split("=") for pair in args.set)
    parameters = {name: number_or_text(value) for name, value in changes.items()}
    done: list[Result] = []
    forecasts: list[pd.Series] = []
    fits = [
        (data, args.full, row, seed, parameters, not args.validate)
        for seed, row in product(range(args.seeds), args.rows)
    ]
    for _, (result, forecast) in in_processes(measure, fits, args.jobs):
        done.append(result)
        forecasts += [forecast] if result.row == BEST else []
        print(result, flush=True)
    if len(forecasts) > 1 and not args.validate:
        done.append(average(load(data, args.full), forecasts, done))
    return done


# ------------------------------------------------------------------ the report


def summary(done: list[Result]) -> str:
    """Return the table of all models, beside the figures of the book."""
    lines = []
    for name, row in (ROWS | {AVERAGED: ROWS[BEST]}).items():
        found = [result for result in done if result.row == name]
        if not found:
            continue
        tests = [result.test for result in found if result.test is not None]
        book = ["-" if value is None else f"{value:.2f}" for value in row.book]
        lines.append(
            [
                name,
                mean_and_deviation([result.validation for result in found]),
                mean_and_deviation(tests) if tests else None,
                *book,
                f"{statistics.fmean(r.epochs for r in found):.1f} of {row.epochs}",
                f"{statistics.fmean(r.seconds for r in found):.0f}",
                f"{found[0].n_weights:,}",
            ]
        )
    header = ["model", "validation", "test", "book: validation", "test", "best epoch", "seconds"]
    return table([*header, "weights"], lines)


def draw(done: list[Result], path: Path) -> None:
    """Draw the test error of every fit beside the book's."""
    from style import BLUE, VERMILION, subplots

    figure, axis = subplots(figsize=(9, 5.5))
    names = list(reversed([*ROWS, AVERAGED]))
    for place, name in enumerate(names):
        tests = [r.test for r in done if r.row == name and r.test is not None]
        axis.plot(tests, [place] * len(tests), "o", color=BLUE, alpha=0.7, label="skrnn, one seed")
        book = ROWS[name].book[1] if name in ROWS else None
        if book is not None:
            axis.plot(book, place, "x", color=VERMILION, mew=2, label="Chollet")
    naive = next(result.test for result in done if result.row == "persistence")
    axis.axvline(naive, color="0.6", linestyle="--", label="persistence")
    axis.set_yticks(range(len(names)), names)
    axis.set(title="Temperature in Jena, 24 hours ahead, test set")
    axis.set_xlabel("mean absolute error (°C, logarithmic)")
    axis.set_xscale("log")
    axis.set_xticks(ticks := [2.3, 2.5, 2.75, 3.0, 3.5, 4.0], [f"{tick:g}" for tick in ticks])
    axis.minorticks_off()
    handles, labels = axis.get_legend_handles_labels()
    once = dict(zip(labels, handles, strict=True))
    axis.legend(once.values(), once.keys())
    axis.grid(visible=False, axis="y")
    figure.savefig(path)


def write(done: list[Result], folder: Path, name: str, notes: list[str]) -> None:
    """Write the table of all fits, the page and the figure to a folder."""
    rows = [result._asdict() for result in sorted(done)]
    write_rows(folder / f"{name}.csv", Result._fields, rows)
    draw(done, folder / f"{name}.png")
    text = page(
        "Temperature in Jena, 24 hours ahead",
        [
            *notes,
            f"Training of all models: `{TRAINING}`",
            "One core for each fit. Seconds include compilation and are a rough guide only, since "
            "the machine was also doing other work.",
        ],
        "Mean absolute errors in °C, with those of the book.",
        summary(done),
        f"![Test error of each model and seed, and those of the book]({name}.png)",
    )
    write_page(folder / f"{name}.md", text)


def main() -> None:
    parser = Parser(__doc__, "data", "results", "jobs", "validate", seeds=3)
    parser.add_argument("--full", action="store_true", help="the ten-minute file of fetch_jena")
    parser.add_argument("--rows", nargs="+", choices=list(ROWS), default=list(ROWS))
    parser.add_argument("--set", nargs="+", default=[], help="name=value, for all regressors")
    args = parser.parse_args()
    data = parser.data_folder(args, *([] if args.full else [FILE]))
    done = run(args, data)
    print(f"\n{summary(done)}")
    if len(args.rows) == len(ROWS) and not args.validate and not args.set:
        options = ["--full"] * args.full + [f"--seeds {args.seeds} --jobs {args.jobs}"]
        notes = [seeds_note(args.seeds), command(__file__, *options)]
        write(done, args.results, "jena_full" if args.full else "jena", notes)


if __name__ == "__main__":
    main()
