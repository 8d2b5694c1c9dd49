"""Data of speed.py: the same arrays for all libraries, from the same seeds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FILE = "jena_hourly.csv.gz"
WINDOW = 120
HOURS_AHEAD = 24

#: Learning rate of Adam and norm of gradient clipping, the same for all libraries.
LEARNING_RATE = 1e-3
GREATEST_NORM = 1.0

#: The candidates of a search, 2 x 2 x 2; each is fitted on three folds.
GRID = {"learning_rate": [0.003, 0.01], "dropout": [0.1, 0.3], "units": [16, 32]}
N_FOLDS = 3


def small_sequences(n: int = 160) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return sequences of 24 steps of three features, and the mean of the first as target."""
    X = np.random.default_rng(0).normal(size=(n, 24, 3)).astype(np.float32)
    return X, X[:, :, 0].mean(axis=1)


def series(task: dict[str, Any]) -> NDArray[np.float32]:
    """Return the hourly rows of Jena, 14 standardized features, the temperature first.

    They are the file's 12 columns, and sine and cosine of the hour of the day.
    """
    table = pd.read_csv(Path(task["data"]) / FILE, index_col="Date Time").to_numpy(np.float64)
    hours = 2 * np.pi * np.arange(len(table)) / 24
    table = np.column_stack([table, np.sin(hours), np.cos(hours)])
    return ((table - table.mean(axis=0)) / table.std(axis=0)).astype(np.float32)


def rows_for(n_windows: int, n_steps: int = WINDOW) -> int:
    """Return the length of a series with this many windows and targets 24 hours later."""
    return n_windows + n_steps + HOURS_AHEAD - 1


def window_array(
    task: dict[str, Any], n: int | None = None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return windows (n, n_steps, 14) as an array of their own, and the temperature to come.

    Windows beyond those that the series has are its first ones again.
    """
    rows, length = series(task), task.get("n_steps", WINDOW)
    wanted = task["n_windows"] if n is None else n
    all_windows = np.lib.stride_tricks.sliding_window_view(rows, length, axis=0)
    starts = np.arange(wanted) % (len(rows) - length - HOURS_AHEAD + 1)
    X = np.ascontiguousarray(all_windows[starts].transpose(0, 2, 1))
    return X, rows[starts + length + HOURS_AHEAD - 1, 0]
