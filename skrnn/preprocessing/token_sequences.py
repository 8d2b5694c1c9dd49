"""Texts as padded arrays of token ids."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.utils.validation import check_is_fitted

from skrnn._conversion import as_array
from skrnn._typing import BaseEstimator, TransformerMixin
from skrnn.parameters import (
    BOOLEAN,
    CALLABLE,
    NONE,
    Parametrized,
    integers,
    one_of,
    parameter,
    satisfying,
    validate,
)
from skrnn.preprocessing.tokenizing import Tokens, tokens_of
from skrnn.preprocessing.vocabulary import HANDLE_UNKNOWN, MIN_COUNT, Vocabulary
from skrnn.sequences.token_reading import PADDING, UNKNOWN

#: Texts of padding and of the unknown token, whose ids are the first ones.
SPECIAL = ("", "[UNK]")


def _is_pattern(value: Any) -> bool:
    try:
        return isinstance(value, str) and re.compile(value).groups <= 1
    except re.error:
        return False


class TokenSequences(TransformerMixin, BaseEstimator, Parametrized):
    """Encode texts as sequences of token ids, padded to one length.

    0 is padding, on the right; 1 is the unknown token; 2, 3, ... are the tokens of the fit by
    decreasing count, ties in alphabetical order. Texts are split as by scikit-learn's
    ``CountVectorizer``, except that words of one letter are kept.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    vocabulary_ : dict of str to int
        Id of each token, from 2, in increasing order.

    n_tokens_ : int
        Number of ids, 0 and 1 included: the input size that an embedding layer needs.

    max_length_ : int
        Length of the sequences.

    See Also
    --------
    SequenceClassifier : Reads token ids with ``embedding_dim``, as do the other estimators.
    SequenceGenerator, SequenceTranslator : Tokenize texts themselves.

    Examples
    --------
    >>> from skrnn import TokenSequences
    >>> texts = ["I saw a cat", "a cat saw a dog"]
    >>> tokens = TokenSequences().fit(texts)
    >>> tokens.vocabulary_
    {'a': 2, 'cat': 3, 'saw': 4, 'dog': 5, 'i': 6}
    >>> tokens.transform(["A dog saw a mouse", "cat"])
    array([[2, 5, 4, 2, 1],
           [3, 0, 0, 0, 0]], dtype=int32)
    >>> tokens.inverse_transform([[3, 4, 1, 0, 0]])
    [['cat', 'saw', '[UNK]']]
    """

    analyzer: Any = parameter(
        default="word",
        domain=one_of("word", "char", "char_wb") | CALLABLE,
        doc="""Type of token: a "word"; a character, with white space as one space ("char"); or
        a character within a word that is padded with a space at each end ("char_wb"). A
        callable turns an element of X, of any type, into its tokens, and the other parameters
        of tokenization are ignored.""",
    )
    lowercase: bool = parameter(
        default=True, domain=BOOLEAN, doc="Convert texts to lower case before tokenization."
    )
    token_pattern: str = parameter(
        default=r"(?u)\b\w+\b",
        domain=satisfying("a regular expression with at most one group", _is_pattern, "str"),
        doc="""Regular expression of a word, for ``analyzer="word"``; its group, if any, is the
        token. Unlike in scikit-learn, words of one letter match.""",
    )
    strip_accents: Any = parameter(
        default=None,
        domain=one_of("ascii", "unicode") | NONE | CALLABLE,
        doc="""Remove accents. "ascii" also drops characters that are not ASCII then, "unicode"
        keeps them; a callable transforms the text itself.""",
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
        doc="""Words to remove, for ``analyzer="word"``; "english" is scikit-learn's list.""",
    )
    max_tokens: int | None = parameter(
        default=10_000,
        domain=integers(1) | NONE,
        doc="""Maximum number of tokens to keep, the most frequent ones; others are replaced by
        the unknown token. None keeps all.""",
    )
    min_count: int = MIN_COUNT
    handle_unknown: str = HANDLE_UNKNOWN
    max_length: int | None = parameter(
        default=None,
        domain=integers(1, 2**20) | NONE,
        doc="Length of the sequences; None is the number of tokens of the longest text of the fit.",
    )
    keep: str = parameter(
        default="first",
        domain=one_of("first", "last"),
        doc="Tokens of a longer text to keep.",
    )

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the vocabulary and the length of the sequences.

        Parameters
        ----------
        X : list, tuple, Series or 1-D array of str
            Texts.
        y : object, default=None
            Ignored.

        Returns
        -------
        self : object
            The fitted transformer.

        Raises
        ------
        ValueError, TypeError
            If a parameter or X is not accepted, or no token is left; the transformer is
            left unchanged.
        """
        validate(self)
        splitter = CountVectorizer(
            analyzer=self.analyzer,
            lowercase=self.lowercase,
            token_pattern=self.token_pattern,
            strip_accents=self.strip_accents,
            stop_words=self.stop_words,
        )
        counts: Counter[Any] = Counter()
        longest = 0
        for tokens in tokens_of(X, splitter):
            counts.update(tokens)
            longest = max(longest, len(tokens))
        kept = self._ranked(counts)
        self._splitter = splitter
        self._vocabulary = Vocabulary.of(
            kept, counts, self.handle_unknown, first=len(SPECIAL), unknown=UNKNOWN
        )
        self.vocabulary_ = dict(self._vocabulary.numbers)
        self.n_tokens_ = len(SPECIAL) + len(kept)
        self.max_length_ = longest if self.max_length is None else int(self.max_length)
        return self

    def transform(self, X: Any) -> NDArray[np.int32]:
        """Return the token ids of each text.

        Parameters
        ----------
        X : list, tuple, Series or 1-D array of str
            Texts.

        Returns
        -------
        ndarray of int32 of shape (n_texts, max_length)
            Token ids; a text without tokens is a row of padding.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError, TypeError
            If X is not accepted, or holds an unknown token and ``handle_unknown="error"``.
        """
        check_is_fitted(self)
        kept = slice(-self.max_length_, None) if self.keep == "last" else slice(self.max_length_)
        rows = [
            self._vocabulary.encode(tokens, "X")[kept] for tokens in tokens_of(X, self._splitter)
        ]
        numbers = np.full((len(rows), self.max_length_), PADDING, dtype=np.int32)
        for row, known in zip(numbers, rows, strict=True):
            row[: len(known)] = known
        return numbers

    def inverse_transform(self, X: Any) -> list[Tokens]:
        """Return the tokens of each row, without padding.

        Parameters
        ----------
        X : array-like of int of shape (n_texts, max_length)
            Token ids, as ``transform`` returns them.

        Returns
        -------
        list of list of str
            "[UNK]" stands for the unknown token.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If X has another shape, or holds values that are not token ids.
        """
        check_is_fitted(self)
        numbers = as_array(X, "X")
        if numbers.ndim != 2 or numbers.shape[1] != self.max_length_:
            raise ValueError(
                f"X has the shape {numbers.shape}; inverse_transform takes what transform "
                f"returns, (n_texts, {self.max_length_})."
            )
        if not self._are_numbers_of_tokens(numbers):
            raise ValueError(
                f"X holds values that are not token ids, the integers from 0 to "
                f"{self.n_tokens_ - 1}, as transform returns them."
            )
        tokens = [*SPECIAL, *self._vocabulary.tokens]
        return [[tokens[int(n)] for n in row if n != PADDING] for row in numbers]

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the names token0, token1, ... of the ``max_length_`` columns.

        Parameters
        ----------
        input_features : object, default=None
            Ignored: texts have no names.

        Returns
        -------
        ndarray of str of shape (max_length,)
            Names of the columns of ``transform``.
        """
        check_is_fitted(self)
        return np.array([f"token{column}" for column in range(self.max_length_)], dtype=object)

    def _ranked(self, counts: Counter[Any]) -> Tokens:
        """Return the tokens to keep, most frequent first, or raise if there are none."""
        if not counts:
            raise ValueError(
                "X has no tokens: its texts are empty, have stop words only, or do not match "
                "token_pattern and analyzer; give other texts or change these parameters."
            )
        frequent = [token for token, count in counts.items() if count >= self.min_count]
        if not frequent:
            token, count = counts.most_common(1)[0]
            raise ValueError(
                f"no token of X occurs min_count={self.min_count} times; the most frequent one, "
                f"{token!r}, occurs {count} times. Lower min_count or give more texts."
            )
        return sorted(frequent, key=lambda token: (-counts[token], token))[: self.max_tokens]

    def _are_numbers_of_tokens(self, numbers: NDArray[Any]) -> bool:
        if numbers.dtype.kind not in "iuf":
            return False
        inside = (numbers >= 0) & (numbers < self.n_tokens_)
        return bool((inside & (numbers == np.floor(numbers))).all())

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.transformer_tags.preserves_dtype = []
        return tags
