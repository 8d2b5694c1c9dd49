"""A model's steps on PyTorch: eager execution and autograd."""

from __future__ import annotations

from typing import Any

import torch
from keras import ops
from numpy.typing import NDArray

from skrnn.engine.eager import VariableSteps
from skrnn.engine.feed import Batch
from skrnn.engine.losses import weighted_sum


class TorchSteps(VariableSteps):
    """Run the model eagerly and update the Keras variables in place."""

    def train(self, batch: Batch, rate: float) -> Any:
        """Take one step and return its loss as a tensor."""
        x, lengths, y, weight = map(ops.convert_to_tensor, batch)
        trainable = self._model.trainable_variables
        self._optimizer.learning_rate.assign(rate)
        output = self._model([x, lengths], training=True)
        loss = weighted_sum(self._loss, y, output, weight) + sum(self._model.losses)
        parameters = [variable.value for variable in trainable]
        gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
        with torch.no_grad():
            self._optimizer.apply(list(gradients), trainable)
        return loss.detach()

    @torch.no_grad()
    def evaluate(self, batch: Batch) -> float:
        """Return the loss on a batch."""
        x, lengths, y, weight = map(ops.convert_to_tensor, batch)
        with self._seeds_kept():
            output = self._model([x, lengths], training=False)
        return float(weighted_sum(self._loss, y, output, weight))

    @torch.no_grad()
    def predict(self, x: NDArray[Any], lengths: NDArray[Any]) -> NDArray[Any]:
        """Return the outputs."""
        inputs = [ops.convert_to_tensor(x), ops.convert_to_tensor(lengths)]
        return ops.convert_to_numpy(self._model(inputs, training=False))
