"""Steps on JAX: many batches in one compiled loop, shared out among the devices."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np
from jax import numpy as jnp
from numpy.typing import NDArray

from skrnn._compat.jax import compiler_options
from skrnn._compat.keras import is_seed_state
from skrnn.engine.batches import CHUNK, MIN_CHUNK, Batch, GatherBatch, NetworkInputs
from skrnn.engine.jax_devices import DataParallel, all_have, n_useful, products_in_loops
from skrnn.engine.losses import PerSequence, weighted_sum
from skrnn.engine.memory import return_free_memory
from skrnn.engine.parallel_chunks import predict_in_threads
from skrnn.engine.progress import Progress
from skrnn.engine.sizes import STEP_MULTIPLE
from skrnn.engine.small_chunks import SmallChunks
from skrnn.engine.steps_per_execution import (
    BatchGroup,
    Slices,
    Source,
    grouped,
    joined,
    n_numbers,
)
from skrnn.engine.variables import is_carried, values_of
from skrnn.settings import devices_are_automatic

#: Number of batch groups queued on the device; each occupies memory.
MOST_PENDING = 4

#: Sequences from which on it pays to compile a program that predicts several chunks, and their
#: number.
MANY_ROWS, CHUNKS_AT_ONCE = 2_048, 16

#: Values per batch below which programs are compiled with fewer optimizations. This halves the
#: compilation time on a CPU; larger batches would run up to a fifth longer.
QUICKLY_BELOW = 2**15

jax.tree_util.register_dataclass(Source, data_fields=["table"], meta_fields=["n_steps", "at_end"])


class _Loops(NamedTuple):
    """Compiled loops over batches, and the devices that split each batch."""

    parallel: DataParallel
    train: Any
    evaluate: Any


class JaxSteps:
    """Hold a state of device arrays and pass it through compiled loops."""

    step_multiple = STEP_MULTIPLE
    usual_chunk = CHUNK

    def __init__(self, model: Any, optimizer: Any, loss: PerSequence) -> None:
        self._model = model
        self._optimizer = optimizer
        self._loss = loss
        names = [variable.name for variable in optimizer.variables]
        self._rate_index = names.index("learning_rate")
        self._new_optimizer = values_of(optimizer.variables)
        trainable = {id(variable) for variable in model.trainable_variables}
        self._is_trainable = [id(variable) in trainable for variable in model.variables]
        other = [v for v in model.variables if id(v) not in trainable]
        self._is_seed = [is_seed_state(v) for v in other]
        self._is_carried = [is_carried(v) for v in other]
        self._state: tuple[list[Any], list[Any], list[Any]] = ([], [], [])
        # Only one GPU is used.
        self._devices = jax.devices() if jax.default_backend() == "cpu" else jax.devices()[:1]
        kinds = [device.device_kind for device in self._devices]
        self.runtime = f"jax {jax.__version__}, {len(kinds)} {kinds[0]}"
        self.n_processes, self.rank = jax.process_count(), jax.process_index()
        self._least = 1 if self.n_processes == 1 else len(self._devices)
        self._loops: dict[int, _Loops] = {}
        self._current = self._on(self._least)
        self._products: dict[tuple[int, ...], int] = {}
        self._small = SmallChunks(MIN_CHUNK, CHUNK)
        predict = jax.jit(self._predict_step, compiler_options=compiler_options(quickly=False))
        self._forward = _freeing(predict, lambda _, __, x, ___: x.shape)

    def start(
        self, values: Sequence[NDArray[Any]], optimizer_values: Sequence[NDArray[Any]] | None
    ) -> None:
        """Put the values on the device."""
        self._current = self._on(self._least)
        arrays = self._placed(values)
        self._state = (
            [a for a, t in zip(arrays, self._is_trainable, strict=True) if t],
            [a for a, t in zip(arrays, self._is_trainable, strict=True) if not t],
            self._placed(optimizer_values or self._new_optimizer),
        )

    def rows_at_once(self, inputs: NetworkInputs, n_steps: int) -> int:
        """Return the sequences that a compiled program predicts, of which there are three sizes."""
        if len(inputs) <= MIN_CHUNK:
            return self._small.rows(inputs, n_steps, self._predict)
        return CHUNK if len(inputs) < MANY_ROWS else CHUNK * CHUNKS_AT_ONCE

    def batch_gatherer(self, inputs: NetworkInputs, n_steps: int) -> GatherBatch:
        """Return a function to slices of a table on the device, or to batches of a larger table."""
        table, sequences = inputs.table, inputs.sequences
        parallel = self._on(len(self._devices)).parallel
        if table is None:
            return lambda rows: inputs.batch(parallel.own(rows), n_steps)
        if table.on_device is None:
            table.on_device = parallel.place(sequences.steps)
        source = Source(table.on_device, n_steps, inputs.at_end)

        def gather(rows: NDArray[np.int64]) -> tuple[Slices, NDArray[np.int32]]:
            rows = parallel.own(rows)
            lengths, firsts = sequences.lengths[rows], sequences.starts[rows]
            if inputs.at_end:
                firsts = firsts - (n_steps - lengths)
            return Slices(source, firsts.astype(np.int32)), lengths.astype(np.int32)

        return gather

    def train_all(
        self, batches: Iterable[Batch], rates: Sequence[float], progress: Progress | None = None
    ) -> NDArray[np.float32]:
        """Take a training step per batch and learning rate; return the losses before each step."""
        losses: list[tuple[Any, int]] = []
        rates_left = iter(rates)
        most_pending = MOST_PENDING if progress is None else 1
        for group in self._groups(batches):
            padded = np.zeros(len(group.parts[-1]), dtype=np.float32)
            padded[: group.n_batches] = np.fromiter(rates_left, np.float32, group.n_batches)
            self._state, loss = self._current.train(
                self._state, self._placed_source(group), group.parts, (group.n_batches, padded)
            )
            losses.append((loss, group.n_batches))
            if len(losses) > most_pending:
                losses[-most_pending - 1][0].block_until_ready()
                if progress is not None:
                    progress(sum(n_batches for _, n_batches in losses[:-1]))
        return joined(losses)

    def evaluate_all(self, batches: Iterable[Batch]) -> NDArray[np.float32]:
        """Return the loss on each batch."""
        losses: list[tuple[Any, int]] = []
        for group in self._groups(batches):
            source, n = self._placed_source(group), group.n_batches
            losses.append((self._current.evaluate(self._state, source, group.parts, n), n))
        return joined(losses)

    def predict_all(self, batches: Iterable[tuple[Any, Any]]) -> Iterator[NDArray[Any]]:
        """Return the outputs for each (x, lengths), computed in parallel."""
        return predict_in_threads(self._predict, batches)

    def _predict(self, x: NDArray[Any], lengths: NDArray[Any]) -> NDArray[Any]:
        """Return the outputs of a chunk, computed on one device, since chunks are small."""
        state = [[value.addressable_data(0) for value in part] for part in self._state[:2]]
        return np.asarray(self._forward(*state, x, lengths))

    def read(self) -> tuple[list[NDArray[Any]], list[NDArray[Any]]]:
        """Return copies of the state."""
        trainable, other = iter(self._state[0]), iter(self._state[1])
        values = [next(trainable) if t else next(other) for t in self._is_trainable]
        return [np.array(value) for value in values], [np.array(slot) for slot in self._state[2]]

    def write_back(self) -> None:
        """Make the Keras variables current."""
        # Copies, since the next step donates the buffers of the state.
        values, slots = self.read()
        for variable, value in zip(self._model.variables, values, strict=True):
            variable.assign(value)
        for variable, value in zip(self._optimizer.variables, slots, strict=True):
            variable.assign(value)

    def reload(self) -> None:
        """Read the Keras variables."""
        self.start(values_of(self._model.variables), values_of(self._optimizer.variables))

    def agrees(self, text: str) -> bool:
        """Return whether all processes have given the same text."""
        return self.n_processes == 1 or all_have(text)

    def _placed(self, values: Sequence[NDArray[Any]]) -> list[Any]:
        """Return copies on a device with the sharding of a loop's results, to compile once."""
        # A donated buffer may alias the numpy array it came from, so that one has to be a copy.
        return [self._current.parallel.place(np.array(value)) for value in values]

    def _groups(self, batches: Iterable[Batch]) -> Iterator[BatchGroup]:
        """Yield groups of batches, and use the devices that each is for."""
        if self.n_processes == 1:
            for group in grouped(batches, self._multiple):
                self._use_devices_for(group)
                yield group
            return
        parallel = self._current.parallel  # of all devices, of which this process has a part
        for group in grouped(map(parallel.own_part, batches), jax.local_device_count()):
            yield replace(group, parts=[parallel.joined(part) for part in group.parts])

    @property
    def _multiple(self) -> int:
        """Return the number that the rows of a batch are a multiple of."""
        return 1 if devices_are_automatic() else len(self._devices)

    def _on(self, n_devices: int) -> _Loops:
        """Return the loops on a number of devices."""
        if n_devices not in self._loops:
            devices = self._devices[:n_devices]
            parallel = DataParallel(devices, self._is_seed, self._is_carried)
            self._loops[n_devices] = _Loops(
                parallel,
                _compiled(parallel, partial(self._train_loop, parallel), donate_argnums=0),
                _compiled(parallel, partial(self._evaluate_loop, parallel)),
            )
        return self._loops[n_devices]

    def _use_devices_for(self, group: BatchGroup) -> None:
        """Choose the devices for a group of batches, and put the state on them."""
        n, n_rows = len(self._devices), len(group.parts[-1][0])
        if devices_are_automatic() and (n := n_useful(n, n_rows, sys.maxsize)) > 1:
            n = n_useful(n, n_rows, self._products_to_split(group))
        if self._on(n) is not self._current:
            self._current = self._on(n)
            self._state = jax.tree.map(self._current.parallel.place, self._state)

    def _products_to_split(self, group: BatchGroup) -> int:
        """Return the number of products in the loops of a batch that devices can share.

        Zero if a training step changes a seed, a mean of batches or a carried state. Otherwise
        the result does not depend on the number of devices, up to rounding.
        """
        x, lengths = (jax.ShapeDtypeStruct(p.shape[1:], p.dtype) for p in group.parts[:2])
        if group.source is not None:
            table = group.source.table
            shape = (*x.shape, group.source.n_steps, table.shape[1])
            x = jax.ShapeDtypeStruct(shape, table.dtype)
        if x.shape not in self._products:

            def step(trainable: Any, other: Any, x: Any, lengths: Any) -> Any:
                output, after, _ = self._model.stateless_call(
                    trainable, other, [x, lengths], training=True, return_losses=True
                )
                return after, output

            trainable, other, _ = self._state
            traced = jax.make_jaxpr(step)(trainable, other, x, lengths).jaxpr
            before = traced.invars[len(trainable) :][: len(other)]
            is_same = traced.outvars[: len(other)] == before
            self._products[x.shape] = products_in_loops(traced) if is_same else 0
        return self._products[x.shape]

    def _placed_source(self, group: BatchGroup) -> Source | None:
        """Return the source of a group on the devices in use."""
        if group.source is None:
            return None
        return replace(group.source, table=self._current.parallel.place(group.source.table))

    def _train_loop(
        self,
        parallel: DataParallel,
        state: Any,
        source: Source | None,
        parts: Any,
        schedule: tuple[Any, Any],
    ) -> tuple[Any, Any]:
        n_batches, rates = schedule

        def step(number: Any, carried: tuple[Any, Any]) -> tuple[Any, Any]:
            state, losses = carried
            batch = _batch(source, parts, number)
            state, loss = self._train_step(parallel, state, batch, rates[number])
            return state, losses.at[number].set(loss)

        return _repeated(step, n_batches, (state, jnp.zeros_like(rates)), len(rates))

    def _train_step(
        self, parallel: DataParallel, state: Any, batch: Any, rate: Any
    ) -> tuple[Any, Any]:
        trainable, other, slots = state
        x, lengths, y, weight = batch
        slots = [rate if i == self._rate_index else slot for i, slot in enumerate(slots)]
        own = parallel.apart(other, len(weight))

        def objective(trainable: Any) -> tuple[Any, Any]:
            output, after, extra = self._model.stateless_call(
                trainable, own, [x, lengths], training=True, return_losses=True
            )
            loss = weighted_sum(self._loss, y, output, weight)
            return loss + sum(extra) / len(parallel), after

        (loss, after), gradients = jax.value_and_grad(objective, has_aux=True)(trainable)
        loss, gradients = parallel.summed((loss, gradients))
        trainable, slots = self._applied(slots, gradients, trainable)
        return (list(trainable), parallel.together(other, after, len(weight)), list(slots)), loss

    def _applied(self, slots: Any, gradients: Any, trainable: Any) -> tuple[Any, Any]:
        """Return the weights and the optimizer's state after a step.

        Some optimizers branch by compiled functions. JAX caches the traces of separately
        compiled functions forever, for each shape of a weight; inlined here, they are freed with
        this program.
        """
        try:
            with jax.disable_jit():
                return self._optimizer.stateless_apply(slots, gradients, trainable)
        except jax.errors.JAXTypeError:
            return self._optimizer.stateless_apply(slots, gradients, trainable)

    def _evaluate_loop(
        self,
        parallel: DataParallel,
        state: Any,
        source: Source | None,
        parts: Any,
        n_batches: Any,
    ) -> Any:
        trainable, other, _ = state

        def step(number: Any, losses: Any) -> Any:
            x, lengths, y, weight = _batch(source, parts, number)
            output = self._forward_step(trainable, other, x, lengths)
            return losses.at[number].set(weighted_sum(self._loss, y, output, weight))

        losses = jnp.zeros(len(parts[-1]))
        return parallel.summed(_repeated(step, n_batches, losses, len(losses)))

    def _predict_step(self, trainable: Any, other: Any, x: Any, lengths: Any) -> Any:
        """Return the outputs, computed in chunks, since XLA rounds differently for larger ones."""
        if len(x) <= CHUNK:
            return self._forward_step(trainable, other, x, lengths)
        chunks = [part.reshape(-1, CHUNK, *part.shape[1:]) for part in (x, lengths)]
        outputs = jax.lax.map(lambda chunk: self._forward_step(trainable, other, *chunk), chunks)
        return outputs.reshape(-1, *outputs.shape[2:])

    def _forward_step(self, trainable: Any, other: Any, x: Any, lengths: Any) -> Any:
        return self._model.stateless_call(trainable, other, [x, lengths], training=False)[0]


