"""What stands on the two sides of a translator: tokens, sequences of numbers, or a vector."""

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
from skrnn.preprocessing.scaling import Standardiser

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


@dataclass(frozen=True, eq=False)
class NumberLanguage(TargetLanguage):
    """One number or several at each step, standardised for the network.

    Attributes
    ----------
    scaling : Standardiser
        Mean and scale of each.
    is_flat : bool
        One number for each step was given, and no axis for several.
    n_steps : int or None
        The length that all sequences of the fit share.
    """

    scaling: Standardiser
    is_flat: bool
    n_steps: int | None

    @classmethod
    def learn(
        cls, sequences: Sequence[NDArray[Any]], weights: NDArray[np.float64], is_flat: bool
    ) -> Self:
        """Return the language of arrays (n_steps_i, n_values), of these weights."""
        lengths = [len(sequence) for sequence in sequences]
        scaling = Standardiser.fit(np.concatenate(sequences), np.repeat(weights, lengths))
        return cls(scaling, is_flat, lengths[0] if len(set(lengths)) == 1 else None)

    @property
    def n_values(self) -> int:
        """Return how many numbers there are at a step."""
        return len(self.scaling.mean)

    @property
    def n_outputs(self) -> int:
        """Return how many numbers the network gives at a step."""
        return self.n_values + self.ends

    @property
    def side(self) -> Side:
        """Return what a step of a source holds."""
        return Side(self.n_values)

    @property
    def heard(self) -> Side:
        """Return what the decoder sees at a step: 1 at the first."""
        return Side(1)

    @property
    def ends(self) -> bool:
        """Tell whether each sequence ends by itself, and not after as many steps as all."""
        return self.n_steps is None

    def check(self, sequences: Sequence[NDArray[Any]]) -> None:
        """Raise ValueError for another number of values at a step than in the fit."""
        if sequences[0].shape[1] != self.n_values:
            raise ValueError(
                f"y has {sequences[0].shape[1]} numbers at each step, and had {self.n_values} in "
                "the fit."
            )

    def encode(self, sequences: Sequence[NDArray[Any]]) -> list[Rows]:
        """Return standardised numbers."""
        return [self.scaling.transform(sequence).astype(np.float32) for sequence in sequences]

    def decode(self, rows: Rows) -> NDArray[np.float64]:
        """Return numbers in their own units."""
        values = self.scaling.inverse_transform(rows.astype(np.float64))
        return values[:, 0] if self.is_flat else values

    def written(self, predicted: list[NDArray[np.float64]]) -> Any:
        """Return a list of arrays, or one array of targets of one length."""
        return predicted if self.ends else np.stack(predicted)

    def given(self, rows: Rows) -> Rows:
        """Return 1 for the first step and 0 for the others: no value is fed back."""
        return (np.arange(len(rows)) == 0).astype(np.float32)[:, None]

    def wanted(self, rows: Rows) -> Rows:
        """Return what the decoder is to give: values and, if they end by themselves, the end."""
        if not self.ends:
            return rows
        last = np.arange(len(rows)) == len(rows) - 1
        return np.column_stack([rows, last]).astype(np.float32)


@dataclass(frozen=True, eq=False)
class VectorLanguage(Language):
    """A vector, standardised, that has no order in time.

    Attributes
    ----------
    scaling : Standardiser
        Mean and scale of each of its values.
    n_rows : int
        Rows that it is laid over, so that it is about as wide as a step of the target.
    """

    scaling: Standardiser
    n_rows: int

    @property
    def side(self) -> Side:
        """Return what the rows hold."""
        n_values = len(self.scaling.mean)
        return Side(-(-n_values // self.n_rows), n_values=n_values, n_rows=self.n_rows)

    def encode(self, sequences: Sequence[NDArray[Any]]) -> list[Rows]:
        """Return vectors, standardised and laid over their rows."""
        vectors = self.scaling.transform(np.stack(list(sequences))).astype(np.float32)
        laid = np.zeros((len(vectors), self.n_rows * self.side.n_columns), np.float32)
        laid[:, : vectors.shape[1]] = vectors
        return list(laid.reshape(len(vectors), self.n_rows, -1))
