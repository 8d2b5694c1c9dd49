"""Forecasts of M4 hourly, NN5 daily, the airline passengers and ETTh1, with published figures.

One stated setting for each task, chosen on its validation set (``--validate``, which never uses
the test set); three seeds, but one for the longer horizons of ETTh1. A seasonal naive and a
linear direct forecast are made in the same run. The tasks and their metrics are described in
forecasting_tasks.py.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # folder of common.py

from common import (
    Parser,
    command,
    in_processes,
    mean_and_deviation,
    page,
    table,
    write_page,
    write_rows,
)
from forecasting_tasks import (
    HORIZONS,
    PUBLISHED,
    Rolling,
    Task,
    airline,
    coverage,
    etth1,
    linear_direct,
    m4_hourly,
    nn5,
    score,
    seasonal_naive,
)

#: Setting of each task; ``log`` forecasts the logarithm, in sktime's pipeline.
SETTINGS: dict[str, dict[str, Any]] = {
    "M4 hourly": {
        "log": True,
        "window_length": 336,
        "segment_length": 24,
        "differences": 24,
        "units": 128,
        "learning_rate": 2e-3,
        "batch_size": 256,
        "epochs": 4,
    },
    "NN5 daily": {
        "window_length": 112,
        "segment_length": 7,
        "differences": 7,
        "units": 64,
        "learning_rate": 2e-3,
        "batch_size": 128,
        "epochs": 3,
    },
    "airline": {
        "log": True,
        "window_length": 24,
        "differences": (1, 12),
        "units": 16,
        "epochs": 50,
    },
    "ETTh1": {
        "normalization": "last",
        "differences": None,
        "segment_length": 24,
        "channel_independent": True,
        "units": 256,
        "dropout": 0.5,
        "learning_rate": 5e-4,
        "batch_size": 64,
        "epochs": 6,
    },
}
LOOKBACKS = (96, 336)

#: Share of each series on which the intervals of a separate fit with seed 0 are calibrated.
CALIBRATION = {"M4 hourly": 0.2, "NN5 daily": 0.1}
COVERAGE = 0.9
CALIBRATED = "GRUForecaster, calibrated"
ENSEMBLE = "GRUForecaster, mean forecast of the seeds"
MEASURES = ("sMAPE", "MASE", "OWA", "MSE", "MAE")

INTRODUCTION = f"""Coverage is the share of test points inside {COVERAGE:.0%} intervals. A
calibrated forecaster is not trained on the latest part of each series, on which its intervals
are calibrated: {", ".join(f"{share:.0%} for {name}" for name, share in CALIBRATION.items())}. All
others are trained on the whole series. Hyperparameters were chosen on validation sets. Seconds were
measured in one process with one thread, while another process was running."""


def tasks(folder: Path, *, validate: bool) -> Iterator[Task | Rolling]:
    """Yield all tasks, or those before their test parts."""
    everything: list[Task | Rolling] = [m4_hourly(folder), nn5(folder), airline()]
    everything += [etth1(folder, back, ahead) for back in LOOKBACKS for ahead in HORIZONS]
    for task in everything:
        yield task.validation() if validate else task


def forecaster(task: Task | Rolling, seed: int, **further: Any) -> Any:
    """Return the forecaster of a task, in a pipeline with the logarithm where its setting says."""
    from sktime.transformations.series.boxcox import LogTransformer

    from skrnn import GRUForecaster

    settings = {**SETTINGS[task.name.split()[0] if is_rolling(task) else task.name], **further}
    log = settings.pop("log", False)
    if is_rolling(task):
        settings["window_length"] = task.lookback
    settings |= {"early_stopping": False, "transform": None}
    model = GRUForecaster(horizon=task.horizon, random_state=seed, **settings)
    return LogTransformer() * model if log else model


def is_rolling(task: Task | Rolling) -> bool:
    """Return whether a task is forecast from every row of its test part."""
    return isinstance(task, Rolling)


def panel(series: list[np.ndarray]) -> pd.DataFrame:
    """Return series as a panel, numbered."""
    return pd.concat(
        {number: pd.DataFrame({"y": one}) for number, one in enumerate(series)},
        names=["series", "time"],
    )


def fit_and_forecast(task: Task | Rolling, seed: int) -> tuple[Any, Any]:
    """Return the fitted forecaster and its forecasts, as `score` takes them."""
    model = forecaster(task, seed)
    ahead = np.arange(1, task.horizon + 1)
    if not is_rolling(task):
        model.fit(panel(task.train), fh=ahead)
        return model, list(model.predict()["y"].to_numpy().reshape(-1, task.horizon))
    y = pd.DataFrame(task.values[: task.test.stop])
    model.fit(y[: task.n_train], fh=ahead)
    forecasts = model.backtest(y[task.n_train :], start=task.test.start - 1)
    return model, forecasts.to_numpy().reshape(-1, task.horizon, y.shape[1])


def measured(task: Task | Rolling, seeds: int, validate: bool) -> list[dict[str, Any]]:
    """Return a row of results for each seed, for their mean forecast, and for the baselines.

    The linear baseline chooses its own setting before the test part; a validation part leaves
    it nothing to choose on.
    """
    warnings.filterwarnings("ignore", message="The default of config", category=FutureWarning)
    rows, forecasts = [], []
    if is_rolling(task) and task.horizon > HORIZONS[0]:
        seeds = 1
    for seed in range(seeds):
        began = time.perf_counter()
        model, made = fit_and_forecast(task, seed)
        seconds = time.perf_counter() - began
        forecasts.append(made)
        rows.append(row(task, "GRUForecaster", seed, made, seconds, n_parameters(model)))
    if seeds > 1:
        together = np.mean(np.asarray(forecasts), axis=0)
        seconds, size = (sum(one[key] for one in rows) for key in ("seconds", "parameters"))
        rows.append(row(task, ENSEMBLE, "all", together, seconds, size))
    baselines = {"linear direct": linear_direct, "seasonal naive": seasonal_naive}
    if validate:
        del baselines["linear direct"]
    for name, baseline in baselines.items():
        began = time.perf_counter()
        made = baseline(task)
        rows.append(row(task, name, "-", made, time.perf_counter() - began, None))
    if task.name in CALIBRATION:
        rows.append(intervals(task, 0))
    return rows


def row(
    task: Task | Rolling, method: str, seed: Any, made: Any, seconds: float, size: int | None
) -> dict[str, Any]:
    """Return a row of results: measures of the forecasts, seconds, number of parameters."""
    made = made if is_rolling(task) else list(made)
    measures = {name: round(value, 4) for name, value in score(task, made).items()}
    kept = {"seconds": round(seconds, 1), "parameters": size}
    return {"task": task.name, "method": method, "seed": seed, **measures, **kept}


def intervals(task: Task, seed: int) -> dict[str, Any]:
    """Return the coverage of calibrated intervals, from a fit of its own, on the test part."""
    began = time.perf_counter()
    model = forecaster(task, seed, calibration=CALIBRATION[task.name])
    model.fit(panel(task.train), fh=np.arange(1, task.horizon + 1))
    made = list(model.predict()["y"].to_numpy().reshape(-1, task.horizon))
    bounds = model.predict_interval(coverage=COVERAGE).to_numpy().reshape(-1, task.horizon, 2)
    found = row(task, CALIBRATED, seed, made, time.perf_counter() - began, n_parameters(model))
    return found | {"coverage": round(coverage(task.test, bounds[..., 0], bounds[..., 1]), 4)}


def n_parameters(model: Any) -> int:
    """Return the number of weights of a forecaster, or of the one in a pipeline."""
    fitted = getattr(model, "forecaster_", model)
    return int(sum(weight.size for weight in fitted.weights_))


def write(rows: list[dict[str, Any]], folder: Path, options: str) -> None:
    """Write the rows as a csv file and, with the published figures, as a page."""
    columns = ["task", "method", "seed", *MEASURES, "coverage", "seconds", "parameters"]
    write_rows(folder / "forecasting.csv", columns, rows)
    parts = []
    for name in dict.fromkeys(one["task"] for one in rows):
        of_task = [one for one in rows if one["task"] == name]
        parts += [f"## {name}", results_table(name, of_task)]
    text = page(
        "Forecasts and published figures",
        [command(__file__, options)],
        INTRODUCTION,
        *parts,
        "## Settings",
        f"```json\n{json.dumps(SETTINGS, indent=2)}\n```",
    )
    write_page(folder / "forecasting.md", text)


def results_table(name: str, rows: list[dict[str, Any]]) -> str:
    """Return the table of one task: ours, the baselines, the published ones."""
    measures = [m for m in [*MEASURES, "coverage"] if any(m in one for one in rows)]
    lines: list[list[Any]] = []
    for method in dict.fromkeys(one["method"] for one in rows):
        same = [one for one in rows if one["method"] == method]
        cells = [
            mean_and_deviation(values) if values else None
            for values in ([one[m] for one in same if m in one] for m in measures)
        ]
        seconds = mean_and_deviation([one["seconds"] for one in same], places=1)
        title = method if len(same) == 1 else f"{method}, mean of {len(same)} seeds"
        lines.append([title, *cells, seconds, same[0]["parameters"]])
    for source, figures in PUBLISHED.get(name, {}).items():
        lines.append([f"published: {source}", *(figures.get(m) for m in measures), None, None])
    return table(["", *measures, "seconds", "parameters"], lines)


def main() -> None:
    """Measure the given tasks, several at a time, and write or print the results."""
    parser = Parser(__doc__, "data", "results", "jobs", "validate", seeds=3)
    parser.add_argument("--tasks", nargs="*", default=None, help="names, or beginnings of them")
    args = parser.parse_args()
    data = parser.data_folder(args, "m4", "nn5", "ETTh1.csv.gz")
    chosen = [
        task
        for task in tasks(data, validate=args.validate)
        if args.tasks is None or any(task.name.startswith(name) for name in args.tasks)
    ]
    done: dict[str, list[dict[str, Any]]] = {}
    calls = [(task, args.seeds, args.validate) for task in chosen]
    for (measured_task, *_), found in in_processes(measured, calls, args.jobs):
        name = measured_task.name
        print(f"\n{name}\n" + results_table(name, found), flush=True)
        done[name] = found
        rows = [one for task in chosen for one in done.get(task.name, [])]
        if not args.validate and args.tasks is None:
            write(rows, args.results, f"--seeds {args.seeds}")


if __name__ == "__main__":
    main()
