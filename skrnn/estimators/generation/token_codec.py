"""Codec of texts and of sequences of tokens, with their vocabulary."""

from __future__ import annotations

import reprlib
from collections import Counter
from collections.abc import Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, softmax

from skrnn.estimators.generation.codec import Floats, StepCodec, largest
from skrnn.estimators.generation.corpus import TEXTS, Corpus
from skrnn.networks.base import ModelBuilder, StepNetwork
from skrnn.networks.wrappers.embedding import TokenEmbedding
from skrnn.networks.wrappers.per_step import PerStepHead
from skrnn.numpy_runtime.ensemble import average_classes
from skrnn.preprocessing.vocabulary import Vocabulary


@dataclass(frozen=True, eq=False)
class TokenCodec(StepCodec):
    """One token a step, as a number; the last two are the unknown token and the boundary."""

    loss = "sparse_crossentropy"
    vocabulary: Vocabulary

    @classmethod
    def learn(
        cls, corpus: Corpus, min_count: int, handle_unknown: str, validation: Corpus | None
    ) -> Self:
        """Return the codec of the tokens that occur ``min_count`` times in the training corpus.

        Raises
        ------
        ValueError
            If there is none.
        """
        counts = Counter(token for sequence in corpus.sequences for token in sequence)
        kept = [token for token, count in counts.items() if count >= min_count]
        if not kept:
            raise ValueError(
                f"no token of X occurs min_count={min_count} times; lower it, or give more."
            )
        with suppress(TypeError):  # of several types, say: they stay in order of appearance
            kept = sorted(kept)
        held_out = validation.sequences if validation else []
        seen = [*counts, *(token for sequence in held_out for token in sequence)]
        vocabulary = Vocabulary.of(
            kept, seen, handle_unknown, first=0, unknown=len(kept), min_count=min_count
        )
        return cls(corpus.input_type, corpus.is_one_text, vocabulary)

    @property
    def n_tokens(self) -> int:
        """Return the size of the vocabulary, and so the id of the unknown token."""
        return self.vocabulary.unknown

    @property
    def n_features(self) -> int:
        """Return 1."""
        return 1

    @property
    def n_outputs(self) -> int:
        """Return the number of tokens, with the unknown token and, if there is one, the end."""
        return self.n_tokens + 1 + self.has_end

    @property
    def has_end(self) -> bool:
        """Tell whether the end of a sequence is predicted as well."""
        return not self.is_excerpt

    def network(self, network: StepNetwork, embedding_dim: int) -> ModelBuilder:
        """Return the network behind an embedding."""
        return TokenEmbedding(PerStepHead(network), self.n_tokens + 2, embedding_dim)

    def edge(self) -> Floats:
        """Return the id of the edge."""
        return np.array([[self.n_tokens + 1]], dtype=np.float32)

    def encode(self, sequence: Any, name: str) -> Floats:
        """Return token ids.

        Raises
        ------
        ValueError
            If a token is unknown, with ``handle_unknown="error"``.
        """
        return np.array(self.vocabulary.encode(sequence, name), dtype=np.float32)[:, None]

    def encode_steps(self, steps: Any) -> Floats:
        """Return token ids.

        Raises
        ------
        TypeError
            If they are none, such as a list.
        """
        for token in steps:
            _refuse_other(token, self.input_type)
        return self.encode(steps, "the step")

    def decode(self, steps: Floats) -> Any:
        """Return tokens up to an end, joined if they are those of a text."""
        before_end = ~np.logical_or.accumulate(self.is_end(steps))
        known = self.vocabulary.tokens
        tokens = [known[number] for number in steps[before_end, 0].astype(int).tolist()]
        return "".join(tokens) if self.input_type in TEXTS else tokens

    def is_end(self, steps: Floats) -> NDArray[np.bool_]:
        """Tell which steps are the edge."""
        return steps[:, 0] == self.n_tokens + 1

    def targets(self, steps: Floats) -> Floats:
        """Return the numbers."""
        return steps

    def log_likelihood(self, outputs: Floats, targets: Floats) -> Floats:
        """Return the logarithm of the probability of each token."""
        chosen = np.take_along_axis(outputs, targets.astype(np.intp), axis=-1)
        return chosen[..., 0] - logsumexp(outputs, axis=-1)

    def probabilities(self, outputs: Floats) -> Floats:
        """Return the probability of each token, of the unknown token, and of the end."""
        return softmax(outputs, axis=-1)

    def combined(self, outputs: Sequence[Floats]) -> Floats:
        """Return the logits of the mean probabilities."""
        return average_classes(outputs)

    def draw(
        self,
        outputs: Floats,
        temperature: float,
        top_k: int | None,
        random: np.random.RandomState,
    ) -> Floats:
        """Return a token for each row."""
        logits = outputs.astype(np.float64)
        logits[:, self.n_tokens] = -np.inf
        if top_k is not None:
            logits[~largest(logits, top_k)] = -np.inf
        if temperature == 0:
            return logits.argmax(axis=1)[:, None].astype(np.float32)
        logits -= logits.max(axis=1, keepdims=True)
        with np.errstate(over="ignore"):  # a temperature of almost nothing
            bounds = np.cumsum(np.exp(logits / temperature), axis=1)
        drawn = random.uniform(size=(len(logits), 1)) * bounds[:, -1:]
        return (bounds > drawn).argmax(axis=1)[:, None].astype(np.float32)


def _refuse_other(token: Any, input_type: str) -> None:
    """Raise TypeError unless a step of a stream is one token of the input type."""
    if input_type == "characters":
        accepted, what = isinstance(token, str) and len(token) == 1, "a character"
    elif input_type == "words":
        accepted, what = isinstance(token, str), "a word"
    else:
        accepted, what = isinstance(token, Hashable), "a hashable token"
    if not accepted:
        raise TypeError(
            f"a step of a stream is {reprlib.repr(token)}, and has to be {what}; a list of them, "
            "one for each stream, is for a Stream with n_streams."
        )
