"""Forecasters with default parameters, compared with simple methods in the same run.

M3 (monthly, quarterly, yearly), M4 hourly and NN5 are panels, whose ends are the test set. ETTh1 is
forecast from every row of its test set, with `window_length` as the only argument. The series that
sktime ships are forecast from eight cutoffs each. The last value, the seasonal naive forecast and
Theta (sktime) are fitted to all but ETTh1, AutoETS (sktime) to the single series, and a linear
direct forecast to M4 hourly, NN5 and ETTh1. The baselines are given the season; the forecaster has
to find it.

With ``--validate``, the part before the test set is forecast instead, and nothing is written;
the single series have no such part.
"""

from __future__ import annotations

import gzip
import json
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

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
from forecasting import panel
from forecasting_tasks import (
    Floats,
    Rolling,
    Task,
    coverage,
    etth1,
    linear_direct,
    m4_hourly,
    nn5,
    score,
    seasonal_naive,
)

OURS = "GRUForecaster"
COLUMNS = ["task", "method", "seed", "measure", "value", "coverage", "cpu_seconds"]

#: Period, horizon and season of the parts of M3.
M3 = {"M3 monthly": ("M", 18, 12), "M3 quarterly": ("Q", 8, 4), "M3 yearly": ("Y", 6, 1)}
#: Season and horizon of the single series.
SINGLE = {
    "airline": (12, 12),
    "lynx": (1, 8),
    "shampoo": (12, 6),
    "PBS": (12, 12),
    "uschange": (4, 8),
    "solar": (48, 24),
    "longley": (1, 2),
}
N_CUTOFFS = 8
ETTH1 = ((96, 96), (336, 720))
BASELINES = ("last value", "seasonal naive", "Theta", "AutoETS")


def m3(folder: Path, name: str) -> Task:
    """Return the series of one period of the M3 competition."""
    period, horizon, season = M3[name]
    with gzip.open(folder / "m3" / "M3.jsonl.gz", "rt") as file:
        rows = [json.loads(line) for line in file]
    kept = [row for row in rows if row["st"].startswith(period) or row["period"][0] == period]
    series = [np.array([*row["x"], *row["xx"]], dtype=float) for row in kept]
    return Task(name, series, horizon, season)


def task_of(folder: Path, name: str, validate: bool) -> Task | Rolling:
    """Return a panel, or ETTh1, by its name."""
    if name in M3:
        found: Task | Rolling = m3(folder, name)
    elif name.startswith("ETTh1"):
        lookback, horizon = (int(n) for n in name.removeprefix("ETTh1 ").split(" -> "))
        found = etth1(folder, lookback, horizon)
    else:
        found = {"M4 hourly": m4_hourly, "NN5 daily": nn5}[name](folder)
    return found.validation() if validate else found


def single(name: str) -> Floats:
    """Return the values of a series that sktime ships; of several columns the first."""
    from sktime import datasets

    loaders = {"PBS": "load_PBS_dataset", "shampoo": "load_shampoo_sales"}
    loaded = getattr(datasets, loaders.get(name, f"load_{name}"))()
    y = loaded[0] if isinstance(loaded, tuple) else loaded
    values = np.asarray(y, dtype=float)
    return values if values.ndim == 1 else values[:, 0]


def theta(values: Floats, horizon: int, season: int) -> Floats:
    """Return the forecast of the Theta method, with additive seasons if a value is not positive."""
    from sktime.forecasting.theta import ThetaForecaster
    from sktime.transformations.series.detrend import Deseasonalizer

    is_seasonal = season > 1 and len(values) >= 2 * season
    model = "multiplicative" if values.min() > 0 else "additive"
    deseasonalize = Deseasonalizer(sp=season, model=model) if is_seasonal else False
    forecaster = ThetaForecaster(sp=season if is_seasonal else 1, deseasonalize=deseasonalize)
    return np.ravel(forecaster.fit(pd.Series(values), fh=range(1, horizon + 1)).predict())


def auto_ets(values: Floats, horizon: int, season: int) -> Floats:
    """Return the forecast of AutoETS, without seasons of more than 24 steps."""
    from sktime.forecasting.ets import AutoETS

    sp = season if season <= 24 and len(values) >= 2 * season else 1
    forecaster = AutoETS(auto=True, sp=sp)
    return np.ravel(forecaster.fit(pd.Series(values), fh=range(1, horizon + 1)).predict())


