"""Forecasters as ONNX graphs: forecasts beyond the horizon, quantiles, units of the series."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from scipy.special import ndtri, stdtrit

from skrnn.forecasting.fitted import FittedForecaster
from skrnn.forecasting.history import History
from skrnn.forecasting.onnx_windows import WindowRows
from skrnn.forecasting.uncertainty import LEVELS, MEDIAN, Correction, interpolation
from skrnn.networks.wrappers.forecast import ForecastHead
from skrnn.onnx_export.file import write
from skrnn.onnx_export.graph import Graph, Outputs, Tensor
from skrnn.onnx_export.outputs import average_numbers

#: Degree of the polynomials for the quantiles of Student's t distribution, exact to 1e-11.
_DEGREE = 16


def write_forecaster(
    path: Any, fitted: FittedForecaster, history: History, furthest: int | None, text: str
) -> None:
    """Write a fitted forecaster as a file, for forecasts up to the step ``furthest``."""
    n_blocks = max(1, -(-(furthest or 1) // fitted.encoder.network.layout.horizon))
    build = partial(_build, fitted=fitted, history=history, n_blocks=n_blocks)
    write(path, build, text, {"quantile_levels": " ".join(f"{level:g}" for level in LEVELS)})


def _build(graph: Graph, fitted: FittedForecaster, history: History, n_blocks: int) -> Outputs:
    """Add a forecaster to a graph; return its forecasts of whole horizons."""
    encoder, head = fitted.encoder, fitted.target
    layout = encoder.network.layout
    n_ahead = n_blocks * layout.horizon
    rows, constants = WindowRows.of(graph, encoder, history, n_ahead)
    of_each = [
        _rolled(graph, network, head, rows, n_blocks) for network in fitted.onnx_networks(graph)
    ]
    parameters = average_numbers(graph, of_each).cast(np.float64)
    quantiles = _widened(graph, _quantiles(graph, head, parameters), layout.horizon, n_blocks)
    quantiles = _corrected(graph, quantiles, encoder.correction, n_ahead)
    found = {
        "prediction": parameters.between(head.center, head.center + 1, 3),
        "quantiles": quantiles,
    }
    axes = "n_samples", n_ahead, encoder.n_columns
    outputs: Outputs = {}
    for name, values in found.items():
        restored = constants.restored(graph, values)
        if layout.n_channels > 1:
            n_values = len(LEVELS) if name == "quantiles" else 1
            apart = restored.reshape(-1, layout.n_channels, n_ahead, n_values)
            restored = apart.transpose(0, 2, 1, 3)
        outputs[name] = restored, (*axes, len(LEVELS))
    outputs["prediction"] = outputs["prediction"][0].without_axis(3), axes
    return outputs


def _rolled(
    graph: Graph,
    network: Callable[[list[Tensor]], Tensor],
    head: ForecastHead,
    rows: WindowRows,
    n_blocks: int,
) -> Tensor:
    """Return the parameters (n, n_ahead, n_targets, n_parameters) of one network, in blocks."""
    layout = rows.layout
    seen, found = rows.past, []
    lengths = graph.constant([layout.n_steps], np.int64).expand(seen.length(0))
    for block in range(n_blocks):
        window = graph.concatenate([seen, rows.ahead(graph, block)], 1)
        outputs = network([window, lengths])
        found.append(outputs.reshape(-1, layout.horizon, layout.n_targets, head.n_parameters))
        center = found[-1].between(head.center, head.center + 1, 3).without_axis(3)
        forecast = graph.concatenate([seen, rows.ahead(graph, block, center)], 1)
        seen = forecast.between(-layout.window_length, None, 1)
    return graph.concatenate(found, 1)


def _quantiles(graph: Graph, head: ForecastHead, parameters: Tensor) -> Tensor:
    """Return the quantiles at `LEVELS` in the last axis, as `quantiles_of` does."""
    center = parameters.between(head.center, head.center + 1, 3)
    if head.kind == "point":
        return center.expand(1, 1, 1, len(LEVELS))
    if head.kind == "quantile":
        matrix = interpolation(np.array(head.quantiles), LEVELS)
        return parameters @ graph.constant(matrix.T)
    scale = parameters.between(1, 2, 3)
    if head.kind == "gaussian":
        return center + scale * graph.constant(ndtri(LEVELS))
    return center + scale * _student_t(graph, parameters.between(2, 3, 3))


def _student_t(graph: Graph, freedom: Tensor) -> Tensor:
    """Return the quantiles of Student's t distribution, with degrees of freedom above 2.

    They are smooth functions of the inverse of the degrees of freedom, which is in (0, 0.5):
    Chebyshev polynomials, evaluated after Clenshaw (1955, doi:10.1090/S0025-5718-1955-0071856-0).
    """
    nodes = np.cos((np.arange(_DEGREE + 1) + 0.5) * np.pi / (_DEGREE + 1))
    exact = stdtrit(4.0 / (nodes[:, None] + 1.0), LEVELS)
    coefficients = np.polynomial.chebyshev.chebfit(nodes, exact, _DEGREE)
    x = (graph.constant(np.array([4.0])) / freedom) - 1.0
    later = x * 0.0
    value = later + graph.constant(coefficients[-1])
    for row in coefficients[-2:0:-1]:
        value, later = x * 2.0 * value - later + graph.constant(row), value
    return x * value - later + graph.constant(coefficients[0])


def _widened(graph: Graph, quantiles: Tensor, horizon: int, n_blocks: int) -> Tensor:
    """Return quantiles whose width grows from block to block, as `widened` does."""
    if n_blocks == 1:
        return quantiles
    median = quantiles.between(MEDIAN, MEDIAN + 1, 3)
    distances = quantiles - median
    squares, found, before = distances * distances, [], None
    for begin in range(0, n_blocks * horizon, horizon):
        block = squares.between(begin, begin + horizon, 1)
        end = block.between(-1, None, 1)
        found.append(block if before is None else block + before)
        before = end if before is None else before + end
    widths = graph.op("Sqrt", graph.concatenate(found, 1))
    return median + graph.op("Sign", distances) * widths


def _corrected(
    graph: Graph, quantiles: Tensor, correction: Correction | None, n_ahead: int
) -> Tensor:
    """Return quantiles with measured corrections, which never cross."""
    if correction is not None:
        shifts = correction.shifts_at(np.arange(1, n_ahead + 1))
        shifts[..., MEDIAN] = 0.0
        quantiles = quantiles + graph.constant(shifts)
    upper = _accumulated(graph, quantiles.between(MEDIAN, None, 3), "Max")
    lower = _accumulated(graph, quantiles.between(0, MEDIAN + 1, 3), "Min")
    return graph.concatenate([lower.between(0, MEDIAN, 3), upper], 3)


def _accumulated(graph: Graph, quantiles: Tensor, kind: str) -> Tensor:
    """Return running maxima from the first quantile on, or minima from the last one back."""
    n = len(LEVELS) - MEDIAN
    counts, none = (np.tril, -np.inf) if kind == "Max" else (np.triu, np.inf)
    seen = graph.constant(counts(np.ones((n, n))).astype(bool))
    every = graph.where(seen, quantiles.with_axis(3), none)
    return graph.op(f"Reduce{kind}", every, axes=[4], keepdims=0)
