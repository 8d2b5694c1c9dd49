"""Single steps of streaming networks in an ONNX graph, with their states as inputs and outputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from skrnn.numpy_runtime.cells import EPSILON, Stage
from skrnn.onnx_export.core import affine, with_vectors
from skrnn.onnx_export.graph import Graph, Outputs, Tensor
from skrnn.onnx_export.recurrent import gru, lstm, mingru_step, simple, slstm_step
from skrnn.onnx_export.steps import least


class StepState:
    """States of a graph of one step: inputs before it, outputs after it.

    Parameters
    ----------
    graph : Graph
        The graph.
    reset : Tensor of bool of shape (n_streams,)
        True for streams that begin with this step.
    """

    def __init__(self, graph: Graph, reset: Tensor) -> None:
        self._graph = graph
        self._reset = reset
        self._before: list[Tensor] = []
        self._after: list[Tensor] = []
        self._shapes: list[tuple[int, ...]] = []
        self._spread: dict[tuple[str, int], Tensor] = {}

    def take(self, *start: ArrayLike) -> list[Tensor]:
        """Add states and return them; those of streams that begin are ``start``.

        Each is replaced by a later call of `put`, in the same order.
        """
        taken = []
        for part in start:
            array = np.asarray(part)
            name = f"state_{len(self._before)}"
            before = self._graph.input(name, array.dtype, ("n_streams", *array.shape))
            begins = self._along(self._reset, array.ndim)
            taken.append(self._graph.where(begins, self._graph.constant(array[None]), before))
            self._before.append(taken[-1])
            self._shapes.append(array.shape)
        return taken

    def put(self, *after: Tensor) -> None:
        """Set the states after the step."""
        self._after.extend(after)

    def keep(self, changes: Tensor) -> None:
        """Keep the states so far of streams for which ``changes`` (n_streams,) is false."""
        for number, shape in enumerate(self._shapes):
            here = self._along(changes, len(shape))
            after = self._graph.where(here, self._after[number], self._before[number])
            self._after[number] = after

    def _along(self, streams: Tensor, n_axes: int) -> Tensor:
        """Return truth values of streams with axes added, the same tensor for the same axes."""
        key = streams.name, n_axes
        if key not in self._spread:
            axes = range(1, n_axes + 1)
            self._spread[key] = streams.with_axis(*axes) if n_axes else streams
        return self._spread[key]

    def outputs(self) -> Outputs:
        """Return the states after the step, named as the inputs with "next" before."""
        pairs = zip(self._after, self._shapes, strict=True)
        return {
            f"next_state_{number}": (tensor, ("n_streams", *shape))
            for number, (tensor, shape) in enumerate(pairs)
        }


Converter = Callable[[Graph, Any, Tensor, StepState], Tensor]

_RECURRENT: dict[str, Callable[..., list[Tensor]]] = {
    "SimpleCell": simple,
    "GRUCell": gru,
    "LSTMCell": lstm,
    "MinGRUCell": mingru_step,
    "SLSTMCell": slstm_step,
}


def step(graph: Graph, stage: Stage, x: Tensor, state: StepState) -> Tensor:
    """Return the outputs of a stage for a step (n_streams, n_features).

    Raises
    ------
    ValueError
        If the stage is the user's own.
    """
    kind = type(stage)
    name = kind.__name__
    is_ours = kind.__module__.startswith("skrnn.")
    if is_ours and name in _RECURRENT:
        return _recurrent(graph, stage, x, state)
    if not is_ours or name not in _CONVERTERS:
        raise ValueError(
            f"the network has the stage {kind.__module__}.{kind.__qualname__}, which to_onnx does "
            "not write; it writes those of skrnn. Run Stream itself, which needs no Keras."
        )
    return _CONVERTERS[name](graph, stage, x, state)


def _recurrent(graph: Graph, stage: Any, x: Tensor, state: StepState) -> Tensor:
    before = state.take(*stage.start)
    run = _RECURRENT[type(stage).__name__]
    outputs, *after = run(graph, x.with_axis(0), before, stage.weights)
    state.put(*after)
    return outputs.without_axis(0)


def _convolution(graph: Graph, stage: Any, x: Tensor, state: StepState) -> Tensor:
    kernel, bias = stage.weights
    n_features = len(kernel) // len(stage.back)
    n_before = int(stage.back.max())
    (before,) = state.take(np.zeros((n_before, n_features), np.float32))
    seen = graph.concatenate([before, x.with_axis(1)], 1)
    state.put(seen.between(1, None, 1))
    if len(stage.back) <= n_before:
        seen = graph.op("Gather", seen, graph.constant(n_before - stage.back), axis=1)
    return affine(graph, seen.reshape(-1, len(kernel)), kernel, bias)


def _relu(graph: Graph, stage: Any, x: Tensor, state: StepState) -> Tensor:
    return graph.op("Relu", x)


def _normalization(graph: Graph, stage: Any, x: Tensor, state: StepState) -> Tensor:
    weights = [graph.constant(weight) for weight in stage.weights]
    return graph.op("LayerNormalization", x, *weights, axis=-1, epsilon=EPSILON)


def _embedding(graph: Graph, stage: Any, x: Tensor, state: StepState) -> Tensor:
    (vectors,) = stage.weights
    tokens = x.cast(np.int64).without_axis(1)
    return graph.op("Gather", graph.constant(vectors), tokens, axis=0)


def _dense(graph: Graph, stage: Any, x: Tensor, state: StepState) -> Tensor:
    kernel, bias = stage.weights
    return affine(graph, x, kernel, bias)


def _product(graph: Graph, stage: Any, x: Tensor, state: StepState) -> Tensor:
    (kernel,) = stage.weights
    return affine(graph, x, kernel, None)


def _chain(graph: Graph, stage: Any, x: Tensor, state: StepState) -> Tensor:
    for one in stage.stages:
        x = step(graph, one, x, state)
    return x


def _sum(graph: Graph, stage: Any, x: Tensor, state: StepState) -> Tensor:
    one, other = (step(graph, part, x, state) for part in stage.stages)
    return one + other


def _residual(graph: Graph, stage: Any, x: Tensor, state: StepState) -> Tensor:
    beside = x if stage.skip is None else step(graph, stage.skip, x, state)
    return graph.op("Relu", _chain(graph, stage, x, state) + beside)


def _differences(graph: Graph, stage: Any, x: Tensor, state: StepState) -> Tensor:
    (scale,) = stage.weights
    (before,) = state.take(np.full_like(scale, np.nan))
    own = x.between(0, len(scale), 1)
    state.put(own)
    changes = graph.where(graph.op("IsNaN", before), 0.0, own - before)
    return graph.concatenate([x, changes / graph.constant(scale)], 1)


def _categories(graph: Graph, stage: Any, x: Tensor, state: StepState) -> Tensor:
    return with_vectors(graph, x, stage.columns, stage.weights, keeps_order=stage.keeps_order)


def _centering(graph: Graph, stage: Any, x: Tensor, state: StepState) -> Tensor:
    mean, scale = stage.weights
    (position,) = state.take(np.array(0))
    state.put(least(len(mean) - 1, position + 1))
    n_features = len(scale)
    usual = graph.op("Gather", graph.constant(mean), position, axis=0)
    deviations = (x.between(0, n_features, 1) - usual) / graph.constant(scale)
    if x.known_length(1) == n_features:
        return deviations
    missing = x.between(n_features, None, 1)
    return graph.concatenate([deviations * (1 - missing), missing], 1)


def _linear(graph: Graph, stage: Any, x: Tensor, state: StepState) -> Tensor:
    coefficients, intercept = stage.weights
    latest, _ = stage.state
    (before,) = state.take(np.full(latest.shape[1:], np.nan, np.float32))
    here = x.with_axis(1)
    before = graph.where(graph.op("IsNaN", before), here, before)  # none at the first step
    seen = graph.concatenate([before.between(1, None, 1), here], 1)
    state.put(seen)
    return affine(graph, seen.reshape(-1, len(coefficients)), coefficients, intercept)


def _mean(graph: Graph, stage: Any, x: Tensor, state: StepState) -> Tensor:
    total, _ = stage.state
    before, n_before = state.take(np.zeros(total.shape[1:]), np.zeros(1))
    after, n_after = before + x.cast(np.float64), n_before + 1.0
    state.put(after, n_after)
    return (after / n_after).cast(np.float32)


def _max(graph: Graph, stage: Any, x: Tensor, state: StepState) -> Tensor:
    (most,) = stage.state
    (before,) = state.take(np.full(most.shape[1:], -np.inf, np.float32))
    after = graph.op("Max", before, x)
    state.put(after)
    return after


def _attention(graph: Graph, stage: Any, x: Tensor, state: StepState) -> Tensor:
    kernel, bias, score = stage.weights
    start = np.zeros(len(kernel)), np.zeros(1), np.full(1, -np.inf)
    total, weight, most = state.take(*start)
    hidden = graph.op("Tanh", affine(graph, x, kernel, bias))
    scores = affine(graph, hidden, score, None).cast(np.float64)
    greatest = graph.op("Max", most, scores)
    fade, new = graph.op("Exp", most - greatest), graph.op("Exp", scores - greatest)
    total, weight = total * fade + new * x.cast(np.float64), weight * fade + new
    state.put(total, weight, greatest)
    return (total / weight).cast(np.float32)


_CONVERTERS: dict[str, Converter] = {
    "CausalConvolution": _convolution,
    "Rectifier": _relu,
    "LayerNormalization": _normalization,
    "Embedding": _embedding,
    "Dense": _dense,
    "Product": _product,
    "Chain": _chain,
    "Sum": _sum,
    "Residual": _residual,
    "CenterSteps": _centering,
    "AppendDifferences": _differences,
    "EmbedCategories": _categories,
    "LinearOfSteps": _linear,
    "RunningMean": _mean,
    "RunningMax": _max,
    "RunningAttention": _attention,
}
