"""Errors and CPU seconds of the regressors with default parameters, on windows of real series.

Each series is split in time order, the last quarter for testing. Windows of 24 rows (Jena: 120)
predict the target 1 and 24 rows ahead. Persistence, ridge regression and histogram gradient
boosting on the flattened windows are fitted in the same run. The turbofan engines (C-MAPSS FD001)
are read in windows of 30 cycles, with the remaining useful life capped at 125 cycles, and tested
at the last cycle of each test engine. One more model has settings, windows of 80 cycles and the
number of the cycle as a feature, chosen by the errors on 30 training engines that were held out.

With ``--validate``, only the engines are fitted, 30 held-out training engines are scored instead of
the test engines, and nothing is written.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # folder of common.py

from common import (
    Parser,
    add_rows,
    command,
    in_processes,
    page,
    seeds_note,
    table,
    write_page,
)

import skrnn
from skrnn import SlidingWindow, make_windows

OURS = ("GRURegressor", "LSTMRegressor", "TCNRegressor", "RNNRegressor")
PERSISTENCE = "persistence"
BASELINES = {
    "ridge regression": lambda: make_pipeline(StandardScaler(), Ridge(10.0)),
    "gradient boosting": lambda: HistGradientBoostingRegressor(random_state=0),
}
AHEAD = (1, 24)
COLUMNS = ["series", "ahead", "model", "seed", "rmse", "cpu_seconds"]
#: The steps of a window and the target, by series.
SERIES = {
    "bike rentals": (24, "cnt"),
    "ETTh1": (24, "OT"),
    "Jena": (120, "T"),
    "weather 2020": (24, "T"),
}
ENGINES = "C-MAPSS FD001"
CAP = 125
CYCLES = 30
#: Training engines that are held out for the choice of settings.
HELD_OUT = 30
#: The model of the engines that has settings, and longer windows with the number of the cycle.
WITH_SETTINGS = "TCNRegressor with settings"
SETTINGS = {"linear_skip": False, "early_stopping": False, "epochs": 8, "n_networks": 5}
MORE_CYCLES = 80


class Task(NamedTuple):
    """One fit: of a model to a series, some rows ahead, with a seed."""

    series: str
    ahead: int
    model: str
    seed: int


class EngineSplit(NamedTuple):
    """Engines to fit and to score, the scored rows and their remaining useful life."""

    training: pd.DataFrame
    y: np.ndarray
    test: pd.DataFrame
    scored: np.ndarray
    y_test: np.ndarray


def read(data: Path, series: str) -> tuple[pd.DataFrame, str]:
    """Return the numbers of a series and the name of its target."""
    files = {
        "bike rentals": "bike_hour.csv.gz",
        "ETTh1": "ETTh1.csv.gz",
        "Jena": "jena_hourly.csv.gz",
        "weather 2020": "weather2020.csv.gz",
    }
    frame = pd.read_csv(data / files[series]).select_dtypes("number")
    if series == "Jena":
        frame = frame[[name for name in frame if not name.startswith("derived")]].iloc[-30_000:]
    left_out = ("instant", "casual", "registered")
    frame = frame.drop(columns=[name for name in frame if name in left_out])
    wanted = SERIES[series][1]
    target = next(name for name in frame if name.split(" ")[0] == wanted)
    return frame.reset_index(drop=True), target


def fit(model: Any, X: Any, y: np.ndarray) -> float:
    """Fit a model and return the CPU seconds."""
    start = time.process_time()
    model.fit(X, y)
    return time.process_time() - start


def rmse(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Return the root of the mean squared error."""
    return float(np.sqrt(np.mean((truth - predicted) ** 2)))


def of_series(data: Path, task: Task) -> tuple[float, float]:
    """Return the test error of a fit on a series, and its CPU seconds."""
    frame, target = read(data, task.series)
    n_steps = SERIES[task.series][0]
    windows, y = make_windows(frame, target, window_length=n_steps, delay=task.ahead)
    n_training = int(0.75 * len(frame)) - n_steps - task.ahead + 1  # with targets before that row
    training, test = windows[:n_training], windows[n_training:]
    y_test = y[n_training:]
    if task.model == PERSISTENCE:
        latest = frame[target].to_numpy()[n_steps - 1 : n_steps - 1 + len(windows)]
        return rmse(y_test, latest[n_training:]), 0.0
    if task.model in BASELINES:
        flat = np.asarray(windows).reshape(len(windows), -1)
        model = BASELINES[task.model]()
        seconds = fit(model, flat[:n_training], y[:n_training])
        return rmse(y_test, model.predict(flat[n_training:])), seconds
    model = getattr(skrnn, task.model)(random_state=task.seed)
    seconds = fit(model, training, y[:n_training])
    return rmse(y_test, model.predict(test)), seconds


def engines(data: Path, part: str) -> pd.DataFrame:
    """Return the cycles of the engines of a part, "train" or "test"."""
    names = ["engine", "cycle", *(f"setting {n}" for n in range(3)), *(f"s{n}" for n in range(21))]
    path = data / "cmapss" / f"{part}_FD001.txt.gz"
    return pd.read_csv(path, sep=r"\s+", header=None, names=names)


