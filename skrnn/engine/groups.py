"""Batches laid side by side, as many as one compiled loop takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn.engine.feed import Batch

#: A group has room for so many batches, but for no more than hold so many numbers. The number of
#: samples does not count, so that folds of different size share what was compiled for a group.
MOST_BATCHES, MOST_NUMBERS = 64, 2**20


@dataclass(frozen=True)
class Source:
    """A table on the device, of which the sequences of a batch are slices.

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
    """The x of a batch: where its sequences start in a source."""

    source: Source
    starts: NDArray[np.int32]


@dataclass(frozen=True)
class Group:
    """Batches of one shape in arrays with one more axis, the first, for the batch.

    Attributes
    ----------
    n_batches : int
        How many there are; the arrays have room for more.
    source : Source or None
        What ``parts[0]`` are the starts in; None where it is x itself.
    parts : list of ndarray
        Starts or x, lengths, targets and weights.
    """

    n_batches: int
    source: Source | None
    parts: list[NDArray[Any]]


def grouped(batches: Iterable[Batch], multiple: int) -> Iterator[Group]:
    """Yield the batches in groups, their rows filled up to a ``multiple`` with weightless ones."""
    batches = iter(batches)
    for first in batches:
        room = _room(first)
        group = list(chain([first], islice(batches, room - 1)))
        n_rows = -(-len(first[-1]) // multiple) * multiple
        x = first[0]
        columns = [[_array(part) for part in parts] for parts in zip(*group, strict=True)]
        parts = [_stacked(column, room, n_rows) for column in columns]
        parts[1][:, len(first[-1]) :] = 1  # no sequence is empty
        yield Group(len(group), x.source if isinstance(x, Slices) else None, parts)


def joined(losses: Sequence[tuple[Any, int]]) -> NDArray[np.float32]:
    """Return the losses of all groups, read only now, so that no step waited for them."""
    return np.concatenate([np.asarray(loss)[:n_batches] for loss, n_batches in losses])


def n_numbers(source: Source | None, parts: Sequence[Any]) -> int:
    """Return how many numbers the sequences of a batch hold."""
    return prod(parts[0].shape[1:]) * (source.n_steps * source.table.shape[1] if source else 1)


def _room(batch: Batch) -> int:
    """Return how many batches like this one a group has room for."""
    size = sum(_array(part).size for part in batch)
    return max(1, min(MOST_BATCHES, MOST_NUMBERS // max(1, size)))


def _array(part: Any) -> NDArray[Any]:
    return part.starts if isinstance(part, Slices) else part


def _stacked(arrays: Sequence[NDArray[Any]], room: int, n_rows: int) -> NDArray[Any]:
    stacked = np.zeros((room, n_rows, *arrays[0].shape[1:]), dtype=arrays[0].dtype)
    for number, array in enumerate(arrays):
        stacked[number, : len(array)] = array
    return stacked
