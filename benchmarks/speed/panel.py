"""CPU time and memory of forecasts of panels, by the number of series.

Each series has 60 months. ``GRUForecaster`` of 8 units is fitted for one epoch and for two, whose
difference is an epoch; the rest of a fit is called reading here: series are read, scaled and laid
out as windows. Then all series are forecast. Each number of series has a process of its own.
"""

from __future__ import annotations

import resource
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # folder of common.py

from common import Parser, command, in_processes, page, table, write_page

N_TIMES = 60
#: From this number of series on, the time to compile is negligible.
MANY = 1_000_000
#: Parameters besides the number of epochs: without smoothing, and with default parameters.
SETTINGS: dict[str, dict[str, Any]] = {
    "plain windows": {
        "window_length": 24,
        "horizon": 6,
        "differences": None,
        "segment_length": None,
        "transform": None,
        "early_stopping": False,
        "batch_size": 1024,
    },
    "default parameters": {},
}
#: Numbers of series of each setting.
NUMBERS = {
    "plain windows": (1_000, 10_000, 100_000, MANY),
    "default parameters": (1_000, 10_000, 100_000),
}


def panel(n: int) -> pd.DataFrame:
    """Return random walks, indexed by the number of a series and its months."""
    values = np.random.default_rng(0).normal(size=(n, N_TIMES)).cumsum(axis=1)
    months = pd.period_range("2020-01", periods=N_TIMES, freq="M")
    index = pd.MultiIndex.from_product([np.arange(n), months], names=["series", "month"])
    return pd.DataFrame({"y": values.ravel()}, index=index)


def megabytes() -> float:
    """Return the peak memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(setting: str, n: int) -> dict[str, float]:
    """Return CPU milliseconds of each series, and the peak memory beyond that of a small fit."""
    from skrnn import GRUForecaster

    warnings.filterwarnings("ignore", category=FutureWarning)  # of sktime, about its own defaults
    model = GRUForecaster(units=8, random_state=0, **SETTINGS[setting])
    y, ahead = panel(n), np.arange(1, 7)
    model.set_params(epochs=1).fit(y[: 200 * N_TIMES], fh=ahead).predict()  # compiles
    before, seconds = megabytes(), []
    for epochs in (1, 2) if n >= MANY else (1, 1, 2):  # the first fit of this size compiles
        began = time.process_time()
        model.set_params(epochs=epochs).fit(y, fh=ahead)
        seconds.append(time.process_time() - began)
    began = time.process_time()
    model.predict()
    seconds.append(time.process_time() - began)
    one, two, predicted = (1000 * each / n for each in seconds[-3:])
    epoch = two - one
    return {"read": one - epoch, "epoch": epoch, "predict": predicted, "MB": megabytes() - before}


def main() -> None:
    """Measure all settings and numbers of series."""
    parser = Parser(__doc__, "results", "quick")
    args = parser.parse_args()
    rows = []
    for call in ((name, n) for name in SETTINGS for n in ((300,) if args.quick else NUMBERS[name])):
        ((_, found),) = in_processes(measure, [call], 1)
        rows.append([*call, *found.values()])
        print(*rows[-1], flush=True)
    header = ["setting", "series", "reading", "an epoch", "forecasts", "MB beyond a small fit"]
    result = table(header, rows)
    print(result)
    if not args.quick:
        notes = (
            command(__file__) + "; seed 0",
            "CPU milliseconds of each series; one process with one thread",
        )
        write_page(args.results / "panel.md", page("Panels of many series", notes, result))


if __name__ == "__main__":
    main()