def split_engines(data: Path, validation_seed: int | None) -> EngineSplit:
    """Return the engines for a fit and for its score.

    With a seed, 30 training engines are held out and scored at all cycles after the 30th whose
    remaining useful life is in the range of the test engines.
    """
    frame = engines(data, "train")
    life = frame.groupby("engine")["cycle"].transform("max") - frame["cycle"]
    y = np.minimum(life.to_numpy(), CAP)
    if validation_seed is None:
        test = engines(data, "test")
        left = pd.read_csv(data / "cmapss" / "RUL_FD001.txt.gz", header=None)[0].to_numpy()
        last = (test["engine"] != test["engine"].shift(-1)).to_numpy()
        return EngineSplit(frame, y, test, last, np.minimum(left, CAP))
    order = np.random.default_rng(validation_seed).permutation(frame["engine"].unique())
    is_held_out = frame["engine"].isin(order[:HELD_OUT]).to_numpy()
    scored = (life.between(7, 145) & (frame["cycle"] > CYCLES)).to_numpy()[is_held_out]
    return EngineSplit(
        frame[~is_held_out], y[~is_held_out], frame[is_held_out], scored, y[is_held_out][scored]
    )


def of_engines(data: Path, task: Task, validate: bool) -> tuple[float, float]:
    """Return the error of a fit on the engines, and its CPU seconds."""
    training, y, test, scored, y_test = split_engines(data, task.seed if validate else None)
    name, settings, n_cycles = task.model, {}, CYCLES
    if name == WITH_SETTINGS:
        name, settings, n_cycles = "TCNRegressor", SETTINGS, MORE_CYCLES
        training, test = (part.assign(age=part["cycle"]) for part in (training, test))
    cut = SlidingWindow(n_cycles, groups="engine", time="cycle", incomplete="ignore")
    if name in BASELINES:
        windows, test_windows = cut.fit_transform(training), cut.transform(test)[scored]
        whole = windows.lengths == n_cycles
        flat = np.asarray(windows[whole]).reshape(whole.sum(), -1)
        model = BASELINES[name]()
        seconds = fit(model, flat, y[whole])
        predicted = model.predict(np.asarray(test_windows).reshape(scored.sum(), -1))
        return rmse(y_test, predicted), seconds
    model = make_pipeline(cut, getattr(skrnn, name)(random_state=task.seed, **settings))
    seconds = fit(model, training, y)
    return rmse(y_test, model.predict(test)[scored]), seconds


def measure(data: Path, task: Task, validate: bool) -> dict[str, Any]:
    """Fit once and return the row of results."""
    if task.series == ENGINES:
        error, seconds = of_engines(data, task, validate)
    else:
        error, seconds = of_series(data, task)
    return task._asdict() | {"rmse": f"{error:.6g}", "cpu_seconds": f"{seconds:.1f}"}


def mean(rows: list[Mapping[str, Any]], column: str, series: str, ahead: int, model: str) -> float:
    """Return the mean of a column over the seeds of a model."""
    found = [
        float(row[column])
        for row in rows
        if (row["series"], int(row["ahead"]), row["model"]) == (series, ahead, model)
    ]
    return statistics.fmean(found) if found else float("nan")


def report(rows: list[Mapping[str, Any]]) -> list[str]:
    """Return the tables of errors, relative to the better baseline, and of CPU seconds."""
    models = [*OURS, PERSISTENCE, *BASELINES, WITH_SETTINGS]
    errors, ratios, seconds = [], [], []
    for series, ahead in [*product(SERIES, AHEAD), (ENGINES, 0)]:
        found = {model: mean(rows, "rmse", series, ahead, model) for model in models}
        place = [series, ahead or "-"]
        errors.append([*place, *found.values()])
        best = min(found["ridge regression"], np.nan_to_num(found[PERSISTENCE], nan=np.inf))
        ratios.append([*place, *(error / best for error in found.values())])
        seconds.append(
            [*place, *(mean(rows, "cpu_seconds", series, ahead, model) for model in models)]
        )
    whole = np.array([row[2:] for row in ratios[:-1]], dtype=float)
    overall = ["geometric mean", "", *np.exp(np.log(whole).mean(axis=0)).tolist()]
    header = ["series", "rows ahead", *models]
    return [
        "Root mean squared errors on the test set:",
        table(header, errors),
        "Errors relative to the better of ridge regression and persistence; the mean is without "
        "the engines:",
        table(header, [*ratios, overall]),
        "CPU seconds of a fit:",
        table(header, seconds),
    ]


def main() -> None:
    parser = Parser(__doc__, "data", "results", "jobs", "validate", seeds=3)
    parser.add_argument("--series", nargs="+", choices=[*SERIES, ENGINES])
    parser.add_argument(
        "--models", nargs="+", default=[*OURS, PERSISTENCE, *BASELINES, WITH_SETTINGS]
    )
    args = parser.parse_args()
    data = parser.data_folder(args, "cmapss")
    tasks = []
    every = [ENGINES] if args.validate else [*SERIES, ENGINES]
    if args.validate and args.series not in (None, every):
        parser.error(f"--validate is for {ENGINES} alone")
    for series, model in product(args.series or every, args.models):
        if (series == ENGINES and model == PERSISTENCE) or (
            series != ENGINES and model == WITH_SETTINGS
        ):
            continue
        seeds = range(args.seeds if model in (*OURS, WITH_SETTINGS) else 1)
        ahead = (0,) if series == ENGINES else AHEAD
        tasks += [Task(series, n, model, seed) for n, seed in product(ahead, seeds)]
    path = args.results / "default_regressors.csv"
    results = in_processes(measure, [(data, task, args.validate) for task in tasks], args.jobs)
    if args.validate:
        for _, row in results:
            print(*row.values())
        return
    rows = add_rows(path, COLUMNS, 4, results)
    text = page(
        "Regressors with default parameters",
        [seeds_note(args.seeds), command(__file__, f"--seeds {args.seeds} --jobs {args.jobs}")],
        __doc__.split("\n\n")[1].strip(),
        *report(rows),
    )
    write_page(args.results / "default_regressors.md", text)
    print(text)


if __name__ == "__main__":
    main()
