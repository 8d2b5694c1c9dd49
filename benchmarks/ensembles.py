"""Time a fit of several networks against as many single fits, in pairs.

``python benchmarks/ensembles.py`` fits 160 short sequences in turn with ``n_networks=5`` and with
five estimators. A ratio is the CPU seconds of the one fit over those of the five in the same round.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import numpy as np
from common import Parser, circumstances, table

N_NETWORKS = 5


def seconds(work: Callable[[], object]) -> float:
    """Return the CPU seconds of a call, in all threads."""
    began = time.process_time()
    work()
    return time.process_time() - began


def compare(name: str, rounds: int, **settings: object) -> list[object]:
    """Return the row of an estimator: median seconds of both, and the ratios of the rounds."""
    import skrnn

    X = np.random.default_rng(0).normal(size=(160, 24, 3))
    y = X[:, :, 0].mean(axis=1)
    kind = getattr(skrnn, name)

    def several() -> None:
        kind(n_networks=N_NETWORKS, random_state=0, **settings).fit(X, y)

    def single() -> None:
        for seed in range(N_NETWORKS):
            kind(random_state=seed, **settings).fit(X, y)

    several()  # compiles
    pairs = [(seconds(several), seconds(single)) for _ in range(rounds)]
    ratios = sorted(ours / theirs for ours, theirs in pairs)
    ours, theirs = (median(side) for side in zip(*pairs, strict=True))
    spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
    return [name, f"{ours:.2f}", f"{theirs:.2f}", f"{median(ratios):.2f}", spread]


def main() -> None:
    """Compare in each estimator, and print the table."""
    arguments = Parser(__doc__, rounds=9).parse_args()
    rows = [
        compare("GRURegressor", arguments.rounds, epochs=30),
        compare("GRURegressor", arguments.rounds, epochs=30, early_stopping=True),
        compare("TCNRegressor", arguments.rounds, epochs=30),
    ]
    header = ["estimator", "one fit of 5", "5 fits", "ratio", "all ratios"]
    print(table(header, rows))
    print(circumstances(f"Rounds: {arguments.rounds}"))


if __name__ == "__main__":
    main()
