"""Memory of a fit on windows, on each backend, compared with the size of the windows.

Two cases, each in a process of its own: a series of 420,000 x 14 float32 numbers in memory with
windows of 120 rows, and a file of 4 GB, mapped and not read, with a window every 1,000 rows.
Reported is the maximum private (anonymous) memory during ``fit`` above that before it,
after Keras and the backend were imported, so that it counts building and compiling the network;
pages of the mapped file are not private, since the system drops them when it wants to. Batches
have 256 windows: the activations that training keeps grow with them.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # folder of common.py

from common import Parser, command, page, table, write_page

N_FEATURES, WINDOW = 14, 120
BACKENDS = ("jax", "tensorflow", "torch")
CASES = {
    "in memory": {"n_rows": 420_000, "stride": 1},
    "4 GB file": {"n_rows": 2**32 // (4 * N_FEATURES), "stride": 1_000},
}


def private_memory() -> float:
    """Return the anonymous memory of this process in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) / 1e3
    raise OSError("/proc/self/status does not tell RssAnon; this script needs Linux.")


class Peak:
    """Monitor the private memory of this process in a separate thread."""

    def __enter__(self) -> Peak:
        self.before = self.peak = private_memory()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.002):
            self.peak = max(self.peak, private_memory())


def make_file(path: Path, n_rows: int) -> None:
    """Write a random walk of n_rows x 14 float32 numbers, a block at a time."""
    generator = np.random.default_rng(0)
    with path.open("wb") as file:
        for first in range(0, n_rows, 2**18):
            shape = min(2**18, n_rows - first), N_FEATURES
            file.write(generator.standard_normal(shape, dtype=np.float32).tobytes())


def fit_once(case: str, path: Path) -> dict[str, Any]:
    """Fit one epoch in this process and return its memory."""
    from skrnn import GRURegressor, make_windows
    from skrnn._backend import load_keras

    settings = CASES[case]
    series = np.memmap(path, dtype=np.float32, mode="r").reshape(-1, N_FEATURES)
    if case == "in memory":
        series = np.array(series[: settings["n_rows"]])
    load_keras()
    began = time.perf_counter()
    with Peak() as memory:
        X, y = make_windows(
            series, series[:, 0], window_length=WINDOW, stride=settings["stride"], delay=24
        )
        GRURegressor(epochs=1, batch_size=256, random_state=0).fit(X, y)
    return {
        "windows": len(X),
        "windows_mb": X.dtype.itemsize * np.prod(X.shape, dtype=float) / 1e6,
        "series_mb": series.nbytes / 1e6,
        "peak_mb": memory.peak - memory.before,
        "seconds": time.perf_counter() - began,
    }


def main() -> None:
    parser = Parser(__doc__, "results")
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=BACKENDS)
    parser.add_argument("--cases", nargs="+", choices=list(CASES), default=list(CASES))
    parser.add_argument("--folder", type=Path, default=None, help="where 4 GB may lie meanwhile")
    parser.add_argument("--one", nargs=2, metavar=("CASE", "FILE"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(fit_once(args.one[0], Path(args.one[1]))))
        return
    rows = []
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        path = Path(folder) / "series.f32"
        make_file(path, max(CASES[case]["n_rows"] for case in args.cases))
        for case in args.cases:
            for backend in args.backends:
                if importlib.util.find_spec(backend) is None:
                    rows.append([case, backend, "not installed", *[None] * 4])
                    continue
                worker = [sys.executable, __file__, "--one", case, str(path)]
                output = subprocess.run(
                    worker,
                    env=os.environ | {"KERAS_BACKEND": backend},
                    stdout=subprocess.PIPE,
                    text=True,
                    check=True,
                ).stdout
                found = json.loads(output.splitlines()[-1])
                numbers = [f"{found[key]:,.0f}" for key in list(found)[:4]]
                rows.append([case, backend, *numbers, f"{found['seconds']:.0f}"])
                print(*rows[-1], flush=True)
    header = ["series", "backend", "windows", "as an array, MB", "series, MB", "peak growth, MB"]
    measured = table([*header, "seconds"], rows)
    print(f"\n{measured}")
    if len(args.backends) == len(BACKENDS) and len(args.cases) == len(CASES):
        text = page("Memory of a fit on windows", [command(__file__)], measured)
        write_page(args.results / "windows_memory.md", text)


if __name__ == "__main__":
    main()
