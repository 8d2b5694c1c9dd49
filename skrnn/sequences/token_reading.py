"""Reading of texts as sequences of token ids."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn._conversion import as_numbers, in_numpy_or_pandas
from skrnn.sequences.reading import InputFormat, read_sequences
from skrnn.sequences.table import Sequences
from skrnn.sequences.windows import Windows

PADDING, UNKNOWN = 0, 1
#: Largest token id: up to this one, all integers are exact as 32-bit floats.
GREATEST_TOKEN = 2**24

#: Maximum size of an embedding: 8 GiB, of which training needs four times as much.
MOST_NUMBERS = 2**31


def read_tokens(
    estimator: Any,
    X: Any,
    input_format: InputFormat,
    *,
    reset: bool,
    n_tokens: int | None = None,
) -> Sequences:
    """Read X as token ids, the only feature of a step.

    Parameters
    ----------
    estimator, X, input_format, reset
        As for `read_sequences`. X may also be a list of 1-D arrays, or of lists of different
        length; an empty one is read as one step of padding.
    n_tokens : int or None
        Ids from this one on are read as unknown; None accepts all.

    Raises
    ------
    ValueError, TypeError
        If `read_sequences` refuses X, or it holds values that are not token ids.
    """
    sequences = read_sequences(estimator, _as_columns(X), input_format, reset=reset)
    if sequences.n_features != 1:
        raise ValueError(
            f"X has {sequences.n_features} features per step; with embedding_dim each step is one "
            "token id: give an array (n_samples, n_steps), as TokenSequences returns "
            "it, or a list of 1-D arrays."
        )
    return replace(sequences, steps=as_tokens(sequences.steps, n_tokens))


def as_tokens(numbers: NDArray[Any], n_tokens: int | None = None) -> NDArray[Any]:
    """Return token ids with unknown ones and NaN replaced by `UNKNOWN`.

    Raises
    ------
    ValueError
        If one is negative, not an integer, or too large.
    """
    is_known = ~np.isnan(numbers) if n_tokens is None else numbers < n_tokens
    tokens = np.where(is_known, numbers, UNKNOWN).astype(numbers.dtype)
    wrong = (numbers < PADDING) | (numbers % 1 > 0)
    if wrong.any():
        raise ValueError(
            f"X holds {numbers[wrong][0]:g}; with embedding_dim each step is a token id, an "
            "integer >= 0, where 0 is padding, as TokenSequences returns it."
        )
    if tokens.max(initial=PADDING) > GREATEST_TOKEN:
        raise ValueError(
            f"X holds {tokens.max():g}; the largest token id is {GREATEST_TOKEN}: number "
            "tokens by frequency, as TokenSequences does."
        )
    return tokens


def look_like_tokens(X: Any) -> bool:
    """Return whether X looks like a result of `TokenSequences`, with some texts padded."""
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
    """Return the size of the vocabulary of texts, with the unknown token.

    Raises
    ------
    ValueError
        If an embedding of size ``dim`` for this vocabulary would be too large.
    """
    parts = sequences.blocks(np.ones(len(sequences)))
    greatest = max(sequences.steps[rows][held > 0].max(initial=UNKNOWN) for rows, held in parts)
    n_tokens = int(greatest) + 1
    if n_tokens * dim > MOST_NUMBERS:
        raise ValueError(
            f"X holds the token {n_tokens - 1}, so that the vocabulary has {n_tokens} tokens, and "
            f"the embedding with embedding_dim={dim} takes {4 * n_tokens * dim / 2**30:.3g} GiB, "
            f"and training four times as much. At most {MOST_NUMBERS} numbers are "
            "accepted. Number the tokens that occur from 2 on "
            "without gaps, as TokenSequences does, leave rare ones out with its max_tokens or "
            "min_count, or give a smaller embedding_dim."
        )
    return n_tokens


def _as_columns(X: Any) -> Any:
    """Return a list of texts as a list of arrays (n_steps, 1), any other form unchanged."""
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
