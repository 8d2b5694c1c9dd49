"""One step of a stream as an ONNX graph."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from skrnn.estimators.stream_task import StreamTask
from skrnn.onnx_export.file import write
from skrnn.onnx_export.graph import Graph, Outputs, Tensor
from skrnn.onnx_export.inputs import encoded, known_tokens, standardized
from skrnn.onnx_export.stages import StepState


def write_step(path: Any, task: StreamTask, text: str) -> None:
    """Write one step of a stream as a file.

    Raises
    ------
    ValueError
        If the network cannot run step by step, or has parts that cannot be written.
    """
    write(path, partial(_build, task=task), text)


def _build(graph: Graph, task: StreamTask) -> Outputs:
    """Add a step to a graph; return its results and the states after it."""
    network = task.network
    if network.n_tokens is not None:
        scaled = graph.input("x", np.int64, ("n_streams", 1))
        given = known_tokens(graph, scaled, network.n_tokens)
    else:
        x = graph.input("x", np.float32, ("n_streams", task.n_features)).cast(np.float64)
        scaled = standardized(graph, x, task.scaling)
        given = encoded(graph, scaled, masks=task.masks)
        given.shaped((None, task.n_features * (1 + task.masks)))
    state = StepState(graph, graph.input("reset", np.bool_, ("n_streams",)))
    outputs = task.fitted.onnx_step(graph, given, state)
    if task.masks and network.n_tokens is None and not network.keeps_missing_steps:
        outputs = _where_observed(graph, scaled, outputs, task.fitted.spec.n_outputs, state)
    return task.reader.onnx_outputs(graph, scaled, outputs, state) | state.outputs()


def _where_observed(
    graph: Graph, x: Tensor, outputs: Sequence[Tensor], n_outputs: int, state: StepState
) -> list[Tensor]:
    """Return the outputs for steps with an observation, and else those of the step before.

    A stream without any observation yet has the outputs for a step of zeros, as in ``predict``.
    """
    n_missing = graph.op("IsNaN", x).cast(np.int64).sum(1, keepdims=False)
    observed = n_missing < x.length(1)
    state.keep(observed)
    (n_before,) = state.take(np.array(0, np.int64))  # ONNX Runtime selects no truth values
    before = n_before > 0
    state.put((before | observed).cast(np.int64))
    counts, chosen = (observed | ~before).with_axis(1), []
    for one in outputs:
        (latest,) = state.take(np.zeros(n_outputs, np.float32))
        chosen.append(graph.where(counts, one, latest))
        state.put(chosen[-1])
    return chosen
