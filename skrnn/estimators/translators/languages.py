"""What stands on the two sides of a translator, and the tokens that may."""

from __future__ import annotations

import reprlib
from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skrnn.engine.decoding import BOUNDARY
from skrnn.networks.translator import Side

Rows = NDArray[np.float32]
Tokens = list[Hashable]

#: How the texts of a kind are split into tokens, and put together again.
SPLIT: dict[str, Callable[[str], list[Any]]] = {"characters": list, "words": str.split}
JOIN: dict[str, Callable[[list[Any]], str]] = {"characters": "".join, "words": " ".join}

#: The number of a token that the source's fit did not keep; in targets it is `BOUNDARY`.
OTHER = BOUNDARY


class Language:
    """Sequences as the user gives them, and as rows for the network."""

    @property
    @abstractmethod
    def side(self) -> Side:
        """Return what the rows hold."""

    @abstractmethod
    def encode(self, sequences: Sequence[Any]) -> list[Rows]:
        """Return the rows (n_steps_i, n_columns) of each sequence."""


class TargetLanguage(Language):
    """A language that a decoder speaks."""

    @property
    @abstractmethod
    def n_outputs(self) -> int:
        """Return how many numbers the decoder gives at a step."""

    @property
    @abstractmethod
    def heard(self) -> Side:
        """Return what the decoder sees at a step."""

    @abstractmethod
    def given(self, rows: Rows) -> Rows:
        """Return what the decoder sees at each step of a target: the step before."""

    @abstractmethod
    def wanted(self, rows: Rows) -> Rows:
        """Return what the decoder is to give at each step."""

    @abstractmethod
    def decode(self, rows: NDArray[Any]) -> Any:
        """Return the tokens, or the numbers, that were decoded."""

    @abstractmethod
    def written(self, predicted: list[Any]) -> Any:
        """Return what was decoded, for all sources, in the form of y."""


@dataclass(frozen=True)
class TokenLanguage(TargetLanguage):
    """Tokens by number, from 1; 0 is any other one, or the end.

    Attributes
    ----------
    kind : {"characters", "words", "tokens"}
        What was given.
    tokens : tuple of hashable
        The tokens, number 1 first.
    name : {"X", "y"}
        What they were passed as.
    takes_others : bool
        Give any token that is not known the number 0, and raise no error.
    """

    kind: str
    tokens: tuple[Hashable, ...]
    name: str
    takes_others: bool = False

    @classmethod
    def learn(cls, kind: str, sequences: Sequence[Tokens], name: str, min_count: int = 1) -> Self:
        """Return the language of these sequences: the most frequent token is the first.

        Raises
        ------
        ValueError
            If there is no token.
        """
        counts = Counter(token for sequence in sequences for token in sequence)
        kept = tuple(token for token, count in counts.most_common() if count >= min_count)
        if not kept:
            raise ValueError(
                f"no token of {name} occurs min_count={min_count} times."
                if counts
                else f"{name} holds no token: all of its sequences are empty."
            )
        return cls(kind, kept, name, takes_others=min_count > 1)

    @cached_property
    def numbers(self) -> Mapping[Hashable, int]:
        """Return the number of each token."""
        return {token: number for number, token in enumerate(self.tokens, 1)}

    @property
    def n_codes(self) -> int:
        """Return how many numbers there are, 0 among them."""
        return len(self.tokens) + 1

    @property
    def n_outputs(self) -> int:
        """Return how many numbers the network gives at a step."""
        return self.n_codes

    @property
    def side(self) -> Side:
        """Return what a step holds."""
        return Side(1, n_codes=self.n_codes)

    @property
    def heard(self) -> Side:
        """Return what the decoder sees at a step: a token, or that of the beginning."""
        return self.side

    def encode(self, sequences: Sequence[Tokens]) -> list[Rows]:
        """Return the numbers of tokens.

        Raises
        ------
        ValueError
            If a token is not known.
        """
        if not self.takes_others:
            self._refuse_unknown(sequences)
        codes = ([self.numbers.get(token, OTHER) for token in s] for s in sequences)
        return [np.array(row, np.float32).reshape(-1, 1) for row in codes]

    def _refuse_unknown(self, sequences: Sequence[Tokens]) -> None:
        known = self.numbers
        unknown = {token for sequence in sequences for token in sequence if token not in known}
        if unknown:
            advice = ", or fit with min_count=2, which takes them as unknown"
            raise ValueError(
                f"{self.name} holds tokens that were not in the fit: "
                f"{reprlib.repr(sorted(unknown, key=repr))}; leave them out"
                f"{advice if self.name == 'X' else ''}."
            )

    def decode(self, codes: NDArray[Any]) -> Tokens:
        """Return the tokens of these numbers."""
        return [self.tokens[code - 1] for code in codes.tolist()]

    def written(self, predicted: list[Tokens]) -> list[Any]:
        """Return texts, or lists of tokens."""
        return [JOIN[self.kind](tokens) for tokens in predicted] if self.kind in JOIN else predicted

    def given(self, rows: Rows) -> Rows:
        """Return what the decoder sees before each step of a target, and before its end."""
        return np.concatenate([np.full((1, 1), BOUNDARY, np.float32), rows])

    def wanted(self, rows: Rows) -> Rows:
        """Return what the decoder is to give at each step."""
        return np.concatenate([rows, np.full((1, 1), BOUNDARY, np.float32)])
