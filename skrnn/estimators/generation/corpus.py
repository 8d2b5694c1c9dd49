"""Corpora to train a generator on: texts, sequences of tokens, or piano rolls."""

from __future__ import annotations

import os
import re
import reprlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn._conversion import as_numbers, in_numpy_or_pandas
from skrnn._validation import refuse_other_columns
from skrnn._wording import type_name

#: A word or a mark with the space before it, if there is one; joined they are the text again.
WORD = re.compile(r"\s?(?:\w+|[^\w\s])|\s")

#: What reads like the name of a file of text.
_FILE = re.compile(r"\S+\.(txt|text|md|rst|csv|tsv|json|jsonl|html|xml|gz|zip)", re.IGNORECASE)

TEXTS = ("characters", "words")


@dataclass(frozen=True)
class Corpus:
    """Sequences as a user passed them, split into steps.

    Attributes
    ----------
    input_type : str
        "characters", "words", "tokens" or "piano_roll".
    sequences : list
        Each a str or a list of tokens, or an array (n_steps, n_keys).
    is_one_text : bool
        X is a single text and not a list.
    weights : ndarray of shape (n_sequences,)
        The weight of each step of a sequence.
    """

    input_type: str
    sequences: list[Any]
    is_one_text: bool
    weights: NDArray[np.float64]

    def __len__(self) -> int:
        """Return the number of sequences."""
        return len(self.sequences)

    def take(self, rows: NDArray[np.int64]) -> Self:
        """Return the corpus of the sequences at ``rows``."""
        sequences = [self.sequences[row] for row in rows]
        return replace(self, sequences=sequences, weights=self.weights[rows])

    def weighted(self, weights: NDArray[np.float64]) -> Self:
        """Return the corpus of the sequences whose weight is not 0."""
        return replace(self, weights=weights).take(np.flatnonzero(weights))

    def cut(self, n_steps: int) -> Self:
        """Return the corpus of parts of the sequences, each of at most ``n_steps`` steps."""
        parts = [
            [whole[start : start + n_steps] for start in range(0, len(whole), n_steps)]
            for whole in self.sequences
        ]
        weights = np.repeat(self.weights, [len(part) for part in parts])
        return replace(self, sequences=[one for part in parts for one in part], weights=weights)


def read_corpus(X: Any, input_type: str) -> Corpus:
    """Read X as a corpus; "auto" infers its input type from the first sequence.

    Raises
    ------
    ValueError, TypeError
        If X is empty, or has not this input type.
    """
    if isinstance(X, str):
        input_type = "characters" if input_type == "auto" else input_type
        if input_type not in TEXTS:
            raise TypeError(
                f"X is a text, {reprlib.repr(X)}, and input_type={input_type!r} takes no texts."
            )
        if _FILE.fullmatch(X) or os.path.isfile(X):
            raise ValueError(
                f"X={X!r} is the name of a file, and the text itself is needed: give "
                f"pathlib.Path({X!r}).read_text(). If it is a text, give it in a list."
            )
        return Corpus(input_type, [_split(X, input_type, "X")], True, np.ones(1))
    X = in_numpy_or_pandas(X)
    if not isinstance(X, list | tuple | np.ndarray | pd.Series) or getattr(X, "ndim", 1) == 0:
        raise TypeError(
            f"X is {type_name(X)}; give one text, or a list of texts, of sequences of tokens "
            "or of arrays (n_steps, n_keys) of 0 and 1."
        )
    parts = list(X)
    if not parts:
        raise ValueError("X holds no sequence; at least one is required.")
    if all(isinstance(part, str) and os.path.isfile(part) for part in parts):
        raise ValueError(
            f"X holds names of files, such as {parts[0]!r}, and the texts themselves are needed: "
            "give [pathlib.Path(name).read_text() for name in X]."
        )
    input_type = _infer_input_type(parts[0]) if input_type == "auto" else input_type
    refuse_other_columns(parts, "X")
    read = _READERS[input_type]
    sequences = [read(part, f"sequence {n} of X") for n, part in enumerate(parts)]
    return Corpus(input_type, sequences, False, np.ones(len(sequences)))


def read_one(sequence: Any, input_type: str, name: str) -> Any:
    """Read a single sequence, called ``name`` in error messages."""
    return _READERS[input_type](in_numpy_or_pandas(sequence), name)


def _infer_input_type(part: Any) -> str:
    if isinstance(part, str):
        return "characters"
    return (
        "piano_roll" if isinstance(part, np.ndarray | pd.DataFrame) and part.ndim == 2 else "tokens"
    )


def _split(text: Any, input_type: str, name: str) -> Any:
    """Return a text as the sequence of its characters or words."""
    if not isinstance(text, str):
        raise TypeError(
            f"{name} is {reprlib.repr(text)}, {type_name(text)}, and no text, as "
            f"input_type={input_type!r} takes it."
        )
    if not text:
        raise ValueError(f"{name} is an empty text; leave it out.")
    return text if input_type == "characters" else WORD.findall(text)


def _tokens(part: Any, name: str) -> list[Any]:
    """Return the tokens of a sequence as Python objects."""
    if isinstance(part, str | bytes):
        raise TypeError(f"{name} is a text, {reprlib.repr(part)}, and others are not.")
    if not isinstance(part, list | tuple | np.ndarray | pd.Series) or getattr(part, "ndim", 1) == 0:
        raise TypeError(
            f"{name} is {reprlib.repr(part)}, {type_name(part)}, and no sequence of tokens; "
            "give a list of sequences, one sequence as [sequence]."
        )
    if len(part) == 0:
        raise ValueError(f"{name} is empty; leave it out.")
    tokens = [token.item() if isinstance(token, np.generic) else token for token in part]
    for token in tokens:
        if not isinstance(token, Hashable) or isinstance(token, float):
            raise TypeError(
                f"{name} holds {reprlib.repr(token)}, {type_name(token)}; a token is an int, "
                "a str, a tuple or another hashable object that is no fraction."
            )
    return tokens


def _piano_roll(part: Any, name: str) -> Any:
    """Return a roll as an array (n_steps, n_keys) of 0 and 1."""
    roll = np.asarray(as_numbers(part, name))
    if roll.ndim != 2 or 0 in roll.shape:
        raise ValueError(
            f"{name} has the shape {roll.shape}; a roll is an array (n_steps, n_keys) with a step "
            "or more."
        )
    if roll.dtype.kind not in "biuf" or not np.isin(roll, (0, 1)).all():
        raise ValueError(f"{name} holds other values than 0 and 1, which keys have to be.")
    return roll


_READERS: dict[str, Callable[[Any, str], Any]] = {
    "characters": lambda part, name: _split(part, "characters", name),
    "words": lambda part, name: _split(part, "words", name),
    "tokens": _tokens,
    "piano_roll": _piano_roll,
}
