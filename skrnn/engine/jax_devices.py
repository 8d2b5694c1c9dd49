"""Data parallelism on JAX: devices, of one or several processes, that share every batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from math import prod
from typing import Any

import jax
import numpy as np
from jax import numpy as jnp
from jax.experimental.multihost_utils import process_allgather
from jax.flatten_util import ravel_pytree
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from numpy.typing import NDArray

from skrnn.engine.batches import Batch

#: Name of the batch axis that is split among devices.
AXIS = "batch"

#: A further device saves time if each has this many sequences of a batch, and this many scalar
#: products inside loops over time. XLA runs such a loop on one thread, and the convolutions of a
#: TCN on all of them.
ROWS_PER_DEVICE, PRODUCTS_PER_DEVICE = 64, 2**20


def n_useful(n_devices: int, n_rows: int, n_products: int) -> int:
    """Return the number of devices, at most ``n_devices``, that process a batch fastest.

    They get equal numbers of rows.

    Parameters
    ----------
    n_devices : int
        Number of devices that there are.
    n_rows : int
        Sequences of a batch.
    n_products : int
        Products of two numbers inside loops, as `products_in_loops` counts them.
    """
    most = min(n_devices, n_rows // ROWS_PER_DEVICE, n_products // PRODUCTS_PER_DEVICE)
    return next((n for n in range(most, 1, -1) if n_rows % n == 0), 1)


def products_in_loops(jaxpr: Any, times: int = 0) -> int:
    """Return how many products of two numbers the matrix products inside loops consist of.

    Parameters
    ----------
    jaxpr : jax.extend.core.Jaxpr
        The computation.
    times : int, default=0
        How often it runs inside a loop; 0 outside of one.
    """
    total = 0
    for equation in jaxpr.eqns:
        if equation.primitive.name == "dot_general":
            (contracted, _), _ = equation.params["dimension_numbers"]
            left = equation.invars[0].aval.shape
            sizes = [left[axis] for axis in contracted] + list(equation.outvars[0].aval.shape)
            total += times * prod(sizes)
        is_loop = equation.primitive.name == "scan"
        inside = max(times, 1) * equation.params["length"] if is_loop else times
        total += sum(products_in_loops(part, inside) for part in _parts(equation.params))
    return total


def all_have(text: str) -> bool:
    """Return whether all processes have called this with the same text."""
    own = np.frombuffer(sha256(text.encode()).digest(), dtype=np.uint8)
    return bool((process_allgather(own) == own).all())


def _parts(parameters: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the computations that are parameters of an operation."""
    for value in parameters.values():
        for one in value if isinstance(value, tuple | list) else (value,):
            part = getattr(one, "jaxpr", one)
            if hasattr(part, "eqns"):
                yield part


class DataParallel:
    """Devices that each process a part of every batch.

    Parameters
    ----------
    devices : sequence of jax.Device
        The devices; with one, everything is as without this class.
    is_seed, is_carried : sequence of bool
        Which variables of the model's state are seeds, and which states that a recurrent layer
        carries to the next batch.

    Attributes
    ----------
    replicated : jax.sharding.NamedSharding
        Sharding of arrays of which each device has the whole.
    """

    def __init__(
        self, devices: Sequence[Any], is_seed: Sequence[bool], is_carried: Sequence[bool]
    ) -> None:
        self._n = len(devices)
        self._is_seed, self._is_carried = is_seed, is_carried
        self._mesh = Mesh(np.array(devices), (AXIS,))
        self._n_processes = len({device.process_index for device in devices})
        self.replicated = NamedSharding(self._mesh, PartitionSpec())

    def __len__(self) -> int:
        return self._n

    def place(self, array: Any) -> Any:
        """Return an array that each device has the whole of, without copying what one has."""
        if self._n_processes > 1:
            is_there = isinstance(array, jax.Array)
            put = jax.make_array_from_process_local_data
            return array if is_there else put(self.replicated, array)
        shards = [shard.data for shard in getattr(array, "addressable_shards", ())]
        if len(shards) < self._n:
            return jax.device_put(array, self.replicated)
        if len(shards) == self._n:
            return array
        return jax.make_array_from_single_device_arrays(
            array.shape, self.replicated, shards[: self._n]
        )

    def split(self, loop: Callable[..., Any]) -> Callable[..., Any]:
        """Return a loop over batches, its third argument, that splits each among the devices."""
        if self._n == 1:
            return loop
        same, shared = PartitionSpec(), PartitionSpec(None, AXIS)
        return jax.shard_map(
            loop,
            mesh=self._mesh,
            in_specs=(same, same, shared, same),
            out_specs=same,
            check_vma=False,
        )

    def own(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the rows of a batch that this process gathers; in place of padding, others."""
        return rows if self._n_processes == 1 else rows[self._places(len(rows)) % len(rows)]

    def own_part(self, batch: Batch) -> Batch:
        """Return a batch, of which x and lengths are gathered, with its own targets and weights."""
        x, lengths, y, weight = batch
        places = self._places(len(weight))
        rows = places % len(weight)
        return x, lengths, y[rows], np.where(places < len(weight), weight[rows], np.float32(0))

    def joined(self, part: NDArray[Any]) -> Any:
        """Return arrays whose second axis, the rows of batches, is that of all processes."""
        sharding = NamedSharding(self._mesh, PartitionSpec(None, AXIS))
        return jax.make_array_from_process_local_data(sharding, part)

    def _places(self, n_rows: int) -> NDArray[np.int64]:
        """Return the places of this process in a batch, which may lie beyond its end."""
        n_own = -(-n_rows // self._n) * (self._n // self._n_processes)
        return np.arange(n_own) + jax.process_index() * n_own

    def summed(self, values: Any) -> Any:
        """Return values summed over the devices, as one vector, since each sum is a message."""
        if self._n == 1:
            return values
        vector, apart = ravel_pytree(values)
        return apart(jax.lax.psum(vector, AXIS))

    def apart(self, other: Sequence[Any], n_rows: int) -> list[Any]:
        """Return the state of this device, which computes ``n_rows`` of a batch.

        It has seeds of its own, so that dropout differs between devices, and the carried states
        of its own rows.
        """
        own = list(other)
        if self._n == 1:
            return own
        place = jax.lax.axis_index(AXIS)
        for i, value in enumerate(other):
            if self._is_seed[i]:
                own[i] = value.at[0].add(place.astype(value.dtype))
            elif self._is_carried[i]:
                own[i] = jnp.roll(value, -place * n_rows, axis=0)
        return own

    def together(self, before: Sequence[Any], after: Sequence[Any], n_rows: int) -> list[Any]:
        """Return the state after a step, equal on all devices."""
        if self._n == 1:
            return list(after)

        def agreed(i: int, old: Any, new: Any) -> Any:
            if self._is_carried[i]:
                return jax.lax.all_gather(new[:n_rows], AXIS, tiled=True)[: len(old)]
            change = jax.lax.pmean(new - old, AXIS)
            return new.at[0].set(old[0]) if self._is_seed[i] else old + change.astype(old.dtype)

        return [agreed(i, *pair) for i, pair in enumerate(zip(before, after, strict=True))]
