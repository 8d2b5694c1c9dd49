"""Importance of the channels of BasicMotions, compared with SHAP on the same networks.

SHAP's values are expected gradients of the probabilities, for which the network from `to_keras`
runs in PyTorch. The permutation and occlusion of `skrnn.inspection` need no gradients.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "torch")  # shap takes networks of PyTorch or TensorFlow

import numpy as np
import shap
import torch
from scipy.stats import spearmanr

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # folder of common.py

from common import Parser, command, mean_and_deviation, page, seeds_note, table, write_page

from skrnn import GRUClassifier, TCNClassifier
from skrnn.datasets import load_basic_motions
from skrnn.inspection import sequence_importance

CLASSIFIERS = (GRUClassifier, TCNClassifier)
CHANNELS = [f"{sensor} {axis}" for sensor in ("acceleration", "rotation") for axis in "xyz"]
METHODS: dict[str, dict[str, Any]] = {
    "permutation": {"method": "permutation", "n_repeats": 20},
    "occlusion": {"method": "occlusion"},
}
SUMS = {"mean of \\|SHAP\\|": "steps", "\\|sum of SHAP over steps\\|": "sequences"}


class Probabilities(torch.nn.Module):
    """Class probabilities from sequences of one length alone, as shap calls networks."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        """Return the probabilities (n_samples, n_classes)."""
        lengths = torch.full((len(X),), X.shape[1], dtype=torch.int32)
        return self.model([X, lengths])


def shap_importances(
    classifier: Any, X_train: np.ndarray, X: np.ndarray, seed: int, n_samples: int
) -> dict[str, np.ndarray]:
    """Return the mean of absolute SHAP values for each channel, by step and by sequence."""
    network = Probabilities(classifier.to_keras(scaled=False))
    explainer = shap.GradientExplainer(network, torch.tensor(X_train, dtype=torch.float32))
    values = explainer.shap_values(
        torch.tensor(X, dtype=torch.float32), nsamples=n_samples, rseed=seed
    )
    values = np.asarray(values)  # (n_samples, n_steps, n_channels, n_classes)
    return {
        "steps": np.abs(values).mean(axis=(0, 1, 3)),
        "sequences": np.abs(values.sum(axis=1)).mean(axis=(0, 2)),
    }


def compare(kind: Any, seed: int, n_samples: int) -> dict[str, Any]:
    """Return the accuracy of a classifier, its importances, and SHAP's."""
    X_train, y_train = load_basic_motions("train")
    X, y = load_basic_motions("test")
    classifier = kind(random_state=seed).fit(X_train, y_train)
    importances = {
        name: sequence_importance(
            classifier, X, y, scoring="neg_log_loss", random_state=seed, **settings
        ).importances_mean
        for name, settings in METHODS.items()
    }
    return {
        "accuracy": classifier.score(X, y),
        **importances,
        **shap_importances(classifier, X_train, X, seed, n_samples),
    }


def correlation_rows(results: dict[str, list[dict[str, Any]]]) -> list[list[Any]]:
    """Return a row for each classifier, method and sum: correlations by seed, and their mean."""
    rows = []
    for kind, of_seeds in results.items():
        for method in METHODS:
            for text, key in SUMS.items():
                found = [float(spearmanr(one[method], one[key]).statistic) for one in of_seeds]
                rows.append([f"{kind}, {method}", text, *found, mean_and_deviation(found)])
    return rows


def importance_rows(results: dict[str, list[dict[str, Any]]]) -> list[list[Any]]:
    """Return a row for each classifier and channel: the means over the seeds."""
    keys = [*METHODS, *SUMS.values()]
    return [
        [f"{kind}, {channel}"]
        + [f"{np.mean([one[key][number] for one in of_seeds]):.4f}" for key in keys]
        for kind, of_seeds in results.items()
        for number, channel in enumerate(CHANNELS)
    ]


def main() -> None:
    parser = Parser(__doc__, "results", "quick", seeds=5)
    args = parser.parse_args()
    n_samples, seeds = (20, 1) if args.quick else (200, args.seeds)
    results: dict[str, list[dict[str, Any]]] = {}
    for kind in CLASSIFIERS:
        for seed in range(seeds):
            one = compare(kind, seed, n_samples)
            results.setdefault(kind.__name__, []).append(one)
            print(kind.__name__, seed, {name: np.round(value, 4) for name, value in one.items()})
    correlations = table(
        ["", "SHAP", *(f"seed {seed}" for seed in range(seeds)), "mean"], correlation_rows(results)
    )
    means = table(["mean over the seeds", *METHODS, *SUMS], importance_rows(results))
    accuracies = [one["accuracy"] for of_seeds in results.values() for one in of_seeds]
    text = page(
        "Importance of channels, and SHAP",
        [
            command(__file__),
            seeds_note(seeds),
            f"shap {shap.__version__}, `GradientExplainer` with {n_samples} samples of each "
            "sequence; PyTorch " + torch.__version__,
            f"Test accuracy: {min(accuracies):.3f} to {max(accuracies):.3f}",
        ],
        "Classifiers with default parameters on the training set of BasicMotions, six channels. "
        "Importances are those of the 40 test sequences. The score is minus the log loss, which "
        "changes with the probabilities that SHAP explains: those of all four classes, with the "
        "training set as the background.",
        "## Spearman correlation of the six importances",
        correlations,
        "## Importances",
        "Decrease of minus the log loss, and SHAP values.",
        means,
    )
    print(text)
    if not args.quick:
        write_page(args.results / "importance.md", text)


if __name__ == "__main__":
    main()
