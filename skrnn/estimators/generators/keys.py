"""The alphabet of rolls: keys that are on or off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit

from skrnn.estimators.generators.alphabets import Alphabet, Floats, largest
from skrnn.estimators.generators.materials import Material, read_one
from skrnn.networks.base import Network
from skrnn.networks.steps import EveryStep


@dataclass(frozen=True, eq=False)
class Keys(Alphabet):
    """Any number of keys at a step, each on or off by itself.

    The network reads one number more: 1 at the step before the first.
    """

    loss = "binary_crossentropy"
    n_keys: int

    @classmethod
    def learn(cls, material: Material) -> Self:
        """Return the alphabet of so many keys as the first roll has."""
        return cls(material.kind, False, material.sequences[0].shape[1])

    @property
    def names(self) -> list[Any]:
        """Return the numbers of the keys."""
        return list(range(self.n_keys))

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

    def network(self, network: Network, embedding_dim: int) -> Network:
        """Return the network, read at every step."""
        del embedding_dim
        return EveryStep(network, both_ways=False)

    def edge(self) -> Floats:
        """Return a step without keys, marked."""
        return np.eye(self.n_features, dtype=np.float32)[-1:]

    def encode(self, sequence: Any) -> Floats:
        """Return a roll with a column of 0 behind it.

        Raises
        ------
        ValueError
            If it has another number of keys.
        """
        if sequence.shape[1] != self.n_keys:
            raise ValueError(
                f"a roll has {sequence.shape[1]} keys, and those of the fit {self.n_keys}."
            )
        return np.pad(sequence.astype(np.float32), [(0, 0), (0, 1)])

    def encode_steps(self, steps: Any) -> Floats:
        """Return the rows of rolls with a column of 0 behind them."""
        return self.encode(read_one(steps, self.kind, "the step"))

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

    def draw(
        self,
        outputs: Floats,
        temperature: float,
        top_k: int | None,
        random: np.random.RandomState,
    ) -> Floats:
        """Return keys for each row, with ``top_k`` only from among so many probable ones."""
        logits = outputs.astype(np.float64)
        if temperature == 0:
            keys = logits > 0
        else:
            with np.errstate(over="ignore"):
                keys = random.uniform(size=logits.shape) < expit(logits / temperature)
        if top_k is not None:
            keys &= largest(logits, top_k)
        return np.pad(keys.astype(np.float32), [(0, 0), (0, 1)])
