"""Batches of fixed shape, padded and gathered from the scaled table of steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from skrnn.engine.encoding import encode, observed_first, refuse_in_batch, refuse_in_table
from skrnn.engine.sizes import (
    PREDICTED_LENGTHS,
    STEP_MULTIPLE,
    TRAINED_LENGTHS,
    padded_length,
    with_margins,
)
from skrnn.preprocessing.scaling import AffineScaling
from skrnn.sequences import BLOCK, Sequences
from skrnn.sequences.stored_rows import StoredRows

#: The x, lengths, targets and weights of a batch. On JAX, x may be a description of slices
#: of a table on the device.
Batch = tuple[Any, NDArray[Any], NDArray[Any], NDArray[Any]]

#: From rows of examples to the x and the lengths of a batch.
GatherBatch = Callable[[NDArray[np.int64]], tuple[Any, NDArray[np.int32]]]

#: Smallest and usual number of sequences that are predicted at once, except on TensorFlow.
MIN_CHUNK, CHUNK = 8, 32

#: Largest number of steps of all sequences that are predicted at once, beyond the usual number.
PREDICTED_STEPS = 2**16

#: Largest table, in bytes, that is scaled once and kept; batches of a larger table are scaled as
#: they are gathered, so that a file larger than memory streams through them.
RESIDENT_BYTES = 2**28


@dataclass(eq=False)
class Table:
    """Table of scaled steps, shared by all inputs taken from it.

    Attributes
    ----------
    on_device : object
        Copy of the table on the device of a backend; None until it is made.
    """

    on_device: Any = field(default=None, compare=False)  # no part of what the table is


@dataclass(frozen=True, eq=False)
class NetworkInputs:
    """Sequences with their scaling for the network.

    Attributes
    ----------
    sequences : Sequences
        Sequences in the user's units, NaN for values not observed; scaled if there is a table.
    scaling : AffineScaling
        Mean and scale of each feature.
    indicator : bool
        Add one channel for each feature: 1 where it was not observed, 0 where it was (after
        "GRU-simple" of Che et al., 2018, doi:10.1038/s41598-018-24271-9). For complete data
        the channels are zero.
    at_end : bool
        Pad on the left, for a network that takes no lengths.
    table : Table or None
        Table of the steps, if they are scaled already.
    begins : ndarray of bool of shape (n_samples,) or None
        If given, a last channel is added, 1 at the first step of each sequence for which this
        is true, and else 0.
    skips_missing : bool
        Leave out steps at which nothing was observed, as each batch is gathered.
    """

    sequences: Sequences
    scaling: AffineScaling
    indicator: bool
    at_end: bool = False
    table: Table | None = None
    begins: NDArray[np.bool_] | None = None
    skips_missing: bool = False

    def __len__(self) -> int:
        return len(self.sequences)

    def padded_steps(self, multiple: int, n_lengths: int = TRAINED_LENGTHS) -> int:
        """Return the length of the longest sequence, rounded up as `padded_length` does."""
        return padded_length(self.sequences.longest, multiple, n_lengths)

    def take(self, rows: NDArray[np.int64]) -> Self:
        """Return the inputs at ``rows``."""
        begins = None if self.begins is None else self.begins[rows]
        return replace(self, sequences=self.sequences.take(rows), begins=begins)

    def scaled(self) -> Self:
        """Return inputs whose steps are scaled once, unless their table is too large for it."""
        if self.table is not None:
            return self
        sequences = self.sequences
        n_channels = sequences.n_features * (2 if self.indicator else 1)
        size, most = 4 * n_channels * len(sequences.steps), RESIDENT_BYTES
        if isinstance(sequences.steps, StoredRows):  # a copy of them is there meanwhile
            size, most = max(size, sequences.steps.nbytes), RESIDENT_BYTES // 4
        if size > most:
            return self
        sequences = sequences.in_memory()
        if self.skips_missing:
            sequences = sequences.without_missing_steps()
        sequences = sequences.contiguous()
        steps, before = zero_table(len(sequences.steps), n_channels, sequences.longest)
        for first in range(0, len(sequences.steps), BLOCK):
            raw = sequences.steps[first : first + BLOCK]
            refuse = refuse_in_table(sequences, first)
            steps[before + first : before + first + len(raw)] = encode(
                raw, self.scaling, indicator=self.indicator, refuse=refuse
            )
        starts = sequences.starts + before
        sequences = replace(sequences, steps=steps, starts=starts)
        return replace(self, sequences=sequences, table=Table(), skips_missing=False)

    def marked(self, begins: NDArray[np.bool_]) -> Self:
        """Return the inputs with a channel that is 1 where a sequence ``begins``."""
        if self.table is None:
            return replace(self, begins=begins)
        sequences = self.sequences
        steps = _aligned_zeros(len(sequences.steps), sequences.n_features + 1)
        steps[:, :-1] = sequences.steps
        steps[sequences.starts[begins], -1] = 1.0
        return replace(
            self, sequences=replace(sequences, steps=steps), table=Table(), begins=begins
        )

    def batch(
        self, rows: NDArray[np.int64], n_steps: int, out: NDArray[Any] | None = None
    ) -> tuple[NDArray[Any], NDArray[np.int32]]:
        """Return scaled sequences, zero where padded or missing, and their lengths.

        ``out``, of shape (n_rows, n_steps, n_features) and the dtype of the steps, is where
        they are gathered.
        """
        values, real = self.sequences.gather(rows, n_steps, at_end=self.at_end, out=out)
        lengths = self.sequences.lengths[rows]
        if self.skips_missing:
            values, lengths = observed_first(values, real)
            real = np.arange(n_steps) < lengths[:, None]
        if self.table is None:
            refuse = refuse_in_batch(self.sequences, rows, values, real)
            values = encode(values, self.scaling, indicator=self.indicator, refuse=refuse)
            if self.begins is not None:
                marks = np.zeros((*values.shape[:2], 1), dtype=np.float32)
                marks[:, 0, 0] = self.begins[rows]
                values = np.concatenate([values, marks], axis=-1)
        if not real.all():
            values[~real] = 0.0
        return values, lengths.astype(np.int32)

    def batch_gatherer(self, n_steps: int) -> GatherBatch:
        """Return a function that gathers each batch into the same buffer."""
        buffer: NDArray[Any] = np.empty(0)

        def gather(rows: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[np.int32]]:
            nonlocal buffer
            steps = self.sequences.steps
            if len(buffer) != len(rows):
                buffer = np.empty((len(rows), n_steps, steps.shape[1]), dtype=steps.dtype)
            return self.batch(rows, n_steps, out=buffer)

        return gather

    def chunks(
        self, n_steps: int, size: int, usual: int
    ) -> Iterator[tuple[NDArray[Any], NDArray[Any], int]]:
        """Yield all sequences, padded, in chunks of a size, each with its number of real rows.

        Of long sequences, a chunk has fewer instead: the usual size, or a multiple of it.
        """
        fitting = 2 ** max(1, PREDICTED_STEPS // n_steps).bit_length() // 2
        size = min(size, max(usual, fitting - fitting % usual))
        for start in range(0, len(self), size):
            rows = np.arange(start, min(start + size, len(self)))
            x, lengths = self.batch(rows, n_steps)
            yield _filled_up(x, size, 0.0), _filled_up(lengths, size, n_steps), len(rows)


class BatchSource(Protocol):
    """Examples to train on, in batches and in the order of an epoch."""

    @property
    def inputs(self) -> NetworkInputs:
        """Return the sequences of which batches are gathered."""

    def __len__(self) -> int:
        """Return the number of examples to order."""

    def n_batches(self, size: int) -> int:
        """Return how many batches of ``size`` rows an epoch has."""

    def blocks(self) -> NDArray[np.int64] | None:
        """Return the block on disk in which each example begins; None for arrays."""

    def batches(
        self, order: NDArray[np.int64], size: int, gather: GatherBatch
    ) -> Iterator[tuple[Batch, int]]:
        """Yield batches of ``size`` rows, each with its number of real rows."""


class Targets(Protocol):
    """Targets of the network: an array, or a source that gathers them when needed."""

    def __getitem__(self, rows: NDArray[np.int64], /) -> NDArray[np.float32]:
        """Return the targets of some sequences, (n_rows, n_outputs)."""


@dataclass(frozen=True, eq=False)
class Examples:
    """Inputs with scaled targets and weights.

    Attributes
    ----------
    inputs : NetworkInputs
        The sequences.
    targets : ndarray of float32 of shape (n_samples, n_outputs), or Targets
        Targets in the units of the network.
    weights : ndarray of float64 of shape (n_samples,)
        Weight of each sequence.
    """

    inputs: NetworkInputs
    targets: Targets
    weights: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def longest(self) -> int:
        """Return the number of steps of the longest sequence."""
        return self.inputs.sequences.longest

    def take(self, rows: NDArray[np.int64]) -> Self:
        """Return the examples at ``rows``."""
        return replace(
            self,
            inputs=self.inputs.take(rows),
            targets=self.targets[rows],
            weights=self.weights[rows],
        )

    def split(
        self, rows: tuple[NDArray[np.int64], NDArray[np.int64]] | None
    ) -> tuple[Self, Self | None]:
        """Return the training set and the validation set at ``rows``; None trains on all."""
        if rows is None:
            return self, None
        training, validation = rows
        return self.take(training), self.take(validation)

    def n_batches(self, size: int) -> int:
        """Return how many batches of ``size`` rows an epoch has."""
        return -(-len(self) // size)

    def blocks(self) -> NDArray[np.int64] | None:
        """Return the block on disk in which each sequence begins; None for arrays."""
        reader = self.inputs.sequences.reader
        return None if reader is None else reader.blocks

    def batches(
        self, order: NDArray[np.int64], size: int, gather: GatherBatch
    ) -> Iterator[tuple[Batch, int]]:
        """Yield batches of ``size`` rows in ``order``, each with its number of real rows.

        ``feed`` gives the x and the lengths of a batch.

        Weights have mean 1 over all examples and are divided by the number of real rows,
        so that the weighted sum of a batch's losses is its mean loss; rows that pad the last
        batch have weight zero.
        """
        mean_weight = self.weights.mean()
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            filled = pad_rows(rows, size)
            weight = np.zeros(size, dtype=np.float32)
            weight[: len(rows)] = self.weights[rows] / (mean_weight * len(rows))
            x, lengths = gather(filled)
            yield (x, lengths, self.targets[filled], weight), len(rows)


def is_resident(table: NDArray[Any]) -> bool:
    """Return whether a table is small enough to be kept on a device."""
    return table.nbytes <= RESIDENT_BYTES


def zero_table(n_rows: int, n_columns: int, longest: int) -> tuple[NDArray[np.float32], int]:
    """Return a table of zeros with margins for sequences up to the longest, and its first row."""
    margin = padded_length(longest, STEP_MULTIPLE, PREDICTED_LENGTHS)
    before, n_rows = with_margins(n_rows, n_columns, margin)
    return _aligned_zeros(n_rows, n_columns), before


def pad_rows(rows: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Return ``rows`` repeated in turn up to ``size``."""
    return np.resize(rows, size)


def _filled_up(rows: NDArray[Any], size: int, value: float) -> NDArray[Any]:
    """Return an array filled up to the rows of a chunk with one value."""
    if len(rows) == size:
        return rows
    chunk = np.full((size, *rows.shape[1:]), value, dtype=rows.dtype)
    chunk[: len(rows)] = rows
    return chunk


def _aligned_zeros(n_rows: int, n_columns: int) -> NDArray[np.float32]:
    """Return zeros aligned to 64 bytes, which JAX on a CPU uses without a copy."""
    size = n_rows * n_columns
    numbers = np.zeros(size + 16, dtype=np.float32)
    first = -(numbers.ctypes.data // 4) % 16
    return numbers[first : first + size].reshape(n_rows, n_columns)
