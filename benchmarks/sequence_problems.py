"""The sequence problems of Bai, Kolter and Koltun (2018, arXiv:1803.01271), beside their table.

One row is a problem and a network. Each row measured takes its place in the table of results,
so that rows can be run apart, on several machines; ``--draw`` only writes the page anew.
Settings were chosen by ``--validate``, which leaves the test sequences alone.
"""

from __future__ import annotations

import argparse
import ast
import csv
import datetime
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

from reporting import RESULTS, ROOT, circumstances, table
from sequence_problems_tasks import PROBLEMS

from skrnn import networks

NETWORKS = ("LSTM", "GRU", "RNN", "TCN")


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
    """How much a row may take: sequences to learn from, passes over them, and test sequences."""

    n_train: int
    epochs: int
    n_test: int


#: About 70,000 weights for adding and digits, as in the paper.
WIDE = {
    "LSTM": networks.LSTM(units=130),
    "GRU": networks.GRU(units=150),
    "RNN": networks.RNN(units=260),
}
#: 10,000 to 16,000 weights for copy memory.
NARROW = {
    "LSTM": networks.LSTM(units=50),
    "GRU": networks.GRU(units=60),
    "RNN": networks.RNN(units=110),
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
    } | {"TCN": Setting(networks.TCN(filters=25, kernel_size=7, n_blocks=8), 2e-3, 32, False)}

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


def rate(name: str, network: str, args: argparse.Namespace) -> dict[str, Any]:
    """Return the row of a problem and a network: what was done, and the figures."""
    problem, budget = PROBLEMS[name], BUDGETS[args.budget][name]
    if args.sequences:
        budget = replace(budget, n_train=args.sequences)
    changes = {key: ast.literal_eval(value) for key, value in args.set}
    model = make(name, network, budget, args.seed).set_params(**changes)
    model.fit(*problem.draw(budget.n_train, "train", args.data))
    row = {
        "problem": name,
        "network": network,
        "budget": args.budget,
        "settings": f"{model.network!r}, rate {model.learning_rate:g}, batch {model.batch_size}",
        "weights": sum(weights.size for weights in model.weights_),
        "sequences": budget.n_train,
        "steps": model.n_iter_ * -(-budget.n_train // model.batch_size),
        "seed": args.seed,
        "date": datetime.date.today().isoformat(),
    }
    for part in ("validation",) if tries(args) else ("validation", "test"):
        figure = problem.measure(model, *problem.draw(budget.n_test, part, args.data))
        row[part] = f"{figure:.4g}"
    return row


def tries(args: argparse.Namespace) -> bool:
    """Tell whether the command only tries something, on validation sequences."""
    return bool(args.validate or args.set or args.sequences)


# ------------------------------------------------------------------ results


def read(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a file, none if there is no file."""
    if not path.is_file():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def keep(path: Path, row: dict[str, Any]) -> None:
    """Put a row into a file, in the place of the one of its problem, network and budget."""
    place = ("problem", "network", "budget")
    rows = [old for old in read(path) if any(old[name] != row[name] for name in place)]
    order = list(product(PROBLEMS, NETWORKS, BUDGETS))
    rows = sorted([*rows, row], key=lambda r: order.index(tuple(r[name] for name in place)))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(row), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def page(rows: list[dict[str, Any]]) -> str:
    """Return the results as a page."""
    sections = [
        "# Sequence problems",
        circumstances(
            "Command: `python benchmarks/sequence_problems.py`, one row at a time with "
            "`--problems`, `--networks` and `--budget`",
            "Published: Bai, Kolter and Koltun (2018, arXiv:1803.01271), table 1, with weight "
            "normalisation in the TCN, which ours has not",
        ),
    ]
    for name, problem in PROBLEMS.items():
        lines = [
            [
                row["network"],
                row["budget"],
                row["weights"],
                row["sequences"],
                row["steps"],
                row["validation"],
                row["test"],
                f"{problem.published[row['network']]:.4g}",
            ]
            for row in rows
            if row["problem"] == name
        ]
        header = ["", "budget", "weights", "sequences", "steps", "valid", "test", "published"]
        sections += [
            f"## {name.capitalize()}",
            f"The figure is the {problem.figure}; {problem.no_memory:.3g} is what the best guess "
            "gets that remembers nothing.",
            table(header, lines) if lines else "Not run.",
        ]
    return "\n\n".join(sections) + "\n"


# ------------------------------------------------------------------ the command


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT / ".." / "shared" / "data")
    parser.add_argument("--problems", nargs="+", choices=list(PROBLEMS), default=list(PROBLEMS))
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=NETWORKS)
    parser.add_argument("--budget", choices=list(BUDGETS), default="quick")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--validate", action="store_true", help="leave the test part alone")
    parser.add_argument("--sequences", type=int, help="so many to learn from; validates")
    parser.add_argument(
        "--set",
        nargs="+",
        type=lambda pair: pair.split("=", 1),
        default=[],
        help="name=value of the estimator's parameters; validates",
    )
    parser.add_argument("--draw", action="store_true", help="only write the page anew")
    return parser.parse_args()


def main() -> None:
    args = parse()
    if not args.data.is_dir():
        print(f"Nothing measured: no folder {args.data}; give --data.")
        return
    results = RESULTS / "sequence_problems.csv"
    for name, network in () if args.draw else product(args.problems, args.networks):
        row = rate(name, network, args)
        print(row, flush=True)
        if not tries(args):
            keep(results, row)
    if not tries(args):
        results.with_suffix(".md").write_text(page(read(results)))


if __name__ == "__main__":
    main()
