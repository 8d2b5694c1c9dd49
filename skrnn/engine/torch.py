"""Steps on PyTorch: eager execution and autograd."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from skrnn._backend import Absent
from skrnn._compat.keras import Node, nodes_of
from skrnn.engine.batches import Batch
from skrnn.engine.in_place import VariableSteps
from skrnn.engine.losses import PerSequence, weighted_sum
from skrnn.engine.progress import Progress
from skrnn.networks import layers

try:
    import torch
except ImportError:
    torch = Absent()

#: Function from x, lengths and the training flag to outputs.
Forward = Callable[[list[Any], bool], Any]


class TorchSteps(VariableSteps):
    """Run the model eagerly and update the Keras variables in place."""

    def __init__(self, model: Any, optimizer: Any, loss: PerSequence) -> None:
        super().__init__(model, optimizer, loss)
        self._forward = straightened(model)
        self._device = model.variables[0].value.device
        self.runtime = f"torch {torch.__version__}, {self._device}"

    def train_all(
        self, batches: Iterable[Batch], rates: Sequence[float], progress: Progress | None = None
    ) -> NDArray[np.float64]:
        """Take a training step per batch and learning rate; return the losses before each step."""
        # Read only at the end: a loss read at once would make every step wait for the device.
        losses: list[Any] = []
        for batch, rate in zip(batches, rates, strict=True):
            losses.append(self._train(batch, rate))
            if progress is not None:
                progress(len(losses))
        return np.array([float(loss) for loss in losses])

    def _train(self, batch: Batch, rate: float) -> Any:
        x, lengths, y, weight = self._tensors(*batch)
        trainable = self._model.trainable_variables
        self._optimizer.learning_rate.assign(rate)
        output = self._forward([x, lengths], True)
        loss = weighted_sum(self._loss, y, output, weight) + sum(self._model.losses)
        parameters = [variable.value for variable in trainable]
        gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
        with torch.no_grad():
            self._optimizer.apply(list(gradients), trainable)
        return loss.detach()

    @torch.no_grad()
    def evaluate(self, batch: Batch) -> float:
        """Return the loss on a batch."""
        x, lengths, y, weight = self._tensors(*batch)
        with self._seeds_kept():
            output = self._forward([x, lengths], False)
        return float(weighted_sum(self._loss, y, output, weight))

    @torch.no_grad()
    def predict(self, x: NDArray[Any], lengths: NDArray[Any]) -> NDArray[Any]:
        """Return the outputs."""
        outputs = self._forward(self._tensors(x, lengths), False).cpu()
        if outputs.dtype == torch.bfloat16:  # numpy has none
            outputs = outputs.float()
        array: NDArray[Any] = outputs.numpy()
        return array

    def _tensors(self, *arrays: NDArray[Any]) -> list[Any]:
        return [torch.as_tensor(array, device=self._device) for array in arrays]


def straightened(model: Any) -> Forward:
    """Return a function that computes the outputs by the ``call`` of each layer in turn.

    Around each call, Keras checks masks, symbolic tensors, casts and shapes, which takes longer
    than a small network itself. The layers of `skrnn.networks` do not need these checks; a model
    with other layers is called as a whole.
    """
    nodes = nodes_of(model)
    if not all(_is_plain(node.operation) for node in nodes):
        return lambda inputs, training: model(inputs, training=training)
    calls = [_Call(node) for node in nodes]
    inputs, (output,) = [id(tensor) for tensor in model.inputs], map(id, model.outputs)

    def forward(values: list[Any], training: bool) -> Any:
        known = dict(zip(inputs, values, strict=True))
        for call in calls:
            call(known, training)
        return known[output]

    return forward


class _Call:
    """Node of a model's graph."""

    def __init__(self, node: Node) -> None:
        self._run = node.operation.call
        self._takes_training = "training" in inspect.signature(self._run).parameters
        self._node = node
        self._outputs = [id(tensor) for tensor in node.outputs]

    def __call__(self, known: dict[int, Any], training: bool) -> None:
        """Compute the node's outputs and store them by their symbols."""
        arguments, keywords = self._node.filled(known)
        if self._takes_training:
            keywords["training"] = training
        outputs = self._run(*arguments, **keywords)
        if len(self._outputs) == 1:
            outputs = (outputs,)
        known.update(zip(self._outputs, outputs, strict=True))


def _is_plain(operation: Any) -> bool:
    """Return whether an operation needs its ``call`` only."""
    if not isinstance(operation, keras.layers.Layer):
        return type(operation).__module__.startswith("keras.")
    kind = type(operation)
    ours = kind.__module__.startswith(layers.__name__) or kind in vars(layers).values()
    single = operation.compute_dtype == operation.variable_dtype == "float32"
    return ours and single and operation.activity_regularizer is None
