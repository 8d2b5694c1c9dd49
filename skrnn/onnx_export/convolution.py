"""Converters of convolutions over the steps."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn.onnx_export.graph import Graph, Tensor
from skrnn.onnx_export.keras_model import activated, cannot_convert, converts, weight
from skrnn.onnx_export.steps import least, pad_steps, take_steps


@converts("skrnn.Conv1D", "keras.Conv1D")
def _convolution(graph: Graph, layer: Any, sequence: Tensor) -> Tensor:
    return convolve(graph, layer, weight(layer.kernel), sequence, layer.groups)


@converts("skrnn.DepthwiseConv1D")
def _depthwise(graph: Graph, layer: Any, sequence: Tensor) -> Tensor:
    kernel = weight(layer.kernel)  # (length, n_features, depth multiplier)
    size, n_features, multiplier = kernel.shape
    kernel = kernel.reshape(size, 1, n_features * multiplier)
    return convolve(graph, layer, kernel, sequence, n_features)


def convolve(
    graph: Graph, layer: Any, kernel: NDArray[Any], sequence: Tensor, groups: int
) -> Tensor:
    """Return the outputs of a convolution with a kernel (length, n_features / groups, filters)."""
    (stride,), (dilation,) = layer.strides, layer.dilation_rate
    if layer.data_format != "channels_last" or (layer.padding == "same" and stride > 1):
        raise cannot_convert("a convolution with features first, or with strides and padding")
    beside = dilation * (len(kernel) - 1)
    before, after = {
        "valid": (0, 0),
        "same": (beside // 2, beside - beside // 2),
        "causal": (beside, 0),
    }[layer.padding]
    outputs = graph.op(
        "Conv",
        sequence.transpose(0, 2, 1),
        graph.constant(kernel.transpose(2, 1, 0)),
        graph.constant(weight(layer.bias)) if layer.use_bias else None,
        kernel_shape=[len(kernel)],
        pads=[before, after],
        strides=[stride],
        dilations=[dilation],
        group=groups,
    )
    return activated(graph, outputs.transpose(0, 2, 1), layer.activation)


@converts("skrnn.ShapeFilters")
def _shape_filters(graph: Graph, layer: Any, sequence: Tensor) -> Tensor:
    from skrnn.networks.layers.shapes import LENGTHS

    inner = layer.convolution
    responses = convolve(graph, inner, weight(inner.kernel), sequence.sum(-1), 1)
    rises, peaks = responses.between(0, len(LENGTHS), -1), responses.between(len(LENGTHS), None, -1)
    return graph.op("Relu", graph.concatenate([rises, -rises, peaks], -1))


@converts("skrnn.AlignBlocks")
def _align_blocks(graph: Graph, layer: Any, sequence: Tensor) -> Tensor:
    return pad_steps(sequence, layer.kernel_size - layer.strides, layer.strides - 1)


@converts("skrnn.ShortenLengths")
def _shorten(graph: Graph, layer: Any, lengths: Tensor) -> Tensor:
    return (lengths + (layer.strides - 1)) / layer.strides


# ------------------------------------------------------------------ lattices


@converts("skrnn.AlignRight")
def _align_right(graph: Graph, layer: Any, sequence: Tensor, lengths: Tensor) -> Tensor:
    n_kept = least(layer.most, sequence.length(1))
    steps = lengths.with_axis(1) - n_kept + graph.count(n_kept)
    return take_steps(sequence, graph.op("Max", steps, graph.constant(0, np.int64)))


@converts("skrnn.Subsample")
def _subsample(graph: Graph, layer: Any, sequence: Tensor) -> Tensor:
    n_positions = sequence.length(1)
    n_kept = _n_strided(n_positions, layer.stride, layer.most)
    first = n_positions - 1 - (n_kept - 1) * layer.stride
    return sequence.between(first, None, 1, layer.stride)


@converts("skrnn.LatticeConv1D")
def _lattice(graph: Graph, layer: Any, sequence: Tensor, lengths: Tensor) -> Tensor:
    (stride,), (size,) = layer.strides, layer.kernel_size
    n_positions = sequence.length(1)
    n_read = (_n_strided(n_positions, stride, layer.most) - 1) * stride + size
    n_given = graph.op("Min", n_read, n_positions)
    before_end = (n_given - 1 - graph.count(n_given)) * layer.spacing
    given = sequence.between(n_positions - n_given, None, 1)
    real = (before_end < lengths.with_axis(1)).with_axis(2)
    padded = pad_steps(graph.where(real, given, 0), n_read - n_given, 0)
    return convolve(graph, layer, weight(layer.kernel), padded, 1)


def _n_strided(n_positions: Tensor, stride: int, most: int) -> Tensor:
    """Return the number of positions after subsampling by ``stride``."""
    return least(most, (n_positions + (stride - 1)) / stride)
