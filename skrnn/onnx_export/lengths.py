"""Converters of layers on the steps of padded sequences and their lengths."""

from __future__ import annotations

from typing import Any

import numpy as np

from skrnn.onnx_export.core import affine
from skrnn.onnx_export.graph import Graph, Tensor
from skrnn.onnx_export.keras_model import converts, weight
from skrnn.onnx_export.steps import (
    least,
    mask_padding,
    pad_steps,
    real_features,
    real_steps,
    reverse_steps,
    take_steps,
)


@converts("skrnn.MaskPadding")
def _mask_padding(graph: Graph, layer: Any, sequence: Tensor, lengths: Tensor) -> Tensor:
    return mask_padding(sequence, lengths)


@converts("skrnn.PaddingMask")
def _padding_mask(graph: Graph, layer: Any, sequence: Tensor, lengths: Tensor) -> Tensor:
    return real_steps(sequence, lengths).with_axis(1)


@converts("skrnn.ReverseSequence")
def _reverse(graph: Graph, layer: Any, sequence: Tensor, lengths: Tensor) -> Tensor:
    return reverse_steps(sequence, lengths)


@converts("skrnn.RepeatVector")
def _repeat(graph: Graph, layer: Any, vector: Tensor, sequence: Tensor) -> Tensor:
    return vector.with_axis(1).expand(1, sequence.length(1), 1)


@converts("skrnn.Positions")
def _positions(graph: Graph, layer: Any, sequence: Tensor) -> Tensor:
    width = sequence.known_length(-1)
    numbers = np.arange(width)
    frequency = (10_000.0 ** (-2 * (numbers // 2) / width)).astype(np.float32)
    phase = (numbers % 2 * np.pi / 2).astype(np.float32)
    steps = graph.count(sequence.length(1)).cast(np.float32).with_axis(1)
    angles = steps * graph.constant(frequency) + graph.constant(phase)
    return sequence + graph.op("Sin", angles)


@converts("skrnn.AppendDifferences")
def _differences(graph: Graph, layer: Any, sequence: Tensor, lengths: Tensor) -> Tensor:
    scale, own = graph.constant(weight(layer.scale)), sequence
    if layer.n_features is not None:
        own = sequence.between(0, layer.n_features, -1)
    differences = (own.between(1, None, 1) - own.between(0, -1, 1)) / scale
    n_steps, lengths = sequence.length(1), lengths.with_axis(1)
    later = graph.count(n_steps).between(1, None)
    is_real = later > n_steps - lengths if layer.at_end else later < lengths
    differences = graph.where(is_real.with_axis(2), differences, 0)
    return graph.concatenate([sequence, pad_steps(differences, 1, 0)], -1)


@converts("skrnn.CenterSteps")
def _center(graph: Graph, layer: Any, sequence: Tensor, lengths: Tensor) -> Tensor:
    steps = least(layer.n_steps - 1, graph.count(sequence.length(1)))
    mean = graph.op("Gather", graph.constant(weight(layer.mean)), steps, axis=0)
    values = sequence.between(0, layer.n_features, -1)
    deviations = mask_padding((values - mean) / graph.constant(weight(layer.scale)), lengths)
    if sequence.known_length(-1) == layer.n_features:
        return deviations
    missing = sequence.between(layer.n_features, None, -1)
    return graph.concatenate([deviations * (1 - missing), missing], -1)


@converts("skrnn.LinearOfSteps")
def _linear(graph: Graph, layer: Any, sequence: Tensor, lengths: Tensor) -> Tensor:
    if not layer.at_end:
        steps = graph.constant(np.arange(-layer.n_steps, 0)) + lengths.with_axis(1)
        sequence = take_steps(sequence, graph.op("Max", steps, graph.constant(0, np.int64)))
    coefficients = weight(layer.coefficients).reshape(-1, layer.n_outputs)
    return affine(graph, sequence.reshape(0, -1), coefficients, weight(layer.intercept))


@converts("skrnn.MaxOfNeighbors")
def _neighbors(graph: Graph, layer: Any, sequence: Tensor, lengths: Tensor) -> Tensor:
    real = real_features(sequence, lengths)
    features_first = graph.where(real, sequence, -np.inf).transpose(0, 2, 1)
    most = graph.op("MaxPool", features_first, kernel_shape=[3], pads=[1, 1], strides=[1])
    return graph.where(real, most.transpose(0, 2, 1), sequence)
