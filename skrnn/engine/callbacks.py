"""Keras callbacks, called from our own training loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skrnn.engine.progress import Progress

if TYPE_CHECKING:
    from skrnn.engine.compiled_model import CompiledModel
    from skrnn.engine.training import Watching

_BATCH_HOOKS = ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end")


class Callbacks:
    """Call the hooks of callbacks with a Keras model whose variables are current.

    Changes by a callback take effect: weights, ``stop_training``, and the learning rate, which
    scales the schedule from then on.
    """

    def __init__(
        self, watching: Watching, compiled: CompiledModel, epochs: int, n_batches: int
    ) -> None:
        self.rate_factor = 1.0
        self._n_batches, self._reporters = n_batches, watching.reporters
        self._program = compiled
        self._callbacks = list(watching.callbacks)
        self._by_batch = [c for c in self._callbacks if _acts_on_batches(c)]
        if not self._callbacks:
            return
        model = compiled.model
        model.optimizer = compiled.optimizer
        model.stop_training = False
        for callback in self._callbacks:
            callback.set_params({"epochs": epochs, "steps": n_batches, "verbose": 0})
            callback.set_model(model)

    def progress(self, epoch: int) -> Progress | None:
        """Return what to call with the number of batches of an epoch that are done."""

        def report(n_done: int) -> None:
            for reporter in self._reporters:
                reporter.within(epoch, n_done, self._n_batches)

        return report if self._reporters else None

    def train_begin(self) -> None:
        """Call ``on_train_begin``."""
        self._call(self._callbacks, "on_train_begin")

    def epoch_begin(self, epoch: int, rate: float) -> None:
        """Call ``on_epoch_begin``, which may change the learning rate."""
        if self._callbacks:
            self._program.optimizer.learning_rate.assign(rate * self.rate_factor)
            self._program.steps.reload()
            self._call(self._callbacks, "on_epoch_begin", epoch)

    @property
    def act_on_batches(self) -> bool:
        """Return whether a callback has hooks on batches."""
        return bool(self._by_batch)

    def batch_begin(self, batch: int) -> None:
        """Call ``on_train_batch_begin`` of callbacks with hooks on batches."""
        self._call(self._by_batch, "on_train_batch_begin", batch)

    def batch_end(self, batch: int, loss: Any) -> None:
        """Call ``on_train_batch_end`` of callbacks with hooks on batches."""
        self._call(self._by_batch, "on_train_batch_end", batch, {"loss": float(loss)})

    def epoch_end(self, epoch: int, logs: Mapping[str, float]) -> bool:
        """Call ``on_epoch_end``; return whether a callback stops training."""
        self._call(self._callbacks, "on_epoch_end", epoch, dict(logs))
        return bool(self._callbacks) and bool(self._program.model.stop_training)

    def train_end(self, logs: Mapping[str, float]) -> None:
        """Call ``on_train_end``."""
        self._call(self._callbacks, "on_train_end", dict(logs))

    def close(self) -> None:
        """Detach the model from the callbacks, since later fits lease it."""
        if not self._callbacks:
            return
        import keras

        for callback in self._callbacks:  # not by a method of its own, which may act on the model
            keras.callbacks.Callback.set_model(callback, None)
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
    """Return whether the callback's class overrides a hook on batches."""
    import keras

    return any(
        hook in vars(callback)  # as LambdaCallback has them
        or getattr(type(callback), hook, None) is not getattr(keras.callbacks.Callback, hook)
        for hook in _BATCH_HOOKS
    )
