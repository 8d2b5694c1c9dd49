"""A model's steps on JAX: pure functions, compiled once for each shape of batch."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from skrnn.engine.feed import STEP_MULTIPLE, Batch, Feed, Inputs
from skrnn.engine.losses import PerSequence, weighted_sum
from skrnn.engine.memory import return_free_memory
from skrnn.engine.variables import values_of

#: Steps of training that may wait for the device.
MOST_PENDING = 4


@dataclass(frozen=True)
class _Slices:
    """The sequences of a batch as slices of a table on the device."""

    table: Any
    starts: Any
    n_steps: int
    at_end: bool


jax.tree_util.register_dataclass(
    _Slices, data_fields=["table", "starts"], meta_fields=["n_steps", "at_end"]
)


class JaxSteps:
    """Hold a state of device arrays and pass it through compiled functions."""

    step_multiple = STEP_MULTIPLE

    def __init__(self, model: Any, optimizer: Any, loss: PerSequence) -> None:
        self._model = model
        self._optimizer = optimizer
        self._loss = loss
        names = [variable.name for variable in optimizer.variables]
        self._rate_index = names.index("learning_rate")
        self._new_optimizer = values_of(optimizer.variables)
        trainable = {id(variable) for variable in model.trainable_variables}
        self._is_trainable = [id(variable) in trainable for variable in model.variables]
        self._trainable: list[Any] = []
        self._other: list[Any] = []
        self._slots: list[Any] = []
        self._pending: deque[Any] = deque()
        self._has_trained = False
        self._train = jax.jit(self._train_step, donate_argnums=(0, 1, 2))
        self._evaluate = jax.jit(self._evaluate_step)
        self._forward = jax.jit(self._forward_step)

    def start(
        self, values: Sequence[NDArray[Any]], optimizer_values: Sequence[NDArray[Any]] | None
    ) -> None:
        """Put the values on the device."""
        # A copy, since a donated buffer may alias the numpy array it came from.
        arrays = [jax.numpy.array(value, copy=True) for value in values]
        self._trainable = [a for a, t in zip(arrays, self._is_trainable, strict=True) if t]
        self._other = [a for a, t in zip(arrays, self._is_trainable, strict=True) if not t]
        self._slots = [
            jax.numpy.array(value, copy=True) for value in (optimizer_values or self._new_optimizer)
        ]

    def feed(self, inputs: Inputs, n_steps: int) -> Feed:
        """Return slices of a table on the device, or batches where it is too large for that."""
        table, sequences = inputs.table, inputs.sequences
        if table is None:
            return lambda rows: inputs.batch(rows, n_steps)
        if table.on_device is None:
            table.on_device = jax.device_put(sequences.steps)
        shift = n_steps - sequences.lengths if inputs.at_end else 0
        starts = (sequences.starts - shift).astype(np.int32)
        lengths = sequences.lengths.astype(np.int32)

        def describe(rows: NDArray[np.int64]) -> tuple[_Slices, NDArray[np.int32]]:
            return _Slices(table.on_device, starts[rows], n_steps, inputs.at_end), lengths[rows]

        return describe

    def train(self, batch: Batch, rate: float) -> Any:
        """Take one step; the loss returned is a device array that may not be ready yet."""
        self._trainable, self._other, self._slots, loss = self._train(
            self._trainable, self._other, self._slots, batch, np.float32(rate)
        )
        if not self._has_trained:
            return_free_memory()
            self._has_trained = True
        # Steps that wait for the device hold memory, so only a few do.
        self._pending.append(loss)
        if len(self._pending) > MOST_PENDING:
            self._pending.popleft().block_until_ready()
        return loss

    def evaluate(self, batch: Batch) -> float:
        """Return the loss on a batch."""
        return float(self._evaluate(self._trainable, self._other, batch))

    def predict(self, x: NDArray[Any], lengths: NDArray[Any]) -> NDArray[Any]:
        """Return the outputs."""
        return np.asarray(self._forward(self._trainable, self._other, x, lengths))

    def read(self) -> tuple[list[NDArray[Any]], list[NDArray[Any]]]:
        """Return copies of the state."""
        return [np.array(value) for value in self._merged()], [np.array(s) for s in self._slots]

    def write_back(self) -> None:
        """Make the Keras variables current."""
        # Copies again: the next step donates the buffers that the variables would hold.
        for variable, value in zip(self._model.variables, self._merged(), strict=True):
            variable.assign(jax.numpy.array(value, copy=True))
        for variable, value in zip(self._optimizer.variables, self._slots, strict=True):
            variable.assign(jax.numpy.array(value, copy=True))

    def reload(self) -> None:
        """Take over the Keras variables."""
        self.start(values_of(self._model.variables), values_of(self._optimizer.variables))

    def _merged(self) -> list[Any]:
        trainable, other = iter(self._trainable), iter(self._other)
        return [next(trainable) if t else next(other) for t in self._is_trainable]

    def _train_step(
        self, trainable: Any, other: Any, slots: Any, batch: Any, rate: Any
    ) -> tuple[Any, Any, Any, Any]:
        x, lengths, y, weight = batch
        x = _gathered(x, lengths)
        slots = list(slots)
        slots[self._rate_index] = rate

        def objective(trainable: Any) -> tuple[Any, Any]:
            output, other_after, extra = self._model.stateless_call(
                trainable, other, [x, lengths], training=True, return_losses=True
            )
            return weighted_sum(self._loss, y, output, weight) + sum(extra), other_after

        (loss, other), gradients = jax.value_and_grad(objective, has_aux=True)(trainable)
        trainable, slots = self._optimizer.stateless_apply(slots, gradients, trainable)
        return trainable, other, slots, loss

    def _evaluate_step(self, trainable: Any, other: Any, batch: Any) -> Any:
        x, lengths, y, weight = batch
        output = self._forward_step(trainable, other, _gathered(x, lengths), lengths)
        return weighted_sum(self._loss, y, output, weight)

    def _forward_step(self, trainable: Any, other: Any, x: Any, lengths: Any) -> Any:
        return self._model.stateless_call(trainable, other, [x, lengths], training=False)[0]


def _gathered(x: Any, lengths: Any) -> Any:
    """Return the x of a batch as an array, gathered here if it is only described."""
    if not isinstance(x, _Slices):
        return x
    offsets = jax.numpy.arange(x.n_steps)
    real = offsets >= x.n_steps - lengths[:, None] if x.at_end else offsets < lengths[:, None]
    values = jax.vmap(lambda start: jax.lax.dynamic_slice_in_dim(x.table, start, x.n_steps))(
        x.starts
    )
    return jax.numpy.where(real[..., None], values, 0.0)
