"""Models with outputs at every step: heads, next-step prediction, autoencoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from skrnn.networks.base import Network, StepNetwork, StreamingNetwork
from skrnn.networks.wrappers.base import Wrapper
from skrnn.numpy_runtime.cells import Chain, Dense, Product, Stage, Sum
from skrnn.numpy_runtime.model import StepModel, StreamingModel, streaming_error
from skrnn.numpy_runtime.weights import WeightReader


@dataclass(eq=False, repr=False)
class PerStepHead(Wrapper, StreamingModel):
    """Linear layer on a network's features at each step.

    Parameters
    ----------
    network : StepNetwork
        The network.
    both_ways : bool
        Concatenate the features of a second, backward network with weights of its own (after
        Schuster and Paliwal, 1997, doi:10.1109/78.650093).
    """

    network: StepNetwork
    both_ways: bool = False
    keeps_missing_steps = True  # each step needs its outputs

    def __post_init__(self) -> None:
        self.needs_fixed_length = self.network.needs_fixed_length

    @property
    def looks_ahead(self) -> bool:
        """Return whether the outputs at a step depend on steps after it."""
        return self.both_ways or self.network.looks_ahead

    def outputs(self, inputs: Any, lengths: Any, n_outputs: int) -> Any:
        """Return ``n_outputs`` numbers for each step, (batch, n_steps, n_outputs).

        Raises
        ------
        ValueError
            If the network does not give one vector for each step.
        """
        from skrnn.networks import layers

        features = _features(self.network, inputs, lengths)
        if self.both_ways:
            reverse = layers.ReverseSequence()
            backward = self.network.steps(reverse(inputs, lengths), lengths)
            features = layers.Concatenate()([features, reverse(backward, lengths)])
        return layers.Dense(n_outputs, name="outputs")(features)

    def output_stages(self, weights: WeightReader, n: int) -> list[Stage]:
        """Return the stages of the network and the linear layer."""
        return _stages(self.network, weights, n)

    def __repr__(self) -> str:
        return f"{self.network!r} at every step" + (", both ways" if self.both_ways else "")


@dataclass(eq=False, repr=False)
class NextStepHead(Wrapper, StreamingModel):
    """Linear layer on a network's features at each step, plus a linear layer on the step itself.

    The linear part extrapolates beyond the range of the training data (Lai et al., 2018,
    arXiv:1703.07015).

    Parameters
    ----------
    network : StepNetwork
        The network.
    """

    network: StepNetwork
    keeps_missing_steps = True  # each step needs its outputs

    def __post_init__(self) -> None:
        self.needs_fixed_length = self.network.needs_fixed_length

    @property
    def looks_ahead(self) -> bool:
        """Return whether the outputs at a step depend on steps after it."""
        return self.network.looks_ahead

    def outputs(self, inputs: Any, lengths: Any, n_outputs: int) -> Any:
        """Return ``n_outputs`` numbers for each step, (batch, n_steps, n_outputs)."""
        from skrnn.networks import layers

        linear = layers.Dense(n_outputs, use_bias=False, kernel_initializer="zeros", name="linear")(
            inputs
        )
        features = _features(self.network, inputs, lengths)
        return layers.Add()([layers.Dense(n_outputs, name="outputs")(features), linear])

    def output_stages(self, weights: WeightReader, n: int) -> list[Stage]:
        """Return one stage: the network and its linear layer, plus the linear layer on the step."""
        chain = Chain(_stages(self.network, weights, n))
        return [Sum([chain, Product(*weights.take((None, None)))])]

    def __repr__(self) -> str:
        return f"{self.network!r} at every step"


@dataclass(eq=False, repr=False)
class Autoencoder(Wrapper, StepModel):
    """Autoencoder of a sequence by one vector, decoded in reverse order.

    After Malhotra et al. (2016, arXiv:1607.00148), with the vector as the decoder's input at each
    step instead of its first state.

    Parameters
    ----------
    encoder : Network
        Encoder of a sequence as a vector.
    decoder : StepNetwork
        Unidirectional recurrent network that reads the vector at every step.
    """

    encoder: Network
    decoder: StepNetwork
    keeps_missing_steps = True  # each step needs its outputs

    def __post_init__(self) -> None:
        self.needs_fixed_length = self.encoder.needs_fixed_length

    @property
    def looks_ahead(self) -> bool:
        """Return True: the outputs at a step depend on all steps."""
        return True

    def outputs(self, inputs: Any, lengths: Any, n_outputs: int) -> Any:
        """Return ``n_outputs`` numbers for each step, (batch, n_steps, n_outputs)."""
        from skrnn.networks import layers

        vectors = layers.RepeatVector()(self.encoder.encode(inputs, lengths), inputs)
        features = layers.ReverseSequence()(self.decoder.steps(vectors, lengths), lengths)
        return layers.Dense(n_outputs, name="outputs")(features)

    def __repr__(self) -> str:
        return f"{self.encoder!r}, decoded by {self.decoder!r}"


def _features(network: StepNetwork, inputs: Any, lengths: Any) -> Any:
    """Return the features at each step, or raise ValueError for others."""
    features = network.steps(inputs, lengths)
    shape = tuple(getattr(features, "shape", ()))
    if len(shape) != 3:
        raise ValueError(
            f"the network returned a tensor of shape {shape}; it has to return one vector "
            "for each step, (batch, n_steps, n_features)."
        )
    return features


def _stages(network: StepNetwork, weights: WeightReader, n: int) -> list[Stage]:
    """Return the stages of a network and of a linear layer on its features at each step."""
    if not isinstance(network, StreamingNetwork):
        raise streaming_error(network)
    return [*network.stages(weights, n), Dense.read(weights)]
