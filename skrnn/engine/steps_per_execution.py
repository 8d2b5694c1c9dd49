"""Groups of batches for one compiled loop (``steps_per_execution`` in Keras)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn.engine.batches import Batch

#: Capacity of a group, in batches and in values. It does not depend on the number of samples, so
#: that folds of different size share compiled programs.
MOST_BATCHES, MOST_NUMBERS = 64, 2**20


@dataclass(frozen=True)
class Source:
    """Table on the device, of which the sequences of a batch are slices.

    Attributes
    ----------
    table : device array of shape (n_rows, n_features)
        The steps, scaled, with margins.
    n_steps : int
        Steps of a slice.
    at_end : bool
        Pad on the left.
    """

    table: Any
    n_steps: int
    at_end: bool


@dataclass(frozen=True)
class Slices:
    """Input of a batch as the starts of its sequences in a source."""

    source: Source
    starts: NDArray[np.int32]


@dataclass(frozen=True)
class BatchGroup:
    """Batches of one shape, stacked along a new first axis.

    Attributes
    ----------
    n_batches : int
        Number of batches; the arrays may have room for more.
    source : Source or None
        Table of the starts in ``parts[0]``; None if that is x itself.
    parts : list of ndarray
        Starts or x, lengths, targets and weights.
    """

    n_batches: int
    source: Source | None
    parts: list[NDArray[Any]]


def grouped(batches: Iterable[Batch], multiple: int) -> Iterator[BatchGroup]:
    """Yield groups of batches, whose rows are padded to a ``multiple`` with weight zero."""
    batches = iter(batches)
    for first in batches:
        room = _room(first)
        group = list(chain([first], islice(batches, room - 1)))
        n_rows = -(-len(first[-1]) // multiple) * multiple
        x = first[0]
        columns = [[_array(part) for part in parts] for parts in zip(*group, strict=True)]
        parts = [_stacked(column, room, n_rows) for column in columns]
        parts[1][:, len(first[-1]) :] = 1  # no sequence is empty
        yield BatchGroup(len(group), x.source if isinstance(x, Slices) else None, parts)


def joined(losses: Sequence[tuple[Any, int]]) -> NDArray[np.float32]:
    """Return the losses of all groups, read at the end so that no step waits for them."""
    return np.concatenate([np.asarray(loss)[:n_batches] for loss, n_batches in losses])


def n_numbers(source: Source | None, parts: Sequence[Any]) -> int:
    """Return the number of values in the sequences of a batch."""
    return prod(parts[0].shape[1:]) * (source.n_steps * source.table.shape[1] if source else 1)


def _room(batch: Batch) -> int:
    """Return the capacity of a group of batches like this one."""
    size = sum(_array(part).size for part in batch)
    return max(1, min(MOST_BATCHES, MOST_NUMBERS // max(1, size)))


def _array(part: Any) -> NDArray[Any]:
    return part.starts if isinstance(part, Slices) else part


def _stacked(arrays: Sequence[NDArray[Any]], room: int, n_rows: int) -> NDArray[Any]:
    stacked = np.zeros((room, n_rows, *arrays[0].shape[1:]), dtype=arrays[0].dtype)
    for number, array in enumerate(arrays):
        stacked[number, : len(array)] = array
    return stacked
