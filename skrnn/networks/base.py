"""Base classes of networks, from models that Keras trains to networks that stream."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable
from typing import Any, Self, TypeVar

from skrnn.networks.identity import Identity
from skrnn.numpy_runtime.cells import Dense, Stage
from skrnn.numpy_runtime.model import StepModel, StreamingModel
from skrnn.numpy_runtime.pooling import running_pool
from skrnn.numpy_runtime.weights import WeightReader
from skrnn.parameters import Parametrized, integers, one_of, parameter, singles

#: Features of a layer; wider layers have billions of weights.
WIDTH = integers(1, 2**16)
#: Layers, or blocks of them, in a network.
DEPTH = integers(1, 1_000)
#: Maximum kernel length, since each step of the kernel is a copy of the sequence.
KERNEL = 2**10
#: Maximum receptive field of a stack of convolutions that exceeds the sequences.
REACH = 2**16

POOLING = parameter(
    default="last",
    domain=one_of("last", "mean", "max", "attention"),
    doc="""Pooling of the steps of a sequence into one vector: the last step, the mean or
    maximum over all steps but padding, or their average weighted by learned attention.""",
)
#: Pooling of networks whose last step has seen no more than the others.
MEAN_POOLING = parameter(default="mean", domain=POOLING.domain, doc=POOLING.doc)
DROPOUT = parameter(
    default=0.0,
    domain=singles(0, 1),
    doc="Fraction of the features set to zero after each layer in training.",
)


class ModelBuilder(ABC):
    """Base class of models, which build a Keras graph from padded sequences to outputs.

    Attributes
    ----------
    needs_fixed_length : bool
        True for a model that can only be built for one number of steps.
    keeps_missing_steps : bool
        True for a model that reads steps without observations as zeros; False for
        one that skips such steps.
    pads_batches : bool
        False for a model whose batches are exactly as long as their longest sequence.
    n_tokens : int or None
        Size of the vocabulary of a model of texts; None for a model of measurements.
    """

    needs_fixed_length: bool = False
    keeps_missing_steps: bool = False
    pads_batches: bool = True
    n_tokens: int | None = None

    @abstractmethod
    def outputs(self, inputs: Any, lengths: Any, n_outputs: int) -> Any:
        """Return ``n_outputs`` numbers for each sequence, or for each of its steps.

        Parameters
        ----------
        inputs : KerasTensor of shape (batch, n_steps, n_features)
            Sequences padded with zeros on the right.
        lengths : KerasTensor of shape (batch,)
            Number of steps of each sequence, without padding.
        n_outputs : int
            Width of the output.

        Returns
        -------
        KerasTensor of shape (batch, n_outputs) or (batch, n_steps, n_outputs)
            Outputs.
        """

    @abstractmethod
    def key(self) -> Hashable:
        """Return a key, equal for models that can share a compiled model."""

    @abstractmethod
    def rates(self) -> dict[str, float]:
        """Return the dropout rates by the names of the variables that hold them."""

    @abstractmethod
    def __repr__(self) -> str:
        """Return the model's name in error messages."""


Model = TypeVar("Model", bound=ModelBuilder)


class LengthDependent(ModelBuilder):
    """Model with settings that depend on the longest sequence of a fit."""

    @abstractmethod
    def resolve(self, n_steps: int) -> Self:
        """Return the model with its automatic settings fixed for sequences of ``n_steps``."""


def resolved(model: Model, n_steps: int) -> Model:
    """Return a model with its automatic settings fixed, if it has any, for ``n_steps``."""
    return model.resolve(n_steps) if isinstance(model, LengthDependent) else model


class Network(Parametrized, ModelBuilder):
    """Base class of networks; a subclass declares parameters and implements ``encode``."""

    @abstractmethod
    def encode(self, inputs: Any, lengths: Any) -> Any:
        """Return the features of each sequence, (batch, n_features).

        Parameters
        ----------
        inputs : KerasTensor of shape (batch, n_steps, n_features)
            Sequences padded with zeros on the right.
        lengths : KerasTensor of shape (batch,)
            Number of steps of each sequence, without padding.

        Returns
        -------
        KerasTensor of shape (batch, n_features)
            Features.
        """

    def with_parameters(self, **changed: Any) -> Self:
        """Return a new network with some parameters changed."""
        return type(self)(**self.get_params(deep=False) | changed)

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

    def hidden_width(self) -> int:
        """Return the width of layers that estimators add before or after the network."""
        names = ("units", "filters", "width")
        widths = next((getattr(self, name) for name in names if hasattr(self, name)), 32)
        return int(widths[0] if isinstance(widths, tuple) else widths)

    def key(self) -> Hashable:
        """Return the class and the parameters.

        Only the presence of dropout matters, since its rate is data of the compiled model. A
        function is compared by identity, with a weak reference.
        """
        values = self.get_params(deep=False)
        if "dropout" in values:
            values["dropout"] = values["dropout"] > 0
        return type(self), tuple((name, _hashable(value)) for name, value in values.items())

    def rates(self) -> dict[str, float]:
        """Return the dropout rate, if there is one."""
        return {"dropout_rate": self.dropout} if hasattr(self, "dropout") else {}


class StepNetwork(Network, StepModel):
    """Network with features at every step, for labels of steps and next-step prediction."""

    @abstractmethod
    def steps(self, inputs: Any, lengths: Any) -> Any:
        """Return the features at every step, (batch, n_steps, n_features).

        Parameters
        ----------
        inputs, lengths
            As in ``encode``.

        Returns
        -------
        KerasTensor of shape (batch, n_steps, n_features)
            Features of each step.

        Raises
        ------
        ValueError
            If the settings leave no features at each step.
        """


class StreamingNetwork(StepNetwork, StreamingModel):
    """Network that also runs one step at a time in numpy, for streams and generation.

    Attributes
    ----------
    pooling : str
        Parameter, declared as ``pooling: str = POOLING``, that reduces ``steps`` to ``encode``.
    """

    pooling: str

    @abstractmethod
    def stages(self, weights: WeightReader, n: int) -> list[Stage]:
        """Return the numpy stages that compute `steps`, one after the other, for ``n`` streams.

        Parameters
        ----------
        weights : WeightReader
            Reader of the weights of the layers of `steps`, in the same order.
        n : int
            Number of parallel streams.

        Returns
        -------
        list of Stage
            Stages in order.
        """

    def output_stages(self, weights: WeightReader, n: int) -> list[Stage]:
        """Return the stages, the pooling over the steps so far, and the linear layer."""
        stages = [*self.stages(weights, n), *running_pool(self.pooling, weights, n)]
        return [*stages, Dense.read(weights)]


def require_steps(network: Network) -> StepNetwork:
    """Return the network, if it has features at each step.

    Raises
    ------
    ValueError
        If it has none.
    """
    if not isinstance(network, StepNetwork):
        raise ValueError(
            f"{network!r} gives one vector for a whole sequence and none for each step; use a "
            "recurrent or convolutional network, or a transformer."
        )
    return network


def _hashable(value: Any) -> Hashable:
    """Return a hashable parameter, a function wrapped for comparison by identity."""
    return Identity(value) if callable(value) and not isinstance(value, type) else value
