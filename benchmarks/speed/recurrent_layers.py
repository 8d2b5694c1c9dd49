"""CPU seconds of an epoch of LSTM, MinGRU and SLSTM relative to GRU with the same settings.

Each has one or two layers of 32 units and learns from windows of 144 steps and 14 features, 256 at
a time; an epoch is a whole ``fit``. All run in turn, and the ratio of each round counts.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from statistics import median

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # folder of common.py

from common import Parser, command, page, table, write_page

from skrnn import SequenceRegressor, make_windows, networks

KINDS = (networks.GRU, networks.LSTM, networks.MinGRU, networks.SLSTM)
UNITS = 32
WINDOW, FEATURES, BATCH, BATCHES = 144, 14, 256, 40


def cpu_seconds(model: SequenceRegressor, X: object, y: object) -> float:
    """Return the CPU seconds of a fit, of all threads together."""
    began = time.process_time()
    model.fit(X, y)
    return time.process_time() - began


def compare(n_layers: int, X: object, y: object, rounds: int) -> list[list[str]]:
    """Return a row for each network of so many layers: median seconds, and GRU's in units of it."""
    shared = {"epochs": 1, "batch_size": BATCH, "linear_skip": False, "random_state": 0}
    models = [
        SequenceRegressor(network=kind(units=UNITS, n_layers=n_layers), **shared) for kind in KINDS
    ]
    for model in models:
        model.fit(X, y)  # compiles
    seconds = [[cpu_seconds(model, X, y) for model in models] for _ in range(rounds)]
    rows = []
    for kind, own in zip(KINDS, zip(*seconds, strict=True), strict=True):
        ratios = [of_all[0] / of_it for of_all, of_it in zip(seconds, own, strict=True)]
        spread = f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        rows.append([kind.__name__, f"{n_layers} x {UNITS}", f"{median(own):.2f}", spread])
    return rows


def main() -> None:
    """Time all in turn."""
    parser = Parser(__doc__, "results", "quick", rounds=11)
    args = parser.parse_args()
    rounds, n_batches = (1, 2) if args.quick else (args.rounds, BATCHES)
    draws = np.random.default_rng(0).normal(size=(n_batches * BATCH + WINDOW - 1, FEATURES))
    rows = draws.astype(np.float32)
    X, y = make_windows(rows, rows[:, 0], window_length=WINDOW)
    cells = [row for n_layers in (1, 2) for row in compare(n_layers, X, y, rounds)]
    result = table(["network", "units", "CPU seconds", "GRU's / its own"], cells)
    print(result)
    if not args.quick:
        notes = (
            command(__file__) + "; seed 0",
            f"CPU seconds of an epoch of {n_batches} batches, {BATCH} windows of {WINDOW} steps "
            f"and {FEATURES} features each; medians of {rounds} rounds, smallest and largest ratio",
        )
        write_page(
            args.results / "recurrent_layers.md",
            page("An epoch of recurrent networks", notes, result),
        )


if __name__ == "__main__":
    main()
