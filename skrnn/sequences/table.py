"""Table of the steps of all sequences, each of which is a start and a length in it.

The sequences are concatenated in one ``(n_total_steps, n_features)`` array; a sequence is a
start and a length in it. A 3-D array is read without a copy, sequences of different
length are padded only when a batch is gathered, and overlapping windows are
starts in the same table, with steps that may be several rows apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skrnn._validation import Floats
from skrnn.sequences.block_reader import BlockReader
from skrnn.sequences.stored_rows import StoredRows

#: Rows of a block, so that a table larger than memory can be measured.
BLOCK = 2**16


@dataclass(frozen=True, eq=False)
class Sequences:
    """Sequences of shape (n_steps_i, n_features), stored as starts and lengths in one table.

    Attributes
    ----------
    steps : ndarray or StoredRows of shape (n_total_steps, n_features)
        The steps of all sequences.
    starts, lengths : ndarray of shape (n_samples,)
        First row of each sequence in ``steps``, and its number of steps.
    stride : int
        Rows of ``steps`` between successive steps of a sequence.
    window : int or None
        For windows of one series in order of time, the length of a complete
        window.
    reach : int
        For windows, the distance of ends, in rows, beyond which two windows
        share no row, and the target of the earlier one is not later than the last row
        of the other.
    numbers : ndarray of int of shape (n_samples,) or None
        Index in X of each sequence, or of the one it is a part of; None for all of X in order.
    ends_at : ndarray of float of shape (n_samples,) or None
        Time of the end of each window, in usual steps, for windows of several series.
    """

    steps: Floats
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    stride: int = 1
    window: int | None = None
    reach: int = 0
    numbers: NDArray[np.int64] | None = None
    ends_at: NDArray[np.float64] | None = None

    @classmethod
    def end_to_end(cls, steps: Floats, lengths: NDArray[np.int64]) -> Self:
        """Return sequences of these lengths, concatenated in ``steps``."""
        return cls(steps, np.cumsum(lengths) - lengths, lengths)

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def n_features(self) -> int:
        """Return the number of features of a step."""
        return int(self.steps.shape[1])

    @property
    def n_steps(self) -> int | None:
        """Return the length of all sequences, or None if lengths differ."""
        longest = self.longest
        return longest if self.window or int(self.lengths.min()) == longest else None

    @property
    def longest(self) -> int:
        """Return the number of steps of the longest sequence, or of a complete window."""
        return self.window or int(self.lengths.max())

    @property
    def ends(self) -> NDArray[np.int64]:
        """Return the row of each sequence's last step."""
        return self.starts + (self.lengths - 1) * self.stride

    @property
    def times(self) -> NDArray[Any]:
        """Return the order of the sequences in time; for windows, the rows of their ends."""
        if self.ends_at is not None:
            return self.ends_at
        return self.ends if self.window else np.arange(len(self))

    @property
    def numbering(self) -> NDArray[np.int64]:
        """Return the index in X of each sequence, or of the one it is a part of."""
        return np.arange(len(self)) if self.numbers is None else self.numbers

    def take(self, rows: NDArray[np.int64]) -> Self:
        """Return the sequences at ``rows``, over the same table."""
        return replace(
            self,
            starts=self.starts[rows],
            lengths=self.lengths[rows],
            numbers=self.numbering[rows],
            ends_at=None if self.ends_at is None else self.ends_at[rows],
        )

    def share_rows(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return whether each sequence spans a row of one of those at ``rows``."""
        change = np.zeros(len(self.steps) + 1, dtype=np.int64)
        np.add.at(change, self.starts[rows], 1)
        np.add.at(change, self.ends[rows] + 1, -1)
        covered = np.concatenate([[0], np.cumsum(np.cumsum(change[:-1]) > 0)])
        return np.asarray(covered[self.ends + 1] > covered[self.starts])

    def within(self) -> Self:
        """Return the same sequences over the part of the table that they span."""
        first, last = int(self.starts.min()), int(self.ends.max())
        part = self.steps.part if isinstance(self.steps, StoredRows) else self._part
        return replace(self, steps=part(first, last + 1), starts=self.starts - first)

    def _part(self, first: int, stop: int) -> Floats:
        return self.steps[first:stop]

    def in_memory(self) -> Self:
        """Return the same sequences over a table in memory."""
        return replace(self, steps=np.asarray(self.steps))

    @cached_property
    def reader(self) -> BlockReader | None:
        """Return the reader of the sequences; None if the steps are in an array."""
        if not isinstance(self.steps, StoredRows):
            return None
        return BlockReader(self.steps, self.starts, self.lengths, self.stride)

    def gather(
        self,
        rows: NDArray[np.int64],
        n_steps: int,
        *,
        at_end: bool = False,
        out: NDArray[Any] | None = None,
    ) -> tuple[Floats, NDArray[np.bool_]]:
        """Return sequences padded to ``n_steps``, and the mask of real steps.

        Parameters
        ----------
        rows : ndarray of shape (n_rows,)
            The sequences to gather.
        n_steps : int
            The padded length, at least that of the longest sequence of ``rows``.
        at_end : bool
            Pad on the left instead of the right.
        out : ndarray of shape (n_rows, n_steps, n_features), optional
            Output array.

        Returns
        -------
        values : ndarray of shape (n_rows, n_steps, n_features)
            Steps; values of padding are arbitrary.
        real : ndarray of bool of shape (n_rows, n_steps)
            False where a step is padding.
        """
        lengths = self.lengths[rows, None]
        offsets = np.arange(n_steps) - (n_steps - lengths if at_end else 0)
        real = (offsets >= 0) & (offsets < lengths)
        positions = self.starts[rows, None] + self.stride * np.where(real, offsets, 0)
        if self.reader is not None:
            return self.reader.gather(rows, positions, out), real
        # "clip" only because it fills ``out`` directly: every position lies in the table.
        return np.take(self.steps, positions, axis=0, out=out, mode="clip"), real

    def blocks(self, weights: NDArray[np.float64]) -> Iterator[tuple[slice, NDArray[np.float64]]]:
        """Yield blocks of the table, with the weight of each step, if sequence i has weights[i].

        The blocks are the whole table, in order.
        """
        positive = weights > 0
        both = np.stack([weights, positive], axis=1)
        places = np.concatenate([self.starts, self.starts + self.lengths * self.stride])
        order = np.argsort(places, kind="stable")
        places, changes = places[order], np.concatenate([both, -both])[order]
        # Adding and subtracting weights leaves rounding errors; the counts are exact.
        least = weights[positive].min(initial=np.inf)
        size = -(-min(BLOCK, len(self.steps)) // self.stride) * self.stride
        levels = np.zeros((1, self.stride, 2))
        for first in range(0, len(self.steps), size):
            here = slice(*np.searchsorted(places, [first, first + size]))
            change = np.zeros((size, 2))
            np.add.at(change, places[here] - first, changes[here])
            levels = levels[-1] + np.cumsum(change.reshape(-1, self.stride, 2), axis=0)
            part = slice(first, min(first + size, len(self.steps)))
            total, n_holders = levels.reshape(-1, 2)[: part.stop - first].T
            yield part, np.where(n_holders > 0, np.maximum(total, least), 0.0)

    def step_weights(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the weight of each step of the table, if sequence i has weights[i]."""
        return np.concatenate([part for _, part in self.blocks(weights)])

    def contiguous(self) -> Sequences:
        """Return the same sequences over a table in which their steps are contiguous."""
        if self.stride == 1:
            return self
        n_rows = len(self.steps)
        order = [np.arange(phase, n_rows, self.stride) for phase in range(self.stride)]
        first = np.concatenate([[0], np.cumsum([len(rows) for rows in order])])
        return replace(
            self,
            steps=self.steps[np.concatenate(order)],
            starts=first[self.starts % self.stride] + self.starts // self.stride,
            stride=1,
        )

    def without_missing_steps(self) -> Sequences:
        """Return the sequences without steps at which nothing was observed.

        A sequence without any observation becomes one step of zeros, so that it can
        be predicted.
        """
        table = self.contiguous()
        observed = np.logical_not(np.isnan(table.steps).all(axis=1))
        before = np.concatenate([[0], np.cumsum(observed)])
        starts, ends = before[table.starts], before[table.starts + table.lengths]
        blank = starts == ends
        nothing = np.full((1, table.n_features), np.nan, dtype=table.steps.dtype)
        return replace(
            table,
            steps=np.concatenate([table.steps[observed], nothing]),
            starts=np.where(blank, before[-1], starts),
            lengths=np.where(blank, 1, ends - starts),
        )

    def without_padding(self) -> Sequences:
        """Return the sequences without trailing zeros, but with their first step.

        Windows have no padding.
        """
        if self.window is not None:
            return self
        table = self.contiguous()
        rows = np.arange(len(table.steps))
        latest = np.maximum.accumulate(np.where(table.steps.any(axis=1), rows, -1))
        lengths = np.maximum(latest[table.ends] - table.starts + 1, 1)
        return replace(table, lengths=lengths)

    def holding(self, marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which sequences contain a marked row of the table."""
        size = len(marked) // self.stride + 2  # of the rows of one phase, one after another
        at, first = np.flatnonzero(marked), self.starts % self.stride * size
        places = np.sort(at % self.stride * size + at // self.stride)
        first = first + self.starts // self.stride
        return np.searchsorted(places, first + self.lengths) > np.searchsorted(places, first)

    def first_with(self, marked: NDArray[np.bool_]) -> int:
        """Return the index of the first sequence with a marked row of the table."""
        return int(self.numbering[self.holding(marked)].min())

    def first_marked(self, marked: NDArray[np.bool_], first: int = 0) -> tuple[int, float] | None:
        """Return the index of the first sequence with a marked value, and the value.

        ``marked`` (n_rows, n_features) is for the rows of the table from ``first`` on; None if no
        sequence holds any of them.
        """
        rows = np.zeros(len(self.steps), dtype=bool)
        rows[first : first + len(marked)] = marked.any(axis=1)
        holding = np.flatnonzero(self.holding(rows))
        if not len(holding):
            return None
        one = holding[np.argmin(self.numbering[holding])]
        own = self.starts[one] + self.stride * np.arange(self.lengths[one])
        row = own[rows[own]][0]
        return int(self.numbering[one]), float(self.steps[row][marked[row - first]][0])


def pieces(sequences: Sequences, n_steps: int, *, whole: bool = False) -> Sequences:
    """Return the sequences split into chunks of at most ``n_steps``, over the same table.

    With ``whole``, the last chunk of a sequence begins earlier if it would be
    shorter; no sequence may be shorter.
    """
    n_chunks = -(-sequences.lengths // n_steps)
    first = np.repeat(np.cumsum(n_chunks) - n_chunks, n_chunks)
    done = (np.arange(n_chunks.sum()) - first) * n_steps
    lengths = np.repeat(sequences.lengths, n_chunks)
    if whole:
        done = np.minimum(done, lengths - n_steps)
    left = lengths - done
    starts = np.repeat(sequences.starts, n_chunks) + done * sequences.stride
    return Sequences(
        sequences.steps,
        starts,
        np.minimum(left, n_steps),
        stride=sequences.stride,
        numbers=np.repeat(sequences.numbering, n_chunks),
    )
