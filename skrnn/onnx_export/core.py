"""Converters of layers and operations on features: dense layers, arithmetic, shapes, attention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn.numpy_runtime.categories import in_order
from skrnn.onnx_export.graph import Graph, Tensor
from skrnn.onnx_export.keras_model import activated, cannot_convert, converts, weight
from skrnn.onnx_export.steps import softmax_over


def affine(graph: Graph, x: Tensor, kernel: NDArray[Any], bias: NDArray[Any] | None) -> Tensor:
    """Return ``x @ kernel + bias``."""
    product = x @ graph.constant(kernel)
    return product if bias is None else product + graph.constant(bias)


def dense(graph: Graph, layer: Any, x: Tensor) -> Tensor:
    """Return the outputs of a dense layer."""
    bias = weight(layer.bias) if layer.use_bias else None
    return activated(graph, affine(graph, x, weight(layer.kernel), bias), layer.activation)


converts("keras.Dense")(dense)


@converts("keras.Activation")
def _activation(graph: Graph, layer: Any, x: Tensor) -> Tensor:
    return activated(graph, x, layer.activation)


@converts("keras.LayerNormalization")
def _normalization(graph: Graph, layer: Any, x: Tensor) -> Tensor:
    axis = layer.axis[0] if isinstance(layer.axis, list | tuple) else layer.axis
    is_usual = axis in (-1, len(x.shape) - 1) and layer.scale and layer.center
    if not is_usual or getattr(layer, "rms_scaling", False):
        raise cannot_convert("layer normalization over other axes, or without scale or center")
    gain, offset = graph.constant(weight(layer.gamma)), graph.constant(weight(layer.beta))
    return graph.op("LayerNormalization", x, gain, offset, axis=-1, epsilon=layer.epsilon)


@converts("keras.Embedding")
def _embedding(graph: Graph, layer: Any, tokens: Tensor) -> Tensor:
    if layer.mask_zero:
        raise cannot_convert("an embedding with mask_zero=True")
    vectors = graph.constant(weight(layer.embeddings))
    return graph.op("Gather", vectors, tokens.cast(np.int64), axis=0)


@converts("skrnn.EmbedCategories")
def _categories(graph: Graph, layer: Any, x: Tensor) -> Tensor:
    vectors = [weight(own) for own in layer.vectors]
    return with_vectors(graph, x, layer.columns, vectors, keeps_order=layer.keeps_order)


@converts("skrnn.OneHotCategories")
def _one_hot_categories(graph: Graph, layer: Any, x: Tensor) -> Tensor:
    return with_vectors(
        graph, x, layer.columns, [np.eye(size, dtype=np.float32) for size in layer.sizes]
    )


def with_vectors(
    graph: Graph,
    x: Tensor,
    columns: Sequence[int],
    vectors: Sequence[NDArray[Any]],
    *,
    keeps_order: bool = False,
) -> Tensor:
    """Return features (..., n_features) with vectors in place of codes, or at the end."""
    n_features, found = x.known_length(-1), []
    for column, own in zip(columns, vectors, strict=True):
        if own.size:
            codes = graph.op("Gather", x, graph.constant(column, np.int64), axis=-1)
            table = graph.constant(np.pad(own, [(1, 0), (0, 0)]))  # the vector of code 0 is zero
            found.append(graph.op("Gather", table, codes.cast(np.int64), axis=0))
    if keeps_order:
        parts = in_order(columns, n_features, found, lambda a, b: x.between(a, b, -1))
        return graph.concatenate(parts, -1)
    others = [column for column in range(n_features) if column not in columns]
    parts = [graph.op("Gather", x, graph.constant(others, np.int64), axis=-1)] if others else []
    return graph.concatenate([*parts, *found], -1)


@converts("skrnn.Dropout", "keras.Dropout", "keras.SpatialDropout1D")
def _dropout(graph: Graph, layer: Any, x: Tensor) -> Tensor:
    return x


# ------------------------------------------------------------------ arithmetic


@converts("keras.Add")
def _add(graph: Graph, operation: Any, *parts: Any) -> Tensor:
    first, *others = _flat(parts)
    for other in others:
        first = first + other
    return first


@converts("keras.Multiply")
def _multiply(graph: Graph, operation: Any, *parts: Any) -> Tensor:
    first, *others = _flat(parts)
    for other in others:
        first = first * other
    return first


@converts("keras.Subtract")
def _subtract(graph: Graph, operation: Any, one: Any, other: Any) -> Tensor:
    return one - other


@converts("keras.TrueDivide", "keras.Divide")
def _divide(graph: Graph, operation: Any, one: Any, other: Any) -> Tensor:
    return one / other


def _flat(parts: Any) -> list[Any]:
    """Return the terms of a layer, which takes a list, or of an operation; a tensor first."""
    terms = list(parts[0] if isinstance(parts[0], list) else parts)
    return sorted(terms, key=lambda one: not isinstance(one, Tensor))


# ------------------------------------------------------------------ shapes


@converts("keras.Concatenate")
def _concatenate(graph: Graph, layer: Any, parts: list[Tensor]) -> Tensor:
    return graph.concatenate([part for part in parts if 0 not in part.shape], layer.axis)


@converts("keras.Flatten")
def _flatten(graph: Graph, layer: Any, x: Tensor) -> Tensor:
    return x.reshape(0, -1)


@converts("keras.Reshape")
def _reshape(graph: Graph, layer: Any, x: Tensor) -> Tensor:
    if not hasattr(layer, "target_shape"):
        raise cannot_convert("the operation keras.ops.reshape")
    return x.reshape(-1, *layer.target_shape)


@converts("keras.Permute")
def _permute(graph: Graph, layer: Any, x: Tensor) -> Tensor:
    return x.transpose(0, *layer.dims)


@converts("keras.GetItem")
def _item(graph: Graph, operation: Any, x: Tensor, key: Any) -> Tensor:
    keys = list(key) if isinstance(key, list | tuple) else [key]
    if Ellipsis in keys:
        place = keys.index(Ellipsis)
        keys[place : place + 1] = [slice(None)] * (len(x.shape) - len(keys) + 1)
    single = []
    for axis, one in enumerate(keys):
        if isinstance(one, int):
            x = x.between(one, one + 1 or None, axis)
            single.append(axis)
        elif one != slice(None):
            x = x.between(one.start or 0, one.stop, axis, one.step or 1)
    return x.without_axis(*single) if single else x


# ------------------------------------------------------------------ attention


@converts("keras.MultiHeadAttention")
def _attention(
    graph: Graph, layer: Any, query: Tensor, value: Tensor, attention_mask: Tensor | None = None
) -> Tensor:
    weights = [weight(variable) for variable in layer.weights]
    if len(weights) != 8:
        raise cannot_convert("attention without biases")
    kernels, biases = weights[:6:2], weights[1:6:2]
    width, n_heads, size = kernels[0].shape
    queries, keys, values = (
        affine(graph, x, kernel.reshape(width, -1), bias.reshape(-1))
        .reshape(0, 0, n_heads, -1)
        .transpose(0, 2, 1, 3)
        for x, kernel, bias in zip((query, value, value), kernels, biases, strict=True)
    )
    scores = (queries @ keys.transpose(0, 1, 3, 2)) / float(np.sqrt(size))
    if attention_mask is None:
        shares = graph.op("Softmax", scores, axis=-1)
    else:
        shares = softmax_over(scores, attention_mask.with_axis(1), axis=-1)
    joined = (shares @ values).transpose(0, 2, 1, 3).reshape(0, 0, -1)
    kernel, bias = weights[6:]
    return affine(graph, joined, kernel.reshape(-1, kernel.shape[-1]), bias)
