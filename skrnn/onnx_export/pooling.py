"""Converters of layers that pool the steps of a sequence."""

from __future__ import annotations

from typing import Any

import numpy as np

from skrnn.onnx_export.core import dense
from skrnn.onnx_export.graph import Graph, Tensor
from skrnn.onnx_export.keras_model import converts
from skrnn.onnx_export.steps import (
    LOWEST,
    mask_padding,
    real_features,
    softmax_over,
    take_steps,
)


@converts("skrnn.LastStep")
def _last(graph: Graph, layer: Any, sequence: Tensor, lengths: Tensor) -> Tensor:
    end = take_steps(sequence, (lengths - 1).with_axis(1)).without_axis(1)
    if not layer.both_ends:
        return end
    half = sequence.known_length(-1) // 2
    first = sequence.between(0, 1, 1).without_axis(1)
    return graph.concatenate([end.between(0, half, 1), first.between(half, None, 1)], -1)


@converts("skrnn.MeanOverSteps")
def _mean(graph: Graph, layer: Any, sequence: Tensor, lengths: Tensor) -> Tensor:
    total = mask_padding(sequence, lengths).sum(1, keepdims=False)
    return total / lengths.cast(np.float32).with_axis(1)


@converts("skrnn.MaxOverSteps")
def _max(graph: Graph, layer: Any, sequence: Tensor, lengths: Tensor) -> Tensor:
    return graph.where(real_features(sequence, lengths), sequence, LOWEST).max(1, keepdims=False)


@converts("skrnn.AttentionOverSteps")
def _attention(graph: Graph, layer: Any, sequence: Tensor, lengths: Tensor) -> Tensor:
    scores = dense(graph, layer.score, dense(graph, layer.hidden, sequence))
    shares = softmax_over(scores, real_features(sequence, lengths), axis=1)
    return (shares * sequence).sum(1, keepdims=False)
