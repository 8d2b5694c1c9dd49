"""A network of tokens: a learned vector stands for each number."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Self

from skrnn.networks.base import Network


class Embedded(Network):
    """Look up a vector for each token before a network reads the sequence.

    Parameters
    ----------
    network : Network
        What reads the vectors.
    n_tokens : int
        Tokens are the numbers 0 to ``n_tokens - 1``, the only feature of a step.
    dim : int
        Numbers in a vector.
    """

    n_tokens: int

    def __init__(self, network: Network, n_tokens: int, dim: int) -> None:
        self.network = network
        self.n_tokens = n_tokens
        self.dim = dim
        self.needs_fixed_length = network.needs_fixed_length  # type: ignore[misc]
        self.keeps_missing_steps = network.keeps_missing_steps  # type: ignore[misc]

    @property
    def looks_ahead(self) -> bool:
        """Tell whether the features at a step depend on steps after it."""
        return self.network.looks_ahead

    def encode(self, inputs: Any, lengths: Any) -> Any:
        """Return the features that the network gives for the vectors."""
        return self.network.encode(self._vectors(inputs, lengths), lengths)

    def steps(self, inputs: Any, lengths: Any) -> Any:
        """Return the features at every step."""
        return self.network.steps(self._vectors(inputs, lengths), lengths)

    def outputs(self, inputs: Any, lengths: Any, n_outputs: int) -> Any:
        """Return what the network gives for the vectors."""
        return self.network.outputs(self._vectors(inputs, lengths), lengths, n_outputs)

    def carrying(self, begins: Any, n_rows: int) -> Self:
        """Return the network as it is built to learn from pieces of sequences, one by one."""
        return type(self)(self.network.carrying(begins, n_rows), self.n_tokens, self.dim)

    def resolve(self, n_steps: int) -> Self:
        """Return a network with its automatic settings fixed for sequences of ``n_steps``."""
        return type(self)(self.network.resolve(n_steps), self.n_tokens, self.dim)

    def key(self) -> Hashable:
        """Return what two networks share if one compiled program can serve both."""
        return Embedded, self.network.key(), self.n_tokens, self.dim

    def rates(self) -> dict[str, float]:
        """Return the values of the variables that hold rates."""
        return self.network.rates()

    def __repr__(self) -> str:
        return f"{self.network!r} with embedding_dim={self.dim}"

    def _vectors(self, inputs: Any, lengths: Any) -> Any:
        """Return the vectors (batch, n_steps, dim) for tokens (batch, n_steps, 1)."""
        from skrnn.networks import layers

        vectors = layers.Embedding(self.n_tokens, self.dim, name="embedding")(inputs[..., 0])
        if any(self.rates().values()):
            vectors = layers.Dropout(whole_channels=True)(vectors)
        return layers.ZeroPadding()(vectors, lengths)
