"""Predictions of skrnn and of plain Keras with the same weights, for one sequence and for many.

On each backend, in a process of its own, a `GRURegressor` and the Keras model of its `to_keras`
predict in turn, the latter without scaling, by ``predict_on_batch`` for one sequence and by
``predict`` in batches of 512 for many. A ratio is the time of skrnn divided by that of Keras.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # folder of common.py

from common import Parser, command, page, table, write_page

BACKENDS = ("jax", "tensorflow", "torch")
UNITS, STEPS, FEATURES, BATCH = 32, 24, 4, 512
MANY, REPEATS = 100_000, 200


def in_turn(calls: list[Callable[[], Any]], rounds: int) -> list[list[tuple[float, float]]]:
    """Return the seconds, passed and of the CPU, of each call in each round."""
    for call in calls:
        call()
    return [[seconds(call) for call in calls] for _ in range(rounds)]


def seconds(call: Callable[[], Any]) -> tuple[float, float]:
    """Return the seconds that a call takes: those that pass, and those of all threads together."""
    passed, used = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - passed, time.process_time() - used


def measure(n_sequences: int, rounds: int) -> dict[str, list[list[tuple[float, float]]]]:
    """Return the times of both, in turn, on the backend of this process."""
    from skrnn import GRURegressor

    generator = np.random.default_rng(0)
    X = generator.normal(size=(n_sequences, STEPS, FEATURES)).astype(np.float32)
    model = GRURegressor(units=UNITS, epochs=1, linear_skip=False, random_state=0)
    model.fit(X[:1000], X[:1000, -1, 0])
    keras_model, lengths = model.to_keras(), np.full(n_sequences, STEPS, dtype=np.int32)
    in_units = model.to_keras(scaled=False).predict([X[:64], lengths[:64]], verbose=0)
    np.testing.assert_allclose(in_units[:, 0], model.predict(X[:64]), atol=1e-5)

    def repeated(predict: Callable[..., Any], one: Any) -> Callable[[], None]:
        return lambda: [predict(one) for _ in range(REPEATS)] and None

    by_keras = partial(keras_model.predict, [X, lengths], batch_size=BATCH, verbose=0)
    one_by_keras = repeated(keras_model.predict_on_batch, [X[:1], lengths[:1]])
    return {
        "one": in_turn([repeated(model.predict, X[:1]), one_by_keras], rounds),
        "many": in_turn([partial(model.predict, X), by_keras], rounds),
    }


def row(backend: str, what: str, pairs: list[list[tuple[float, float]]]) -> list[str]:
    """Return the row of a backend: milliseconds of both, and the ratios of both clocks."""
    per_call = REPEATS if what == "one" else 1
    own, other = (1000 * median(pair[n][0] for pair in pairs) / per_call for n in range(2))
    ratios = [
        f"{median(found):.2f} ({min(found):.2f} to {max(found):.2f})"
        for clock in range(2)
        for found in [[pair[0][clock] / pair[1][clock] for pair in pairs]]
    ]
    return [backend, what, f"{own:.3g}", f"{other:.3g}", *ratios]


def main() -> None:
    """Measure every backend in its own process, or with ``--child`` that of this one."""
    parser = Parser(__doc__, "results", "quick", rounds=7)
    parser.add_argument("--child", action="store_true", help="print the times of this process")
    args = parser.parse_args()
    n, rounds = (2000, 1) if args.quick else (MANY, args.rounds)
    if args.child:
        print(json.dumps(measure(n, rounds)))
        return
    rows = []
    options = ["--child", "--rounds", str(rounds), *(["--quick"] if args.quick else [])]
    for backend in BACKENDS:
        done = subprocess.run(
            [sys.executable, __file__, *options],
            env={**os.environ, "KERAS_BACKEND": backend},
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
        times = json.loads(done.stdout.splitlines()[-1])
        rows += [row(backend, what, pairs) for what, pairs in times.items()]
        print(rows[-2:], flush=True)
    header = ["backend", "sequences", "skrnn, ms", "Keras, ms", "ratio of times", "of CPU times"]
    result = table(header, rows)
    print(result)
    if not args.quick:
        notes = (
            command(__file__),
            f"GRU of {UNITS} units; sequences of {STEPS} steps and {FEATURES} features, one or "
            f"{MANY:,}; medians of {rounds} rounds, smallest and largest ratio",
        )
        write_page(args.results / "predictions.md", page("Predictions", notes, result))


if __name__ == "__main__":
    main()
