"""Codec of piano rolls: keys that are on or off at each step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit

from skrnn.estimators.generation.codec import Floats, StepCodec, largest
from skrnn.estimators.generation.corpus import Corpus, read_one
from skrnn.networks.base import ModelBuilder, StepNetwork
from skrnn.networks.wrappers.per_step import PerStepHead
from skrnn.numpy_runtime.ensemble import average_labels


@dataclass(frozen=True, eq=False)
class PianoRollCodec(StepCodec):
    """Any number of keys at a step, each on or off by itself.

    The network reads one number more: 1 at the step before the first.
    """

    loss = "binary_crossentropy"
    n_keys: int

    @classmethod
    def learn(cls, corpus: Corpus) -> Self:
        """Return the codec for the number of keys of the first roll."""
        return cls(corpus.input_type, False, corpus.sequences[0].shape[1])

    @property
    def n_features(self) -> int:
        """Return the number of keys and one more."""
        return self.n_keys + 1

    @property
    def n_outputs(self) -> int:
        """Return the number of keys."""
        return self.n_keys

    @property
    def has_end(self) -> bool:
        """Return False: a roll may end anywhere."""
        return False

    def network(self, network: StepNetwork, embedding_dim: int) -> ModelBuilder:
        """Return the network, read at every step."""
        return PerStepHead(network)

    def edge(self) -> Floats:
        """Return a step without keys, marked."""
        return np.eye(self.n_features, dtype=np.float32)[-1:]

    def encode(self, sequence: Any, name: str) -> Floats:
        """Return a roll with a column of 0 behind it.

        Raises
        ------
        ValueError
            If it has another number of keys.
        """
        if sequence.shape[1] != self.n_keys:
            raise ValueError(
                f"{name} has a piano roll of {sequence.shape[1]} keys, and those of the fit have "
                f"{self.n_keys}; give rolls of {self.n_keys} columns."
            )
        return np.pad(sequence.astype(np.float32), [(0, 0), (0, 1)])

    def encode_steps(self, steps: Any) -> Floats:
        """Return the rows of rolls with a column of 0 behind them."""
        return self.encode(read_one(steps, self.input_type, "the step"), "the step")

    def decode(self, steps: Floats) -> Any:
        """Return the keys as integers."""
        return self.targets(steps).astype(np.int64)

    def is_end(self, steps: Floats) -> NDArray[np.bool_]:
        """Return False for each."""
        return np.zeros(len(steps), dtype=bool)

    def targets(self, steps: Floats) -> Floats:
        """Return the keys."""
        return steps[..., : self.n_keys]

    def log_likelihood(self, outputs: Floats, targets: Floats) -> Floats:
        """Return the sum over all keys."""
        signs = np.where(targets > 0, 1.0, -1.0)
        return np.sum(log_expit(signs * outputs), axis=-1)

    def probabilities(self, outputs: Floats) -> Floats:
        """Return the probability of each key."""
        return expit(outputs)

    def combined(self, outputs: Sequence[Floats]) -> Floats:
        """Return the logits of the mean probabilities."""
        return average_labels(outputs)

    def draw(
        self,
        outputs: Floats,
        temperature: float,
        top_k: int | None,
        random: np.random.RandomState,
    ) -> Floats:
        """Return keys for each row, drawn from its ``top_k`` most probable ones, None for all."""
        logits = outputs.astype(np.float64)
        if temperature == 0:
            keys = logits > 0
        else:
            with np.errstate(over="ignore"):
                keys = random.uniform(size=logits.shape) < expit(logits / temperature)
        if top_k is not None:
            keys &= largest(logits, top_k)
        return np.pad(keys.astype(np.float32), [(0, 0), (0, 1)])
