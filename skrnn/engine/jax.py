"""Steps on JAX: many batches in one compiled loop, shared out among the devices."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

import jax
import numpy as np
from jax import numpy as jnp
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from joblib import cpu_count
from numpy.typing import NDArray

from skrnn._compat.jax import QUICK_COMPILATION
from skrnn._compat.keras import is_seed_state
from skrnn.engine.batches import CHUNK, Batch, GatherBatch, NetworkInputs
from skrnn.engine.losses import PerSequence, weighted_sum
from skrnn.engine.memory import return_free_memory
from skrnn.engine.progress import Progress
from skrnn.engine.sizes import STEP_MULTIPLE
from skrnn.engine.steps_per_execution import Slices, Source, grouped, joined, n_numbers
from skrnn.engine.variables import is_carried, values_of

#: Number of batch groups queued on the device; each occupies memory.
MOST_PENDING = 4

#: Values per batch below which programs are compiled with fewer optimizations. This halves the
#: compilation time on a CPU; larger batches would run up to a fifth longer.
QUICKLY_BELOW = 2**15

#: Name of the batch axis that is split among devices.
AXIS = "batch"

jax.tree_util.register_dataclass(Source, data_fields=["table"], meta_fields=["n_steps", "at_end"])


class JaxSteps:
    """Hold a state of device arrays and pass it through compiled loops."""

    step_multiple = STEP_MULTIPLE

    #: XLA rounds differently for different batch sizes.
    most_predicted = CHUNK

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
        # The user sets the number of CPU devices; only one GPU is used.
        self._devices = jax.devices() if jax.default_backend() == "cpu" else jax.devices()[:1]
        kinds = [device.device_kind for device in self._devices]
        self.runtime = f"jax {jax.__version__}, {len(kinds)} {kinds[0]}"
        self._mesh = Mesh(np.array(self._devices), (AXIS,))
        self._everywhere = NamedSharding(self._mesh, PartitionSpec())
        self._train = self._compiled(self._train_loop, donate_argnums=0)
        self._evaluate = self._compiled(self._evaluate_loop)
        self._forward = _freeing(jax.jit(self._forward_step), lambda _, __, x, ___: x.shape)

    def start(
        self, values: Sequence[NDArray[Any]], optimizer_values: Sequence[NDArray[Any]] | None
    ) -> None:
        """Put the values on the device."""
        arrays = self._placed(values)
        self._state = (
            [a for a, t in zip(arrays, self._is_trainable, strict=True) if t],
            [a for a, t in zip(arrays, self._is_trainable, strict=True) if not t],
            self._placed(optimizer_values or self._new_optimizer),
        )

    def batch_gatherer(self, inputs: NetworkInputs, n_steps: int) -> GatherBatch:
        """Return a function to slices of a table on the device, or to batches of a larger table."""
        table, sequences = inputs.table, inputs.sequences
        if table is None:
            return lambda rows: inputs.batch(rows, n_steps)
        if table.on_device is None:
            table.on_device = jax.device_put(sequences.steps, self._everywhere)
        source = Source(table.on_device, n_steps, inputs.at_end)
        shift = n_steps - sequences.lengths if inputs.at_end else 0
        starts = (sequences.starts - shift).astype(np.int32)
        lengths = sequences.lengths.astype(np.int32)
        return lambda rows: (Slices(source, starts[rows]), lengths[rows])

    def train_all(
        self, batches: Iterable[Batch], rates: Sequence[float], progress: Progress | None = None
    ) -> NDArray[np.float32]:
        """Take a training step per batch and learning rate; return the losses before each step."""
        losses: list[tuple[Any, int]] = []
        rates_left = iter(rates)
        most_pending = MOST_PENDING if progress is None else 1
        for group in grouped(batches, len(self._devices)):
            padded = np.zeros(len(group.parts[-1]), dtype=np.float32)
            padded[: group.n_batches] = np.fromiter(rates_left, np.float32, group.n_batches)
            self._state, loss = self._train(
                self._state, group.source, group.parts, (group.n_batches, padded)
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
        for group in grouped(batches, len(self._devices)):
            n = group.n_batches
            losses.append((self._evaluate(self._state, group.source, group.parts, n), n))
        return joined(losses)

    def predict_all(self, batches: Iterable[tuple[Any, Any]]) -> Iterator[NDArray[Any]]:
        """Yield the outputs for each (x, lengths), computing several asynchronously."""
        # On one device, since chunks are small.
        trainable, other = ([v.addressable_data(0) for v in part] for part in self._state[:2])

        def outputs(batch: tuple[Any, Any]) -> NDArray[Any]:
            return np.asarray(self._forward(trainable, other, *batch))

        batches = iter(batches)
        first = list(islice(batches, 2))
        if len(first) < 2:
            yield from map(outputs, first)
            return
        n_threads = cpu_count()
        with ThreadPoolExecutor(n_threads) as threads:
            pending = deque(threads.submit(outputs, batch) for batch in first)
            for batch in batches:
                pending.append(threads.submit(outputs, batch))
                if len(pending) > 2 * n_threads:
                    yield pending.popleft().result()
            yield from (future.result() for future in pending)

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

    def _placed(self, values: Sequence[NDArray[Any]]) -> list[Any]:
        """Return copies on the devices with the sharding of a loop's results, to compile once."""
        # A donated buffer may alias the numpy array it came from, so that one has to be a copy.
        return [jax.device_put(np.array(value), self._everywhere) for value in values]

    def _compiled(self, loop: Callable[..., Any], **options: Any) -> Any:
        """Return a compiled loop that splits every batch among the devices."""
        if len(self._devices) > 1:
            same, shared = PartitionSpec(), PartitionSpec(None, AXIS)
            loop = jax.shard_map(
                loop,
                mesh=self._mesh,
                in_specs=(same, same, shared, same),
                out_specs=same,
                check_vma=False,
            )
        return _sized(loop, lambda _, source, parts, *__: n_numbers(source, parts), **options)

    def _train_loop(
        self, state: Any, source: Source | None, parts: Any, schedule: tuple[Any, Any]
    ) -> tuple[Any, Any]:
        n_batches, rates = schedule

        def step(number: Any, carried: tuple[Any, Any]) -> tuple[Any, Any]:
            state, losses = carried
            state, loss = self._train_step(state, _batch(source, parts, number), rates[number])
            return state, losses.at[number].set(loss)

        return _repeated(step, n_batches, (state, jnp.zeros_like(rates)), len(rates))

    def _train_step(self, state: Any, batch: Any, rate: Any) -> tuple[Any, Any]:
        trainable, other, slots = state
        x, lengths, y, weight = batch
        slots = [rate if i == self._rate_index else slot for i, slot in enumerate(slots)]
        own = self._apart(other, len(weight))

        def objective(trainable: Any) -> tuple[Any, Any]:
            output, after, extra = self._model.stateless_call(
                trainable, own, [x, lengths], training=True, return_losses=True
            )
            loss = weighted_sum(self._loss, y, output, weight)
            return loss + sum(extra) / len(self._devices), after

        (loss, after), gradients = jax.value_and_grad(objective, has_aux=True)(trainable)
        loss, gradients = self._summed((loss, gradients))
        trainable, slots = self._applied(slots, gradients, trainable)
        return (list(trainable), self._together(other, after, len(weight)), list(slots)), loss

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

    def _evaluate_loop(self, state: Any, source: Source | None, parts: Any, n_batches: Any) -> Any:
        trainable, other, _ = state

        def step(number: Any, losses: Any) -> Any:
            x, lengths, y, weight = _batch(source, parts, number)
            output = self._forward_step(trainable, other, x, lengths)
            return losses.at[number].set(weighted_sum(self._loss, y, output, weight))

        losses = jnp.zeros(len(parts[-1]))
        return self._summed(_repeated(step, n_batches, losses, len(losses)))

    def _forward_step(self, trainable: Any, other: Any, x: Any, lengths: Any) -> Any:
        return self._model.stateless_call(trainable, other, [x, lengths], training=False)[0]

    def _summed(self, values: Any) -> Any:
        """Return values summed over the devices."""
        return jax.lax.psum(values, AXIS) if len(self._devices) > 1 else values

    def _apart(self, other: Sequence[Any], n_rows: int) -> list[Any]:
        """Return the state of this device, which computes ``n_rows`` of a batch.

        It has seeds of its own, so that dropout differs between devices, and the carried states
        of its own rows.
        """
        if len(self._devices) == 1:
            return list(other)
        place = jax.lax.axis_index(AXIS)
        own = list(other)
        for i, value in enumerate(other):
            if self._is_seed[i]:
                own[i] = value.at[0].add(place.astype(value.dtype))
            elif self._is_carried[i]:
                own[i] = jnp.roll(value, -place * n_rows, axis=0)
        return own

    def _together(self, before: Sequence[Any], after: Sequence[Any], n_rows: int) -> list[Any]:
        """Return the state after a step, equal on all devices."""
        if len(self._devices) == 1:
            return list(after)

        def agreed(i: int, old: Any, new: Any) -> Any:
            if self._is_carried[i]:
                return jax.lax.all_gather(new[:n_rows], AXIS, tiled=True)[: len(old)]
            change = jax.lax.pmean(new - old, AXIS)
            return new.at[0].set(old[0]) if self._is_seed[i] else old + change.astype(old.dtype)

        return [agreed(i, *pair) for i, pair in enumerate(zip(before, after, strict=True))]


def _repeated(step: Callable[[Any, Any], Any], n_batches: Any, start: Any, room: int) -> Any:
    """Return the result of applying ``step`` to ``start`` for each batch in turn."""
    return step(0, start) if room == 1 else jax.lax.fori_loop(0, n_batches, step, start)


def _sized(function: Callable[..., Any], size: Callable[..., int], **options: Any) -> Any:
    """Return a function compiled with optimizations that depend on the size of its arguments."""
    usual = quick = jax.jit(function, **options)
    if jax.default_backend() == "cpu":
        quick = jax.jit(function, compiler_options=QUICK_COMPILATION, **options)
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
