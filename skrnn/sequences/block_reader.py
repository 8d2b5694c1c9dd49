"""Steps of sequences over rows that stay on disk, gathered block by block."""

from __future__ import annotations

from collections import OrderedDict
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skrnn._validation import Floats
from skrnn.sequences.stored_rows import Positions, StoredRows

#: Most bytes of the rows of blocks that are kept, unless a single block has more.
KEPT_BYTES = 2**25


class Block(NamedTuple):
    """Rows of the sequences that begin in a block.

    Attributes
    ----------
    first : int
        The first row, if ``values`` has all rows from it on.
    numbers : ndarray of int or None
        The rows that it has, if sequences have but a few.
    values : ndarray of shape (n_rows, n_features)
        The rows.
    """

    first: int
    numbers: Positions | None
    values: Floats

    def take(self, positions: Positions) -> Floats:
        """Return the rows at positions in the file."""
        if self.numbers is None:
            return self.values[positions - self.first]
        return self.values[np.searchsorted(self.numbers, positions)]


class BlockReader:
    """Reader of sequences that keeps the steps of those of the latest blocks.

    A sequence belongs to the block in which it begins, whose rows are read up to the end of its
    sequences. If most rows belong to no sequence, only those that do are kept.

    Parameters
    ----------
    rows : StoredRows
        The rows.
    starts, lengths : ndarray of int of shape (n_sequences,)
        First row and number of steps of each sequence.
    stride : int
        Rows between steps.

    Attributes
    ----------
    blocks : ndarray of int of shape (n_sequences,)
        Block of each sequence.
    """

    def __init__(
        self, rows: StoredRows, starts: Positions, lengths: Positions, stride: int
    ) -> None:
        self.blocks = rows.block_of(starts)
        self._rows, self._starts, self._lengths, self._stride = rows, starts, lengths, stride
        self._order = np.argsort(self.blocks, kind="stable")
        n_blocks = len(rows.bounds) - 1
        self._bounds = np.searchsorted(self.blocks[self._order], np.arange(n_blocks + 1))
        self._stops = rows.bounds[:-1].copy()
        np.maximum.at(self._stops, self.blocks, starts + (lengths - 1) * stride + 1)
        self._kept: OrderedDict[int, Block] = OrderedDict()
        # First rows of blocks, as many as sequences of the block before reach into, unless those
        # of all blocks are many.
        self._heads: dict[int, Floats] = {}
        reach = max(0, int((self._stops - rows.bounds[1:]).max()))
        self._n_head = reach if reach * n_blocks * rows.row_bytes <= KEPT_BYTES else 0

    @cached_property
    def n_kept(self) -> int:
        """Return the number of blocks that are kept at once."""
        spanned = self._stops - self._rows.bounds[:-1]
        steps = np.bincount(self.blocks, weights=self._lengths, minlength=len(spanned))
        largest = int(np.minimum(spanned, steps).max()) * self._rows.row_bytes
        return max(1, KEPT_BYTES // max(1, largest))

    def gather(
        self, sequences: Positions, positions: Positions, out: NDArray[Any] | None
    ) -> Floats:
        """Return rows of some sequences, (n_sequences, n_steps, n_features).

        Parameters
        ----------
        sequences : ndarray of int of shape (n_sequences,)
            The sequences.
        positions : ndarray of int of shape (n_sequences, n_steps)
            Rows of each.
        out : ndarray or None
            Where they are gathered.
        """
        if out is None:
            shape = *positions.shape, self._rows.shape[1]
            out = np.empty(shape, dtype=self._rows.dtype)
        blocks = self.blocks[sequences]
        # Those that are kept come first, so that none is dropped before it was used.
        for block in sorted(np.unique(blocks).tolist(), key=lambda one: one not in self._kept):
            own = np.flatnonzero(blocks == block)
            out[own] = self._block(block).take(positions[own])
        return out

    def _block(self, number: int) -> Block:
        kept = self._kept.pop(number, None)
        if kept is None:
            while len(self._kept) >= self.n_kept:  # before the next one is read
                self._kept.popitem(last=False)
            kept = self._read(number)
        self._kept[number] = kept
        return kept

    def _read(self, number: int) -> Block:
        """Read the rows of a block, and return those of its sequences."""
        first = int(self._rows.bounds[number])
        own = self._order[self._bounds[number] : self._bounds[number + 1]]
        starts, lengths = self._starts[own] - first, self._lengths[own]
        has_sequence = np.zeros(int(self._stops[number]) - first, dtype=bool)
        for step in range(int(lengths.max())):
            has_sequence[starts[lengths > step] + step * self._stride] = True
        values = self._spanned(number)
        if 2 * np.count_nonzero(has_sequence) > len(values):
            return Block(first, None, values)
        return Block(first, np.flatnonzero(has_sequence) + first, values[has_sequence])

    def _spanned(self, number: int) -> Floats:
        """Return the rows of a block up to the end of its sequences.

        Where these reach into the next block, its first rows are kept for the next time, since many
        formats decode all of a block for a few of its rows.
        """
        first, end = self._rows.bounds[number : number + 2].tolist()
        stop = int(self._stops[number])
        values = self._rows.read(first, min(end, stop))
        self._keep_head(number, values)
        if stop <= end:
            return values
        head = self._heads.get(number + 1, values[:0])
        if len(head) < stop - end:
            head = self._rows.read(end, stop)
            self._keep_head(number + 1, head)
        return np.concatenate([values, head[: stop - end]])

    def _keep_head(self, number: int, rows: Floats) -> None:
        """Keep the first rows of a block, if they are more than before."""
        if len(self._heads.get(number, ())) < min(len(rows), self._n_head):
            self._heads[number] = rows[: self._n_head].copy()
