"""Steps of padded sequences in an ONNX graph: masks of padding, selection, softmax."""

from __future__ import annotations

import numpy as np

from skrnn.onnx_export.graph import Tensor

#: Number in place of padding in a maximum or a softmax.
LOWEST = -1e30


def real_steps(sequence: Tensor, lengths: Tensor) -> Tensor:
    """Return a bool tensor (batch, n_steps), False where a step is padding."""
    return sequence.graph.count(sequence.length(1)) < lengths.with_axis(1)


def real_features(sequence: Tensor, lengths: Tensor) -> Tensor:
    """Return a bool tensor (batch, n_steps, 1), False where a step is padding."""
    return real_steps(sequence, lengths).with_axis(2)


def mask_padding(sequence: Tensor, lengths: Tensor) -> Tensor:
    """Return a sequence (batch, n_steps, n_features) with padding set to zero."""
    return sequence.graph.where(real_features(sequence, lengths), sequence, 0)


def softmax_over(scores: Tensor, real: Tensor, axis: int) -> Tensor:
    """Return the softmax of scores along an axis, zero where they are not ``real``."""
    graph = scores.graph
    return graph.op("Softmax", graph.where(real, scores, LOWEST), axis=axis)


def take_steps(sequence: Tensor, steps: Tensor) -> Tensor:
    """Return the steps (batch, n) of a sequence (batch, n_steps, n_features)."""
    return sequence.graph.op("GatherND", sequence, steps.with_axis(2), batch_dims=1)


def pad_steps(sequence: Tensor, before: int | Tensor, after: int) -> Tensor:
    """Return a sequence (batch, n_steps, n_features) with steps of zeros added."""
    graph = sequence.graph
    if not isinstance(before, Tensor):
        pads = graph.constant([0, before, 0, 0, after, 0], np.int64)
    else:
        zero, end = graph.constant([0], np.int64), graph.constant([0, 0, after, 0], np.int64)
        pads = graph.concatenate([zero, before, end], 0)
    return graph.op("Pad", sequence, pads)


def reverse_steps(sequence: Tensor, lengths: Tensor) -> Tensor:
    """Return each sequence reversed within its own length."""
    return sequence.graph.op("ReverseSequence", sequence, lengths, batch_axis=0, time_axis=1)


def least(one: int, other: Tensor) -> Tensor:
    """Return the minimum of a number and an integer tensor."""
    return other.graph.op("Min", other, other.graph.constant([one], np.int64))
