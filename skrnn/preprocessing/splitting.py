"""Texts split into tokens by scikit-learn's own analyzers."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Iterator
from typing import Any

from sklearn.feature_extraction.text import CountVectorizer

from skrnn._conversion import in_numpy_or_pandas
from skrnn._parameters import (
    BOOLEAN,
    CALLABLE,
    NONE,
    Parametrised,
    one_of,
    parameter,
    satisfying,
)

Tokens = list[Any]


def _is_pattern(value: Any) -> bool:
    try:
        return isinstance(value, str) and re.compile(value).groups <= 1
    except re.error:
        return False


class SplittingParameters(Parametrised):
    """How a text is split into tokens."""

    analyzer: Any = parameter(
        default="word",
        domain=one_of("word", "char", "char_wb") | CALLABLE,
        doc="""What a token is: a word, a character (white space as one space), or a character
        within a word that has a space at each end. A callable turns an element of X, which
        then need not be a text, into its tokens, and no other parameter of splitting is
        used.""",
    )
    lowercase: bool = parameter(
        default=True, domain=BOOLEAN, doc="Put texts in lower case before they are split."
    )
    token_pattern: str = parameter(
        default=r"(?u)\b\w+\b",
        domain=satisfying("a regular expression with at most one group", _is_pattern),
        doc="""What a word is, for ``analyzer="word"``; a group is the token, if there is one.
        The default takes words of one letter, too.""",
    )
    strip_accents: Any = parameter(
        default=None,
        domain=one_of("ascii", "unicode") | NONE | CALLABLE,
        doc="""Take the accents off letters. "ascii" also drops what then is no ASCII character,
        "unicode" keeps it; a callable changes the text its own way.""",
    )
    stop_words: Any = parameter(
        default=None,
        domain=one_of("english")
        | NONE
        | satisfying(
            "a list of str",
            lambda value: (
                isinstance(value, list | tuple) and all(isinstance(word, str) for word in value)
            ),
        ),
        doc="""Words to leave out, for ``analyzer="word"``; "english" is scikit-learn's list.""",
    )

    def splitter(self) -> CountVectorizer:
        """Return scikit-learn's vectorizer, of which only the analyzer is used."""
        return CountVectorizer(
            analyzer=self.analyzer,
            lowercase=self.lowercase,
            token_pattern=self.token_pattern,
            strip_accents=self.strip_accents,
            stop_words=self.stop_words,
        )


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
            f"X is a {type(X).__name__}{shape}; give texts as a list, a tuple, a Series or a "
            "1-D array, of a table one column."
        )
    if len(X) == 0:
        raise ValueError("X holds 0 texts; at least one is required.")
    if not callable(splitter.analyzer):
        _check_texts(X)
    analyze = splitter.build_analyzer()
    return (list(analyze(text)) for text in X)


def _check_texts(X: Any) -> None:
    """Raise TypeError at the first element that is no text."""
    for row, text in enumerate(X):
        if not isinstance(text, str):
            raise TypeError(
                f"element {row} of X is {reprlib.repr(text)}, of type {type(text).__name__}, and "
                "not a str; fill what is missing with '' and decode bytes, or give a callable "
                "analyzer that turns elements into tokens."
            )
