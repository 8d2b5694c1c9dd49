"""UCR and UEA data sets as the classification benchmarks read them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from skrnn.datasets import load_basic_motions, load_japanese_vowels

LOADERS = {"BasicMotions": load_basic_motions, "JapaneseVowels": load_japanese_vowels}

#: Sets whose trailing NaN are the ends of shorter sequences, not missing values.
OF_UNEQUAL_LENGTH = ("GesturePebbleZ1", "GestureMidAirD1")


def load(data: Path, name: str, part: str) -> tuple[Any, np.ndarray]:
    """Return the sequences and labels of an official part, "train" or "test"."""
    if name in LOADERS:
        return LOADERS[name](split=part)
    table = np.genfromtxt(data / "ucr" / name / f"{name}_{part.upper()}.tsv.gz", delimiter="\t")
    X, y = table[:, 1:], table[:, 0].astype(int)
    if name in OF_UNEQUAL_LENGTH:
        ends = [np.flatnonzero(~np.isnan(row))[-1] + 1 for row in X]
        return [row[:end, None] for row, end in zip(X, ends, strict=True)], y
    return X, y


def take(X: Any, rows: np.ndarray) -> Any:
    """Return the sequences at ``rows``."""
    return [X[row] for row in rows] if isinstance(X, list) else X[rows]


def with_gaps(data: Path, name: str) -> bool:
    """Tell whether the training part of a set has NaN: gaps, or ends of shorter sequences."""
    X, _ = load(data, name, "train")
    return isinstance(X, list) or bool(np.isnan(X).any())
