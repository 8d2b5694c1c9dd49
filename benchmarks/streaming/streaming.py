"""Time of a step of a stream, for one stream and for a thousand, and growth of memory.

Each time is the median over blocks of steps. The networks have 32 units or filters and a width of
8 features; they are labelers trained for one epoch, since the predictions do not matter here.
"""

from __future__ import annotations

import gc
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # folder of common.py

from common import Parser, command, page, table, write_page

from skrnn import SequenceLabeler, Stream, networks

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
        f"Resident memory of the process over {n_steps:,} steps of GRU 32, after a warm-up: "
        f"{gained:+.2f} MB.",
    )
    print(text)
    if not args.quick:
        write_page(args.results / "streaming.md", text)


if __name__ == "__main__":
    main()
