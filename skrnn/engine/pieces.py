"""Pieces of long sequences, in batches of which each row goes on in the next.

Truncated back-propagation through time (Williams and Peng, 1990, doi:10.1162/neco.1990.2.4.490):
the gradient goes back to the beginning of a piece, the state comes from before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from heapq import heapify, heappop, heappush

import numpy as np
from numpy.typing import NDArray

from skrnn.engine.feed import Batch, Examples, Feed, Inputs
from skrnn.engine.sizes import batch_rows
from skrnn.sequences import pieces

Counts = NDArray[np.int64]

#: Where there are fewer sequences than rows of a batch, they are read at several places at a time,
#: but nowhere for fewer pieces than this: each place is entered without what came before.
LEAST_PIECES = 10


@dataclass(frozen=True, eq=False)
class Pieces:
    """Examples for a network that carries its state from each piece to the next.

    Attributes
    ----------
    examples : Examples
        The pieces of all sequences, in order.
    n_pieces : ndarray of int of shape (n_sequences,)
        How many each sequence has.
    n_rows : int
        Rows of a batch.
    """

    examples: Examples
    n_pieces: Counts
    n_rows: int

    @property
    def inputs(self) -> Inputs:
        """Return the pieces that a feed gathers."""
        return self.examples.inputs

    def __len__(self) -> int:
        """Return the number of sequences."""
        return len(self.n_pieces)

    @cached_property
    def lane(self) -> Counts:
        """Return the row of a batch in which each sequence is read, before any is reordered."""
        return lanes(self.n_pieces, self.n_rows)

    def n_batches(self, size: int) -> int:
        """Return how many batches of ``size`` rows, which is ``n_rows``, an epoch has."""
        del size
        return int(np.bincount(self.lane, weights=self.n_pieces).max())

    def batches(self, order: Counts, size: int, feed: Feed) -> Iterator[tuple[Batch, int]]:
        """Yield batches of ``size`` rows, which is ``n_rows``, each with its number of real rows.

        A row has the pieces of one sequence in order, batch after batch, then those of
        another; which comes before which is told by ``order``. Weights are as in
        `Examples.batches`; at the end of an epoch there may be rows that weigh nothing.
        """
        del size
        weights, mean_weight = self.examples.weights, self.examples.weights.mean()
        for rows in self.schedule(order):
            real = rows >= 0
            n_real = int(np.count_nonzero(real))
            rows = np.where(real, rows, 0)
            weight = np.where(real, weights[rows] / (mean_weight * n_real), 0.0)
            x, lengths = feed(rows)
            yield (x, lengths, self.examples.targets[rows], weight.astype(np.float32)), n_real

    def schedule(self, order: Counts) -> Counts:
        """Return which piece stands where, (n_batches, n_rows), -1 for none.

        The number of batches is the same for every order: sequences change places with
        those of as many pieces.
        """
        places = np.argsort(self.n_pieces, kind="stable")
        sequences = order[np.argsort(self.n_pieces[order], kind="stable")]
        lane = np.empty_like(self.lane)
        lane[sequences] = self.lane[places]
        first = np.cumsum(self.n_pieces) - self.n_pieces
        table = np.full((self.n_batches(self.n_rows), self.n_rows), -1)
        free = np.zeros(self.n_rows, dtype=np.int64)
        for sequence in order:
            row, n = lane[sequence], self.n_pieces[sequence]
            table[free[row] : free[row] + n, row] = np.arange(first[sequence], first[sequence] + n)
            free[row] += n
        return table


@dataclass(frozen=True, eq=False)
class PieceTargets:
    """Targets of pieces: ``steps`` of shape (n, n_steps, n_targets) at the places of ``index``."""

    steps: NDArray[np.float32]
    index: Counts

    def __getitem__(self, rows: Counts) -> NDArray[np.float32]:
        """Return the targets of some pieces."""
        return self.steps[self.index[rows]]


def in_pieces(examples: Examples, n_steps: int, n_rows: int | None) -> Pieces:
    """Return examples cut into pieces of at most ``n_steps``, for batches of ``n_rows``.

    Parameters
    ----------
    examples : Examples
        Whole sequences, with targets for a `StepLoss`.
    n_steps : int
        Steps of a piece.
    n_rows : int or None
        Most rows of a batch; None for as many as there are sequences.
    """
    sequences = examples.inputs.sequences
    n_steps = min(n_steps, sequences.longest)
    n_pieces = -(-sequences.lengths // n_steps)
    targets = _in_pieces(np.asarray(examples.targets), n_steps, n_pieces)
    sequence = np.repeat(np.arange(len(sequences)), n_pieces)
    counted = targets.steps[..., -1].sum(axis=1, dtype=np.float64)[targets.index]
    of_whole = np.maximum(np.bincount(sequence, weights=counted), np.finfo(np.float64).tiny)
    weights = (examples.weights / of_whole)[sequence] * counted

    per_sequence = max(1, (n_rows or 1) // len(sequences))
    n_stretches = np.clip(n_pieces // LEAST_PIECES, 1, per_sequence)
    stretches = _shared_out(n_pieces, n_stretches)
    begins = np.zeros(len(sequence), dtype=bool)
    begins[np.cumsum(stretches) - stretches] = True
    inputs = replace(examples.inputs, sequences=pieces(sequences, n_steps)).marked(begins)
    n_rows = batch_rows(n_rows, len(stretches)) if n_rows else len(stretches)
    return Pieces(Examples(inputs, targets, weights), stretches, n_rows)


def lanes(n_pieces: Counts, size: int) -> Counts:
    """Return the row of a batch in which each sequence is read.

    The longest ones choose first, each the row that is free first, so that rows end at about the
    same time.
    """
    free = [(0, row) for row in range(size)]
    heapify(free)
    lane = np.empty(len(n_pieces), dtype=np.int64)
    for sequence in np.argsort(-n_pieces, kind="stable"):
        time, row = heappop(free)
        lane[sequence] = row
        heappush(free, (time + int(n_pieces[sequence]), row))
    return lane


def _in_pieces(targets: NDArray[np.float32], n_steps: int, n_pieces: Counts) -> PieceTargets:
    """Return padded targets (n_sequences, n_padded_steps, n_targets) as those of pieces."""
    most = int(n_pieces.max())
    given = targets[:, : most * n_steps]
    missing = most * n_steps - given.shape[1]
    steps = np.pad(given, [(0, 0), (0, missing), (0, 0)]).reshape(-1, n_steps, targets.shape[2])
    is_there = np.arange(most) < n_pieces[:, None]
    return PieceTargets(steps, np.flatnonzero(is_there))


def _shared_out(n_pieces: Counts, n_stretches: Counts) -> Counts:
    """Return the pieces of each stretch, where sequences are cut into as equal ones as can be."""
    sequence = np.repeat(np.arange(len(n_pieces)), n_stretches)
    number = np.arange(len(sequence)) - np.repeat(np.cumsum(n_stretches) - n_stretches, n_stretches)
    some, more = np.divmod(n_pieces, n_stretches)
    return some[sequence] + (number < more[sequence])
