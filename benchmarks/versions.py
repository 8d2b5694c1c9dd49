"""Time two checkouts of skrnn against each other: a search, an epoch, a prediction, a stream.

``python benchmarks/versions.py OTHER`` runs the code beside this file and that in the folder OTHER,
each in a process of its own, in turn and never together. A ratio is the seconds of this checkout
over those of the other one in the same round; below 1, this one is faster.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import numpy as np
from common import ROOT, Parser, circumstances, table

#: Option with which this script starts its workers.
WORKER = "--worker"


def search() -> Callable[[], object]:
    """Search 2 x 2 settings of a GRU on three folds of 160 short sequences."""
    from sklearn.model_selection import GridSearchCV

    from skrnn import GRURegressor

    X = np.random.default_rng(0).normal(size=(160, 24, 3))
    y = X[:, :, 0].mean(axis=1)
    model = GRURegressor(units=16, epochs=10, random_state=0)
    grid = {"learning_rate": [0.003, 0.01], "dropout": [0.1, 0.3]}
    return lambda: GridSearchCV(model, grid, cv=3).fit(X, y)


def epoch() -> Callable[[], object]:
    """Train a GRU of 32 units for an epoch on 10,000 windows of 120 steps, 256 at a time."""
    from skrnn import GRURegressor, make_windows

    rows = np.random.default_rng(0).normal(size=(10_120, 14)).astype(np.float32)
    X, y = make_windows(rows, rows[:, 0], window_length=120)
    model = GRURegressor(units=32, epochs=1, batch_size=256, random_state=0)
    return lambda: model.fit(X, y)


def predict() -> Callable[[], object]:
    """Predict for one sequence, 500 times."""
    from skrnn import GRURegressor

    X = np.random.default_rng(0).normal(size=(160, 24, 3))
    model = GRURegressor(units=32, epochs=1, random_state=0).fit(X, X[:, -1, 0])
    return lambda: [model.predict(X[:1]) for _ in range(500)]


def stream() -> Callable[[], object]:
    """Take 20,000 steps of a stream."""
    from skrnn import GRURegressor, Stream

    X = np.random.default_rng(0).normal(size=(160, 24, 8))
    ragged = [x[: 12 + number % 12] for number, x in enumerate(X)]
    live = Stream(GRURegressor(units=32, epochs=1, random_state=0).fit(ragged, X[:, 0, 0]))
    steps = np.random.default_rng(1).normal(size=(20_000, 8))
    return lambda: [live.step(x) for x in steps]


TASKS = {task.__name__: task for task in (search, epoch, predict, stream)}


@contextlib.contextmanager
def worker(checkout: Path, task: str) -> Iterator[Callable[[], float]]:
    """Start a process that imports skrnn from a checkout; a call does the task and times it."""
    process = subprocess.Popen(
        [sys.executable, __file__, WORKER, task],
        env=os.environ | {"PYTHONPATH": str(checkout)},
        cwd=checkout,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    used = process.stdout.readline().strip()
    assert Path(used).is_relative_to(checkout), f"{checkout} ran the code of {used or 'nothing'}"

    def timed() -> float:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("\n")
        process.stdin.flush()
        return float(process.stdout.readline())

    try:
        yield timed
    finally:
        process.stdin.close()
        process.wait()


def work(task: str) -> None:
    """Do a task for each line of the standard input, and print its seconds."""
    import skrnn

    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    answers.write(f"{skrnn.__file__}\n")
    do = TASKS[task]()
    do()  # compiles
    for _ in sys.stdin:
        began = time.perf_counter()
        do()
        answers.write(f"{time.perf_counter() - began}\n")


def compare(other: Path, task: str, rounds: int) -> list[object]:
    """Return the row of a task: seconds of both, and the ratios of the rounds."""
    with worker(ROOT, task) as ours, worker(other, task) as theirs:
        pairs = []
        for number in range(rounds):
            first, second = (ours, theirs) if number % 2 else (theirs, ours)
            seconds = {first: first(), second: second()}
            pairs.append((seconds[ours], seconds[theirs]))
    ratios = [mine / other for mine, other in pairs]
    here, there = (median(column) for column in zip(*pairs, strict=True))
    return [task, here, there, median(ratios), min(ratios), max(ratios)]


def main() -> None:
    parser = Parser(__doc__, rounds=15)
    parser.add_argument("other", type=Path, help="the folder of the other checkout")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    options = parser.parse_args()
    rows = [compare(options.other.resolve(), task, options.rounds) for task in options.tasks]
    header = ["task", "seconds here", "seconds there", "median ratio", "least", "greatest"]
    print(table(header, rows), circumstances(f"Rounds: {options.rounds}"), sep="\n\n")


if __name__ == "__main__":
    if WORKER in sys.argv:
        work(sys.argv[2])
    else:
        main()
