"""The sequence problems of Bai, Kolter and Koltun (2018, arXiv:1803.01271), with their figures.

One row is a problem and a network. Each run updates its rows in the table of results, so that rows
can be run separately, on several machines; ``--draw`` only writes the page anew. Settings were
chosen by ``--validate``, which does not use the test sequences.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # folder of common.py

from common import (
    Parser,
    command,
    page,
    read_rows,
    replace_rows,
    table,
    today,
    write_page,
)
from sequence_problems_tasks import PROBLEMS

from skrnn import networks

NETWORKS = ("LSTM", "GRU", "RNN", "TCN", "minGRU", "minGRU, time_scale=2", "sLSTM")


@dataclass(frozen=True)
class Setting:
    """A network and how it is trained; the number of its weights is about that of the paper."""

    network: networks.Network
    learning_rate: float = 3e-3
    batch_size: int = 32
    scale_input: bool = True
    passes: int = 1  # times the budget's, where a step costs less


@dataclass(frozen=True)
class Budget:
    """Size of a row: training sequences, epochs and test sequences."""

    n_train: int
    epochs: int
    n_test: int


#: About 70,000 weights for adding and digits, as in the paper.
WIDE = {
    "LSTM": networks.LSTM(units=130),
    "GRU": networks.GRU(units=150),
    "RNN": networks.RNN(units=260),
    "minGRU": networks.MinGRU(units=180),
    "minGRU, time_scale=2": networks.MinGRU(units=180, time_scale=2),
    "sLSTM": networks.SLSTM(units=130),
}
#: 10,000 to 16,000 weights for copy memory.
NARROW = {
    "LSTM": networks.LSTM(units=50),
    "GRU": networks.GRU(units=60),
    "RNN": networks.RNN(units=110),
    "minGRU": networks.MinGRU(units=75),
    "minGRU, time_scale=2": networks.MinGRU(units=75, time_scale=2),
    "sLSTM": networks.SLSTM(units=50),
}
SETTINGS: dict[str, dict[str, Setting]] = {
    "adding": {name: Setting(network) for name, network in WIDE.items()}
    | {"TCN": Setting(networks.TCN(filters=24, kernel_size=8, n_blocks=8), 2e-3, 32, False, 5)},
    "copy memory": {name: Setting(network, 2e-3, 16, False) for name, network in NARROW.items()}
    | {"TCN": Setting(networks.TCN(filters=10, kernel_size=8, n_blocks=8), 2e-3, 16, False)},
}
for digits in ("digits", "permuted digits"):
    SETTINGS[digits] = {
        name: Setting(network, 2e-3, 32, False) for name, network in WIDE.items()
    } | {
        "TCN": Setting(networks.TCN(filters=25, kernel_size=7, n_blocks=8), 2e-3, 32, False),
        "minGRU": Setting(networks.MinGRU(units=128, n_layers=3, layer_norm=True), 2e-3, 32, False),
    }

#: "quick" tries a row out, "cpu" is meant for ten minutes on one core, "full" for a GPU.
BUDGETS: dict[str, dict[str, Budget]] = {
    "quick": {
        "adding": Budget(1_000, 2, 200),
        "copy memory": Budget(320, 1, 50),
        "digits": Budget(2_000, 1, 1_000),
        "permuted digits": Budget(2_000, 1, 1_000),
    },
    "cpu": {
        "adding": Budget(20_000, 3, 1_000),
        "copy memory": Budget(4_000, 4, 500),
        "digits": Budget(20_000, 4, 10_000),
        "permuted digits": Budget(20_000, 4, 10_000),
    },
    "full": {
        "adding": Budget(50_000, 10, 1_000),
        "copy memory": Budget(10_000, 50, 1_000),
        "digits": Budget(55_000, 20, 10_000),
        "permuted digits": Budget(55_000, 20, 10_000),
    },
}


def make(name: str, network: str, budget: Budget, seed: int) -> Any:
    """Return the estimator of a row, to be fitted."""
    setting = SETTINGS[name][network]
    return PROBLEMS[name].estimator(
        network=setting.network,
        learning_rate=setting.learning_rate,
        batch_size=setting.batch_size,
        scale_input=setting.scale_input,
        epochs=budget.epochs * setting.passes,
        random_state=seed,
        verbose=1,
    )


def rate(name: str, network: str, args: argparse.Namespace, data: Path | None) -> dict[str, Any]:
    """Return the row of a problem and a network: what was done, and the figures."""
    problem, budget = PROBLEMS[name], BUDGETS[args.budget][name]
    if args.sequences:
        budget = replace(budget, n_train=args.sequences)
    model = make(name, network, budget, args.seed).set_params(**dict(args.set))
    model.fit(*problem.draw(budget.n_train, "train", data))
    row = {
        "problem": name,
        "network": network,
        "budget": args.budget,
        "settings": f"{model.network!r}, rate {model.learning_rate:g}, batch {model.batch_size}",
        "weights": sum(weights.size for weights in model.weights_),
        "sequences": budget.n_train,
        "steps": model.n_iter_ * -(-budget.n_train // model.batch_size),
        "seed": args.seed,
        "date": today(),
    }
    for part in ("validation",) if tries(args) else ("validation", "test"):
        figure = problem.measure(model, *problem.draw(budget.n_test, part, data))
        row[part] = f"{figure:.4g}"
    return row


def tries(args: argparse.Namespace) -> bool:
    """Tell whether the command only tries something, on validation sequences."""
    return bool(args.validate or args.set or args.sequences)


# ------------------------------------------------------------------ results


COLUMNS = ["problem", "network", "budget", "settings", "weights", "sequences", "steps", "seed"]
COLUMNS += ["date", "validation", "test"]
#: Columns of the page; "published" is of the problem and the network.
SHOWN = ("network", "budget", "weights", "sequences", "steps")
SHOWN += ("validation", "test", "published", "date")


def keep(path: Path, row: dict[str, Any]) -> None:
    """Put a row into a file, in the place of the one of its problem, network and budget."""
    order = product(PROBLEMS, NETWORKS, BUDGETS)
    replace_rows(path, COLUMNS, [row], lambda r: (r["problem"], r["network"], r["budget"]), order)


def report(rows: list[dict[str, str]]) -> str:
    """Return the results as a page."""
    sections = []
    for name, problem in PROBLEMS.items():
        published = {network: f"{figure:.4g}" for network, figure in problem.published.items()}
        lines = [
            [(row | {"published": published.get(row["network"])})[column] for column in SHOWN]
            for row in rows
            if row["problem"] == name
        ]
        sections += [
            f"## {name.capitalize()}",
            f"Metric: {problem.figure}; the best prediction without memory of the sequence has "
            f"{problem.no_memory:.3g}.",
            table(("", *SHOWN[1:]), lines) if lines else "Not run.",
        ]
    notes = [
        f"{command(__file__)}, one row at a time with `--problems`, `--networks` and `--budget`",
        "Published: Bai, Kolter and Koltun (2018, arXiv:1803.01271), table 1; their TCN, "
        "unlike that of skrnn, has weight normalization",
    ]
    return page("Sequence problems", notes, *sections)


# ------------------------------------------------------------------ the command


def main() -> None:
    parser = Parser(__doc__, "data", "results", "validate", "set", "draw")
    parser.add_argument("--problems", nargs="+", choices=list(PROBLEMS), default=list(PROBLEMS))
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=NETWORKS)
    parser.add_argument("--budget", choices=list(BUDGETS), default="quick")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sequences", type=int, help="number of training sequences; validates")
    args = parser.parse_args()
    path = args.results / "sequence_problems.csv"
    rows = [] if args.draw else list(product(args.problems, args.networks))
    reads = any(PROBLEMS[name].reads_data for name, _ in rows)
    data = parser.data_folder(args, "mnist.npz") if reads else None
    for name, network in rows:
        row = rate(name, network, args, data)
        print(row, flush=True)
        if not tries(args):
            keep(path, row)
    if not tries(args):
        write_page(path.with_suffix(".md"), report(read_rows(path)))


if __name__ == "__main__":
    main()
