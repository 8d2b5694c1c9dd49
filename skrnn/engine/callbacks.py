"""Keras callbacks, and anything shaped like one, in our own training loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skrnn.engine.program import Program

_BATCH_HOOKS = ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end")


class Callbacks:
    """Call the hooks of callbacks with a Keras model whose variables are current.

    What a callback does to the model takes effect: weights it sets, ``stop_training``, and
    a learning rate it sets, which scales the schedule from then on.
    """

    def __init__(
        self, callbacks: Sequence[Any], program: Program, epochs: int, n_batches: int
    ) -> None:
        self.rate_factor = 1.0
        self._program = program
        self._callbacks = list(callbacks)
        self._by_batch = [c for c in self._callbacks if _acts_on_batches(c)]
        if not self._callbacks:
            return
        model = program.model
        model.optimizer = program.optimizer
        model.stop_training = False
        for callback in self._callbacks:
            callback.set_params({"epochs": epochs, "steps": n_batches, "verbose": 0})
            callback.set_model(model)

    def train_begin(self) -> None:
        """Tell the callbacks that training begins."""
        self._call(self._callbacks, "on_train_begin")

    def epoch_begin(self, epoch: int, rate: float) -> None:
        """Tell the callbacks that an epoch begins, at a rate they may change."""
        if self._callbacks:
            self._program.optimizer.learning_rate.assign(rate * self.rate_factor)
            self._program.steps.reload()
            self._call(self._callbacks, "on_epoch_begin", epoch)

    @property
    def act_on_batches(self) -> bool:
        """Say whether a callback has to be told of every batch."""
        return bool(self._by_batch)

    def batch_begin(self, batch: int) -> None:
        """Tell those that act on batches that one begins."""
        self._call(self._by_batch, "on_train_batch_begin", batch)

    def batch_end(self, batch: int, loss: Any) -> None:
        """Tell those that act on batches that one has ended."""
        self._call(self._by_batch, "on_train_batch_end", batch, {"loss": float(loss)})

    def epoch_end(self, epoch: int, logs: Mapping[str, float]) -> bool:
        """Tell the callbacks that an epoch has ended; say whether one asks to stop."""
        self._call(self._callbacks, "on_epoch_end", epoch, dict(logs))
        return bool(self._callbacks) and bool(self._program.model.stop_training)

    def train_end(self, logs: Mapping[str, float]) -> None:
        """Tell the callbacks that training has ended."""
        self._call(self._callbacks, "on_train_end", dict(logs))

    def close(self) -> None:
        """Take the model from the callbacks: the next fit that leases it is not theirs."""
        for callback in self._callbacks:
            callback._model = None
        if self._callbacks:
            self._program.model.optimizer = None

    def _call(self, callbacks: Sequence[Any], hook: str, *arguments: Any) -> None:
        if not callbacks:
            return
        self._program.steps.write_back()
        before = float(self._program.optimizer.learning_rate)
        for callback in callbacks:
            getattr(callback, hook)(*arguments)
        after = float(self._program.optimizer.learning_rate)
        if after != before and before > 0:
            self.rate_factor *= after / before
        self._program.steps.reload()


def _acts_on_batches(callback: Any) -> bool:
    """Say whether the callback's class overrides a hook on batches."""
    import keras

    return any(
        hook in vars(callback)  # as LambdaCallback has them
        or getattr(type(callback), hook, None) is not getattr(keras.callbacks.Callback, hook)
        for hook in _BATCH_HOOKS
    )
