"""What TensorFlow and PyTorch share: the state of a fit lives in the Keras variables."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn.engine.feed import Batch, Feed, Inputs
from skrnn.engine.losses import PerSequence
from skrnn.engine.variables import is_seed, values_of


class VariableSteps:
    """Start, read and keep a fit's state in the variables of the model and the optimizer."""

    #: Any length runs without being compiled for.
    step_multiple = 1

    def __init__(self, model: Any, optimizer: Any, loss: PerSequence) -> None:
        self._model = model
        self._optimizer = optimizer
        self._loss = loss
        self._variables = list(model.variables)
        self._seeds = [v for v in self._variables if is_seed(v)]
        self._new_optimizer = values_of(optimizer.variables)

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

    def feed(self, inputs: Inputs, n_steps: int) -> Feed:
        """Return what gathers one batch after the other into a single buffer."""
        return inputs.feed(n_steps)

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
        """Keep what training draws next as it was: some layers of Keras draw in inference too."""
        values = values_of(self._seeds)
        yield
        for variable, value in zip(self._seeds, values, strict=True):
            variable.assign(value)
