"""What a generator may be given: texts, sequences of tokens, or rolls of keys."""

from __future__ import annotations

import os
import re
import reprlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from skrnn._conversion import as_numbers, in_numpy_or_pandas
from skrnn._validation import refuse_other_columns

#: A word or a mark with the space before it, if there is one; joined they are the text again.
WORD = re.compile(r"\s?(?:\w+|[^\w\s])|\s")

#: What reads like the name of a file of text.
_FILE = re.compile(r"\S+\.(txt|text|md|rst|csv|tsv|json|jsonl|html|xml|gz|zip)", re.IGNORECASE)

TEXTS = ("characters", "words")


@dataclass(frozen=True)
class Material:
    """Sequences as a user passed them, split into steps.

    Attributes
    ----------
    kind : str
        "characters", "words", "items" or "rolls".
    sequences : list
        Each a str or a list of tokens, or an array (n_steps, n_keys).
    is_one_text : bool
        A single text was given, and no list.
    """

    kind: str
    sequences: list[Any]
    is_one_text: bool


def read_material(X: Any, kind: str) -> Material:
    """Read X as material of a kind, or of the kind that it looks like for "auto".

    Raises
    ------
    ValueError, TypeError
        If X is empty, or is no material of this kind.
    """
    if isinstance(X, str):
        kind = "characters" if kind == "auto" else kind
        if kind not in TEXTS:
            raise TypeError(f"X is a text, {reprlib.repr(X)}, and tokens={kind!r} takes no texts.")
        if _FILE.fullmatch(X) or os.path.isfile(X):
            raise ValueError(
                f"X={X!r} is the name of a file, and the text itself is needed: give "
                f"pathlib.Path({X!r}).read_text(). If it is a text, give it in a list."
            )
        return Material(kind, [_split(X, kind, "X")], is_one_text=True)
    X = in_numpy_or_pandas(X)
    if not isinstance(X, list | tuple | np.ndarray | pd.Series) or getattr(X, "ndim", 1) == 0:
        raise TypeError(
            f"X is a {type(X).__name__}; give one text, or a list of texts, of sequences of tokens "
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
    kind = _kind_of(parts[0]) if kind == "auto" else kind
    refuse_other_columns(parts, "X")
    read = _READERS[kind]
    return Material(kind, [read(part, f"sequence {n} of X") for n, part in enumerate(parts)], False)


def read_one(sequence: Any, kind: str, name: str) -> Any:
    """Read a single sequence of a kind, called ``name`` in what is raised."""
    return _READERS[kind](in_numpy_or_pandas(sequence), name)


def _kind_of(part: Any) -> str:
    if isinstance(part, str):
        return "characters"
    return "rolls" if isinstance(part, np.ndarray | pd.DataFrame) and part.ndim == 2 else "items"


def _split(text: Any, kind: str, name: str) -> Any:
    """Return a text as the sequence of its characters or words."""
    if not isinstance(text, str):
        raise TypeError(
            f"{name} is {reprlib.repr(text)}, a {type(text).__name__}, and no text, as "
            f"tokens={kind!r} takes it."
        )
    if not text:
        raise ValueError(f"{name} is an empty text; leave it out.")
    return text if kind == "characters" else WORD.findall(text)


def _items(part: Any, name: str) -> list[Any]:
    """Return the tokens of a sequence as Python objects."""
    if isinstance(part, str | bytes):
        raise TypeError(f"{name} is a text, {reprlib.repr(part)}, and others are not.")
    if not isinstance(part, list | tuple | np.ndarray | pd.Series) or getattr(part, "ndim", 1) == 0:
        raise TypeError(
            f"{name} is {reprlib.repr(part)}, a {type(part).__name__}, and no sequence of tokens; "
            "give a list of sequences, one sequence as [sequence]."
        )
    if len(part) == 0:
        raise ValueError(f"{name} is empty; leave it out.")
    tokens = [token.item() if isinstance(token, np.generic) else token for token in part]
    for token in tokens:
        if not isinstance(token, Hashable) or isinstance(token, float):
            raise TypeError(
                f"{name} holds {reprlib.repr(token)}, a {type(token).__name__}; a token is an int, "
                "a str, a tuple or another hashable object that is no fraction."
            )
    return tokens


def _roll(part: Any, name: str) -> Any:
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
    "items": _items,
    "rolls": _roll,
}
