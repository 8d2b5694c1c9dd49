"""Interface of a backend, `Steps`, and the choice of the module that implements it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from numpy.typing import NDArray

from skrnn._backend import load_keras
from skrnn.engine.batches import Batch, GatherBatch, NetworkInputs
from skrnn.engine.losses import PerSequence
from skrnn.engine.progress import Progress


class Steps(Protocol):
    """Training, evaluation and prediction of a model on a backend.

    Attributes
    ----------
    step_multiple : int
        Sequences are padded to a multiple of this number of steps.
    usual_chunk : int
        Usual number of sequences that are predicted at once.
    runtime : str
        The backend, its version and its devices, those of all processes.
    n_processes, rank : int
        Number of processes that train the model together, and the number of this one, from 0.
    """

    step_multiple: int
    usual_chunk: int
    runtime: str
    n_processes: int
    rank: int

    def start(
        self, values: Sequence[NDArray[Any]], optimizer_values: Sequence[NDArray[Any]] | None
    ) -> None:
        """Set the variables of the model and the optimizer to given or initial values."""

    def rows_at_once(self, inputs: NetworkInputs, n_steps: int) -> int:
        """Return how many sequences of ``inputs``, padded to ``n_steps``, to predict at once.

        Predictions do not depend on it.
        """

    def batch_gatherer(self, inputs: NetworkInputs, n_steps: int) -> GatherBatch:
        """Return a function that gathers batches of ``inputs``, padded to ``n_steps``.

        Of several processes, each gathers its own rows of a batch.
        """

    def train_all(
        self, batches: Iterable[Batch], rates: Sequence[float], progress: Progress | None = None
    ) -> NDArray[Any]:
        """Take a training step per (x, lengths, y, weight) and learning rate; return the losses.

        ``progress`` is called, from time to time, with the number of steps that are done.
        """

    def evaluate_all(self, batches: Iterable[Batch]) -> NDArray[Any]:
        """Return the loss on each (x, lengths, y, weight)."""

    def predict_all(self, batches: Iterable[tuple[Any, Any]]) -> Iterator[NDArray[Any]]:
        """Yield the outputs, of shape (batch, n_outputs), for each (x, lengths)."""

    def read(self) -> tuple[list[NDArray[Any]], list[NDArray[Any]]]:
        """Return the values of the model's variables and of the optimizer's."""

    def write_back(self) -> None:
        """Make the variables of the Keras model and optimizer current."""

    def agrees(self, text: str) -> bool:
        """Return whether all processes have given the same text."""

    def reload(self) -> None:
        """Read the variables of the Keras model, which a callback may have set."""


def make_steps(model: Any, optimizer: Any, loss: PerSequence) -> Steps:
    """Return the steps of ``model`` on the backend that Keras runs on."""
    name = load_keras().backend.backend()
    if name == "jax":
        from skrnn.engine.jax import JaxSteps

        return JaxSteps(model, optimizer, loss)
    if name == "tensorflow":
        from skrnn.engine.tensorflow import TensorFlowSteps

        return TensorFlowSteps(model, optimizer, loss)
    from skrnn.engine.torch import TorchSteps

    return TorchSteps(model, optimizer, loss)
