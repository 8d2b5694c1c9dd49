"""A network that is trained on pieces of sequences and goes on from one to the next."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from skrnn.networks.base import Network

#: The name of the variables in which training carries states from one batch to the next.
CARRIED = "carried_state"


class Carrying(Network):
    """Let a network begin each piece of a sequence with the states at the end of the one before.

    It takes one feature more, the last: 1 at the first step of a sequence, 0 at all others. The
    weights are those of the network.

    Parameters
    ----------
    network : Network
        What reads the pieces.
    n_rows : int
        Rows of a batch of training, each of which goes on in the next batch.
    """

    pads_batches = False  # a state is that at the end of a batch

    def __init__(self, network: Network, n_rows: int) -> None:
        self.network = network
        self.n_rows = n_rows

    def encode(self, inputs: Any, lengths: Any) -> Any:
        """Return the features that the network gives."""
        return self._begun(inputs).encode(inputs[..., :-1], lengths)

    def outputs(self, inputs: Any, lengths: Any, n_outputs: int) -> Any:
        """Return what the network gives."""
        return self._begun(inputs).outputs(inputs[..., :-1], lengths, n_outputs)

    def key(self) -> Hashable:
        """Return what two networks share if one compiled program can serve both."""
        return Carrying, self.network.key(), self.n_rows

    def rates(self) -> dict[str, float]:
        """Return the values of the variables that hold rates."""
        return self.network.rates()

    def __repr__(self) -> str:
        return f"{self.network!r} from piece to piece"

    def _begun(self, inputs: Any) -> Network:
        return self.network.carrying(inputs[:, 0, -1:], self.n_rows)
