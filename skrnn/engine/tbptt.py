"""Truncated back-propagation: chunks of long sequences, continued from batch to batch.

Truncated back-propagation through time (Williams and Peng, 1990, doi:10.1162/neco.1990.2.4.490):
the gradient goes back to the start of a chunk, the state comes from the chunk before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from heapq import heapify, heappop, heappush

import numpy as np
from numpy.typing import NDArray

from skrnn.engine.batches import Batch, Examples, GatherBatch, NetworkInputs
from skrnn.engine.sizes import batch_rows
from skrnn.sequences import pieces

Counts = NDArray[np.int64]

#: Minimum number of chunks per position, if sequences are read at several positions in parallel
#: because a batch has more rows than there are sequences: each position starts without a state.
MIN_CHUNKS = 10


@dataclass(frozen=True, eq=False)
class Chunks:
    """Examples for a network that carries its state from chunk to chunk.

    Attributes
    ----------
    examples : Examples
        Chunks of all sequences, in order.
    n_chunks : ndarray of int of shape (n_sequences,)
        Number of chunks of each sequence.
    n_rows : int
        Rows of a batch.
    """

    examples: Examples
    n_chunks: Counts
    n_rows: int

    @property
    def inputs(self) -> NetworkInputs:
        """Return the chunks of which batches are gathered."""
        return self.examples.inputs

    def __len__(self) -> int:
        """Return the number of sequences."""
        return len(self.n_chunks)

    @cached_property
    def batch_row(self) -> Counts:
        """Return the row of a batch in which each sequence is read, before any is reordered."""
        return assign_batch_rows(self.n_chunks, self.n_rows)

    def n_batches(self, size: int) -> int:
        """Return how many batches of ``size`` rows, which is ``n_rows``, an epoch has."""
        return int(np.bincount(self.batch_row, weights=self.n_chunks).max())

    def blocks(self) -> Counts | None:
        """Return the block on disk in which each sequence begins; None for arrays."""
        blocks = self.examples.blocks()
        return None if blocks is None else blocks[np.cumsum(self.n_chunks) - self.n_chunks]

    def batches(self, order: Counts, size: int, gather: GatherBatch) -> Iterator[tuple[Batch, int]]:
        """Yield batches of ``size`` rows, which is ``n_rows``, each with its number of real rows.

        A row has the chunks of one sequence in order, batch after batch, then those of the
        next sequence in ``order``. Weights are as in `Examples.batches`; at the end of an epoch
        rows may have weight zero.
        """
        weights, mean_weight = self.examples.weights, self.examples.weights.mean()
        for rows in self.schedule(order):
            real = rows >= 0
            n_real = int(np.count_nonzero(real))
            rows = np.where(real, rows, 0)
            weight = np.where(real, weights[rows] / (mean_weight * n_real), 0.0)
            x, lengths = gather(rows)
            yield (x, lengths, self.examples.targets[rows], weight.astype(np.float32)), n_real

    def schedule(self, order: Counts) -> Counts:
        """Return the chunk in each batch and row, (n_batches, n_rows), -1 for none.

        The number of batches is the same for every order, since only sequences with equal
        numbers of chunks are permuted.
        """
        places = np.argsort(self.n_chunks, kind="stable")
        sequences = order[np.argsort(self.n_chunks[order], kind="stable")]
        batch_row = np.empty_like(self.batch_row)
        batch_row[sequences] = self.batch_row[places]
        first = np.cumsum(self.n_chunks) - self.n_chunks
        table = np.full((self.n_batches(self.n_rows), self.n_rows), -1)
        free = np.zeros(self.n_rows, dtype=np.int64)
        for sequence in order:
            row, n = batch_row[sequence], self.n_chunks[sequence]
            table[free[row] : free[row] + n, row] = np.arange(first[sequence], first[sequence] + n)
            free[row] += n
        return table


@dataclass(frozen=True, eq=False)
class ChunkTargets:
    """Targets of chunks: ``steps`` of shape (n, n_steps, n_targets) taken at ``index``."""

    steps: NDArray[np.float32]
    index: Counts

    def __getitem__(self, rows: Counts) -> NDArray[np.float32]:
        """Return the targets of some chunks."""
        return self.steps[self.index[rows]]


def in_chunks(examples: Examples, n_steps: int, n_rows: int | None) -> Chunks:
    """Return examples split into chunks of at most ``n_steps``, for batches of ``n_rows``.

    Parameters
    ----------
    examples : Examples
        Whole sequences, with targets for a `StepLoss`.
    n_steps : int
        Steps of a chunk.
    n_rows : int or None
        Maximum rows of a batch; None is the number of sequences.
    """
    sequences = examples.inputs.sequences
    n_steps = min(n_steps, sequences.longest)
    n_chunks = -(-sequences.lengths // n_steps)
    targets = _in_chunks(np.asarray(examples.targets), n_steps, n_chunks)
    sequence = np.repeat(np.arange(len(sequences)), n_chunks)
    counted = targets.steps[..., -1].sum(axis=1, dtype=np.float64)[targets.index]
    of_whole = np.maximum(np.bincount(sequence, weights=counted), np.finfo(np.float64).tiny)
    weights = (examples.weights / of_whole)[sequence] * counted

    per_sequence = max(1, (n_rows or 1) // len(sequences))
    n_segments = np.clip(n_chunks // MIN_CHUNKS, 1, per_sequence)
    segments = _shared_out(n_chunks, n_segments)
    begins = np.zeros(len(sequence), dtype=bool)
    begins[np.cumsum(segments) - segments] = True
    inputs = replace(examples.inputs, sequences=pieces(sequences, n_steps)).marked(begins)
    n_rows = batch_rows(n_rows, len(segments)) if n_rows else len(segments)
    return Chunks(Examples(inputs, targets, weights), segments, n_rows)


def assign_batch_rows(n_chunks: Counts, size: int) -> Counts:
    """Return the row of a batch in which each sequence is read.

    Longest sequences first, each to the row with the fewest chunks, so that rows end at about
    the same time.
    """
    free = [(0, row) for row in range(size)]
    heapify(free)
    batch_row = np.empty(len(n_chunks), dtype=np.int64)
    for sequence in np.argsort(-n_chunks, kind="stable"):
        time, row = heappop(free)
        batch_row[sequence] = row
        heappush(free, (time + int(n_chunks[sequence]), row))
    return batch_row


def _in_chunks(targets: NDArray[np.float32], n_steps: int, n_chunks: Counts) -> ChunkTargets:
    """Return padded targets (n_sequences, n_padded_steps, n_targets) split into chunks."""
    most = int(n_chunks.max())
    given = targets[:, : most * n_steps]
    missing = most * n_steps - given.shape[1]
    steps = np.pad(given, [(0, 0), (0, missing), (0, 0)]).reshape(-1, n_steps, targets.shape[2])
    is_there = np.arange(most) < n_chunks[:, None]
    return ChunkTargets(steps, np.flatnonzero(is_there))


def _shared_out(n_chunks: Counts, n_segments: Counts) -> Counts:
    """Return the numbers of chunks of the segments of each sequence, as equal as possible."""
    sequence = np.repeat(np.arange(len(n_chunks)), n_segments)
    number = np.arange(len(sequence)) - np.repeat(np.cumsum(n_segments) - n_segments, n_segments)
    some, more = np.divmod(n_chunks, n_segments)
    return some[sequence] + (number < more[sequence])
