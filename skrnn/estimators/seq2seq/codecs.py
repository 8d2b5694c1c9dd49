"""Codecs of a translator's source and target: their interface, and the codec of tokens."""

from __future__ import annotations

import reprlib
from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from skrnn.engine.step_losses import StepLoss
from skrnn.networks.wrappers.seq2seq import Side
from skrnn.numpy_runtime.beam_search import BOUNDARY
from skrnn.numpy_runtime.ensemble import average_classes
from skrnn.preprocessing.vocabulary import Vocabulary

Rows = NDArray[np.float32]
Tokens = list[Hashable]

#: How the texts of a kind are split into tokens, and put together again.
SPLIT: dict[str, Callable[[str], list[Any]]] = {"characters": list, "words": str.split}
JOIN: dict[str, Callable[[list[Any]], str]] = {"characters": "".join, "words": " ".join}

#: The id of a token of X that the fit did not keep; in targets, this id is `BOUNDARY`.
OTHER = BOUNDARY


class SequenceCodec:
    """Sequences as the user gives them, and as rows for the network."""

    @property
    @abstractmethod
    def side(self) -> Side:
        """Return what the rows hold."""

    @abstractmethod
    def encode(self, sequences: Sequence[Any]) -> list[Rows]:
        """Return the rows (n_steps_i, n_columns) of each sequence."""


class TargetCodec(SequenceCodec):
    """A codec for what a decoder gives."""

    #: There always is something to learn: where a sequence ends.
    is_trivial: ClassVar[bool] = False

    @property
    @abstractmethod
    def n_outputs(self) -> int:
        """Return how many numbers the decoder gives at a step."""

    @property
    @abstractmethod
    def loss(self) -> StepLoss:
        """Return the loss of what the decoder gives."""

    @abstractmethod
    def with_more(self, sequences: Sequence[Any], weights: NDArray[np.float64]) -> Self:
        """Return the codec for training that continues with further targets."""

    @property
    @abstractmethod
    def decoder_input_spec(self) -> Side:
        """Return what the decoder sees at a step."""

    @abstractmethod
    def decoder_inputs(self, rows: Rows) -> Rows:
        """Return what the decoder sees at each step of a target: the step before."""

    @abstractmethod
    def decoder_targets(self, rows: Rows) -> Rows:
        """Return what the decoder is to give at each step."""

    @abstractmethod
    def combined(self, outputs: Sequence[NDArray[Any]]) -> NDArray[Any]:
        """Return outputs (n, n_outputs) that stand for those of several networks."""

    @abstractmethod
    def decode(self, rows: NDArray[Any]) -> Any:
        """Return the tokens, or the numbers, that were decoded."""

    @abstractmethod
    def to_user_format(self, predicted: list[Any]) -> Any:
        """Return what was decoded, for all sources, in the form of y."""


@dataclass(frozen=True)
class TokenCodec(TargetCodec):
    """Tokens by number, from 1; 0 is any other one, or the end.

    Attributes
    ----------
    kind : {"characters", "words", "tokens"}
        What was given.
    vocabulary : Vocabulary
        The tokens, the most frequent one first, from number 1.
    name : {"X", "y"}
        What they were passed as.
    """

    kind: str
    vocabulary: Vocabulary
    name: str

    @classmethod
    def learn(
        cls,
        kind: str,
        sequences: Sequence[Tokens],
        name: str,
        min_count: int = 1,
        handle_unknown: str = "error",
    ) -> Self:
        """Return the codec of these sequences: the most frequent token is the first.

        Raises
        ------
        ValueError
            If there is no token.
        """
        counts = Counter(token for sequence in sequences for token in sequence)
        kept = [token for token, count in counts.most_common() if count >= min_count]
        if not kept:
            raise ValueError(
                f"no token of {name} occurs min_count={min_count} times."
                if counts
                else f"{name} holds no token: all of its sequences are empty."
            )
        vocabulary = Vocabulary.of(
            kept, counts, handle_unknown, first=1, unknown=OTHER, min_count=min_count
        )
        return cls(kind, vocabulary, name)

    @property
    def n_codes(self) -> int:
        """Return how many numbers there are, 0 among them."""
        return len(self.vocabulary.numbers) + 1

    @property
    def n_outputs(self) -> int:
        """Return how many numbers the network gives at a step."""
        return self.n_codes

    @property
    def side(self) -> Side:
        """Return what a step holds."""
        return Side(1, n_codes=self.n_codes)

    @property
    def loss(self) -> StepLoss:
        """Return the cross-entropy."""
        return StepLoss("sparse_crossentropy")

    def with_more(self, sequences: Sequence[Tokens], weights: NDArray[np.float64]) -> Self:
        """Return the codec itself: its tokens are those of the first fit."""
        return self

    @property
    def decoder_input_spec(self) -> Side:
        """Return what the decoder sees at a step: a token, or that of the beginning."""
        return self.side

    def encode(self, sequences: Sequence[Tokens]) -> list[Rows]:
        """Return token ids.

        Raises
        ------
        ValueError
            If a token is unknown, in targets or with ``handle_unknown="error"``.
        """
        if self.name == "y":
            self._refuse_unseen(sequences)
        codes = (self.vocabulary.encode(tokens, self.name) for tokens in sequences)
        return [np.array(row, np.float32).reshape(-1, 1) for row in codes]

    def _refuse_unseen(self, sequences: Sequence[Tokens]) -> None:
        unseen = self.vocabulary.unseen(token for tokens in sequences for token in tokens)
        if unseen:
            raise ValueError(
                f"y holds tokens that were not in the fit: {reprlib.repr(unseen)}; a target can "
                "only hold tokens of the fit: leave these targets out, or fit with them."
            )

    def decode(self, codes: NDArray[Any]) -> Tokens:
        """Return the tokens of these ids."""
        return [self.vocabulary.tokens[code - 1] for code in codes.tolist()]

    def to_user_format(self, predicted: list[Tokens]) -> list[Any]:
        """Return texts, or lists of tokens."""
        return [JOIN[self.kind](tokens) for tokens in predicted] if self.kind in JOIN else predicted

    def decoder_inputs(self, rows: Rows) -> Rows:
        """Return what the decoder sees before each step of a target, and before its end."""
        return np.concatenate([np.full((1, 1), BOUNDARY, np.float32), rows])

    def decoder_targets(self, rows: Rows) -> Rows:
        """Return what the decoder is to give at each step."""
        return np.concatenate([rows, np.full((1, 1), BOUNDARY, np.float32)])

    def combined(self, outputs: Sequence[NDArray[Any]]) -> NDArray[Any]:
        """Return the logits of the mean probabilities of tokens."""
        return average_classes(outputs)
