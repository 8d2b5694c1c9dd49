"""What every network is: parameters, and a way from padded sequences to features."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable
from typing import Any, ClassVar, Self

from skrnn._parameters import Parametrised, integers, one_of, parameter, singles

#: Features of a layer: one that is wider has billions of weights.
WIDTH = integers(1, 2**16)
#: Layers, or blocks of them, in a network.
DEPTH = integers(1, 1_000)
#: Steps that a convolution sees at once: each is a copy of the sequence beside the others.
KERNEL = 2**10
#: Steps that a stack of convolutions may look back, where no sequence is that long.
REACH = 2**16

POOLING = parameter(
    default="last",
    domain=one_of("last", "mean", "max", "attention"),
    doc="""How the steps of a sequence become one vector: the last step, the mean or the
    maximum over the sequence's own steps, or their average weighted by learned attention.""",
)
DROPOUT = parameter(
    default=0.0,
    domain=singles(0, 1),
    doc="Fraction of the features that training sets to zero between layers.",
)


class Network(Parametrised):
    """Turn sequences into features; a subclass declares parameters and one method.

    Attributes
    ----------
    needs_fixed_length : bool
        True for a network that can only be built for one number of steps.
    keeps_missing_steps : bool
        True for a network that has a step at which nothing was observed zeroed in place;
        False for one that leaves such steps out.
    pads_batches : bool
        False for a network whose batches are no longer than their longest sequence.
    n_tokens : int or None
        A network of texts knows the tokens 0 to ``n_tokens - 1``; None for one of measurements.
    """

    needs_fixed_length: ClassVar[bool] = False
    keeps_missing_steps: ClassVar[bool] = False
    pads_batches: ClassVar[bool] = True
    n_tokens: int | None = None

    @abstractmethod
    def encode(self, inputs: Any, lengths: Any) -> Any:
        """Return the features of each sequence.

        Parameters
        ----------
        inputs : KerasTensor of shape (batch, n_steps, n_features)
            Sequences padded with zeros on the right.
        lengths : KerasTensor of shape (batch,)
            The number of steps of each sequence that are its own.

        Returns
        -------
        KerasTensor of shape (batch, n_outputs)
        """

    @property
    def looks_ahead(self) -> bool:
        """Tell whether the features at a step depend on steps after it."""
        return False

    def steps(self, inputs: Any, lengths: Any) -> Any:
        """Return the features at every step, (batch, n_steps, n_features), of what `encode` takes.

        Raises
        ------
        ValueError
            If the network has no features at each step.
        """
        del inputs, lengths
        raise ValueError(
            f"{self!r} gives one vector for a whole sequence and none for each step; take a "
            "recurrent or convolutional network, or a transformer."
        )

    def outputs(self, inputs: Any, lengths: Any, n_outputs: int) -> Any:
        """Return ``n_outputs`` numbers for each sequence: a linear layer on its features.

        Raises
        ------
        ValueError
            If ``encode`` does not return one vector for each sequence.
        """
        from skrnn.networks import layers

        features = self.encode(inputs, lengths)
        shape = tuple(getattr(features, "shape", ()))
        if len(shape) != 2:
            raise ValueError(
                f"the network returned a tensor of shape {shape}; it has to return one vector "
                "for each sequence, (batch, n_features): pool over the steps at its end."
            )
        return layers.Dense(n_outputs, name="outputs")(features)

    def carrying(self, begins: Any, n_rows: int) -> Self:
        """Return the network as it is built to learn from pieces of sequences, one by one.

        Parameters
        ----------
        begins : KerasTensor of shape (batch, 1)
            1 where a piece is the first of its sequence, else 0.
        n_rows : int
            Rows of a batch of training, each of which goes on in the next batch.

        Raises
        ------
        ValueError
            If the network has no state that tells the next piece all of those before it.
        """
        del begins, n_rows
        why = "looks at later steps" if self.looks_ahead else "has no state to carry along"
        raise ValueError(
            f"bptt_length carries the state of a network from one piece of a sequence to the next, "
            f"and {self!r} {why}; give an RNN, LSTM or GRU in one direction (for a labeller "
            "causal=True), or chunk_length."
        )

    def resolve(self, n_steps: int) -> Self:
        """Return a network with its automatic settings fixed for sequences of ``n_steps``."""
        del n_steps
        return self

    def hidden_width(self) -> int:
        """Return how many features a layer put before or behind the network has."""
        names = ("units", "filters", "width")
        widths = next((getattr(self, name) for name in names if hasattr(self, name)), 32)
        return int(widths[0] if isinstance(widths, tuple) else widths)

    def key(self) -> Hashable:
        """Return what two networks share if one compiled program can serve both.

        A dropout rate is data to the program: only whether there is dropout counts.
        """
        values = self.get_params(deep=False)
        if "dropout" in values:
            values["dropout"] = values["dropout"] > 0
        return type(self), tuple(values.items())

    def rates(self) -> dict[str, float]:
        """Return the values of the variables that hold rates, by the variables' names."""
        return {"dropout_rate": self.dropout} if hasattr(self, "dropout") else {}
