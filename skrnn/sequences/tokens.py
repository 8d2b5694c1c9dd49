"""Texts as sequences of token numbers: what is accepted, and what of it a network knows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn._conversion import as_numbers, in_numpy_or_pandas
from skrnn.sequences.reading import read_sequences
from skrnn.sequences.table import Sequences
from skrnn.sequences.windows import Windows

PADDING, UNKNOWN = 0, 1
#: Networks take numbers as 32-bit floats, which are all whole numbers up to this one.
GREATEST_TOKEN = 2**24

#: Most numbers in the vectors of all tokens: 8 GiB, and training holds four arrays as large.
MOST_NUMBERS = 2**31


def read_tokens(estimator: Any, X: Any, *, reset: bool, n_tokens: int | None = None) -> Sequences:
    """Read X as numbers of tokens, the only feature of a step.

    Parameters
    ----------
    estimator, X, reset
        As for `read_sequences`. X may also be a list of 1-D arrays, or of lists of different
        length; an empty one is read as one step of padding.
    n_tokens : int or None
        Numbers from this one on are read as unknown; None knows all.

    Raises
    ------
    ValueError, TypeError
        If `read_sequences` refuses X, or it holds what is no number of a token.
    """
    sequences = read_sequences(estimator, _as_columns(X), reset=reset)
    if sequences.n_features != 1:
        raise ValueError(
            f"X has {sequences.n_features} features a step; with embedding_dim each step is the "
            "number of one token: give an array (n_samples, n_steps), as TokenSequences returns "
            "it, or a list of 1-D arrays."
        )
    return replace(sequences, steps=as_tokens(sequences.steps, n_tokens))


def as_tokens(numbers: NDArray[Any], n_tokens: int | None = None) -> NDArray[Any]:
    """Return numbers with those that are unknown, or NaN, replaced by `UNKNOWN`.

    Raises
    ------
    ValueError
        If one is negative, no whole number, or too great.
    """
    is_known = ~np.isnan(numbers) if n_tokens is None else numbers < n_tokens
    tokens = np.where(is_known, numbers, UNKNOWN).astype(numbers.dtype)
    wrong = (numbers < PADDING) | (numbers % 1 > 0)
    if wrong.any():
        raise ValueError(
            f"X holds {numbers[wrong][0]:g}; with embedding_dim each step is the number of a "
            "token, an integer >= 0, where 0 is padding, as TokenSequences gives it."
        )
    if tokens.max(initial=PADDING) > GREATEST_TOKEN:
        raise ValueError(
            f"X holds {tokens.max():g}; the numbers of tokens end at {GREATEST_TOKEN}: number them "
            "by frequency, as TokenSequences does."
        )
    return tokens


def look_like_tokens(X: Any) -> bool:
    """Say whether X is an array of texts as `TokenSequences` gives it, some of them padded."""
    if not isinstance(X, np.ndarray | pd.DataFrame) or X.ndim != 2:
        return False
    if isinstance(X, pd.DataFrame) and not (X.dtypes == np.int32).all():
        return False
    numbers = np.asarray(X)
    if numbers.dtype != np.int32 or numbers.size == 0:
        return False
    padding = numbers == PADDING
    at_end = (padding[:, 1:] >= padding[:, :-1]).all()
    return bool(at_end and padding[:, -1].any() and numbers.min() >= 0 and numbers.max() > UNKNOWN)


def count_tokens(sequences: Sequences, dim: int) -> int:
    """Return the size of the vocabulary of texts: the unknown token and all of theirs.

    Raises
    ------
    ValueError
        If vectors of ``dim`` numbers for so many tokens are more than a network can hold.
    """
    parts = sequences.blocks(np.ones(len(sequences)))
    greatest = max(sequences.steps[rows][held > 0].max(initial=UNKNOWN) for rows, held in parts)
    n_tokens = int(greatest) + 1
    if n_tokens * dim > MOST_NUMBERS:
        raise ValueError(
            f"X holds the token {n_tokens - 1}, so that the vocabulary has {n_tokens} tokens, and "
            f"embedding_dim={dim} gives each a vector: {4 * n_tokens * dim / 2**30:.3g} GiB, and "
            f"training takes four times as much. There may be {MOST_NUMBERS} "
            "numbers in all vectors. Number the tokens that occur from 2 on "
            "without gaps, as TokenSequences does, leave rare ones out with its max_tokens or "
            "min_count, or give a smaller embedding_dim."
        )
    return n_tokens


def _as_columns(X: Any) -> Any:
    """Return a list of texts as one of arrays (n_steps, 1), and any other form as it is."""
    X = X if isinstance(X, Windows) else in_numpy_or_pandas(X)
    if not isinstance(X, list | tuple):
        return X
    if all(isinstance(text, list | tuple) for text in X):
        if len({len(text) for text in X}) < 2:
            return X  # nested lists of one length are an array
    elif not all(isinstance(text, np.ndarray | pd.Series | list | tuple) for text in X):
        return X
    return [_as_column(as_numbers(text, f"text {row} of X")) for row, text in enumerate(X)]


def _as_column(text: NDArray[Any]) -> NDArray[Any]:
    if text.ndim != 1:
        return text
    return text[:, None] if len(text) else np.full((1, 1), PADDING)
