"""From sequences and targets to the fixed-shape float32 batches that a program takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skrnn.preprocessing.scaling import Standardiser
from skrnn.sequences import Sequences

Batch = tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]

#: Sequences predicted at once. It is the same whatever is asked for, because XLA, oneDNN and
#: MKL round differently for different batch sizes.
CHUNK = 32


@dataclass(frozen=True, eq=False)
class Inputs:
    """Sequences with the scaling that the network sees them under.

    Attributes
    ----------
    sequences : Sequences
        The sequences, in the user's units, NaN where nothing was observed.
    scaling : Standardiser
        Mean and scale of each feature.
    indicator : bool
        Add one channel for each feature: 1 where it was not observed, 0 where it was (after
        "GRU-simple" of Che et al., 2018, doi:10.1038/s41598-018-24271-9). Complete data
        thus add zeros, which teach a network nothing.
    """

    sequences: Sequences
    scaling: Standardiser
    indicator: bool

    def __len__(self) -> int:
        return len(self.sequences)

    @property
    def n_features(self) -> int:
        """Return the number of channels that the network sees."""
        return self.sequences.n_features * (2 if self.indicator else 1)

    def padded_steps(self, multiple: int) -> int:
        """Return the length of the longest sequence, rounded up to a multiple."""
        return -(-self.sequences.longest // multiple) * multiple

    def take(self, rows: NDArray[np.int64]) -> Self:
        """Return the inputs at ``rows``."""
        return replace(self, sequences=self.sequences.take(rows))

    def batch(self, rows: NDArray[np.int64], n_steps: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return scaled sequences, zero where padded or missing, and their lengths."""
        raw, real = self.sequences.gather(rows, n_steps)
        values = self.scaling.transform(raw)
        missing = np.isnan(values)
        values = np.where(real[..., None] & ~missing, values, 0.0).astype(np.float32)
        if self.indicator:
            marks = (real[..., None] & missing).astype(np.float32)
            values = np.concatenate([values, marks], axis=-1)
        return values, self.sequences.lengths[rows].astype(np.int32)

    def chunks(self, step_multiple: int) -> Iterator[tuple[NDArray[Any], NDArray[Any], int]]:
        """Yield all sequences in chunks of one size, each with its number of real rows."""
        n_steps = self.padded_steps(step_multiple)
        for start in range(0, len(self), CHUNK):
            rows = np.arange(start, min(start + CHUNK, len(self)))
            x, lengths = self.batch(pad_rows(rows, CHUNK), n_steps)
            yield x, lengths, len(rows)


@dataclass(frozen=True, eq=False)
class Examples:
    """Inputs with scaled targets and weights.

    Attributes
    ----------
    inputs : Inputs
        The sequences.
    targets : ndarray of float32 of shape (n_samples, n_outputs)
        What the network is to give, in its own units.
    weights : ndarray of float64 of shape (n_samples,)
        How much each sequence counts.
    """

    inputs: Inputs
    targets: NDArray[np.float32]
    weights: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.inputs)

    def take(self, rows: NDArray[np.int64]) -> Self:
        """Return the examples at ``rows``."""
        return replace(
            self,
            inputs=self.inputs.take(rows),
            targets=self.targets[rows],
            weights=self.weights[rows],
        )

    def batches(
        self, order: NDArray[np.int64], size: int, step_multiple: int
    ) -> Iterator[tuple[Batch, int]]:
        """Yield batches of ``size`` rows in ``order``, each with its number of real rows.

        Weights have mean 1 over all examples and are divided by the number of real rows,
        so that the weighted sum of a batch's losses is its mean loss; rows that only fill
        up the last batch weigh nothing.
        """
        n_steps = self.inputs.padded_steps(step_multiple)
        mean_weight = self.weights.mean()
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            filled = pad_rows(rows, size)
            weight = np.zeros(size, dtype=np.float32)
            weight[: len(rows)] = self.weights[rows] / (mean_weight * len(rows))
            x, lengths = self.inputs.batch(filled, n_steps)
            yield (x, lengths, self.targets[filled], weight), len(rows)


def pad_rows(rows: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Return ``rows`` repeated in turn up to ``size``."""
    return np.resize(rows, size)
