"""Inputs of an ONNX graph: raw sequences and their lengths, scaled and without gaps."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skrnn.onnx_export.graph import Graph, Tensor
from skrnn.onnx_export.steps import mask_padding, real_steps, take_steps
from skrnn.preprocessing.scaling import AffineScaling
from skrnn.sequences.token_reading import UNKNOWN


class SequenceInputs(NamedTuple):
    """Sequences in a graph.

    Attributes
    ----------
    scaled : Tensor of shape (batch, n_steps, n_features)
        Sequences, scaled in double precision, NaN for missing values; or token ids.
    own_lengths : Tensor of shape (batch,)
        Number of steps of each, int64.
    network_inputs : list of Tensor
        Sequences and lengths as the network reads them.
    """

    scaled: Tensor
    own_lengths: Tensor
    network_inputs: list[Tensor]


def measurements(
    graph: Graph,
    scaling: AffineScaling,
    n_steps: int | None,
    *,
    is_ragged: bool,
    masks: bool,
    skips_missing: bool,
) -> SequenceInputs:
    """Add the inputs of a network of measurements.

    Parameters
    ----------
    graph : Graph
        The graph.
    scaling : AffineScaling
        Center and scale of each feature.
    n_steps : int or None
        Steps of all sequences; None for any number.
    is_ragged : bool
        Whether sequences have lengths of their own.
    masks : bool
        Whether NaN marks values as not observed.
    skips_missing : bool
        Whether steps without observations are skipped.
    """
    shape = ("n_samples", "n_steps" if n_steps is None else n_steps, len(scaling.center))
    raw = graph.input("X", np.float32, shape).cast(np.float64)
    if is_ragged:
        lengths = graph.input("lengths", np.int32, ("n_samples",)).cast(np.int64)
    else:
        lengths = raw.length(1).expand(raw.length(0))
    scaled = standardized(graph, raw, scaling)
    given, read = encoded(graph, scaled, masks=masks), lengths
    if masks and skips_missing:
        given, read = _without_missing_steps(graph, scaled, given, lengths)
    if is_ragged or read is not lengths:
        given = mask_padding(given, read)
    given.shaped((None, n_steps, len(scaling.center) * (1 + masks)))
    return SequenceInputs(scaled, lengths, [given, read])


def standardized(graph: Graph, raw: Tensor, scaling: AffineScaling) -> Tensor:
    """Return scaled steps in double precision."""
    return (raw - graph.constant(scaling.center)) / graph.constant(scaling.scale)


def encoded(graph: Graph, scaled: Tensor, *, masks: bool) -> Tensor:
    """Return scaled steps in single precision; with ``masks``, NaN as zero and mask channels."""
    scaled = scaled.cast(np.float32)
    if not masks:
        return scaled
    missing = graph.op("IsNaN", scaled)
    return graph.concatenate([graph.where(missing, 0.0, scaled), missing.cast(np.float32)], -1)


def known_tokens(graph: Graph, ids: Tensor, n_tokens: int) -> Tensor:
    """Return token ids with unknown ones replaced."""
    return graph.where(ids < n_tokens, ids, UNKNOWN)


def tokens(graph: Graph, n_tokens: int, n_steps: int | None) -> SequenceInputs:
    """Add the input of a network of texts: token ids, of any length if ``n_steps`` is None."""
    X = graph.input("X", np.int64, ("n_samples", "n_steps" if n_steps is None else n_steps))
    known = graph.where(n_tokens > X, X, UNKNOWN)
    if n_steps is None:
        numbers = graph.count(X.length(1)) + 1
        last = graph.where(known > 0, numbers, graph.constant(1, np.int64))
        lengths = last.max(1, keepdims=False)
    else:
        lengths = X.length(1).expand(X.length(0))
    return SequenceInputs(X, lengths, [known.with_axis(2), lengths])


def _without_missing_steps(
    graph: Graph, scaled: Tensor, given: Tensor, lengths: Tensor
) -> tuple[Tensor, Tensor]:
    """Return sequences without steps at which nothing was observed, and their lengths.

    A sequence without any observation keeps its first step.
    """
    n_missing = graph.op("IsNaN", scaled).cast(np.int64).sum(-1, keepdims=False)
    observed = (n_missing < scaled.length(2)) & real_steps(scaled, lengths)
    n_steps = scaled.length(1)
    numbers = graph.count(n_steps)
    places = graph.where(observed, numbers, numbers + n_steps)  # observed steps come first
    _, order = graph.op_with_outputs(2, "TopK", places, n_steps, axis=1, largest=0, sorted=1)
    n_observed = observed.cast(np.int64).sum(1, keepdims=False)
    return take_steps(given, order), graph.op("Max", n_observed, graph.constant(1, np.int64))
