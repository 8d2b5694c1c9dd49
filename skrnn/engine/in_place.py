"""Base of the steps on TensorFlow and PyTorch, with the state in the Keras variables."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn._compat.keras import is_seed_state
from skrnn.engine.batches import CHUNK, MIN_CHUNK, Batch, GatherBatch, NetworkInputs
from skrnn.engine.losses import PerSequence
from skrnn.engine.small_chunks import SmallChunks
from skrnn.engine.variables import values_of


class VariableSteps:
    """Steps whose state is in the variables of the model and the optimizer."""

    #: Lengths need no rounding, since they are not compiled in.
    step_multiple = 1

    #: Smallest, usual and largest number of sequences that are predicted at once. oneDNN and MKL
    #: round alike for 32 and more.
    small_chunk, usual_chunk, largest_chunk = MIN_CHUNK, CHUNK, 512

    #: Several processes train one model on JAX alone.
    n_processes, rank = 1, 0

    def __init__(self, model: Any, optimizer: Any, loss: PerSequence) -> None:
        self._model = model
        self._optimizer = optimizer
        self._loss = loss
        self._variables = list(model.variables)
        self._seeds = [v for v in self._variables if is_seed_state(v)]
        self._new_optimizer = values_of(optimizer.variables)
        self._small = SmallChunks(self.small_chunk, self.usual_chunk)

    def start(
        self, values: Sequence[NDArray[Any]], optimizer_values: Sequence[NDArray[Any]] | None
    ) -> None:
        """Assign the values."""
        for variable, value in zip(self._variables, values, strict=True):
            variable.assign(value)
        slots = optimizer_values or self._new_optimizer
        for variable, value in zip(self._optimizer.variables, slots, strict=True):
            variable.assign(value)

    def read(self) -> tuple[list[NDArray[Any]], list[NDArray[Any]]]:
        """Return copies of the values."""
        return values_of(self._variables), values_of(self._optimizer.variables)

    def write_back(self) -> None:
        """Do nothing: the variables are always current."""

    def reload(self) -> None:
        """Do nothing: the variables are the state."""

    def rows_at_once(self, inputs: NetworkInputs, n_steps: int) -> int:
        """Return the sequences to predict at once: the usual number, or a multiple of it."""
        if len(inputs) <= self.small_chunk:
            return self._small.rows(inputs, n_steps, self.predict)
        n_chunks = -(-len(inputs) // self.largest_chunk)
        return self.usual_chunk * -(-len(inputs) // (n_chunks * self.usual_chunk))

    def agrees(self, text: str) -> bool:
        """Return True: there is no other process."""
        return True

    def batch_gatherer(self, inputs: NetworkInputs, n_steps: int) -> GatherBatch:
        """Return a function that gathers each batch into the same buffer."""
        return inputs.batch_gatherer(n_steps)

    def evaluate_all(self, batches: Iterable[Batch]) -> NDArray[np.float64]:
        """Return the loss on each batch."""
        return np.array([self.evaluate(batch) for batch in batches])

    def predict_all(self, batches: Iterable[tuple[Any, Any]]) -> Iterator[NDArray[Any]]:
        """Yield the outputs for each (x, lengths)."""
        return (self.predict(x, lengths) for x, lengths in batches)

    @abstractmethod
    def evaluate(self, batch: Batch) -> float:
        """Return the loss on a batch."""

    @abstractmethod
    def predict(self, x: NDArray[Any], lengths: NDArray[Any]) -> NDArray[Any]:
        """Return the outputs."""

    @contextmanager
    def _seeds_kept(self) -> Iterator[None]:
        """Restore the seeds of training, since some Keras layers draw in inference, too."""
        values = values_of(self._seeds)
        yield
        for variable, value in zip(self._seeds, values, strict=True):
            variable.assign(value)
