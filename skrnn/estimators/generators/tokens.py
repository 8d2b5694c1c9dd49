"""The alphabet of texts and of sequences of tokens."""

from __future__ import annotations

import reprlib
from collections import Counter
from collections.abc import Hashable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, softmax

from skrnn.estimators.generators.alphabets import Alphabet, Floats, largest
from skrnn.estimators.generators.materials import TEXTS, Material, read_one
from skrnn.networks.base import Network
from skrnn.networks.embedded import Embedded
from skrnn.networks.steps import EveryStep

#: What stands in ``tokens_`` for a token that the fit did not know, and for the end.
UNKNOWN, END = "[UNK]", "[END]"


@dataclass(frozen=True, eq=False)
class Tokens(Alphabet):
    """One token at a step: a number, the unknown and the edge of a sequence being the last two."""

    loss = "sparse_crossentropy"
    numbers: dict[Any, int]

    @classmethod
    def learn(cls, material: Material, min_count: int) -> Self:
        """Return the alphabet of the tokens that occur ``min_count`` times.

        Raises
        ------
        ValueError
            If there is none.
        """
        counts = Counter(token for sequence in material.sequences for token in sequence)
        kept = [token for token, count in counts.items() if count >= min_count]
        if not kept:
            raise ValueError(
                f"no token of X occurs min_count={min_count} times; lower it, or give more."
            )
        with suppress(TypeError):  # of several types, say: they stay in order of appearance
            kept = sorted(kept)
        numbers = {token: number for number, token in enumerate(kept)}
        return cls(material.kind, material.is_one_text, numbers)

    @property
    def names(self) -> list[Any]:
        """Return what each output stands for."""
        return [*self.numbers, UNKNOWN, *([END] if self.has_end else [])]

    @property
    def n_features(self) -> int:
        """Return 1."""
        return 1

    @property
    def n_outputs(self) -> int:
        """Return the number of tokens, the unknown and, if there is one, the end."""
        return len(self.numbers) + 1 + self.has_end

    @property
    def has_end(self) -> bool:
        """Tell whether the end of a sequence is predicted as well."""
        return not self.is_excerpt

    def network(self, network: Network, embedding_dim: int) -> Network:
        """Return the network behind an embedding."""
        return Embedded(EveryStep(network, both_ways=False), len(self.numbers) + 2, embedding_dim)

    def edge(self) -> Floats:
        """Return the number of the edge."""
        return np.array([[len(self.numbers) + 1]], dtype=np.float32)

    def encode(self, sequence: Any) -> Floats:
        """Return the numbers of tokens."""
        unknown = len(self.numbers)
        numbers = [self.numbers.get(token, unknown) for token in sequence]
        return np.array(numbers, dtype=np.float32)[:, None]

    def encode_steps(self, steps: Any) -> Floats:
        """Return the numbers of tokens.

        Raises
        ------
        TypeError
            If they are none, such as a list.
        """
        for token in steps:
            _refuse_other(token, self.kind)
        return self.encode(steps)

    def decode(self, steps: Floats) -> Any:
        """Return tokens up to an end, joined if they are those of a text."""
        before_end = ~np.logical_or.accumulate(self.is_end(steps))
        names = self.names
        tokens = [names[number] for number in steps[before_end, 0].astype(int).tolist()]
        return "".join(tokens) if self.kind in TEXTS else tokens

    def is_end(self, steps: Floats) -> NDArray[np.bool_]:
        """Tell which steps are the edge."""
        return steps[:, 0] == len(self.numbers) + 1

    def targets(self, steps: Floats) -> Floats:
        """Return the numbers."""
        return steps

    def log_likelihood(self, outputs: Floats, targets: Floats) -> Floats:
        """Return the logarithm of the probability of each token."""
        chosen = np.take_along_axis(outputs, targets.astype(np.intp), axis=-1)
        return chosen[..., 0] - logsumexp(outputs, axis=-1)

    def probabilities(self, outputs: Floats) -> Floats:
        """Return the probability of each of `names`."""
        return softmax(outputs, axis=-1)

    def draw(
        self,
        outputs: Floats,
        temperature: float,
        top_k: int | None,
        random: np.random.RandomState,
    ) -> Floats:
        """Return a token for each row."""
        logits = outputs.astype(np.float64)
        logits[:, len(self.numbers)] = -np.inf
        if top_k is not None:
            logits[~largest(logits, top_k)] = -np.inf
        if temperature == 0:
            return logits.argmax(axis=1)[:, None].astype(np.float32)
        logits -= logits.max(axis=1, keepdims=True)
        with np.errstate(over="ignore"):  # a temperature of almost nothing
            bounds = np.cumsum(np.exp(logits / temperature), axis=1)
        drawn = random.uniform(size=(len(logits), 1)) * bounds[:, -1:]
        return (bounds > drawn).argmax(axis=1)[:, None].astype(np.float32)

    def prompt(self, prompt: Any) -> Floats:
        """Return the steps that sampling begins behind.

        Raises
        ------
        ValueError
            If the fit did not know a token of them.
        """
        steps = super().prompt(prompt)
        if (steps == len(self.numbers)).any():
            unseen = dict.fromkeys(
                token
                for token in read_one(prompt, self.kind, "prompt")
                if token not in self.numbers
            )
            raise ValueError(
                f"prompt holds {', '.join(map(repr, unseen))}, which the fit did not know; leave "
                "out what is not among the tokens_."
            )
        return steps


def _refuse_other(token: Any, kind: str) -> None:
    """Raise TypeError unless a step of a stream is one token of a kind."""
    if kind == "characters":
        accepted, what = isinstance(token, str) and len(token) == 1, "a character"
    elif kind == "words":
        accepted, what = isinstance(token, str), "a word"
    else:
        accepted, what = isinstance(token, Hashable), "a hashable token"
    if not accepted:
        raise TypeError(
            f"a step of a stream is {reprlib.repr(token)}, and has to be {what}; a list of them, "
            "one for each stream, is for a Stream with n_streams."
        )
