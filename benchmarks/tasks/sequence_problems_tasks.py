"""The sequence problems of Bai, Kolter and Koltun (2018, arXiv:1803.01271) as X and y.

The adding problem, copy memory and pixel-by-pixel digits; the chorales of the same paper are in
labeling.py. A `Problem` draws its data from a seed, and says which estimator takes it and what
is measured.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import log_loss, mean_squared_error

from skrnn import SequenceClassifier, SequenceLabeler, SequenceRegressor

Part = Literal["train", "validation", "test"]
Data = tuple[NDArray[np.float32], NDArray[Any]]

N_SYMBOLS = 10  # blank, 1 to 8, and the marker
N_COPIED = 10


@dataclass(frozen=True)
class Problem:
    """A problem at the size of the paper.

    Attributes
    ----------
    draw : callable
        From a number of sequences, a part and the folder of data to X and y. No two parts share
        a sequence. Without ``reads_data`` the folder may be None.
    estimator : callable
        From a network and settings to an estimator.
    measure : callable
        From a fitted estimator, X and y to the figure.
    figure : str
        What the figure is.
    no_memory : float
        The figure of the best guess that remembers nothing.
    published : dict
        The figures of the paper's table 1 by network.
    reads_data : bool
        Whether sequences are read from the folder of data, not only drawn.
    """

    draw: Callable[[int, Part, Path | None], Data]
    estimator: Callable[..., Any]
    measure: Callable[[Any, NDArray[np.float32], NDArray[Any]], float]
    figure: str
    no_memory: float
    published: dict[str, float]
    reads_data: bool = False


def adding(n: int, part: Part, data: Path | None, *, n_steps: int = 600) -> Data:
    """Return random numbers with marks (n, n_steps, 2), and the sum of the two marked ones."""
    del data
    rng = _generator(part)
    numbers = rng.random((n, n_steps), dtype=np.float32)
    marked = rng.permuted(np.tile(np.arange(n_steps), (n, 1)), axis=1)[:, :2]
    marks = np.zeros_like(numbers)
    np.put_along_axis(marks, marked, 1.0, axis=1)
    return np.stack([numbers, marks], axis=-1), np.take_along_axis(numbers, marked, 1).sum(1)


def copy_memory(n: int, part: Part, data: Path | None, *, n_steps: int = 1000) -> Data:
    """Return one-hot symbols (n, n_steps + 20, 10), and the symbol to say at each step.

    Ten symbols are shown and are to be said ``n_steps`` later, after the first of eleven marks;
    at all other steps the blank is to be said.
    """
    del data
    symbols = _generator(part).integers(1, N_SYMBOLS - 1, size=(n, N_COPIED))
    shown = np.zeros((n, n_steps + 2 * N_COPIED), dtype=int)
    said = np.zeros_like(shown)
    shown[:, :N_COPIED] = said[:, -N_COPIED:] = symbols
    shown[:, -N_COPIED - 1 :] = N_SYMBOLS - 1
    return np.eye(N_SYMBOLS, dtype=np.float32)[shown], said


def digits(n: int, part: Part, data: Path | None, *, permuted: bool) -> Data:
    """Return the pixels of digits (n, 784, 1), row by row or in one random order, and the digits.

    Validation digits are the last training ones.
    """
    assert data is not None
    images, labels = _mnist(data, "test" if part == "test" else "train")
    rows = slice(len(images) - n, None) if part == "validation" else slice(n)
    pixels = images[rows].reshape(-1, 784, 1).astype(np.float32) / 255
    if permuted:
        pixels = pixels[:, np.random.default_rng(0).permutation(784)]
    return pixels, labels[rows]


def squared_error(model: Any, X: NDArray[np.float32], y: NDArray[Any]) -> float:
    """Return the mean squared error in the units of y."""
    return float(mean_squared_error(y, model.predict(X)))


def cross_entropy(model: Any, X: NDArray[np.float32], y: NDArray[Any]) -> float:
    """Return the mean over all steps of the negative log-likelihood in nats."""
    probabilities = model.predict_proba(X).reshape(-1, len(model.classes_))
    return float(log_loss(y.ravel(), probabilities, labels=model.classes_))


def accuracy(model: Any, X: NDArray[np.float32], y: NDArray[Any]) -> float:
    """Return the share of digits told right."""
    return float(model.score(X, y))


def _generator(part: Part) -> np.random.Generator:
    return np.random.default_rng(["train", "validation", "test"].index(part))


@cache
def _mnist(data: Path, part: str) -> tuple[NDArray[Any], NDArray[Any]]:
    with np.load(data / "mnist.npz") as file:
        return file[f"x_{part}"], file[f"y_{part}"]


def _figures(lstm: float, gru: float, rnn: float, tcn: float) -> dict[str, float]:
    return {"LSTM": lstm, "GRU": gru, "RNN": rnn, "TCN": tcn}


PROBLEMS = {
    "adding": Problem(
        adding,
        SequenceRegressor,
        squared_error,
        "mean squared error",
        1 / 6,
        _figures(0.164, 5.3e-5, 0.177, 5.8e-5),
    ),
    "copy memory": Problem(
        copy_memory,
        partial(SequenceLabeler, causal=True),
        cross_entropy,
        "cross-entropy of a step, nats",
        N_COPIED * np.log(N_SYMBOLS - 2) / (1000 + 2 * N_COPIED),
        _figures(0.0204, 0.0197, 0.0202, 3.5e-5),
    ),
    "digits": Problem(
        partial(digits, permuted=False),
        SequenceClassifier,
        accuracy,
        "accuracy",
        0.1,
        _figures(0.872, 0.962, 0.215, 0.990),
        reads_data=True,
    ),
    "permuted digits": Problem(
        partial(digits, permuted=True),
        SequenceClassifier,
        accuracy,
        "accuracy",
        0.1,
        _figures(0.857, 0.873, 0.253, 0.972),
        reads_data=True,
    ),
}
