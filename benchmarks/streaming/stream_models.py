"""CPU time of a step of streams of a pipeline and of forecasters, and of `predict` in its place.

Each new month has a name and a time. A stream takes it in a step; without one, the pipeline
predicts for the latest window of months, and the forecaster is updated without training and
predicts anew. Stream, `predict` and the stream of a network alone take turns of 50 months, and each
time is the median over months. All are trained for one epoch, since the predictions do not
matter here.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # folder of common.py

from common import Parser, command, page, table, write_page
from streaming import N_FEATURES, NETWORKS, labeler

from skrnn import GRUForecaster, GRURegressor, SlidingWindow, Stream

WINDOW, HORIZON, N_FITTED, BLOCK = 12, 12, 240, 50
FORECASTERS: dict[str, dict[str, Any]] = {
    "GRUForecaster, window_length=24, units=8": {"window_length": 24, "units": 8},
    "GRUForecaster, window_length=24": {"window_length": 24},
    "GRUForecaster with default parameters": {},
}

#: From a month, a series of one row, to a prediction.
Predict = Callable[[pd.Series], Any]


def months(n: int) -> pd.Series:
    """Return a series of months with a season."""
    values = np.sin(np.arange(n) * np.pi / 6) + 0.1 * np.random.default_rng(0).normal(size=n)
    return pd.Series(values, pd.date_range("1980-01-01", periods=n, freq="MS"), name="growth")


def stream_of(model: Any) -> Predict:
    """Return the step of a stream."""
    stream = Stream(model)
    return lambda month: stream.step({"growth": month.iloc[0]}, month.index[0])


def network() -> Predict:
    """Return the step of a stream of a network alone, for comparison."""
    stream, x = Stream(labeler(NETWORKS["GRU 32"])), np.ones(N_FEATURES)
    return lambda _: stream.step(x)


def pipeline(rows: pd.Series) -> tuple[Predict, Predict]:
    """Return the stream of README's pipeline, and its prediction for the latest window."""
    steps = (
        StandardScaler().set_output(transform="pandas"),
        SlidingWindow(WINDOW, incomplete="ignore"),  # only the last row is asked for
        GRURegressor(units=8, epochs=1, random_state=0),
    )
    model = make_pipeline(*steps).fit(rows[:N_FITTED].to_frame(), rows[:N_FITTED])

    def predict(month: pd.Series) -> Any:
        return model.predict(rows[: month.index[0]].iloc[-WINDOW:].to_frame())[-1]

    return stream_of(model), predict


def forecaster(rows: pd.Series, **params: Any) -> tuple[Predict, Predict]:
    """Return the stream of a forecaster, and its update and prediction."""
    model = GRUForecaster(epochs=1, random_state=0, **params)
    model.fit(rows[:N_FITTED], fh=range(1, HORIZON + 1))
    step = stream_of(model)  # which goes on from here

    def predict(month: pd.Series) -> Any:
        return model.update(month, update_params=False).predict()

    return step, predict


def microseconds(functions: list[Predict], rows: pd.Series) -> list[float]:
    """Return the median CPU time of each function for a month, in turns of a block of months."""
    spent: list[list[float]] = [[] for _ in functions]
    for first in range(N_FITTED, len(rows), BLOCK):
        for function, of_it in zip(functions, spent, strict=True):
            for number in range(first, first + BLOCK):
                month = rows.iloc[number : number + 1]
                began = time.process_time()
                function(month)
                of_it.append(1e6 * (time.process_time() - began))
    return [median(of_it[BLOCK:]) for of_it in spent]  # without the first block, which warms up


def main() -> None:
    args = Parser(__doc__, "results", "quick").parse_args()
    warnings.filterwarnings("ignore", category=FutureWarning)  # of sktime, about its own defaults
    n_blocks = 3 if args.quick else 11
    rows = months(N_FITTED + n_blocks * BLOCK)
    models = {"StandardScaler, SlidingWindow(12), GRURegressor(units=8)": pipeline(rows)}
    models |= {name: forecaster(rows, **params) for name, params in FORECASTERS.items()}
    lines, network_alone = [], network()
    for name, (step, predict) in models.items():
        one, whole, alone = microseconds([step, predict, network_alone], rows)
        cells = [f"{one:.0f}", f"{whole:.0f}", f"{alone:.0f}"]
        lines.append([name, *cells, f"{whole / one:.0f}", f"{one / alone:.1f}"])
        print(*lines[-1], flush=True)
    header = ["model", "step, µs", "predict, µs", "step of GRU 32 alone, µs"]
    header += ["predict / step", "step / step of GRU 32"]
    text = page(
        "Speed of streams of pipelines and forecasters",
        [command(__file__), "Seed: 0", f"Medians over {n_blocks - 1} blocks of {BLOCK} months"],
        table(header, lines),
    )
    print(text)
    if not args.quick:
        write_page(args.results / "stream_models.md", text)


if __name__ == "__main__":
    main()
