"""CPU time of a step of one stream, by `Stream` in numpy and by its file in ONNX Runtime.

Both run in this process, in turns, block by block, and each step of the file is a call of
``InferenceSession.run`` from Python with the states of the step before. The networks are those of
``streaming.py``. The largest difference of the probabilities over a thousand steps from those of
``predict_proba`` stands beside the times.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # folder of common.py

from common import Parser, command, page, table, write_page
from streaming import N_FEATURES, NETWORKS, labeler

from skrnn import Stream

#: Steps in a block, and of the comparison with the batch prediction.
N_STEPS = 1_000


class FileStream:
    """One stream by an ONNX file, with the states that its steps pass on.

    Parameters
    ----------
    path : path-like
        File that ``Stream.to_onnx`` wrote.
    """

    def __init__(self, path: Any) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(path, options)
        states = self._session.get_inputs()[2:]
        self._names = [one.name for one in states]
        self._given = {one.name: np.zeros((1, *one.shape[1:]), "float32") for one in states}
        self._given["reset"] = np.array([True])

    def step(self, x: Any) -> Any:
        """Process a step and return the label and its probabilities."""
        self._given["x"] = x[None]
        label, probabilities, *after = self._session.run(None, self._given)
        self._given = dict(zip(self._names, after, strict=True))
        self._given["reset"] = np.array([False])
        return label, probabilities


def seconds_a_step(step: Callable[[Any], Any], steps: Any) -> float:
    """Return the mean CPU time of a step of a block."""
    began = time.process_time()
    for x in steps:
        step(x)
    return (time.process_time() - began) / len(steps)


def main() -> None:
    args = Parser(__doc__, "results", "quick").parse_args()
    n_blocks = 3 if args.quick else 21
    steps = np.random.default_rng(0).normal(size=(N_STEPS, N_FEATURES)).astype("float32")
    rows = []
    for name, network in NETWORKS.items():
        model = labeler(network)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "step.onnx"
            Stream(model).to_onnx(path)
            ours, theirs = Stream(model), FileStream(path)
        found = np.array([theirs.step(x)[1][0] for x in steps])
        difference = np.abs(found - model.predict_proba(steps[None])[0]).max()
        times = [
            [seconds_a_step(one.step, steps) for one in (ours, theirs)] for _ in range(n_blocks)
        ]
        numpy_time, file_time = 1e6 * np.median(times, axis=0)
        rows.append([name, f"{numpy_time:.0f}", f"{file_time:.0f}", f"{difference:.1e}"])
        print(*rows[-1], flush=True)
    header = ["network", "`Stream`, CPU us per step", "ONNX Runtime, CPU us per step", "difference"]
    text = page(
        "Steps of streams in ONNX Runtime",
        [
            command(__file__),
            "Seed: 0",
            f"Medians over {n_blocks} blocks of {N_STEPS:,} steps of one stream, in turns; "
            f"{N_FEATURES} features; ONNX Runtime {onnxruntime.__version__} with one thread",
        ],
        table(header, rows),
        "Difference: largest one of the probabilities of a thousand steps from `predict_proba`.",
    )
    print(text)
    if not args.quick:
        write_page(args.results / "onnx_steps.md", text)


if __name__ == "__main__":
    main()
