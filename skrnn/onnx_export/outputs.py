"""Outputs of an ONNX graph: numbers in their own units, classes with their probabilities."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn.onnx_export.graph import Graph, Outputs, Tensor
from skrnn.preprocessing.scaling import TargetScaling


def numbers(
    graph: Graph, outputs: Tensor, scaling: TargetScaling, axes: Sequence[str], *, is_flat: bool
) -> Outputs:
    """Return ``prediction``, in float64 and in the units of the targets.

    ``axes`` are the names of the axes before that of the targets, which ``is_flat`` leaves out.
    """
    affine = scaling.scaling
    values = outputs.cast(np.float64) * graph.constant(affine.scale) + graph.constant(affine.center)
    if scaling.constant is not None:
        never = graph.constant(scaling.moments[1])
        values = graph.where(graph.constant(scaling.constant), never, values)
    if is_flat:
        return {"prediction": (values.without_axis(-1), axes)}
    return {"prediction": (values, (*axes, scaling.n_columns))}


def classes(graph: Graph, outputs: Tensor, names: NDArray[Any], axes: Sequence[str]) -> Outputs:
    """Return ``label`` and ``probabilities`` of logits; ``axes`` as for `numbers`."""
    best = graph.op("ArgMax", outputs, axis=-1, keepdims=0)
    label = graph.op("Gather", graph.constant(_plain(names)), best, axis=0)
    probabilities = graph.op("Softmax", outputs, axis=-1)
    return {"label": (label, axes), "probabilities": (probabilities, (*axes, len(names)))}


def labels(
    graph: Graph, outputs: Tensor, n_labels: int, axes: Sequence[str], *, is_flat: bool
) -> Outputs:
    """Return ``label``, 0 or 1, and ``probabilities`` of independent labels."""
    label, probabilities = (outputs > 0).cast(np.int64), graph.op("Sigmoid", outputs)
    every = {"label": label, "probabilities": probabilities}
    if is_flat:
        return {name: (one.without_axis(-1), axes) for name, one in every.items()}
    return {name: (one, (*axes, n_labels)) for name, one in every.items()}


def average_numbers(graph: Graph, outputs: Sequence[Tensor]) -> Tensor:
    """Return the mean of the outputs of several networks."""
    total = outputs[0]
    for other in outputs[1:]:
        total = total + other
    return total / len(outputs)


def average_classes(graph: Graph, outputs: Sequence[Tensor]) -> Tensor:
    """Return logits whose softmax is the mean of those of several networks."""
    logs = [graph.op("LogSoftmax", one, axis=-1) for one in outputs]
    return _log_of_sum(graph, logs) - math.log(len(outputs))


def average_labels(graph: Graph, outputs: Sequence[Tensor]) -> Tensor:
    """Return logits whose sigmoid is the mean of those of several networks."""
    likely, unlikely = (
        _log_of_sum(graph, [-graph.op("Softplus", one) for one in signed])
        for signed in ([-one for one in outputs], outputs)
    )
    return likely - unlikely


def _log_of_sum(graph: Graph, logs: Sequence[Tensor]) -> Tensor:
    """Return the logarithm of the sum of exponentials."""
    stacked = graph.concatenate([one.with_axis(0) for one in logs], 0)
    return graph.op("ReduceLogSumExp", stacked, axes=[0], keepdims=0)


def _plain(names: NDArray[Any]) -> NDArray[Any]:
    """Return classes in a type of ONNX: integers, floats and booleans as such, others as text."""
    if names.dtype.kind in "iu":
        return names.astype(np.int64)
    if names.dtype.kind in "bf":
        return names
    return np.array([str(name) for name in names.tolist()], dtype=object)
