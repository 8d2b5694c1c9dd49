"""Recipes of texts, tokens, rolls and vectors, for translators, generators and token sequences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tests.fuzz.recipes import Recipe

WORDS = ("one", "two", "three", "four")


@dataclass(frozen=True, repr=False)
class Texts(Recipe):
    """Sources, targets or material, in one of `KINDS_OF_TEXT`."""

    kind: str = "texts"
    n: int = 6
    length: int = 4
    seed: int = 0

    def build(self) -> Any:
        """Return them."""
        random = np.random.default_rng(self.seed)
        rows = [random.integers(0, 4, size=1 + (self.length + i) % 4) for i in range(self.n)]
        return KINDS_OF_TEXT[self.kind](rows, random)


def _objects(rows: list[Any]) -> Any:
    made = np.empty(len(rows), dtype=object)
    made[:] = rows
    return made


def _joined(rows: list[Any]) -> list[str]:
    return [" ".join(WORDS[n] for n in row) for row in rows]


def _floats(row: Any) -> Any:
    return row[:, None] + 0.25


KINDS_OF_TEXT: dict[str, Any] = {
    "texts": lambda rows, random: _joined(rows),
    "characters": lambda rows, random: ["".join("abcd"[n] for n in row) for row in rows],
    "tokens": lambda rows, random: [row.tolist() for row in rows],
    "word_tokens": lambda rows, random: [[WORDS[n] for n in row] for row in rows],
    "token_arrays": lambda rows, random: rows,
    "numbers": lambda rows, random: list(map(_floats, rows)),
    "flat_numbers": lambda rows, random: [row + 0.25 for row in rows],
    "pairs": lambda rows, random: [np.repeat(_floats(row), 2, axis=1) for row in rows],
    "vectors": lambda rows, random: random.normal(size=(len(rows), 3)),
    "cube": lambda rows, random: random.normal(size=(len(rows), 4, 2)),
    "token_table": lambda rows, random: random.integers(0, 4, size=(len(rows), 4)),
    "rolls": lambda rows, random: [random.integers(0, 2, size=(len(row), 3)) for row in rows],
    "one_text": lambda rows, random: " ".join(_joined(rows)),
    "series": lambda rows, random: pd.Series(_joined(rows)),
    "arrow_series": lambda rows, random: pd.Series(_joined(rows), dtype="string[pyarrow]"),
    "text_array": lambda rows, random: np.array(_joined(rows)),
    "text_objects": lambda rows, random: np.array(_joined(rows), dtype=object),
    "object_array": lambda rows, random: _objects(rows),
    "tuple": lambda rows, random: tuple(_joined(rows)),
    "frame": lambda rows, random: pd.DataFrame({"text": _joined(rows)}),
    "polars": lambda rows, random: __import__("polars").Series(_joined(rows)),
    "generator": lambda rows, random: range(len(rows)),
    # ---- not well-formed
    "missing_text": lambda rows, random: [*_joined(rows)[:-1], None],
    "nan_text": lambda rows, random: [*_joined(rows)[:-1], np.nan],
    "number_text": lambda rows, random: [*_joined(rows)[:-1], 5],
    "bytes": lambda rows, random: [text.encode() for text in _joined(rows)],
    "empty_texts": lambda rows, random: [""] * len(rows),
    "one_empty": lambda rows, random: ["", *_joined(rows)[1:]],
    "unknown": lambda rows, random: ["zzz"] * len(rows),
    "emoji": lambda rows, random: ["\U0001f600 \ud800x", *_joined(rows)[1:]],
    "empty_lists": lambda rows, random: [[] for _ in rows],
    "deep": lambda rows, random: [[[1]] for _ in rows],
    "mixed": lambda rows, random: [1, "a", None, 2.5, [3], (4,)][: len(rows)],
    "mixed_tokens": lambda rows, random: [[1, "a", (2, 3), None] for _ in rows],
    "unhashable": lambda rows, random: [[{}, []] for _ in rows],
    "float_tokens": lambda rows, random: [[1.0, 2.5] for _ in rows],
    "nan_numbers": lambda rows, random: [*map(_floats, rows[1:]), np.full((2, 1), np.nan)],
    "inf_numbers": lambda rows, random: [*map(_floats, rows[1:]), np.full((2, 1), np.inf)],
    "huge_numbers": lambda rows, random: [_floats(row) * 1e300 for row in rows],
    "over_numbers": lambda rows, random: [_floats(row) * 1e39 for row in rows],
    "uneven_numbers": lambda rows, random: [*map(_floats, rows[1:]), np.ones((2, 2))],
    "nan_vectors": lambda rows, random: np.full((len(rows), 3), np.nan),
    "huge_vectors": lambda rows, random: np.full((len(rows), 3), 1e300) * random.normal(size=3),
    "wide_rolls": lambda rows, random: [
        *(np.ones((2, 3), int) for _ in rows[1:]),
        np.ones((2, 4), int),
    ],
    "two_rolls": lambda rows, random: [np.full((2, 3), 2) for _ in rows],
    "dates": lambda rows, random: [[np.datetime64("2024-01-01")] for _ in rows],
    "large_tokens": lambda rows, random: [[2**40, -1] for _ in rows],
    "bools": lambda rows, random: [[True, False] for _ in rows],
}
GOOD = tuple(KINDS_OF_TEXT)[:20]
