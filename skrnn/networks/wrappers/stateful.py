"""Stateful recurrent networks, for truncated backpropagation through time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from skrnn.networks.base import ModelBuilder
from skrnn.networks.recurrent import Recurrent
from skrnn.networks.tcn import TCN
from skrnn.networks.wrappers.base import Wrapper
from skrnn.numpy_runtime.model import StepModel

#: Name of the variables with states that training carries from batch to batch.
CARRIED_STATE = "carried_state"


@dataclass(eq=False, repr=False)
class Stateful(Wrapper):
    """Model that carries the states of its network from chunk to chunk of a sequence.

    It has an additional last feature, 1 at the first step of a sequence, else 0. The
    weights are those of the network.

    Parameters
    ----------
    network : ModelBuilder
        The network, or a model around it.
    n_rows : int
        Rows of a training batch, each of which continues in the next batch.
    """

    network: ModelBuilder
    n_rows: int
    pads_batches = False  # a state is that at the end of a batch

    def outputs(self, inputs: Any, lengths: Any, n_outputs: int) -> Any:
        """Return the outputs of the network.

        Raises
        ------
        ValueError
            If the network has no state that summarizes all steps before a chunk.
        """
        network = _carrying(self.network, inputs[:, 0, -1:], self.n_rows)
        return network.outputs(inputs[..., :-1], lengths, n_outputs)

    def __repr__(self) -> str:
        return f"{self.network!r} from chunk to chunk"


def _carrying(model: Any, begins: Any, n_rows: int) -> Any:
    """Return a model whose recurrent layers carry their states from batch to batch."""
    why = "has no state to carry along"
    if isinstance(model, StepModel) and model.looks_ahead:
        why = "looks at later steps"
    elif isinstance(model, Recurrent):
        return model.carrying(begins, n_rows)
    elif isinstance(model, Wrapper):
        return model.with_networks(lambda network: _carrying(network, begins, n_rows))
    elif isinstance(model, TCN):
        raise ValueError(
            f"bptt_length carries a state from one chunk of a sequence to the next, and {model!r} "
            "has none: its receptive field is a fixed number of steps; give chunk_length, well "
            "above that number, instead."
        )
    raise ValueError(
        f"bptt_length carries the state of a network from one chunk of a sequence to the next, "
        f"and {model!r} {why}; give a unidirectional recurrent network (for a labeler "
        "causal=True), or chunk_length."
    )
