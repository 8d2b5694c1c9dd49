"""From texts to padded arrays of token numbers, by scikit-learn's own analyzers."""

from __future__ import annotations

from collections import Counter
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from skrnn._conversion import as_array
from skrnn._parameters import NONE, integers, one_of, parameter, validate
from skrnn.preprocessing.splitting import SplittingParameters, Tokens, tokens_of
from skrnn.sequences.tokens import PADDING, UNKNOWN

#: What stands in ``tokens_`` for them.
SPECIAL = ("", "[UNK]")


class TokenSequences(TransformerMixin, BaseEstimator, SplittingParameters):
    """Turn texts into sequences of token numbers, one row of equal length for each text.

    0 is padding, on the right; 1 is a token that the fit did not know, or did not keep;
    2, 3, ... are the tokens of the fit by falling count, equal ones in the order of the
    alphabet. Texts are split as by scikit-learn's ``CountVectorizer``, except that words of
    one letter count, since here order matters.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    vocabulary_ : dict of str to int
        The number of each token.

    tokens_ : list of str of length n_tokens_
        The token of each number; "" for padding and "[UNK]" for the unknown.

    n_tokens_ : int
        How many numbers there are, 0 and 1 included: the size that an embedding needs.

    max_length_ : int
        Length of the sequences.

    Examples
    --------
    >>> from skrnn import TokenSequences
    >>> texts = ["I saw a cat", "a cat saw a dog"]
    >>> tokens = TokenSequences().fit(texts)
    >>> tokens.tokens_
    ['', '[UNK]', 'a', 'cat', 'saw', 'dog', 'i']
    >>> tokens.transform(["A dog saw a mouse", "cat"])
    array([[2, 5, 4, 2, 1],
           [3, 0, 0, 0, 0]], dtype=int32)
    >>> tokens.inverse_transform([[3, 4, 1, 0, 0]])
    [['cat', 'saw', '[UNK]']]
    """

    max_tokens: int | None = parameter(
        default=10_000,
        domain=integers(1) | NONE,
        doc="Tokens to keep at most, the most frequent ones; None keeps all.",
    )
    min_count: int = parameter(
        default=1,
        domain=integers(1),
        doc="How often a token must occur in all texts of the fit together to be kept.",
    )
    max_length: int | None = parameter(
        default=None,
        domain=integers(1, 2**20) | NONE,
        doc="Length of the sequences; None takes the tokens of the longest text of the fit.",
    )
    keep: str = parameter(
        default="first",
        domain=one_of("first", "last"),
        doc="Which tokens of a longer text stay.",
    )

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn which tokens there are, and how long texts are.

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
            If a parameter or X is not accepted, or no token is left; the transformer stays
            as it was.
        """
        del y
        validate(self)
        splitter = self.splitter()
        counts: Counter[Any] = Counter()
        longest = 0
        for tokens in tokens_of(X, splitter):
            counts.update(tokens)
            longest = max(longest, len(tokens))
        kept = self._ranked(counts)
        self._splitter = splitter
        self.tokens_ = [*SPECIAL, *kept]
        self.n_tokens_ = len(self.tokens_)
        self.vocabulary_ = {token: number for number, token in enumerate(kept, len(SPECIAL))}
        self.max_length_ = longest if self.max_length is None else int(self.max_length)
        return self

    def transform(self, X: Any) -> NDArray[np.int32]:
        """Return the numbers of the tokens of each text.

        Parameters
        ----------
        X : list, tuple, Series or 1-D array of str
            Texts.

        Returns
        -------
        ndarray of int32 of shape (n_texts, max_length_)
            A text without tokens is a row of padding.

        Raises
        ------
        NotFittedError
            If there was no fit.
        ValueError, TypeError
            If X is not accepted.
        """
        check_is_fitted(self)
        kept = slice(-self.max_length_, None) if self.keep == "last" else slice(self.max_length_)
        rows = [
            [self.vocabulary_.get(token, UNKNOWN) for token in tokens[kept]]
            for tokens in tokens_of(X, self._splitter)
        ]
        numbers = np.full((len(rows), self.max_length_), PADDING, dtype=np.int32)
        for row, known in zip(numbers, rows, strict=True):
            row[: len(known)] = known
        return numbers

    def inverse_transform(self, X: Any) -> list[Tokens]:
        """Return the tokens of each row, without padding.

        Parameters
        ----------
        X : array-like of int of shape (n_texts, max_length_)
            Numbers of tokens, as ``transform`` returns them.

        Returns
        -------
        list of list of str
            "[UNK]" stands for a token that the fit did not know.

        Raises
        ------
        NotFittedError
            If there was no fit.
        ValueError
            If X has another shape, or holds what is no number of a token.
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
                f"X holds what is no number of a token; they are the integers from 0 to "
                f"{self.n_tokens_ - 1}, as transform returns them."
            )
        return [[self.tokens_[int(n)] for n in row if n != PADDING] for row in numbers]

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the names token0, token1, ... of the ``max_length_`` columns.

        Parameters
        ----------
        input_features : object, default=None
            Ignored: texts have no names.

        Returns
        -------
        ndarray of str of shape (max_length_,)
            Names of the columns of ``transform``.
        """
        del input_features
        check_is_fitted(self)
        return np.array([f"token{column}" for column in range(self.max_length_)], dtype=object)

    def _ranked(self, counts: Counter[Any]) -> Tokens:
        """Return the tokens to keep, most frequent first, or raise if there are none."""
        if not counts:
            raise ValueError(
                "X holds no token: its texts are empty, or hold stop words only, or nothing "
                "that token_pattern and analyzer take for one."
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
