"""Converters of layers of forecasters: windows, decoders of the horizon, distributions."""

from __future__ import annotations

from typing import Any

import numpy as np

from skrnn.numpy_runtime.forecast import LEAST_SPREAD, extrapolation
from skrnn.numpy_runtime.smoothing import combined, n_rules, smoothing_parts, valid_steps
from skrnn.onnx_export.arrays import ArrayFunctions
from skrnn.onnx_export.core import affine, dense
from skrnn.onnx_export.graph import Graph, Tensor
from skrnn.onnx_export.keras_model import converts, weight
from skrnn.onnx_export.recurrent import STEPS, gru
from skrnn.onnx_export.steps import pad_steps


@converts("skrnn.FixedLengths")
def _fixed(graph: Graph, layer: Any, lengths: Tensor) -> Tensor:
    return graph.constant([layer.length], np.int64).expand(lengths.length(0))


@converts("skrnn.NormalizeWindow")
def _normalize(graph: Graph, layer: Any, values: Tensor, observed: Tensor) -> list[Tensor]:
    last = values.between(-1, None, 1)
    location, spread = last * 0, last * 0 + 1
    if layer.kind == "last":
        location = last
    if layer.kind == "window":
        count = graph.op("Max", observed.sum(1), graph.constant(1, np.float32))
        location = (values * observed).sum(1) / count
        deviations = graph.op("Abs", values - location) * observed
        spread = deviations.sum(1) / count
        spread = graph.where(spread < LEAST_SPREAD, 1, spread)
    return [(values - location) / spread * observed, location, spread]


@converts("skrnn.Extrapolate")
def _extrapolate(graph: Graph, layer: Any, values: Tensor) -> Tensor:
    matrix = extrapolation(layer.lags, values.known_length(1), layer.horizon)
    return graph.constant(matrix) @ values


@converts("skrnn.Segments")
def _segments(graph: Graph, layer: Any, sequence: Tensor) -> Tensor:
    n_steps, n_features = sequence.known_length(1), sequence.known_length(2)
    if not n_features:
        return sequence
    n_segments = -(-n_steps // layer.length)
    padded = pad_steps(sequence, 0, n_segments * layer.length - n_steps)
    return padded.reshape(-1, n_segments, layer.length * n_features)


@converts("skrnn.OneHot")
def _one_hot(graph: Graph, layer: Any, numbers: Tensor) -> Tensor:
    rows = graph.constant(np.eye(layer.n_categories, dtype=np.float32))
    return graph.op("Gather", rows, numbers.cast(np.int64), axis=0)


@converts("skrnn.ValidSteps")
def _valid(graph: Graph, layer: Any, observed: Tensor) -> Tensor:
    n_steps, n = observed.known_length(1), observed.known_length(2)
    xp = ArrayFunctions(graph)
    valid = valid_steps(xp, xp.transpose(xp.traced(observed, n_steps, n), (0, 2, 1)))
    return xp.transpose(valid, (0, 2, 1)).tensor


@converts("skrnn.Smoothing")
def _smoothing(graph: Graph, layer: Any, values: Tensor, valid: Tensor, weights: Tensor) -> Tensor:
    n_steps, n = values.known_length(1), values.known_length(2)
    xp = ArrayFunctions(graph)
    series, real = (
        xp.transpose(xp.traced(part, n_steps, n), (0, 2, 1)) for part in (values, valid)
    )
    parts = smoothing_parts(xp, series, real, layer.seasons, layer.horizon)
    n_each = n_rules(layer.seasons, n_steps)
    apart = xp.reshape(xp.traced(weights, n * n_each), (-1, n, n_each))
    return xp.transpose(combined(xp, parts, apart), (0, 2, 1)).tensor


@converts("skrnn.ParallelDecoder")
def _parallel(graph: Graph, layer: Any, state: Tensor, known: Tensor) -> Tensor:
    n, units, batch = layer.n_positions, state.known_length(-1), state.length(0)
    steps = graph.constant(weight(layer.positions)[None])
    if known.shape[-1]:
        steps = steps + affine(graph, known, weight(layer.entry.kernel), None)
    else:
        steps = steps.expand(batch, 1, 1)
    states = state.with_axis(1).expand(1, n, 1).reshape(-1, units)
    weights = [weight(variable) for variable in layer.cell.weights]
    outputs, *_ = gru(graph, steps.reshape(1, -1, units), [states], weights)
    return outputs.reshape(-1, n, units)


@converts("skrnn.RecurrentDecoder")
def _recurrent(
    graph: Graph, layer: Any, features: Tensor, teacher: Tensor, known: Tensor
) -> Tensor:
    states = [dense(graph, start, features) for start in layer.starts]
    weights = [weight(variable) for variable in layer.cell.weights]
    value, found = teacher.between(0, 1, 1).without_axis(1), []
    for step in range(teacher.known_length(1)):
        x = value
        if known.shape[-1]:
            x = graph.concatenate([value, known.between(step, step + 1, 1).without_axis(1)], -1)
        outputs, *states = STEPS[layer.kind](graph, x.with_axis(0), states, weights)
        raw = dense(graph, layer.head, outputs.without_axis(0))
        raw = raw.reshape(-1, layer.n_targets, layer.n_parameters)
        value = raw.between(0, 1, 2).without_axis(2)
        found.append(raw.with_axis(1))
    return graph.concatenate(found, 1)


@converts("skrnn.DistributionParameters")
def _parameters(
    graph: Graph, layer: Any, raw: Tensor, base: Tensor, location: Tensor, spread: Tensor
) -> Tensor:
    location, spread = (base * spread + location).with_axis(-1), spread.with_axis(-1)
    center = raw.between(0, 1, -1)
    if layer.kind == "quantile":
        steps = graph.op("Softplus", raw.between(1, None, -1))
        n_above = raw.known_length(-1) - 1 - layer.n_below
        sums = [np.triu(np.ones((n, n), np.float32)) for n in (layer.n_below, n_above)]
        below = steps.between(0, layer.n_below, -1) @ graph.constant(sums[0][:, ::-1])
        above = steps.between(layer.n_below, None, -1) @ graph.constant(sums[1])
        parts = [center - below] * (layer.n_below > 0) + [center] + [center + above] * (n_above > 0)
        return graph.concatenate(parts, -1) * spread + location
    parameters = [center * spread + location]
    if layer.kind != "point":
        parameters.append((graph.op("Softplus", raw.between(1, 2, -1)) + 1e-3) * spread)
    if layer.kind == "student_t":
        parameters.append(graph.op("Softplus", raw.between(2, None, -1)) + (2.0 + 1e-3))
    return graph.concatenate(parameters, -1)
