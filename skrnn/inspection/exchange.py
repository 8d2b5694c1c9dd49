"""Exchange of channels and stretches of time between sequences, and their occlusion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn._validation import Floats
from skrnn.inspection.categories import averages, baseline_of
from skrnn.sequences import Sequences
from skrnn.sequences.categories import Categories

#: Segments of time by default.
N_SEGMENTS = 10


@dataclass(frozen=True, eq=False)
class Segments:
    """Segments of time of all sequences.

    Attributes
    ----------
    edges : ndarray of shape (n_segments + 1,)
        Ends of the segments: steps of sequences of one length, and of complete windows; fractions
        of sequences of different lengths.
    of_steps : ndarray of int of shape (n_total_steps,)
        Segment of each step of all sequences.
    """

    edges: NDArray[Any]
    of_steps: NDArray[np.int64]

    @classmethod
    def of(cls, sequences: Sequences, n_segments: int | None) -> Segments:
        """Split sequences into segments; raise ValueError if there are fewer steps."""
        n_steps = sequences.n_steps
        shortest = int(sequences.lengths.min()) if n_steps is None else n_steps
        if n_segments is None:
            n_segments = min(N_SEGMENTS, shortest)
        longest = sequences.longest
        if n_segments > longest:
            raise ValueError(
                f"n_segments={n_segments} was given, and the longest sequence of X has {longest} "
                "steps; give at most as many segments."
            )
        numbers, lengths = numbered(sequences)
        if n_steps is None:
            edges = np.linspace(0.0, 1.0, n_segments + 1)
            return cls(edges, numbers * n_segments // lengths)
        edges = np.round(np.linspace(0, n_steps, n_segments + 1)).astype(np.int64)
        positions = n_steps - lengths + numbers
        return cls(edges, np.searchsorted(edges, positions, side="right") - 1)


def numbered(sequences: Sequences) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return for each step of all sequences its number, and the length of its sequence."""
    lengths = np.repeat(sequences.lengths, sequences.lengths)
    return np.arange(len(lengths)) - np.repeat(sequences.starts, sequences.lengths), lengths


def exchanged(sequences: Sequences, random: np.random.RandomState) -> Floats:
    """Return the steps of all sequences, each sequence replaced by another one.

    Sequences of one length are permuted. Of different lengths, each step takes the place of that at
    the same relative position. Windows are counted from their ends: complete ones are permuted,
    and incomplete ones replaced by the ends of complete ones.
    """
    lengths = sequences.lengths
    donors = np.arange(len(sequences))
    complete = np.flatnonzero(lengths == lengths.max()) if sequences.window else donors
    donors[complete] = random.permutation(complete)
    if len(complete) < len(donors):
        incomplete = np.flatnonzero(lengths < lengths.max())
        donors[incomplete] = random.choice(complete, len(incomplete))
    numbers, own = numbered(sequences)
    others = np.repeat(lengths[donors], lengths)
    from_end, relative = others - own + numbers, (2 * numbers + 1) * others // (2 * own)
    places = from_end if sequences.window else relative
    return sequences.steps[np.repeat(sequences.starts[donors], lengths) + places]


def occluded(sequences: Sequences, baseline: Any, categories: Categories) -> Floats:
    """Return the steps of all sequences, replaced by a baseline.

    None is the mean of each feature, and the most frequent category.

    Raises
    ------
    ValueError
        If the baseline is not one value, nor one for each feature, or is no category.
    """
    steps = sequences.steps
    if baseline is None:
        values = averages(steps, categories)
    else:
        values = baseline_of(baseline, sequences.n_features, categories)
    return np.broadcast_to(values, steps.shape).astype(steps.dtype)
