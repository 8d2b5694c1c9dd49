"""Result of a fit: spec, encoder, target, weights, history; its outputs, its Keras model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import Any, Generic, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from skrnn.engine.batches import NetworkInputs
from skrnn.engine.compiled_model import CompiledModel, lease
from skrnn.engine.model_spec import ModelSpec
from skrnn.engine.training import Plan, State, predict
from skrnn.numpy_runtime.build import build
from skrnn.numpy_runtime.cells import Stage
from skrnn.numpy_runtime.ensemble import Ensemble
from skrnn.onnx_export.graph import Graph, Tensor
from skrnn.onnx_export.keras_model import convert
from skrnn.onnx_export.stages import StepState, step


class CombinesOutputs(Protocol):
    """Target that combines the outputs of several networks."""

    def combined(self, outputs: Sequence[NDArray[Any]]) -> NDArray[Any]:
        """Return outputs that are decoded to the average of the predictions of networks."""


#: Encoder of the inputs, and encoder and decoder of the targets.
Encoder = TypeVar("Encoder")
Target = TypeVar("Target", bound=CombinesOutputs)


@dataclass(frozen=True, eq=False)
class FurtherNetwork:
    """Weights, history and optimizer state of a network of an ensemble after the first one.

    The attributes are those of `FittedNetwork`.
    """

    weights: tuple[NDArray[Any], ...]
    history: Mapping[str, list[float]]
    n_iter: int
    n_trained: int
    optimizer_state: list[NDArray[Any]] | None

    @classmethod
    def of(cls, network: FittedNetwork[Any, Any]) -> Self:
        """Return those of a network by itself."""
        return cls(**{one.name: getattr(network, one.name) for one in fields(cls)})


@dataclass(frozen=True, eq=False)
class FittedNetwork(Generic[Encoder, Target]):
    """Fitted network with everything that predictions need; or several, whose outputs are combined.

    Several networks share all attributes but ``weights``, ``history``, ``n_iter``, ``n_trained``
    and ``optimizer_state``, which are those of the first one.

    Attributes
    ----------
    spec : ModelSpec
        Network, and the settings compiled with it.
    encoder : object
        Encodes user data as inputs of the network.
    target : object
        Encodes targets for the network, and decodes its outputs as predictions.
    longest : int
        Length of the longest training sequence; 0 if no setting of the network depends on it.
    weights : tuple of ndarray
        Weights; empty before training.
    history : dict of str to list of float
        ``loss``, with validation ``val_loss``, and the metrics of each epoch.
    n_iter : int
        Epochs of the history.
    n_epochs, batch_size : int, int or None
        Maximum number of epochs of the last call, and the examples of its batches; None is all.
    n_trained : int
        Epochs of all fits, those before a warm start included: each epoch has its own seed.
    backend : str
        The Keras backend of the training.
    optimizer_state : list of ndarray or None
        Variables of the optimizer, if the next call continues with them.
    others : tuple of FurtherNetwork
        The other networks.
    """

    spec: ModelSpec
    encoder: Encoder
    target: Target
    longest: int = 0
    weights: tuple[NDArray[Any], ...] = ()
    history: Mapping[str, list[float]] = field(default_factory=dict)
    n_iter: int = 0
    n_epochs: int = 0
    batch_size: int | None = None
    n_trained: int = 0
    backend: str = ""
    optimizer_state: list[NDArray[Any]] | None = None
    others: tuple[FurtherNetwork, ...] = ()

    @property
    def networks(self) -> list[Self]:
        """Return each network by itself."""
        return [
            replace(self, others=()),
            *(replace(self, others=(), **vars(other)) for other in self.others),
        ]

    @classmethod
    def joined(cls, networks: Sequence[Self]) -> Self:
        """Return several networks with the same spec, encoder and target as one."""
        first, *others = networks
        return replace(first, others=tuple(map(FurtherNetwork.of, others)))

    def combined(self, outputs: Sequence[NDArray[Any]]) -> NDArray[Any]:
        """Return the combined outputs of the networks, given those of each."""
        return outputs[0] if len(outputs) == 1 else self.target.combined(outputs)

    def run(
        self, compiled: CompiledModel, function: Callable[[CompiledModel], NDArray[Any]]
    ) -> NDArray[Any]:
        """Return the combined results of a function of the compiled model with each network."""
        results = []  # not of `networks`, which would be copied at each call
        for weights in (self.weights, *(other.weights for other in self.others)):
            compiled.load(weights)
            results.append(function(compiled))
        return self.combined(results)

    def outputs(self, inputs: NetworkInputs) -> NDArray[np.float64]:
        """Return the outputs for every sequence."""
        with lease(self.spec) as compiled:
            return self.run(compiled, partial(predict, inputs=inputs))

    def streaming(self, n: int) -> Stage:
        """Return the network in NumPy, for ``n`` streams, which runs one step at a time.

        Raises
        ------
        ValueError
            If an output of the network depends on later steps, or it cannot run step by step.
        """
        networks = [build(self.spec.network, one.weights, n) for one in self.networks]
        return networks[0] if len(networks) == 1 else Ensemble(networks, self.combined)

    def with_spec(self, spec: ModelSpec) -> Self:
        """Return the network with another spec, and with a new optimizer if that spec needs one."""
        if spec.key == self.spec.key:
            return replace(self, spec=spec)
        return self.joined([replace(one, spec=spec, optimizer_state=None) for one in self.networks])

    def trained(
        self, weights: tuple[NDArray[Any], ...], state: State, plan: Plan, *, continues: bool
    ) -> Self:
        """Return the network with the weights and history of a training run.

        Training that ``continues`` extends the history, and keeps the state of the optimizer.
        """
        import keras

        before = self.history if continues else {}
        n_epochs = len(state.history["loss"])
        return replace(
            self,
            weights=weights,
            history={name: [*before.get(name, []), *new] for name, new in state.history.items()},
            n_iter=(self.n_iter if continues else 0) + n_epochs,
            n_epochs=plan.epochs,
            batch_size=plan.batch_size,
            n_trained=self.n_trained + n_epochs,
            backend=keras.backend.backend(),
            optimizer_state=state.optimizer if continues else None,
        )

    @property
    def n_parameters(self) -> int:
        """Return the number of values in the weights, of several networks those of the first."""
        return sum(weight.size for weight in self.weights)

    def summary(self) -> str:
        """Return Keras' table of the layers, of several networks those of the first."""
        lines: list[str] = []
        keras_model = self.networks[0].to_keras()
        keras_model.summary(line_length=80, print_fn=lambda text, **_: lines.append(text))
        return "\n".join(lines)

    def to_keras(self) -> Any:
        """Return a new Keras model with the weights, called once: Keras exports no other.

        Raises
        ------
        ValueError
            If there are several networks.
        """
        if self.others:
            n_networks = 1 + len(self.others)
            raise ValueError(
                f"to_keras returns one network, and the fit has n_networks={n_networks}; "
                "networks_[0].to_keras() returns the first, and so on up to "
                f"networks_[{n_networks - 1}]: average their predictions."
            )
        model = self._keras_model(is_exported=True)
        model(model.inputs)  # symbolic, so that nothing is compiled for it
        return model

    def onnx_networks(self, graph: Graph) -> list[Callable[[list[Tensor]], Tensor]]:
        """Return each network as a function that adds it to an ONNX graph.

        Parameters
        ----------
        graph : Graph
            Graph under construction.

        Returns
        -------
        list of callable
            From a list of scaled sequences and their lengths to outputs. It raises ValueError if
            the network has layers that cannot be written.
        """
        models = [one._keras_model(is_exported=False) for one in self.networks]
        return [partial(convert, graph, model) for model in models]

    def onnx_outputs(self, graph: Graph, inputs: list[Tensor]) -> list[Tensor]:
        """Add each network to an ONNX graph and return their outputs."""
        return [network(inputs) for network in self.onnx_networks(graph)]

    def onnx_step(self, graph: Graph, x: Tensor, state: StepState) -> list[Tensor]:
        """Add one step of each network to an ONNX graph and return their outputs.

        Raises
        ------
        ValueError
            If a network cannot run step by step, or has stages that cannot be written.
        """
        networks = [build(self.spec.network, one.weights, 1) for one in self.networks]
        return [step(graph, network, x, state) for network in networks]

    def _keras_model(self, *, is_exported: bool) -> Any:
        """Return a new Keras model with the weights of the first network."""
        compiled = CompiledModel(self.spec, is_exported=is_exported)
        state = compiled.fresh_state(0, self.spec.network.rates())
        compiled.start(compiled.with_weights(state, self.weights))
        compiled.steps.write_back()
        return compiled.model
