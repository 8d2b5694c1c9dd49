"""Result of a fit: spec, encoder, target, weights, history; its outputs, its Keras model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from skrnn.engine.batches import NetworkInputs
from skrnn.engine.compiled_model import CompiledModel, lease
from skrnn.engine.model_spec import ModelSpec
from skrnn.engine.training import Plan, State, predict

#: Encoder of the inputs, and encoder and decoder of the targets.
Encoder = TypeVar("Encoder")
Target = TypeVar("Target")


@dataclass(frozen=True, eq=False)
class FittedNetwork(Generic[Encoder, Target]):
    """Fitted network with everything that predictions need.

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
        ``loss`` and, with validation, ``val_loss`` of each epoch.
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

    def outputs(self, inputs: NetworkInputs) -> NDArray[np.float64]:
        """Return the outputs of the network for every sequence."""
        with lease(self.spec) as compiled:
            compiled.load(self.weights)
            return predict(compiled, inputs)

    def with_spec(self, spec: ModelSpec) -> Self:
        """Return the network with another spec, and with a new optimizer if that spec needs one."""
        state = self.optimizer_state if spec.key == self.spec.key else None
        return replace(self, spec=spec, optimizer_state=state)

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

    def to_keras(self) -> Any:
        """Return a new Keras model with the weights, called once: Keras exports no other."""
        compiled = CompiledModel(self.spec, is_exported=True)
        state = compiled.fresh_state(0, self.spec.network.rates())
        compiled.start(compiled.with_weights(state, self.weights))
        compiled.steps.write_back()
        compiled.model(compiled.model.inputs)  # symbolic, so that nothing is compiled for it
        return compiled.model