def repeated(values: Floats, horizon: int, season: int) -> Floats:
    """Return the last season, repeated."""
    return values[-season:][np.arange(horizon) % season]


SIMPLE: dict[str, Callable[[Floats, int, int], Floats]] = {
    "last value": lambda values, horizon, _: repeated(values, horizon, 1),
    "seasonal naive": repeated,
    "Theta": theta,
    "AutoETS": auto_ets,
}


def of_panel(task: Task, method: str, seed: int) -> tuple[Any, float | None]:
    """Return the forecasts of the series of a panel, and the coverage of 90 % intervals."""
    from skrnn import GRUForecaster

    if method == "linear direct":
        return linear_direct(task), None
    if method == "seasonal naive":
        return seasonal_naive(task), None
    if method in SIMPLE:
        filled = [pd.Series(train).ffill().bfill().to_numpy() for train in task.train]
        made = [SIMPLE[method](train, task.horizon, task.seasonality) for train in filled]
        return np.array(made), None
    model = GRUForecaster(random_state=seed)
    model.fit(panel(task.train), fh=np.arange(1, task.horizon + 1))
    made = model.predict()["y"].to_numpy().reshape(-1, task.horizon)
    bounds = model.predict_interval(coverage=0.9).to_numpy().reshape(-1, task.horizon, 2)
    return made, coverage(task.test, bounds[..., 0], bounds[..., 1])


def of_rolling(task: Rolling, method: str, seed: int) -> Any:
    """Return the forecasts of all windows of ETTh1."""
    from skrnn import GRUForecaster

    if method == "linear direct":
        return linear_direct(task)
    if method == "seasonal naive":
        return seasonal_naive(task)
    y = pd.DataFrame(task.values[: task.test.stop])
    model = GRUForecaster(window_length=task.lookback, random_state=seed)
    model.fit(y[: task.n_train], fh=np.arange(1, task.horizon + 1))
    forecasts = model.backtest(y[task.n_train :], start=task.test.start - 1)
    return forecasts.to_numpy().reshape(-1, task.horizon, y.shape[1])


def of_single(name: str, method: str, seed: int) -> tuple[float, float | None]:
    """Return the mean absolute error over the cutoffs of a series, and the mean coverage."""
    from skrnn import GRUForecaster

    values, (season, horizon) = single(name), SINGLE[name]
    first = max(int(0.6 * len(values)), len(values) - horizon - 4 * N_CUTOFFS)
    errors, covered = [], []
    for cutoff in np.unique(np.linspace(first, len(values) - horizon, N_CUTOFFS).astype(int)):
        train, truth = values[:cutoff], values[cutoff : cutoff + horizon]
        if method == OURS:
            model = GRUForecaster(random_state=seed)
            made = np.ravel(model.fit(pd.Series(train), fh=range(1, horizon + 1)).predict())
            low, high = model.predict_interval(coverage=0.9).to_numpy().T
            covered.append(np.mean((low <= truth) & (truth <= high)))
        else:
            made = SIMPLE[method](train, horizon, season)
        errors.append(np.abs(made - truth).mean())
    return statistics.fmean(errors), statistics.fmean(covered) if covered else None


def measure(folder: Path, name: str, method: str, seed: int, validate: bool) -> list[dict]:
    """Return rows of the measures of a method on a task."""
    warnings.filterwarnings("ignore", module="sktime|statsmodels")
    warnings.filterwarnings("ignore", message="y has .* observed times, too few")
    start = time.process_time()
    share: float | None = None
    if name in SINGLE:
        error, share = of_single(name, method, seed)
        figures = {"MAE": error}
    else:
        task = task_of(folder, name, validate)
        if isinstance(task, Rolling):
            made = of_rolling(task, method, seed)
        else:
            made, share = of_panel(task, method, seed)
        figures = score(task, made if isinstance(task, Rolling) else list(made))
    seconds = time.process_time() - start
    whole = {"task": name, "method": method, "seed": seed, "cpu_seconds": f"{seconds:.1f}"}
    whole["coverage"] = "" if share is None else f"{share:.4f}"
    return [whole | {"measure": key, "value": f"{value:.6g}"} for key, value in figures.items()]