def _compiled(parallel: DataParallel, loop: Callable[..., Any], **options: Any) -> Any:
    """Return a compiled loop that splits every batch among the devices."""
    return _sized(
        parallel.split(loop), lambda _, source, parts, *__: n_numbers(source, parts), **options
    )


def _repeated(step: Callable[[Any, Any], Any], n_batches: Any, start: Any, room: int) -> Any:
    """Return the result of applying ``step`` to ``start`` for each batch in turn."""
    return step(0, start) if room == 1 else jax.lax.fori_loop(0, n_batches, step, start)


def _sized(function: Callable[..., Any], size: Callable[..., int], **options: Any) -> Any:
    """Return a function compiled with optimizations that depend on the size of its arguments."""
    quick, usual = (
        jax.jit(function, compiler_options=compiler_options(quickly=quickly), **options)
        for quickly in (True, False)
    )
    return _freeing(lambda *given: (quick if size(*given) < QUICKLY_BELOW else usual)(*given), size)


def _freeing(compiled: Callable[..., Any], key: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that returns free memory after each compilation, one for each key."""
    known: set[Any] = set()

    def call(*given: Any) -> Any:
        result = compiled(*given)
        if (name := key(*given)) not in known:  # it was compiled just now
            known.add(name)
            return_free_memory()
        return result

    return call


def _batch(source: Source | None, parts: Sequence[Any], number: Any) -> tuple[Any, ...]:
    """Return one batch of a group, gathered from the source if there is one."""
    x, lengths, y, weight = (part[number] for part in parts)
    if source is not None:
        x = _gathered(source, x, lengths)
    return x, lengths, y, weight


def _gathered(source: Source, starts: Any, lengths: Any) -> Any:
    """Return sequences (batch, n_steps, n_features), zero where padded."""
    offsets = jnp.arange(source.n_steps)
    lengths = lengths[:, None]
    real = offsets >= source.n_steps - lengths if source.at_end else offsets < lengths
    cut = jax.vmap(lambda start: jax.lax.dynamic_slice_in_dim(source.table, start, source.n_steps))
    return jnp.where(real[..., None], cut(starts), 0.0)
