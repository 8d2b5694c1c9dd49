"""Anomalies in 18 files of the Numenta anomaly benchmark, by its own rules (standard profile).

The detector is fitted on the probationary part of each file alone, and scores each later step from
the previous ones. All files use the same hyperparameters: those of `CANDIDATES` that score best on
the 11 artificial files, given their labels; the candidate values of smoothing and memory were also
selected on these files. The 7 files of real anomalies with known causes are scored once, with the
selected hyperparameters. One seed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # folder of common.py

from common import Parser, command, page, table, write_page
from nab import File, Floats, Outcome, best_outcome, load, outcome_at, windowed_gaussian

from skrnn import SequenceAnomalyDetector, networks

NETWORKS = {
    "GRU": networks.GRU(units=16),
    "TCN": networks.TCN(filters=16, n_blocks=4),
}
TRAINING: dict[str, Any] = {"chunk_length": 100, "batch_size": 4, "epochs": 60, "random_state": 0}

Candidate = tuple[str, int, int | None]

#: (network, smoothing, memory): 432 steps of five minutes are a day and a half, 1500 five days.
CANDIDATES: list[Candidate] = list(product(NETWORKS, (1, 10), (None, 432, 1500)))

#: Scores of the standard profile on all 58 files, as the benchmark publishes them.
PUBLISHED = {"ARTime": 74.9, "HTM": 70.1, "random cut forest": 51.7, "windowed Gaussian": 39.6}

SHOWN = ("artificialWithAnomaly/art_daily_jumpsup.csv", "realKnownCause/nyc_taxi.csv")


def scores_of(file: File, candidate: Candidate, epochs: int, keep: Path | None) -> Floats:
    """Return scores in [0, 1) of the steps of a file, from a fit to its probationary part."""
    network, smoothing, memory = candidate
    kept = keep and keep / f"{file.name.split('/')[1]}-{network}-{smoothing}-{memory}-{epochs}.npy"
    if kept is not None and kept.exists():
        return np.load(kept)
    series = file.values[:, None]
    model = SequenceAnomalyDetector(
        network=NETWORKS[network],
        smoothing=smoothing,
        memory=memory,
        **TRAINING | {"epochs": epochs},
    ).fit([series[: file.n_probation]])
    scores = model.step_scores([series])[0]
    scores = scores / (1.0 + scores)
    if kept is not None:
        np.save(kept, scores)
    return scores


def choose(
    files: Sequence[File], score: Callable[[File, Candidate], Floats]
) -> tuple[Candidate, list[list[Any]]]:
    """Return the candidate of the best score on files, and a row for each candidate."""
    rows: list[list[Any]] = []
    for candidate in CANDIDATES:
        outcome = best_outcome(files, [score(file, candidate) for file in files])
        rows.append([*candidate, *_cells(outcome)])
        print(rows[-1], flush=True)
    best = max(range(len(rows)), key=lambda row: rows[row][3])
    return CANDIDATES[best], rows


def rate(files: Sequence[File], score: Callable[[File], Floats]) -> tuple[list[Floats], Outcome]:
    """Return the scores of all files, and the outcome at the one threshold best for them."""
    scores = [score(file) for file in files]
    return scores, best_outcome(files, scores)


def by_group(name: str, files: Sequence[File], scores: Sequence[Floats]) -> list[list[Any]]:
    """Return a row for all files, and one for each kind, at the threshold that is best for all.

    The last cell is what the kind alone would score at the threshold best for it.
    """
    threshold = best_outcome(files, scores).threshold
    rows = []
    for kind in ("", "artificial", "real"):
        chosen = [number for number, file in enumerate(files) if file.name.startswith(kind)]
        part = [files[number] for number in chosen], [scores[number] for number in chosen]
        outcome, alone = outcome_at(*part, threshold), best_outcome(*part)
        rows.append([name, kind or "all", *_cells(outcome), float(alone.normalized)])
    return rows


def by_file(files: Sequence[File], outcomes: dict[str, tuple[list[Floats], Outcome]]) -> str:
    """Return a table of each file with windows: what each detector found, and raised falsely."""
    rows = []
    for number, file in enumerate(files):
        row: list[Any] = [file.name, len(file.windows)]
        for scores, whole in outcomes.values():
            part = outcome_at([file], [scores[number]], whole.threshold)
            row += [part.n_found, part.n_false, float(part.score)]
        rows.append(row)
    header = ["file", "windows"]
    for name in outcomes:
        header += [f"{name}: found", "false", "score"]
    return table(header, rows)


def draw(files: Sequence[File], scores: Sequence[Floats], threshold: float, path: Path) -> None:
    """Draw two series with their scores, the threshold, the windows and the probationary part."""
    from style import BLUE, ORANGE, SHADE, VERMILION, subplots

    shown = [number for number, file in enumerate(files) if file.name in SHOWN]
    figure, axes = subplots(4, 1, figsize=(10, 8))
    for column, number in enumerate(shown):
        file, values = files[number], scores[number]
        upper, lower = axes[2 * column : 2 * column + 2]
        upper.plot(file.values, color="0.3", linewidth=0.6, label="series")
        upper.set(title=file.name, ylabel="value (no unit)")
        lower.plot(values, color=BLUE, linewidth=0.6, label="score")
        lower.axhline(threshold, color=VERMILION, linewidth=1, label="threshold")
        lower.set(ylabel="score", xlabel="row", ylim=(0, 1))
        for axis in (upper, lower):
            probation = axis.axvspan(0, file.n_probation, color=SHADE, lw=0)
            for first, last in file.windows:
                window = axis.axvspan(first, last, color=ORANGE, alpha=0.3, lw=0)
            axis.set_xlim(0, len(values))
    probation.set_label("training data")
    window.set_label("window of an anomaly")
    lines = [upper.lines[0], *lower.lines, probation, window]
    figure.legend(handles=lines, loc="outside lower center", ncols=5)
    figure.savefig(path)


def _cells(outcome: Outcome) -> list[Any]:
    found = f"{outcome.n_found} of {outcome.n_windows}"
    return [float(outcome.normalized), found, outcome.n_false]


def report(
    choice: Candidate, tried: list[list[Any]], files: Sequence[File], outcomes: dict[str, Any]
) -> str:
    """Return the page of results."""
    rows = [row for name, (scores, _) in outcomes.items() for row in by_group(name, files, scores)]
    quoted = ", ".join(f"{name} {score}" for name, score in PUBLISHED.items())
    counts = ["score", "windows detected", "false alarms (rows)"]
    return page(
        "Anomaly detection: NAB, standard profile",
        [command(__file__), "Seed: 0"],
        *(part.strip() for part in __doc__.split("\n\n")[1:]),
        "The score is 100 if all windows are detected immediately without false alarms, and 0 "
        "without any detection. As in NAB, each detector uses the single threshold for all files "
        "that is best for it. Published scores for all 58 files of NAB, which are not comparable: "
        f"{quoted}.",
        table(["detector", "files", *counts, "at the best threshold for these files"], rows),
        "## Results by file",
        by_file(files, outcomes),
        "## Candidates on the artificial files",
        f"Chosen: network {choice[0]}, smoothing {choice[1]}, memory {choice[2]}; training: "
        f"`{TRAINING}`.",
        table(["network", "smoothing", "memory", *counts], tried),
        "![Two series, their scores, and the windows of anomalies](anomaly.png)",
    )


def main() -> None:
    parser = Parser(__doc__, "data", "results", "keep", "epochs")
    args = parser.parse_args()
    files = load(parser.data_folder(args, "nab") / "nab")
    epochs = args.epochs or TRAINING["epochs"]
    if args.keep is not None:
        args.keep.mkdir(parents=True, exist_ok=True)

    def score(file: File, candidate: Candidate) -> Floats:
        return scores_of(file, candidate, epochs, args.keep)

    choice, tried = choose([f for f in files if f.name.startswith("artificial")], score)
    outcomes = {
        "SequenceAnomalyDetector": rate(files, lambda file: score(file, choice)),
        "windowed Gaussian": rate(files, lambda file: windowed_gaussian(file.values)),
    }
    text = report(choice, tried, files, outcomes)
    print(text)
    if args.epochs is None:
        write_page(args.results / "anomaly.md", text)
        scores, whole = outcomes["SequenceAnomalyDetector"]
        draw(files, scores, whole.threshold, args.results / "anomaly.png")


if __name__ == "__main__":
    main()