def methods_of(name: str) -> tuple[str, ...]:
    """Return the methods that are tried on a task."""
    if name in SINGLE:
        return (OURS, *BASELINES)
    if name.startswith("ETTh1"):
        return (OURS, "seasonal naive", "linear direct")
    linear = () if name in M3 else ("linear direct",)
    return (OURS, *BASELINES[:3], *linear)


def found(rows: list[dict[str, Any]], column: str, **wanted: str) -> list[float]:
    """Return the figures of a column in the rows that have the wanted values."""
    return [
        float(row[column])
        for row in rows
        if row[column] not in (None, "") and all(row[k] == v for k, v in wanted.items())
    ]


def tables(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the tables of panels and of single series."""
    names = list(dict.fromkeys(row["task"] for row in rows))
    lines = []
    for name in (one for one in names if one not in SINGLE):
        measures = dict.fromkeys(row["measure"] for row in rows if row["task"] == name)
        for method in methods_of(name):
            of_it = {"task": name, "method": method}
            values = [found(rows, "value", measure=m, **of_it) for m in measures]
            if not values[0]:
                continue
            by_name = {m: statistics.fmean(v) for m, v in zip(measures, values, strict=True)}
            figures = [by_name.get(m) for m in ("MASE", "OWA", "MSE")]
            spread = statistics.stdev(values[-1]) if len(values[-1]) > 1 else None
            share = found(rows, "coverage", **of_it)
            cells = [*figures, spread, statistics.fmean(share) if share else None]
            lines.append([name, method, *cells, found(rows, "cpu_seconds", **of_it)[0]])
    header = ["", "", "MASE", "OWA", "MSE", "± of the last metric", "coverage of 90 %", "CPU s"]
    yield "Means over the seeds:"
    yield table(header, lines)
    ratios = []
    for name in (one for one in names if one in SINGLE):
        means = {
            method: statistics.fmean(values)
            for method in methods_of(name)
            if (values := found(rows, "value", task=name, method=method))
        }
        best = min(means[method] for method in BASELINES if method in means)
        share = found(rows, "coverage", task=name, method=OURS)
        ratios.append([name, *(means[m] / best for m in methods_of(name)), statistics.fmean(share)])
    if ratios:
        whole = np.array([row[1:-1] for row in ratios], dtype=float)
        overall = ["geometric mean", *np.exp(np.log(whole).mean(axis=0)).tolist(), None]
        yield "Mean absolute errors over the cutoffs, relative to the best of the simple methods:"
        yield table(["series", OURS, *BASELINES, "coverage of 90 %"], [*ratios, overall])


def main() -> None:
    parser = Parser(__doc__, "data", "results", "jobs", "validate", seeds=3)
    rolling = [f"ETTh1 {lookback} -> {horizon}" for lookback, horizon in ETTH1]
    every = [*M3, "M4 hourly", "NN5 daily", *rolling, *SINGLE]
    parser.add_argument("--tasks", nargs="+", choices=every, default=every)
    args = parser.parse_args()
    data = parser.data_folder(args, "m3", "m4", "nn5", "ETTh1.csv.gz")
    path = args.results / "default_forecasters.csv"
    rows: list[dict[str, Any]] = [] if args.validate else list(read_rows(path))
    done = {(row["task"], row["method"], int(row["seed"])) for row in rows}
    calls = [
        (data, name, method, seed, args.validate)
        for name in args.tasks
        for method in methods_of(name)
        for seed in range(args.seeds if method == OURS else 1)
        if (name, method, seed) not in done and not (args.validate and method == "linear direct")
    ]
    for _, measured in in_processes(measure, calls, args.jobs):
        for row in measured:
            print(*(row[name] for name in COLUMNS), flush=True)
        rows += [{key: str(value) for key, value in row.items()} for row in measured]
        if not args.validate:
            write_rows(path, COLUMNS, rows)
    text = page(
        "Forecasters with default parameters",
        [seeds_note(args.seeds), command(__file__, f"--seeds {args.seeds} --jobs {args.jobs}")],
        __doc__.split("\n\n")[1],
        *tables(rows),
    )
    if not args.validate:
        write_page(args.results / "default_forecasters.md", text)
    print(text)


if __name__ == "__main__":
    main()
