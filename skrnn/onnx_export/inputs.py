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
    raw : Tensor of shape (batch, n_steps, n_features)
        Sequences in the user's units, float64.
    own_lengths : Tensor of shape (batch,)
        Number of steps of each, int64.
    network_inputs : list of Tensor
        Sequences and lengths as the network reads them.
    """

    raw: Tensor
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
    scaled = encoded(graph, raw, scaling, masks=masks)
    read = lengths
    if masks and skips_missing:
        scaled, read = _without_missing_steps(graph, raw, scaled, lengths)
    if is_ragged or read is not lengths:
        scaled = mask_padding(scaled, read)
    scaled.shaped((None, n_steps, len(scaling.center) * (1 + masks)))
    return SequenceInputs(raw, lengths, [scaled, read])


def encoded(graph: Graph, raw: Tensor, scaling: AffineScaling, *, masks: bool) -> Tensor:
    """Return scaled steps in single precision; with ``masks``, NaN as zero and mask channels."""
    scaled = ((raw - graph.constant(scaling.center)) / graph.constant(scaling.scale)).cast(
        np.float32
    )
    if not masks:
        return scaled
    missing = graph.op("IsNaN", scaled)
    return graph.concatenate([graph.where(missing, 0.0, scaled), missing.cast(np.float32)], -1)


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
    graph: Graph, raw: Tensor, scaled: Tensor, lengths: Tensor
) -> tuple[Tensor, Tensor]:
    """Return sequences without steps at which nothing was observed, and their lengths.

    A sequence without any observation keeps its first step.
    """
    nothing = graph.op("IsNaN", raw).cast(np.int64)
    n_features = nothing.sum(-1, keepdims=False)
    observed = (n_features < raw.length(2)) & real_steps(raw, lengths)
    n_steps = raw.length(1)
    numbers = graph.count(n_steps)
    places = graph.where(observed, numbers, numbers + n_steps)  # observed steps come first
    _, order = graph.op_with_outputs(2, "TopK", places, n_steps, axis=1, largest=0, sorted=1)
    n_observed = observed.cast(np.int64).sum(1, keepdims=False)
    return take_steps(scaled, order), graph.op("Max", n_observed, graph.constant(1, np.int64))
