"""A model's steps on TensorFlow: graphs traced once, for any batch size and length."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import tensorflow as tf
from numpy.typing import NDArray

from skrnn.engine.eager import VariableSteps
from skrnn.engine.feed import Batch
from skrnn.engine.losses import PerSequence, weighted_sum


class TensorFlowSteps(VariableSteps):
    """Run traced graphs that update the Keras variables in place."""

    def __init__(self, model: Any, optimizer: Any, loss: PerSequence) -> None:
        super().__init__(model, optimizer, loss)
        x, lengths = (
            tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype) for tensor in model.inputs
        )
        y = tf.TensorSpec([None, None], tf.float32)  # a density has more outputs than targets
        weight = tf.TensorSpec([None], tf.float32)
        batch = (x, lengths, y, weight)
        rate = tf.TensorSpec([], tf.float32)
        self.train_graph = _graph(self._train_step, [batch, rate])
        self.evaluate_graph = _graph(self._evaluate_step, [batch])
        self.predict_graph = _graph(self._forward_step, [x, lengths])

    def train(self, batch: Batch, rate: float) -> Any:
        """Take one step and return its loss as an eager tensor."""
        return self.train_graph(batch, rate)

    def evaluate(self, batch: Batch) -> float:
        """Return the loss on a batch."""
        with self._seeds_kept():
            return float(self.evaluate_graph(batch))

    def predict(self, x: NDArray[Any], lengths: NDArray[Any]) -> NDArray[Any]:
        """Return the outputs."""
        return self.predict_graph(x, lengths).numpy()

    def _train_step(self, batch: Any, rate: Any) -> Any:
        x, lengths, y, weight = batch
        self._optimizer.learning_rate.assign(rate)
        with tf.GradientTape() as tape:
            output = self._model([x, lengths], training=True)
            loss = weighted_sum(self._loss, y, output, weight) + sum(self._model.losses)
        trainable = self._model.trainable_variables
        gradients = tape.gradient(loss, [variable.value for variable in trainable])
        self._optimizer.apply(gradients, trainable)
        return loss

    def _evaluate_step(self, batch: Any) -> Any:
        x, lengths, y, weight = batch
        return weighted_sum(self._loss, y, self._forward_step(x, lengths), weight)

    def _forward_step(self, x: Any, lengths: Any) -> Any:
        return self._model([x, lengths], training=False)


def _graph(method: Callable[..., Any], signature: list[Any]) -> Any:
    """Return a method as a graph, traced once.

    The partial keeps TensorFlow from taking the graphs of several programs for one that is
    traced too often, which it would tell by the method's code.
    """
    return tf.function(functools.partial(method), input_signature=signature)
