"""Sequences between their edges, as a network reads them and as it is to predict them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from skrnn.engine.feed import Examples, Inputs
from skrnn.estimators.at_steps.step_targets import StepTargets
from skrnn.estimators.generators.alphabets import Alphabet
from skrnn.estimators.generators.materials import Material
from skrnn.preprocessing.forms import end_to_end
from skrnn.preprocessing.scaling import Standardiser
from skrnn.sequences import Sequences, pieces


def read_and_next(alphabet: Alphabet, sequences: list[Any]) -> tuple[Sequences, Sequences]:
    """Return the steps that are read, and the next one after each, which is to be predicted.

    The first step that is read is the edge; where sequences have an end, it is the last one
    to be predicted.
    """
    frames = _frames(alphabet, sequences, with_end=alphabet.has_end)
    read = replace(frames, lengths=frames.lengths - 1)
    return read, replace(read, starts=frames.starts + 1)


def read_to_the_last(alphabet: Alphabet, sequences: list[Any]) -> Sequences:
    """Return the edge and all steps of each sequence."""
    return _frames(alphabet, sequences, with_end=False)


def examples(alphabet: Alphabet, material: Material, chunk_length: int | None) -> Examples:
    """Return what is learnt from: pieces, and the next step after each of theirs."""
    sequences = material.sequences
    if alphabet.is_excerpt and chunk_length is not None:
        sequences = [part for whole in sequences for part in cut(whole, chunk_length)]
    read, following = read_and_next(alphabet, sequences)
    if chunk_length is not None:
        read, following = pieces(read, chunk_length), pieces(following, chunk_length)
    targets = StepTargets(following, is_flat=False)
    values = alphabet.targets(end_to_end(following).steps)
    return Examples(
        Inputs(read, Standardiser.identity(alphabet.n_features), indicator=False).scaled(),
        targets.padded(values, np.ones(len(values))),
        read.lengths.astype(np.float64),
    )


def cut(sequence: Any, n_steps: int) -> list[Any]:
    """Return the parts of a sequence, each of at most ``n_steps``."""
    return [sequence[start : start + n_steps] for start in range(0, len(sequence), n_steps)]


def _frames(alphabet: Alphabet, sequences: list[Any], *, with_end: bool) -> Sequences:
    edge = alphabet.edge()
    after = [edge] if with_end else []
    parts = [[edge, alphabet.encode(sequence), *after] for sequence in sequences]
    lengths = np.array([sum(map(len, part)) for part in parts], dtype=np.int64)
    return Sequences.end_to_end(np.concatenate([p for part in parts for p in part]), lengths)
