"""Tokenization of texts by scikit-learn's analyzers."""

from __future__ import annotations

import reprlib
from collections.abc import Iterator
from typing import Any

from sklearn.feature_extraction.text import CountVectorizer

from skrnn._conversion import in_numpy_or_pandas
from skrnn._wording import type_name

Tokens = list[Any]


def tokens_of(X: Any, splitter: CountVectorizer) -> Iterator[Tokens]:
    """Return the tokens of each text, after checking that X is a list of texts."""
    if isinstance(X, str | bytes):
        raise ValueError(
            f"X is a single text, {reprlib.repr(X)}; give a list of texts, one text as [text]."
        )
    X = in_numpy_or_pandas(X)
    if not isinstance(X, list | tuple) and getattr(X, "ndim", None) != 1:
        shape = f" of shape {X.shape}" if hasattr(X, "shape") else ""
        raise ValueError(
            f"X is {type_name(X)}{shape}; give texts as a list, a tuple, a Series or a "
            "1-D array, of a table one column."
        )
    if len(X) == 0:
        raise ValueError("X holds 0 texts; at least one is required.")
    if not callable(splitter.analyzer):
        _check_texts(X)
    analyze = splitter.build_analyzer()
    return (list(analyze(text)) for text in X)


def _check_texts(X: Any) -> None:
    """Raise TypeError at the first element that is not a text."""
    for row, text in enumerate(X):
        if not isinstance(text, str):
            raise TypeError(
                f"element {row} of X is {reprlib.repr(text)}, of type {type(text).__name__}, and "
                "not a str; fill what is missing with '' and decode bytes, or give a callable "
                "analyzer that turns elements into tokens."
            )
