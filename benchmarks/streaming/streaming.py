"""Time of a step of a stream, for one stream and for a thousand, and growth of memory.

Each time is the median over blocks of steps. The networks have 32 units or filters and a width of
8 features; they are labelers trained for one epoch, since the predictions do not matter here.
README's pipeline and a forecaster take named steps with their times.
"""

from __future__ import annotations

import gc
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # folder of common.py

from common import Parser, command, page, table, write_page

from skrnn import GRUForecaster, GRURegressor, SequenceLabeler, SlidingWindow, Stream, networks

N_FEATURES, N_STREAMS = 8, 1_000
NETWORKS = {
    "RNN 32": networks.RNN(units=32),
    "LSTM 32": networks.LSTM(units=32),
    "GRU 32": networks.GRU(units=32),
    "TCN 32, 4 blocks": networks.TCN(filters=32, n_blocks=4),
}

#: Steps before the first measurement of resident memory: the first steps fill caches.
WARM_UP = 10_000


def labeler(network: Any) -> SequenceLabeler:
    """Return a labeler that was trained a little."""
    X = np.random.default_rng(0).normal(size=(32, 20, N_FEATURES))
    model = SequenceLabeler(network=network, causal=True, epochs=1, random_state=0)
    return model.fit(X, X[:, :, 0] > 0)


def seconds_a_step(stream: Stream, steps: Any, n_blocks: int) -> float:
    """Return the median over blocks of the mean time of a step."""
    means = []
    for _ in range(n_blocks):
        began = time.perf_counter()
        for x in steps:
            stream.step(x)
        means.append((time.perf_counter() - began) / len(steps))
    return float(np.median(means))


def monthly(n: int, start: str = "1980-01-01") -> pd.DataFrame:
    """Return a series of months with a season."""
    values = np.sin(np.arange(n) * np.pi / 6) + 0.1 * np.random.default_rng(0).normal(size=n)
    return pd.DataFrame({"growth": values}, index=pd.date_range(start, periods=n, freq="MS"))


def pipeline() -> Stream:
    """Return a stream of README's pipeline: scaler, windows of 12 months, GRU of 8 units."""
    rows = monthly(240)
    model = make_pipeline(
        StandardScaler().set_output(transform="pandas"),
        SlidingWindow(12),
        GRURegressor(units=8, epochs=1, random_state=0),
    )
    return Stream(model.fit(rows, rows["growth"]))


def forecaster(**params: Any) -> Stream:
    """Return a stream of a forecaster of 12 months."""
    return Stream(
        GRUForecaster(epochs=1, random_state=0, **params).fit(monthly(240), fh=range(1, 13))
    )


def seconds_a_month(stream: Stream, n_steps: int) -> float:
    """Return the median CPU time of a step with a name and a time."""
    spent = []
    for time_of, row in monthly(n_steps, "2000-01-01")["growth"].items():
        began = time.process_time()
        stream.step({"growth": row}, time_of)
        spent.append(time.process_time() - began)
    return float(np.median(spent[50:]))


def growth(stream: Stream, n_steps: int) -> float:
    """Return how many MB of resident memory the process gained in ``n_steps`` steps."""
    process = psutil.Process()
    x = np.ones(N_FEATURES)
    before = 0
    for number in range(n_steps):
        if number == min(WARM_UP, n_steps // 10):
            gc.collect()
            before = process.memory_info().rss
        stream.step(x)
    gc.collect()
    return (process.memory_info().rss - before) / 1e6


def main() -> None:
    args = Parser(__doc__, "results", "quick").parse_args()
    n_blocks, n_steps = (3, 20_000) if args.quick else (21, 1_000_000)
    generator = np.random.default_rng(0)
    one = generator.normal(size=(500, N_FEATURES))
    many = generator.normal(size=(20, N_STREAMS, N_FEATURES))
    rows, models = [], {name: labeler(network) for name, network in NETWORKS.items()}
    for name, model in models.items():
        of_one = 1e6 * seconds_a_step(Stream(model), one, n_blocks)
        of_many = 1e3 * seconds_a_step(Stream(model, N_STREAMS), many, n_blocks)
        rows.append([name, f"{of_one:.0f}", f"{of_many:.2f}"])
        print(*rows[-1], flush=True)
    series = {
        "README's pipeline: StandardScaler, SlidingWindow(12), GRU 8": pipeline(),
        "GRUForecaster, window_length=24, units=8": forecaster(window_length=24, units=8),
        "GRUForecaster, window_length=24, units=32": forecaster(window_length=24),
        "GRUForecaster, nothing set: 60 steps, units=32": forecaster(),
    }
    n_months = 500 if args.quick else 2_000
    of_series = [
        [name, f"{1e6 * seconds_a_month(stream, n_months):.0f}"] for name, stream in series.items()
    ]
    gained = growth(Stream(models["GRU 32"]), n_steps)
    header = ["network", "one stream, µs per step", f"{N_STREAMS:,} streams, ms per step"]
    text = page(
        "Speed of streams",
        [
            command(__file__),
            "Seed: 0",
            f"Medians over {n_blocks} blocks of {len(one)} steps of one stream and of "
            f"{len(many)} of {N_STREAMS:,} streams; {N_FEATURES} features; labels, `predict`",
        ],
        table(header, rows),
        "CPU time of a step with its name and time, months after the fit (medians):",
        table(["model", "us per step"], of_series),
        f"Resident memory of the process over {n_steps:,} steps of GRU 32, after a warm-up: "
        f"{gained:+.2f} MB.",
    )
    print(text)
    if not args.quick:
        write_page(args.results / "streaming.md", text)


if __name__ == "__main__":
    main()
