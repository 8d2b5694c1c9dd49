"""Training examples of a generator: steps to read, and the next step after each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from skrnn.engine.batches import Examples, NetworkInputs
from skrnn.estimators.generation.codec import StepCodec
from skrnn.estimators.generation.corpus import Corpus
from skrnn.estimators.per_step.step_targets import StepTargets
from skrnn.preprocessing.scaling import AffineScaling
from skrnn.preprocessing.sequence_containers import end_to_end
from skrnn.sequences import Sequences, pieces


def read_and_next(codec: StepCodec, sequences: list[Any]) -> tuple[Sequences, Sequences]:
    """Return the steps that are read, and the next one after each, which is to be predicted.

    The first step that is read is the edge; where sequences have an end, it is the last one
    to be predicted.
    """
    frames = _frames(codec, sequences, with_end=codec.has_end)
    read = replace(frames, lengths=frames.lengths - 1)
    return read, replace(read, starts=frames.starts + 1)


def read_to_the_last(codec: StepCodec, sequences: list[Any]) -> Sequences:
    """Return the edge and all steps of each sequence."""
    return _frames(codec, sequences, with_end=False)


def examples(codec: StepCodec, corpus: Corpus, chunk_length: int | None) -> Examples:
    """Return what is learned from: pieces, and the next step after each of theirs."""
    if codec.is_excerpt and chunk_length is not None:
        corpus = corpus.cut(chunk_length)
    read, following = read_and_next(codec, corpus.sequences)
    weights = corpus.weights
    if chunk_length is not None:
        weights = np.repeat(weights, -(-read.lengths // chunk_length))
        read, following = pieces(read, chunk_length), pieces(following, chunk_length)
    targets = StepTargets(following, is_flat=False)
    values = codec.targets(end_to_end(following).steps)
    return Examples(
        NetworkInputs(read, AffineScaling.identity(codec.n_features), indicator=False).scaled(),
        targets.padded(values, np.ones(len(values))),
        weights * read.lengths,
    )


def _frames(codec: StepCodec, sequences: list[Any], *, with_end: bool) -> Sequences:
    edge = codec.edge()
    after = [edge] if with_end else []
    parts = [[edge, codec.encode(sequence, "X"), *after] for sequence in sequences]
    lengths = np.array([sum(map(len, part)) for part in parts], dtype=np.int64)
    return Sequences.end_to_end(np.concatenate([p for part in parts for p in part]), lengths)
