"""Measure training over processes: milliseconds and bytes of a step of one model.

``python benchmarks/speed/processes.py`` compares one process with one and with two CPU devices, and
two processes of one device each, which sum their gradients as one vector, or array by array for
comparison. All fits are checked to have equal losses. It writes ``results/processes.md``.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # folder of common.py

from common import Parser, command, page, table, write_page

from skrnn import GRURegressor, distributed
from skrnn.distributed import fitting

STEPS, FEATURES, N_BATCHES = 120, 14, 4

#: Epochs of two fits, whose difference in time is that of the training steps alone.
FEW, MANY = 1, 6

#: Units and batch size.
WORKLOADS = [(32, 64), (32, 256), (128, 256)]

#: Processes, devices of each, and whether each array is summed by itself.
WAYS = {
    "1 process, 1 device": (1, 1, False),
    "1 process, 2 devices": (1, 2, False),
    "2 processes": (2, 1, False),
    "2 processes, array by array": (2, 1, True),
}

#: Repetitions in a start; the fastest counts.
REPEATS = 3

Result = dict[tuple[int, int], dict[str, Any]]


class Measurement:
    """Estimator that measures the steps of others, in each of the processes.

    Parameters
    ----------
    workloads : list of tuple
        Units and batch sizes.
    by_array : bool
        Sum each array by itself.
    """

    def __init__(self, workloads: Sequence[tuple[int, int]], *, by_array: bool) -> None:
        self.workloads = workloads
        self.by_array = by_array
        self.results: Result = {}

    def fit(self) -> Measurement:
        """Measure."""
        import jax

        from skrnn.engine.jax_devices import AXIS, DataParallel

        if self.by_array:
            DataParallel.summed = lambda _, values: jax.lax.psum(values, AXIS)
        self.results = {workload: measured(*workload) for workload in self.workloads}
        return self


def measured(units: int, batch_size: int) -> dict[str, Any]:
    """Return the times of a step in this process, the bytes that all send, and the losses."""
    X = np.random.default_rng(0).normal(size=(N_BATCHES * batch_size, STEPS, FEATURES))
    y = X[:, -20:, 0].mean(axis=1)
    settings = {"units": units, "batch_size": batch_size, "random_state": 0}

    def fitted(epochs: int) -> tuple[NDArray[np.float64], GRURegressor]:
        before = counters()
        model = GRURegressor(epochs=epochs, **settings).fit(X, y)
        return counters() - before, model

    fitted(1)  # compiles
    few = np.min([fitted(FEW)[0] for _ in range(REPEATS)], axis=0)
    runs = [fitted(MANY) for _ in range(REPEATS)]
    many, model = np.min([run[0] for run in runs], axis=0), runs[0][1]
    seconds, cpu_seconds, n_bytes = (many - few) / ((MANY - FEW) * N_BATCHES)
    return {
        "ms": 1000 * seconds,
        "CPU ms": 1000 * cpu_seconds,
        "bytes": n_bytes,
        "weights": model.n_parameters_,
        "losses": model.history_["loss"][:5],
    }


def counters() -> NDArray[np.float64]:
    """Return the time, the CPU time, and the bytes that this machine has sent to itself."""
    sent = psutil.net_io_counters(pernic=True)["lo"].bytes_sent
    return np.array([time.perf_counter(), time.process_time(), sent])


def run(way: str, workloads: Sequence[tuple[int, int]]) -> Result:
    """Measure in new processes."""
    n_processes, n_devices, by_array = WAYS[way]
    fitting.N_DEVICES = n_devices
    measurement = Measurement(workloads, by_array=by_array)
    return distributed.fit(measurement, n_processes=n_processes).results


def rows(results: Mapping[str, Sequence[Result]], workload: tuple[int, int]) -> list[list[Any]]:
    """Return the rows of a workload, and check that all ways had the same losses."""
    expected = results["1 process, 1 device"][0][workload]["losses"]
    found = []
    for way, runs in results.items():
        of_runs = [one[workload] for one in runs]
        apart = max(np.abs(np.subtract(one["losses"], expected)).max() for one in of_runs)
        assert apart < 1e-5, f"{way}: losses differ by {apart}"
        names = ("ms", "CPU ms", "bytes")
        ms, cpu_ms, n_bytes = (median(one[name] for one in of_runs) for name in names)
        n = WAYS[way][0]
        traffic = "-" if n == 1 else round(n_bytes / n)
        found.append([way, f"{ms:.1f}", f"{n * cpu_ms:.1f}", traffic, f"{apart:.0e}"])
    return found


def main() -> None:
    parser = Parser(__doc__, "quick", "results", rounds=2)
    options = parser.parse_args()
    workloads = WORKLOADS[:1] if options.quick else WORKLOADS
    n_rounds = 1 if options.quick else options.rounds
    results: dict[str, list[Result]] = {way: [] for way in WAYS}
    for _ in range(n_rounds):
        for way, runs in results.items():
            runs.append(run(way, workloads))
    header = ["", "ms per step", "CPU ms", "bytes sent by a process", "losses apart by at most"]
    parts = []
    for units, size in workloads:
        n_weights = results["2 processes"][0][units, size]["weights"]
        title = f"## GRU of {units} units, batches of {size}\n\n"
        title += f"{n_weights} weights: a gradient of {4 * n_weights} bytes.\n\n"
        parts.append(title + table(header, rows(results, (units, size))))
        print(parts[-1], end="\n\n", flush=True)
    if not options.quick:
        notes = [
            f"Sequences of {STEPS} steps and {FEATURES} features, {N_BATCHES} batches per epoch",
            f"Median of {n_rounds} rounds in turn; in each, the fastest of {REPEATS} fits of "
            f"{MANY} epochs less the fastest of {FEW}",
            "CPU times: those of process 0, multiplied by the number of processes",
            "Losses: those of the first five epochs, compared with one process and one device",
            "The machine was also doing other work",
            command(__file__),
        ]
        text = page("One model in several processes", notes, *parts)
        write_page(options.results / "processes.md", text)


if __name__ == "__main__":
    main()
