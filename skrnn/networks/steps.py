"""Networks that are read at every step of a sequence."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Self

from skrnn.networks.base import Network


class EveryStep(Network):
    """Give numbers at each step: a linear layer on a network's features there.

    Parameters
    ----------
    network : Network
        What gives the features.
    both_ways : bool
        Join them with those of a twin, of its own weights, that reads backwards (after Schuster
        and Paliwal, 1997, doi:10.1109/78.650093).
    """

    keeps_missing_steps = True  # each step is to get its numbers

    def __init__(self, network: Network, both_ways: bool) -> None:
        self.network = network
        self.both_ways = both_ways
        self.needs_fixed_length = network.needs_fixed_length  # type: ignore[misc]

    @property
    def looks_ahead(self) -> bool:
        """Tell whether the numbers at a step depend on steps after it."""
        return self.both_ways or self.network.looks_ahead

    def encode(self, inputs: Any, lengths: Any) -> Any:
        """Return the features at each step, (batch, n_steps, n_features).

        Raises
        ------
        ValueError
            If the network does not give one vector for each step.
        """
        from skrnn.networks import layers

        features = self.network.steps(inputs, lengths)
        shape = tuple(getattr(features, "shape", ()))
        if len(shape) != 3:
            raise ValueError(
                f"the network returned a tensor of shape {shape}; it has to return one vector "
                "for each step, (batch, n_steps, n_features)."
            )
        if not self.both_ways:
            return features
        reverse = layers.Reverse()
        backward = reverse(self.network.steps(reverse(inputs, lengths), lengths), lengths)
        return layers.Concatenate()([features, backward])

    def outputs(self, inputs: Any, lengths: Any, n_outputs: int) -> Any:
        """Return ``n_outputs`` numbers for each step, (batch, n_steps, n_outputs)."""
        from skrnn.networks import layers

        return layers.Dense(n_outputs, name="outputs")(self.encode(inputs, lengths))

    def carrying(self, begins: Any, n_rows: int) -> Self:
        """Return the network as it is built to learn from pieces of sequences, one by one."""
        if self.both_ways:
            return super().carrying(begins, n_rows)
        return type(self)(self.network.carrying(begins, n_rows), both_ways=False)

    def resolve(self, n_steps: int) -> Self:
        """Return a network with its automatic settings fixed for sequences of ``n_steps``."""
        return type(self)(self.network.resolve(n_steps), self.both_ways)

    def key(self) -> Hashable:
        """Return what two networks share if one compiled program can serve both."""
        return type(self), self.network.key(), self.both_ways

    def rates(self) -> dict[str, float]:
        """Return the values of the variables that hold rates."""
        return self.network.rates()

    def __repr__(self) -> str:
        return f"{self.network!r} at every step" + (", both ways" if self.both_ways else "")


class NextStep(EveryStep):
    """Forecast the next step: `EveryStep` plus a linear layer on the step itself.

    The linear part follows a series where no state has been, as in Lai et al. (2018,
    arXiv:1703.07015).
    """

    def __init__(self, network: Network, both_ways: bool = False) -> None:
        super().__init__(network, both_ways)

    def outputs(self, inputs: Any, lengths: Any, n_outputs: int) -> Any:
        """Return ``n_outputs`` numbers for each step, (batch, n_steps, n_outputs)."""
        from skrnn.networks import layers

        linear = layers.Dense(n_outputs, use_bias=False, kernel_initializer="zeros", name="linear")(
            inputs
        )
        return layers.Add()([super().outputs(inputs, lengths, n_outputs), linear])


class Reconstruction(Network):
    """Encode a sequence as one vector and decode it at every step, the last one first.

    After Malhotra et al. (2016, arXiv:1607.00148), with the vector as the decoder's input at each
    step instead of its first state.

    Parameters
    ----------
    encoder : Network
        What gives the vector.
    decoder : Network
        A recurrent network in one direction, which reads the vector at every step.
    """

    keeps_missing_steps = True  # each step is to get its numbers

    def __init__(self, encoder: Network, decoder: Network) -> None:
        self.encoder = encoder
        self.decoder = decoder
        self.needs_fixed_length = encoder.needs_fixed_length  # type: ignore[misc]

    @property
    def looks_ahead(self) -> bool:
        """Tell that the numbers at a step depend on all steps."""
        return True

    def encode(self, inputs: Any, lengths: Any) -> Any:
        """Return the vector of each sequence."""
        return self.encoder.encode(inputs, lengths)

    def outputs(self, inputs: Any, lengths: Any, n_outputs: int) -> Any:
        """Return ``n_outputs`` numbers for each step, (batch, n_steps, n_outputs)."""
        from skrnn.networks import layers

        vectors = layers.RepeatAlong()(self.encode(inputs, lengths), inputs)
        features = self.decoder.steps(vectors, lengths)
        return layers.Dense(n_outputs, name="outputs")(layers.Reverse()(features, lengths))

    def resolve(self, n_steps: int) -> Self:
        """Return a network with its automatic settings fixed for sequences of ``n_steps``."""
        return type(self)(self.encoder.resolve(n_steps), self.decoder.resolve(n_steps))

    def key(self) -> Hashable:
        """Return what two networks share if one compiled program can serve both."""
        return Reconstruction, self.encoder.key(), self.decoder.key()

    def rates(self) -> dict[str, float]:
        """Return the values of the variables that hold rates."""
        return self.encoder.rates()

    def __repr__(self) -> str:
        return f"{self.encoder!r}, decoded by {self.decoder!r}"
