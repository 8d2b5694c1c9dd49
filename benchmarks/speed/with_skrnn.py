"""Tasks of speed.py in skrnn. A network is a dict: its cell, its units and its layers."""

from __future__ import annotations

from typing import Any

import data
import numpy as np
from choice import Work, median_call

import skrnn

#: Parameters for the work of the other libraries alone: the given epochs, without ridge regression.
SAME_WORK: dict[str, Any] = {"early_stopping": False, "linear_skip": False, "random_state": 0}


def start(task: dict[str, Any]) -> None:
    """Make the settings that a user makes first."""
    if task.get("devices"):
        skrnn.set_config(cpu_devices=task["devices"])
    if task.get("cache"):
        skrnn.set_config(compilation_cache=task["cache"])


def regressor(task: dict[str, Any], **settings: Any) -> Any:
    """Return an estimator of the task's network, scaled data expected."""
    network = task["network"]
    if network["cell"] == "TCN":
        kind: Any = skrnn.TCNRegressor
        settings |= {"filters": network["units"], "kernel_size": 3, "n_blocks": 5}
    else:
        kind = getattr(skrnn, f"{network['cell']}Regressor")
        settings |= {"units": network["units"], "n_layers": network["layers"]}
    return kind(
        learning_rate=data.LEARNING_RATE,
        global_clipnorm=data.GREATEST_NORM,
        batch_size=task["batch_size"],
        scale_input=False,
        scale_target=False,
        **SAME_WORK,
        **settings,
    )


def search(task: dict[str, Any]) -> Work:
    """Search the grid; ``n_jobs`` processes at a time."""
    from search import grid_search

    start(task)
    model = skrnn.GRURegressor(epochs=task["epochs"], batch_size=32, **SAME_WORK)
    return grid_search(model, task.get("n_jobs"))


def epoch(task: dict[str, Any]) -> Work:
    """Train for one epoch: a whole ``fit``, from reading the windows to keeping the weights."""
    start(task)
    rows = data.series(task)
    n_rows = data.rows_for(task["n_windows"], task.get("n_steps", data.WINDOW))
    rows = np.resize(rows, (n_rows, rows.shape[1]))  # repeated where it is too short
    X, y = skrnn.make_windows(
        rows, rows[:, 0], window_length=task.get("n_steps", data.WINDOW), delay=data.HOURS_AHEAD
    )
    model = regressor(task, epochs=1)
    return lambda: model.fit(X, y)


def predict_one(task: dict[str, Any]) -> Work:
    """Predict one sequence, many times; the median of the calls counts."""
    start(task)
    X, y = data.window_array(task, n=256)
    model = regressor(task, epochs=1).fit(X, y)
    return lambda: median_call(lambda: model.predict(X[:1]), task["calls"])


def predict_many(task: dict[str, Any]) -> Work:
    """Predict all windows of an array."""
    start(task)
    X = np.load(task["windows"], mmap_mode="r")
    model = regressor(task, epochs=1).fit(X[:256], X[:256, -1, 0])
    return lambda: model.predict(X)


def first_fit(task: dict[str, Any]) -> Work:
    """Fit a small network for two epochs, in a process that did nothing before."""
    start(task)
    X, y = data.small_sequences()
    return lambda: skrnn.GRURegressor(units=16, epochs=2).fit(X, y)


def memory(task: dict[str, Any]) -> Work:
    """Return the growth of memory in MB over 200 fits, as the tests measure it."""
    import json
    import sys

    from common import ROOT

    sys.path.insert(0, str(ROOT))
    from tests.engine.measuring import started
    from tests.engine.test_memory import SCRIPT, growth

    def run() -> float:
        with started(SCRIPT, task["fits"]) as process:
            output, _ = process.communicate()
        return float(growth(json.loads(output)[0][10:]))

    return run
