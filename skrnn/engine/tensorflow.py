"""Steps on TensorFlow: graphs traced once, for any number, size and length of batches."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn._backend import Absent
from skrnn._compat.tensorflow import drop_kernels, forgetting_gradients
from skrnn.engine.batches import Batch, GatherBatch, NetworkInputs
from skrnn.engine.in_place import VariableSteps
from skrnn.engine.losses import PerSequence, weighted_sum
from skrnn.engine.parallel_chunks import predict_in_threads
from skrnn.engine.progress import Progress
from skrnn.engine.steps_per_execution import grouped

try:
    import tensorflow as tf
except ImportError:
    tf = Absent()

#: Number of new compiled models after which the kernels of earlier ones are dropped.
DROP_KERNELS_EVERY = 32

_n_programs = itertools.count(1)


class TensorFlowSteps(VariableSteps):
    """Run traced graphs that update the Keras variables in place."""

    #: Multiples of 12: without oneDNN, on processors without AVX-512, Eigen multiplies rows in
    #: groups of 3 or 4, and rounds the rows that are left over differently.
    small_chunk, usual_chunk, largest_chunk = 12, 96, 960

    def __init__(self, model: Any, optimizer: Any, loss: PerSequence) -> None:
        super().__init__(model, optimizer, loss)
        devices = ", ".join(device.name for device in tf.config.list_logical_devices())
        self.runtime = f"tensorflow {tf.__version__}, {devices}"
        x, lengths = (
            tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype) for tensor in model.inputs
        )
        # A density has more outputs than targets, but as many axes.
        y = tf.TensorSpec([None] * len(model.output.shape), tf.float32)
        weight = tf.TensorSpec([None], tf.float32)
        batch = (x, lengths, y, weight)
        several = [tf.TensorSpec([None, *part.shape], part.dtype) for part in batch]
        rates = tf.TensorSpec([None], tf.float32)
        self.train_graph = _graph(self._train_loop, [several, rates])
        self.evaluate_graph = _graph(self._evaluate_step, [batch])
        self._input_dtypes = x.dtype, lengths.dtype
        self.predict_graph = _graph(self._forward_step, [x, lengths])
        if next(_n_programs) % DROP_KERNELS_EVERY == 0:
            drop_kernels()

    def batch_gatherer(self, inputs: NetworkInputs, n_steps: int) -> GatherBatch:
        """Return a function that gathers each batch into a new array, since a group has several."""
        return lambda rows: inputs.batch(rows, n_steps)

    def train_all(
        self, batches: Iterable[Batch], rates: Sequence[float], progress: Progress | None = None
    ) -> NDArray[np.float32]:
        """Take a training step per batch and learning rate; return the losses before each step."""
        losses: list[NDArray[np.float32]] = []
        rates_left = iter(rates)
        for group in grouped(batches, 1):
            n = group.n_batches
            parts = [part[:n] for part in group.parts]
            losses.append(self.train_graph(parts, np.fromiter(rates_left, np.float32, n)).numpy())
            if progress is not None:
                progress(sum(map(len, losses)))
        return np.concatenate(losses)

    def evaluate(self, batch: Batch) -> float:
        """Return the loss on a batch."""
        with self._seeds_kept():
            return float(self.evaluate_graph(batch))

    def predict(self, x: NDArray[Any], lengths: NDArray[Any]) -> NDArray[Any]:
        """Return the outputs."""
        inputs = map(tf.convert_to_tensor, (x, lengths), self._input_dtypes)
        return self._concrete_predict_graph(*inputs).numpy()

    def predict_all(self, batches: Iterable[tuple[Any, Any]]) -> Iterator[NDArray[Any]]:
        """Return the outputs for each (x, lengths), computed in parallel."""
        return predict_in_threads(self.predict, batches)

    @functools.cached_property
    def _concrete_predict_graph(self) -> Any:
        """Return the graph of a prediction.

        Called directly, it skips the checks of its arguments, a fifth of a short prediction.
        """
        return self.predict_graph.get_concrete_function()

    def _train_loop(self, batches: Any, rates: Any) -> Any:
        """Take the training steps of a group in one call."""
        return tf.map_fn(
            self._train_step,
            (*batches, rates),
            parallel_iterations=1,
            fn_output_signature=tf.float32,
        )

    def _train_step(self, batch: Any) -> Any:
        x, lengths, y, weight, rate = batch
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
    """Return a method as a graph, traced once and freed with the compiled model.

    The partial keeps TensorFlow, which identifies functions by their code, from warning that one
    function is retraced too often.
    """
    return tf.function(functools.partial(_trace, method), input_signature=signature)


def _trace(method: Callable[..., Any], *arguments: Any) -> Any:
    """Call a method; TensorFlow does so only to trace it."""
    with forgetting_gradients():
        return method(*arguments)
