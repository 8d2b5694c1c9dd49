"""The training loop: epochs, batches, validation, early stopping, callbacks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn.engine.callbacks import Callbacks
from skrnn.engine.feed import CHUNK, Batch, Examples, Inputs, Lessons
from skrnn.engine.groups import MOST_BATCHES
from skrnn.engine.program import Program
from skrnn.engine.schedules import Rate
from skrnn.engine.sizes import batch_rows

#: What to do where training diverges, in parameters that every estimator has.
ADVICE = (
    "try a smaller learning_rate or a smaller global_clipnorm, and look for outliers in the data."
)

Observer = Callable[[int, Mapping[str, float], Program], bool | None]


@dataclass(frozen=True)
class Plan:
    """How to train: everything about a fit that is no data and is not compiled in."""

    epochs: int
    batch_size: int | None
    shuffle: bool
    rate: Rate
    early_stopping: bool
    patience: int
    seed: int


@dataclass
class State:
    """The values of a model's variables and its optimizer's, with the losses that led there.

    Attributes
    ----------
    values, optimizer : list of ndarray
        The variables of the model, and of the optimizer.
    history : dict of str to list of float
        One value an epoch: ``loss`` and, with validation, ``val_loss``.
    """

    values: list[NDArray[Any]]
    optimizer: list[NDArray[Any]] | None = None
    history: dict[str, list[float]] = field(default_factory=dict)


def train(
    program: Program,
    start: State,
    examples: Lessons,
    plan: Plan,
    validation: Examples | None = None,
    callbacks: Sequence[Any] = (),
    observers: Sequence[Observer] = (),
) -> State:
    """Train from ``start`` and return where it ended, or its best epoch under early stopping.

    Parameters
    ----------
    program : Program
        Leased for this fit.
    start : State
        The values to start from; without optimizer values the optimizer starts new.
    examples, validation : Lessons, Examples
        What is learnt from, and what is only measured.
    plan : Plan
        How to train.
    callbacks : sequence of keras.callbacks.Callback
        They see, and may change, a model whose variables are current.
    observers : sequence of callable
        Called with the epoch, its losses and the program; a true result stops training.

    Raises
    ------
    FloatingPointError
        If the loss of an epoch is not finite.
    """
    program.start(start.values, start.optimizer)
    size = batch_rows(plan.batch_size, len(examples)) if plan.batch_size else len(examples)
    n_batches = examples.n_batches(size)
    best = _Best(plan.patience) if plan.early_stopping else None
    history: dict[str, list[float]] = {"loss": []}
    if validation:
        history["val_loss"] = []
    logs: dict[str, float] = {}
    # Where nobody looks at the network between epochs, as many as fit a group are one call.
    is_watched = bool(validation or callbacks or observers)
    at_once = 1 if is_watched else max(1, MOST_BATCHES // n_batches)
    with closing(Callbacks(callbacks, program, plan.epochs, n_batches)) as hooks:
        hooks.train_begin()
        for epoch, loss in enumerate(_epochs(program, examples, size, plan, hooks, at_once)):
            logs = {"loss": _finite(loss, epoch)}
            if validation:
                logs["val_loss"] = evaluate(program, validation, plan.batch_size or CHUNK)
            for name, value in logs.items():
                history[name].append(value)
            stops = [hooks.epoch_end(epoch, logs), best and best.update(program, logs["val_loss"])]
            stops += [observe(epoch, logs, program) for observe in observers]
            if any(stops):
                break
        hooks.train_end(logs)
    values, optimizer = best.state if best and best.state else program.steps.read()
    return State(values, optimizer, history)


def evaluate(program: Program, examples: Examples, size: int = CHUNK) -> float:
    """Return the mean loss of the examples, measured on at most ``size`` of them at a time."""
    size = batch_rows(size, len(examples))
    feed = program.feed(examples.inputs)
    batches = _Counted(examples.batches(np.arange(len(examples)), size, feed))
    return batches.mean(program.steps.evaluate_all(batches))


def predict(program: Program, inputs: Inputs) -> NDArray[np.float64]:
    """Return the outputs for every sequence, float64 of shape (n_samples, n_outputs)."""
    if inputs.sequences.lengths.sum() > len(inputs.sequences.steps):
        inputs = inputs.scaled()
    batches = _Counted(
        ((x, lengths), n_real) for x, lengths, n_real in inputs.chunks(program.step_multiple)
    )
    outputs = program.steps.predict_all(batches)
    real = [chunk[:n] for chunk, n in zip(outputs, batches.counts, strict=True)]
    return np.concatenate(real).astype(np.float64)


def _epochs(
    program: Program, examples: Lessons, size: int, plan: Plan, hooks: Callbacks, at_once: int
) -> Iterator[float]:
    """Train, and yield the mean loss of one epoch after the other; ``at_once`` go together."""
    n_batches = examples.n_batches(size)
    feed = program.feed(examples.inputs)
    orders = _orders(len(examples), plan.seed if plan.shuffle and n_batches > 1 else None)
    for first in range(0, plan.epochs, at_once):
        n_epochs = min(at_once, plan.epochs - first)
        steps = range(first * n_batches, (first + n_epochs) * n_batches)
        rates = [plan.rate(step, n_batches) for step in steps]
        hooks.epoch_begin(first, rates[0])
        now = islice(orders, n_epochs)
        batches = _Counted(chain.from_iterable(examples.batches(o, size, feed) for o in now))
        losses = _losses(program, batches, rates, hooks)
        shape = n_epochs, n_batches
        counts = np.reshape(batches.counts, shape)
        yield from np.average(np.reshape(losses, shape), axis=1, weights=counts).tolist()


def _orders(n: int, seed: int | None) -> Iterator[NDArray[np.int64]]:
    """Yield the order of ``n`` examples, epoch after epoch, shuffled if there is a seed."""
    generator = None if seed is None else np.random.default_rng(seed)
    while True:
        order = np.arange(n)
        if generator is not None:
            generator.shuffle(order)
        yield order


def _losses(
    program: Program, batches: Iterable[Batch], rates: Sequence[float], hooks: Callbacks
) -> Any:
    """Take one step for each batch and return the losses."""
    if not hooks.act_on_batches:
        return program.steps.train_all(batches, [rate * hooks.rate_factor for rate in rates])
    losses: list[float] = []
    for number, batch in enumerate(batches):
        hooks.batch_begin(number)
        losses.extend(program.steps.train_all([batch], [rates[number] * hooks.rate_factor]))
        hooks.batch_end(number, losses[-1])
    return losses


class _Counted:
    """Batches that keep in mind how many real rows each had."""

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


def _finite(loss: float, epoch: int) -> float:
    if not math.isfinite(loss):
        raise FloatingPointError(f"the loss became {loss} in epoch {epoch + 1}; {ADVICE}")
    return loss


def refuse_infinite(weights: Iterable[NDArray[Any]]) -> None:
    """Raise FloatingPointError if training, its last step included, left weights of no use.

    Those are not finite, or so large, beyond 1e19, that their squares are not.
    """
    if not all(math.isfinite(np.vdot(weight, weight)) for weight in weights):
        raise FloatingPointError(
            f"training ended with weights that are not finite, or too large for float32; {ADVICE}"
        )


class _Best:
    """Keep the state of the epoch with the least validation loss."""

    def __init__(self, patience: int) -> None:
        self._patience = patience
        self._loss = math.inf
        self._waited = 0
        self.state: tuple[list[NDArray[Any]], list[NDArray[Any]]] | None = None

    def update(self, program: Program, loss: float) -> bool:
        """Take note of an epoch and say whether patience is exhausted."""
        if loss < self._loss:
            self._loss, self._waited = loss, 0
            self.state = program.steps.read()
            return False
        self._waited += 1
        return self._waited >= self._patience
