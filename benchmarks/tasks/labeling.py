"""Labels at each step on real data: room occupancy by the minute, and the next chord of chorales.

Settings are chosen on validation data alone: the last fifth of the occupancy training days, the
validation chorales. The test sets are then predicted once. Labelers of chorales are fitted with
several seeds, and their settings chosen with the first.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # folder of common.py

from chorales import PUBLISHED, chorales, step_nll
from common import Parser, command, mean_and_deviation, page, seeds_note, table, write_page

from skrnn import SequenceLabeler, networks

FEATURES = ["Temperature", "Humidity", "Light", "CO2", "HumidityRatio"]

OCCUPANCY: dict[str, dict[str, Any]] = {
    "GRU, bidirectional": {"network": networks.GRU(units=16, bidirectional=True)},
    "GRU, causal": {"network": networks.GRU(units=16), "causal": True},
    "TCN, causal": {"network": networks.TCN(filters=16, n_blocks=4), "causal": True},
}
DROPOUTS = (0.3, 0.5)
CHORALES: dict[str, list[networks.Network]] = {
    "GRU": [networks.GRU(units=256, dropout=rate) for rate in DROPOUTS],
    "TCN": [networks.TCN(filters=256, n_blocks=2, dropout=rate) for rate in DROPOUTS],
}


def occupancy(data: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the readings (n_steps, 5) of a part of the data, and whether the room was occupied."""
    frame = pd.read_csv(data / "occupancy" / f"{name}.txt.gz")
    return frame[FEATURES].to_numpy(), frame["Occupancy"].to_numpy()


def rate_occupancy(data: Path, epochs: int) -> list[list[Any]]:
    """Return a row for each labeler, and for a logistic regression on the readings of a step."""
    X, y = occupancy(data, "datatraining")
    X_test, y_test = occupancy(data, "datatest")
    cut = len(X) * 4 // 5
    rows = []
    step_by_step = make_pipeline(StandardScaler(), LogisticRegression()).fit(X[:cut], y[:cut])
    rows.append(
        ["logistic regression on each step"]
        + [
            f1_score(*pair)
            for pair in (
                (y[cut:], step_by_step.predict(X[cut:])),
                (y_test, step_by_step.predict(X_test)),
            )
        ]
        + [None]
    )
    for name, settings in OCCUPANCY.items():
        model = SequenceLabeler(
            chunk_length=120,
            epochs=epochs,
            learning_rate=3e-3,
            batch_size=16,
            early_stopping=True,
            random_state=0,
            **settings,
        ).fit([X[:cut]], [y[:cut]], X_val=[X[cut:]], y_val=[y[cut:]])
        scores = [
            f1_score(truth, model.predict([part])[0])
            for part, truth in ((X[cut:], y[cut:]), (X_test, y_test))
        ]
        rows.append([name, *scores, len(model.events([X_test]))])
    return rows


def next_steps(data: Path) -> dict[str, tuple[list[np.ndarray], list[np.ndarray]]]:
    """Return the piano rolls (n_steps, 88) up to each step, and the next step of each."""
    parts = zip(("train", "valid", "test"), chorales(data), strict=True)
    return {name: ([r[:-1] for r in rolls], [r[1:] for r in rolls]) for name, rolls in parts}


def nll(model: SequenceLabeler, X: list[np.ndarray], y: list[np.ndarray]) -> float:
    """Return the mean over all steps of the negative log-likelihood of all keys."""
    return step_nll(model.predict_proba(X), y)


def rate_chorales(data: Path, epochs: int, seeds: int) -> list[list[Any]]:
    """Return a row for each network, its settings chosen by the validation loss of seed 0."""
    parts = next_steps(data)

    def fitted(network: networks.Network, seed: int) -> tuple[float, SequenceLabeler]:
        model = SequenceLabeler(
            network=network,
            causal=True,
            target_type="multilabel",
            epochs=epochs,
            learning_rate=3e-3,
            batch_size=8,
            scale_input=False,
            early_stopping=True,
            patience=20,
            random_state=seed,
        ).fit(*parts["train"], X_val=parts["valid"][0], y_val=parts["valid"][1])
        return nll(model, *parts["valid"]), model

    rows = []
    for name, candidates in CHORALES.items():
        first = [fitted(network, 0) for network in candidates]
        best = min(range(len(first)), key=lambda n: first[n][0])
        fits = [first[best], *(fitted(candidates[best], seed) for seed in range(1, seeds))]
        valid = mean_and_deviation([loss for loss, _ in fits])
        test = mean_and_deviation([nll(model, *parts["test"]) for _, model in fits])
        rows.append([name, repr(candidates[best]), valid, test, PUBLISHED[name]])
        print(rows[-1], flush=True)
    return rows


def main() -> None:
    parser = Parser(__doc__, "data", "results", "epochs", seeds=3)
    args = parser.parse_args()
    data = parser.data_folder(args, "occupancy", "music")
    rooms = rate_occupancy(data, args.epochs or 40)
    print(table(["", "validation F1", "test F1", "events"], rooms), flush=True)
    songs = rate_chorales(data, args.epochs or 150, args.seeds)
    text = page(
        "Labels at each step",
        [command(__file__), f"{seeds_note(args.seeds)}; 0 for room occupancy"],
        "## Room occupancy",
        'F1 of the class "occupied" (Candanedo and Feldheim, 2016, '
        "doi:10.1016/j.enbuild.2015.11.071).",
        table(["", "validation F1", "test F1", "events in the test set"], rooms),
        "## Next chord of chorales",
        "Negative log-likelihood per step in nats, mean of the seeds; published: Bai, Kolter and "
        "Koltun (2018, arXiv:1803.01271).",
        table(["", "settings", "validation", "test", "published"], songs),
    )
    print(text)
    if args.epochs is None:
        write_page(args.results / "labeling.md", text)


if __name__ == "__main__":
    main()
