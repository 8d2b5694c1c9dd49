"""Pairs of a source and a target: the codecs learned from them, the examples made of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from skrnn.engine.batches import Examples, NetworkInputs
from skrnn.engine.sizes import STEP_MULTIPLE, padded_length
from skrnn.estimators.seq2seq.codecs import Rows, SequenceCodec, TargetCodec, TokenCodec
from skrnn.estimators.seq2seq.number_codecs import NumberCodec, VectorCodec
from skrnn.preprocessing.scaling import AffineScaling
from skrnn.sequences import Sequences


@dataclass(frozen=True, eq=False)
class PairData:
    """Sources with their targets and weights, as read from what a user passed.

    Attributes
    ----------
    sources, targets : list
        Lists of tokens, or arrays of numbers.
    weights : ndarray of shape (n_samples,)
        The weight of each pair; none is 0.
    is_flat : bool
        Targets have one number at each step, and no axis for several.
    validation : PairData or None
        Pairs to validate on.
    """

    sources: list[Any]
    targets: list[Any]
    weights: NDArray[np.float64]
    is_flat: bool
    validation: Self | None = None

    def __len__(self) -> int:
        return len(self.sources)

    @property
    def longest_target(self) -> int:
        """Return how many tokens, or steps of numbers, the longest target has."""
        return max(map(len, self.targets))


def learn_target(kind: str, data: PairData, weights: NDArray[np.float64]) -> TargetCodec:
    """Return the codec of targets of a kind; ``weights`` are those of the training set."""
    if kind == "values":
        return NumberCodec.learn(data.targets, weights, "y", is_flat=data.is_flat)
    return TokenCodec.learn(kind, data.targets, "y")


def learn_source(
    kind: str,
    data: PairData,
    weights: NDArray[np.float64],
    *,
    min_count: int,
    handle_unknown: str,
) -> SequenceCodec:
    """Return the codec of sources of a kind; ``weights`` are those of the training set.

    ``min_count`` and ``handle_unknown`` are for tokens.
    """
    if kind == "vector":
        scaling = AffineScaling.fit(np.stack(data.sources), weights)
        n_rows = padded_length(data.longest_target + 1, STEP_MULTIPLE)
        return VectorCodec(scaling, n_rows)
    if kind == "values":
        return NumberCodec.learn(data.sources, weights, "X")
    return TokenCodec.learn(kind, data.sources, "X", min_count, handle_unknown)


def n_decoder_steps(target: TargetCodec, data: PairData) -> int:
    """Return the steps of a decoder for the longest target, to train or to validate on."""
    targets = [*data.targets, *(data.validation.targets if data.validation else [])]
    longest = max(len(target.decoder_inputs(rows)) for rows in target.encode(targets))
    return padded_length(longest, STEP_MULTIPLE)


class EncodedPairs(NamedTuple):
    """Rows of the sources, and the inputs and targets of the decoder."""

    sources: list[Rows]
    decoder_inputs: list[Rows]
    decoder_targets: list[Rows]


def encode_pairs(source: SequenceCodec, target: TargetCodec, data: PairData) -> EncodedPairs:
    """Return pairs as the network reads them and is to give them."""
    rows = target.encode(data.targets)
    return EncodedPairs(
        source.encode(data.sources),
        [target.decoder_inputs(one) for one in rows],
        [target.decoder_targets(one) for one in rows],
    )


def padded_examples(pairs: EncodedPairs, weights: NDArray[np.float64], n_steps: int) -> Examples:
    """Return sequences of the decoder's inputs, padded to ``n_steps``, followed by the source."""
    sources, given, wanted = pairs
    width = max(sources[0].shape[1], given[0].shape[1])
    lengths = n_steps + np.array([len(source) for source in sources])
    sequences = Sequences.end_to_end(np.zeros((lengths.sum(), width), np.float32), lengths)
    targets = np.zeros((len(given), n_steps, wanted[0].shape[1] + 1), np.float32)
    for row, first in enumerate(sequences.starts):
        seen, source, steps = given[row], sources[row], sequences.steps[first:]
        steps[: len(seen), : seen.shape[1]] = seen
        steps[n_steps : n_steps + len(source), : source.shape[1]] = source
        targets[row, : len(seen), :-1] = wanted[row]
        targets[row, : len(seen), -1] = 1.0
    inputs = NetworkInputs(sequences, AffineScaling.identity(width), indicator=False).scaled()
    n_wanted = targets[..., -1].sum(axis=1, dtype=np.float64)
    return Examples(inputs, targets, weights * n_wanted)
