"""Training loop: epochs, shuffling, validation, early stopping with the best weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from skrnn.engine.batches import CHUNK, Batch, BatchSource, Examples, NetworkInputs
from skrnn.engine.callbacks import Callbacks
from skrnn.engine.compiled_model import CompiledModel
from skrnn.engine.progress import Progress, Reporter
from skrnn.engine.schedules import Rate
from skrnn.engine.sizes import PREDICTED_LENGTHS, batch_rows, index_dtype
from skrnn.engine.steps_per_execution import MOST_BATCHES

#: Advice for diverging training, with parameters of every estimator.
ADVICE = (
    "try a smaller learning_rate or a smaller global_clipnorm, and look for outliers in the data."
)


class Metrics(Protocol):
    """Scores of the network in training, by name."""

    @property
    def names(self) -> Sequence[str]:
        """Return the names of the scores."""

    @property
    def data(self) -> Any:
        """Return the data that the scores are of."""

    def __call__(self, compiled: CompiledModel, /) -> Mapping[str, float]:
        """Return the scores with the weights that the compiled model has now."""


class Saver(Protocol):
    """Keeper of the state of training on a disk."""

    @property
    def is_due(self) -> bool:
        """Return whether it is time to save."""

    def save(self, state: State, /) -> None:
        """Save the state after an epoch."""


Observer = Callable[[int, Mapping[str, float], CompiledModel], bool | None]


@dataclass(frozen=True)
class Watching:
    """Callbacks, observers, metrics and reporters of a fit, and the saver of its state.

    Attributes
    ----------
    callbacks : sequence of keras.callbacks.Callback
        Callbacks that see, and may change, a model with current variables.
    observers : sequence of callable
        Called with the epoch, its losses and metrics and the compiled model; a true result stops
        training.
    metrics : Metrics or None
        Measured after each epoch.
    saver : Saver or None
        Keeps the state of training.
    reporters : sequence of Reporter
        Show the progress, also within an epoch.
    """

    callbacks: Sequence[Any] = ()
    observers: Sequence[Observer] = ()
    metrics: Metrics | None = None
    saver: Saver | None = None
    reporters: Sequence[Reporter] = ()

    def __bool__(self) -> bool:
        watched = (self.callbacks, self.observers, self.metrics, self.saver, self.reporters)
        return any(map(bool, watched))


@dataclass(frozen=True)
class Plan:
    """Settings of training that are neither data nor compiled in.

    With early stopping, the first weights are kept unless a validation loss is lower than theirs
    by more than a share ``margin``. With ``monitor``, that metric stands for the negative loss.
    """

    epochs: int
    batch_size: int | None
    shuffle: bool
    rate: Rate
    early_stopping: bool
    patience: int
    margin: float = 0.0
    seed: int = 0
    monitor: str | None = None


@dataclass
class Best:
    """Best state so far, by validation loss or metric; the first one, up to a margin.

    Attributes
    ----------
    limit : float
        The loss of the first weights less the margin; only a lower one replaces them.
    loss : float
        Lowest loss so far.
    waited : int
        Epochs since then.
    values, optimizer : list of ndarray
        The best state; empty before the first one.
    """

    limit: float = math.inf
    loss: float = math.inf
    waited: int = 0
    values: list[NDArray[Any]] = field(default_factory=list)
    optimizer: list[NDArray[Any]] = field(default_factory=list)

    def update(self, compiled: CompiledModel, logs: Mapping[str, float], plan: Plan) -> bool:
        """Record an epoch and return whether patience is exhausted."""
        loss = logs["val_loss"] if plan.monitor is None else -logs[plan.monitor]
        if loss < self.loss:
            self.loss, self.waited = loss, 0
            if loss < self.limit:
                self.values, self.optimizer = compiled.steps.read()
            if self.limit == math.inf:
                self.limit = loss - plan.margin * abs(loss)
            return False
        self.waited += 1
        return self.waited >= plan.patience


@dataclass
class State:
    """State of training: variables of a model and its optimizer, with the history of losses.

    Attributes
    ----------
    values, optimizer : list of ndarray
        The variables of the model, and of the optimizer.
    history : dict of str to list of float
        One value per epoch: ``loss``, with a validation set ``val_loss``, and each metric.
    best : Best or None
        Best state so far, of early stopping.
    has_stopped : bool
        Whether early stopping has ended training.
    """

    values: list[NDArray[Any]]
    optimizer: list[NDArray[Any]] | None = None
    history: dict[str, list[float]] = field(default_factory=dict)
    best: Best | None = None
    has_stopped: bool = False

    @property
    def n_epochs(self) -> int:
        """Return the number of epochs of the history."""
        return len(self.history.get("loss", ()))


#: Of a fit that nothing watches.
UNWATCHED = Watching()


def train(
    compiled: CompiledModel,
    start: State,
    examples: BatchSource,
    plan: Plan,
    validation: Examples | None = None,
    watching: Watching = UNWATCHED,
) -> State:
    """Train from ``start``; return the last state or, with early stopping, the best.

    Parameters
    ----------
    compiled : CompiledModel
        Compiled model, leased for this fit.
    start : State
        Initial values, or the state after an epoch, to go on from; without values of the
        optimizer, that starts new.
    examples, validation : BatchSource, Examples
        Training set and validation set.
    plan : Plan
        Settings of training.
    watching : Watching
        Callbacks, observers, metrics, and what keeps the state after an epoch.

    Raises
    ------
    FloatingPointError
        If the loss of an epoch is not finite.
    """
    compiled.start(start.values, start.optimizer)
    size = batch_rows(plan.batch_size, len(examples)) if plan.batch_size else len(examples)
    n_batches = examples.n_batches(size)
    metrics = watching.metrics
    best = start.best or (Best() if plan.early_stopping else None)
    names = ["loss", *(["val_loss"] if validation else []), *(metrics.names if metrics else [])]
    history = {name: list(start.history.get(name, ())) for name in names}
    logs: dict[str, float] = {}
    measure = partial(_measured, compiled, plan, validation, metrics)
    if best and validation and plan.epochs and not start.n_epochs:
        best.update(compiled, measure(), plan)  # the initial weights may be the best
    at_once = _n_at_once(compiled, n_batches, is_watched=bool(validation or watching))
    epochs = range(plan.epochs if start.has_stopped else start.n_epochs, plan.epochs)
    with closing(Callbacks(watching, compiled, plan.epochs, n_batches)) as hooks:
        hooks.train_begin()
        losses = _epochs(compiled, examples, size, plan, hooks, epochs[::at_once])
        for epoch, loss in zip(epochs, losses, strict=True):
            logs = {"loss": _finite(loss, "loss", epoch), **measure()}
            _finite(logs.get("val_loss", 0.0), "validation loss", epoch)
            for name, value in logs.items():
                history[name].append(value)
            stops = [hooks.epoch_end(epoch, logs), best and best.update(compiled, logs, plan)]
            called: list[Any] = [*watching.observers, *watching.reporters]
            stops += [call(epoch, logs, compiled) for call in called]
            if watching.saver and watching.saver.is_due:
                watching.saver.save(State(*compiled.steps.read(), history, best, any(stops)))
            if any(stops):
                break
        hooks.train_end(logs)
    if best and best.values:
        return State(best.values, best.optimizer, history)
    return State(*compiled.steps.read(), history)


def _n_at_once(compiled: CompiledModel, n_batches: int, *, is_watched: bool) -> int:
    """Return how many epochs run in one compiled call: several, without validation or callbacks.

    Of several processes, one has the progress bar, and all need the same calls.
    """
    is_one_by_one = is_watched or compiled.steps.n_processes > 1
    return 1 if is_one_by_one else max(1, MOST_BATCHES // n_batches)


def _measured(
    compiled: CompiledModel, plan: Plan, validation: Examples | None, metrics: Metrics | None
) -> dict[str, float]:
    """Return the validation loss and the metrics, if there are any, of the current weights."""
    losses = {}
    if validation:
        losses["val_loss"] = evaluate(compiled, validation, plan.batch_size or CHUNK)
    return {**losses, **(metrics(compiled) if metrics else {})}


def evaluate(compiled: CompiledModel, examples: Examples, size: int = CHUNK) -> float:
    """Return the mean loss of the examples, in batches of at most ``size``."""
    size = batch_rows(size, len(examples))
    gather = compiled.batch_gatherer(examples.inputs)
    batches = _Counted(examples.batches(np.arange(len(examples)), size, gather))
    return batches.mean(compiled.steps.evaluate_all(batches))


def predict(compiled: CompiledModel, inputs: NetworkInputs) -> NDArray[np.float64]:
    """Return the outputs for every sequence, float64 of shape (n_samples, n_outputs)."""
    if inputs.sequences.lengths.sum() > len(inputs.sequences.steps):
        inputs = inputs.scaled()
    reader = inputs.sequences.reader
    if reader is not None and (reader.blocks[1:] < reader.blocks[:-1]).any():
        order = np.argsort(inputs.sequences.starts, kind="stable")  # each block is read once
        return predict(compiled, inputs.take(order))[np.argsort(order)]
    n_steps = inputs.padded_steps(compiled.step_multiple, PREDICTED_LENGTHS)
    size = compiled.steps.rows_at_once(inputs, n_steps)
    chunks = inputs.chunks(n_steps, size, compiled.steps.usual_chunk)
    batches = _Counted(((x, lengths), n_real) for x, lengths, n_real in chunks)
    outputs = compiled.steps.predict_all(batches)
    real = [chunk[:n] for chunk, n in zip(outputs, batches.counts, strict=True)]
    return np.concatenate(real).astype(np.float64)


def _epochs(
    compiled: CompiledModel,
    examples: BatchSource,
    size: int,
    plan: Plan,
    hooks: Callbacks,
    firsts: range,
) -> Iterator[float]:
    """Train and yield the mean loss of each epoch; ``firsts`` are the first epochs of calls."""
    n_batches = examples.n_batches(size)
    gather = compiled.batch_gatherer(examples.inputs)
    orders = _orders(examples, plan.seed if plan.shuffle and n_batches > 1 else None)
    orders = islice(orders, firsts.start, None)  # those of earlier epochs are drawn, too
    for first in firsts:
        n_epochs = min(firsts.step, plan.epochs - first)
        steps = range(first * n_batches, (first + n_epochs) * n_batches)
        rates = [plan.rate(step, n_batches) for step in steps]
        hooks.epoch_begin(first, rates[0])
        now = islice(orders, n_epochs)
        batches = _Counted(chain.from_iterable(examples.batches(o, size, gather) for o in now))
        losses = _losses(compiled, batches, rates, hooks, hooks.progress(first))
        shape = n_epochs, n_batches
        counts = np.reshape(batches.counts, shape)
        yield from np.average(np.reshape(losses, shape), axis=1, weights=counts).tolist()


def _orders(examples: BatchSource, seed: int | None) -> Iterator[NDArray[np.int64]]:
    """Yield the order of the examples for each epoch, shuffled if there is a seed.

    Rows on disk are read in blocks: these are shuffled, and then the examples of as many blocks as
    are kept at once.
    """
    generator = None if seed is None else np.random.default_rng(seed)
    blocks, reader = examples.blocks(), examples.inputs.sequences.reader
    while True:
        order = np.arange(len(examples), dtype=index_dtype(len(examples)))
        if generator is not None:
            generator.shuffle(order)
        if generator is not None and blocks is not None and reader is not None:
            places = generator.permutation(int(blocks.max()) + 1)
            groups = places[blocks[order]] // reader.n_kept
            order = order[np.argsort(groups, kind="stable")]
        yield order


def _losses(
    compiled: CompiledModel,
    batches: Iterable[Batch],
    rates: Sequence[float],
    hooks: Callbacks,
    progress: Progress | None,
) -> Any:
    """Take a training step per batch and return the losses."""
    if not hooks.act_on_batches:
        factored = [rate * hooks.rate_factor for rate in rates]
        return compiled.steps.train_all(batches, factored, progress)
    losses: list[float] = []
    for number, batch in enumerate(batches):
        hooks.batch_begin(number)
        losses.extend(compiled.steps.train_all([batch], [rates[number] * hooks.rate_factor]))
        hooks.batch_end(number, losses[-1])
        if progress is not None:
            progress(number + 1)
    return losses


class _Counted:
    """Batches that record their numbers of real rows."""

    def __init__(self, batches: Iterable[tuple[Any, int]]) -> None:
        self._batches = batches
        self.counts: list[int] = []

    def __iter__(self) -> Iterator[Any]:
        for batch, n_real in self._batches:
            self.counts.append(n_real)
            yield batch

    def mean(self, losses: Any) -> float:
        """Return the mean over the real rows of the mean losses of the batches."""
        return float(np.average(losses, weights=self.counts))


def _finite(loss: float, name: str, epoch: int) -> float:
    if not math.isfinite(loss):
        raise FloatingPointError(f"the {name} became {loss} in epoch {epoch + 1}; {ADVICE}")
    return loss


def refuse_infinite(weights: Iterable[NDArray[Any]]) -> None:
    """Raise FloatingPointError if training left unusable weights.

    They are not finite, or above 1e19, so that their squares are not.
    """
    if not all(math.isfinite(np.vdot(weight, weight)) for weight in weights):
        raise FloatingPointError(
            f"training ended with weights that are not finite, or too large for float32; {ADVICE}"
        )
