"""Converters of recurrent layers, whole sequences and single steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn.numpy_runtime.cells import Cell, MinGRUCell, SLSTMCell
from skrnn.onnx_export.core import affine
from skrnn.onnx_export.graph import Graph, Tensor
from skrnn.onnx_export.keras_model import cannot_convert, converts, weight

Arrays = Sequence[NDArray[Any]]


def simple(
    graph: Graph, steps: Tensor, states: Sequence[Tensor | None], weights: Arrays
) -> list[Tensor]:
    """Return the outputs of a simple recurrent layer, and its last state.

    Parameters
    ----------
    graph : Graph
        The graph.
    steps : Tensor of shape (n_steps, batch, n_features)
        Steps.
    states : sequence of Tensor of shape (batch, units)
        Initial states, None for zeros.
    weights : sequence of ndarray
        Kernel, recurrent kernel and bias, as Keras has them.
    """
    kernel, recurrent, bias = weights
    both = np.concatenate([bias, np.zeros_like(bias)])
    return _recur(graph, "RNN", steps, states, (kernel.T, recurrent.T, both))


def gru(
    graph: Graph, steps: Tensor, states: Sequence[Tensor | None], weights: Arrays
) -> list[Tensor]:
    """Return the outputs of a GRU layer, as `simple` does; the gates are z, r, h in both."""
    kernel, recurrent, biases = weights
    given = kernel.T, recurrent.T, biases.reshape(-1)
    return _recur(graph, "GRU", steps, states, given, linear_before_reset=1)


def lstm(
    graph: Graph, steps: Tensor, states: Sequence[Tensor | None], weights: Arrays
) -> list[Tensor]:
    """Return the outputs of an LSTM layer, as `simple` does; gates i, f, c, o become i, o, f, c."""

    def reordered(columns: NDArray[Any]) -> NDArray[Any]:
        i, f, c, o = np.split(columns, 4, axis=-1)
        return np.concatenate([i, o, f, c], axis=-1)

    kernel, recurrent, bias = map(reordered, weights)
    both = np.concatenate([bias, np.zeros_like(bias)])
    return _recur(graph, "LSTM", steps, states, (kernel.T, recurrent.T, both))


def mingru(
    graph: Graph, steps: Tensor, states: Sequence[Tensor | None], weights: Arrays
) -> list[Tensor]:
    """Return the outputs of a minimal gated recurrent unit, as `simple` does."""
    units = weights[0].shape[1] // 2
    update, candidate = _gates(graph, steps, weights)
    start = _started(graph, steps, states, MinGRUCell, units)

    def body(hidden: Tensor, z: Tensor, c: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        new = hidden + z * (c - hidden)
        return [new], [new]

    last, outputs = graph.scan(body, start, [update, candidate], [(None, units)])
    return [outputs, last]


def mingru_step(
    graph: Graph, steps: Tensor, states: Sequence[Tensor], weights: Arrays
) -> list[Tensor]:
    """Return the output of `mingru` for a single step (1, batch, n_features)."""
    update, candidate = _gates(graph, steps, weights)
    (hidden,) = states
    outputs = hidden + update * (candidate - hidden)
    return [outputs, outputs.without_axis(0)]


def slstm(
    graph: Graph, steps: Tensor, states: Sequence[Tensor | None], weights: Arrays
) -> list[Tensor]:
    """Return the outputs of an LSTM with exponential input gates, as `simple` does."""
    kernel, recurrent, bias = weights
    units = len(recurrent)
    given = affine(graph, steps, kernel, bias)
    start = _started(graph, steps, states, SLSTMCell, units)

    def body(*now: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        *before, given = now
        after = _slstm_step(graph, given, before, recurrent)
        return after, after[:1]

    *last, outputs = graph.scan(body, start, [given], [(None, units)] * 3)
    return [outputs, *last]


def slstm_step(
    graph: Graph, steps: Tensor, states: Sequence[Tensor], weights: Arrays
) -> list[Tensor]:
    """Return the outputs of `slstm` for a single step (1, batch, n_features)."""
    kernel, recurrent, bias = weights
    given = affine(graph, steps.without_axis(0), kernel, bias)
    after = _slstm_step(graph, given, states, recurrent)
    return [after[0].with_axis(0), *after]


def _slstm_step(
    graph: Graph, given: Tensor, states: Sequence[Tensor], recurrent: NDArray[Any]
) -> list[Tensor]:
    """Return the states of `slstm` after a step whose inputs were projected."""
    hidden, mean, log_weight = states
    units = len(recurrent)
    raw = given + hidden @ graph.constant(recurrent)
    enter, keep, candidate, output = (
        raw.between(gate * units, (gate + 1) * units, -1) for gate in range(4)
    )
    kept = log_weight - graph.op("Softplus", -keep)
    share = graph.op("Sigmoid", enter - kept)
    mean = mean + share * (graph.op("Tanh", candidate) - mean)
    distance = graph.op("Abs", enter - kept)
    log_weight = graph.op("Max", enter, kept) + graph.op("Softplus", -distance)
    return [graph.op("Sigmoid", output) * mean, mean, log_weight]


def _started(
    graph: Graph, steps: Tensor, states: Sequence[Tensor | None], cell: type[Cell], units: int
) -> list[Tensor]:
    """Return states, and where one is None, the initial one of the cell for each sequence."""
    return [
        graph.constant(np.full((1, units), value, np.float32)).expand(steps.length(1), 1)
        if state is None
        else state
        for state, value in zip(states, cell.start_values, strict=True)
    ]


def _gates(graph: Graph, steps: Tensor, weights: Arrays) -> tuple[Tensor, Tensor]:
    """Return the update gate and the candidate of a minimal gated recurrent unit."""
    kernel, bias = weights
    units = kernel.shape[1] // 2
    raw = affine(graph, steps, kernel, bias)
    rest = raw.between(units, None, -1)
    candidate = graph.op("Relu", rest) + graph.op("Sigmoid", _negative_part(rest))
    return graph.op("Sigmoid", raw.between(0, units, -1)), candidate


#: Functions of recurrent layers by the names of their classes.
LAYERS: dict[str, Callable[..., list[Tensor]]] = {
    "SimpleRNN": simple,
    "GRU": gru,
    "LSTM": lstm,
    "MinGRU": mingru,
    "SLSTM": slstm,
}

#: Functions of single steps by the names of decoders' cells.
STEPS: dict[str, Callable[..., list[Tensor]]] = {
    "rnn": simple,
    "gru": gru,
    "lstm": lstm,
    "mingru": mingru_step,
    "slstm": slstm_step,
}


@converts(*(f"skrnn.{name}" for name in LAYERS))
def _layer(
    graph: Graph, layer: Any, sequence: Tensor, initial_state: Any = None, **_: Any
) -> Tensor:
    _check_settings(layer)
    states = initial_state
    if not isinstance(states, list):
        states = [states] * len(layer.state_size)
    run = LAYERS[type(layer).__name__]
    weights = [weight(variable) for variable in layer.cell.weights]
    outputs, *_states = run(graph, sequence.transpose(1, 0, 2), states, weights)
    return outputs.transpose(1, 0, 2)


@converts("skrnn.InitialState")
def _initial_state(graph: Graph, layer: Any, sequence: Tensor) -> Tensor:
    return graph.constant(weight(layer.state)[None]).expand(sequence.length(0), 1)


def _recur(
    graph: Graph,
    kind: str,
    steps: Tensor,
    states: Sequence[Tensor | None],
    weights: Sequence[NDArray[Any]],
    **settings: Any,
) -> list[Tensor]:
    """Return the outputs (n_steps, batch, units) of ONNX's recurrent operator, and last states."""
    constants = [graph.constant(part[None]) for part in weights]
    start = [None if state is None else state.with_axis(0) for state in states]
    if all(one is None for one in start):
        start = []
    outputs, *last = graph.op_with_outputs(
        1 + len(states),
        kind,
        steps,
        *constants,
        *([None, *start] if start else []),
        hidden_size=weights[1].shape[1],
        **settings,
    )
    return [outputs.without_axis(1), *(state.without_axis(0) for state in last)]


def _negative_part(values: Tensor) -> Tensor:
    """Return the values where they are negative, else zero."""
    return -values.graph.op("Relu", -values)


def _check_settings(layer: Any) -> None:
    """Raise ValueError for settings that no network of the package has."""
    from keras import activations

    usual = {
        "return_sequences": True,
        "return_state": False,
        "go_backwards": False,
        "activation": activations.tanh,
        "recurrent_activation": activations.sigmoid,
        "use_bias": True,
        "reset_after": True,
    }
    for name, value in usual.items():
        if getattr(layer, name, value) is not value:
            raise cannot_convert(f"a recurrent layer with {name}={getattr(layer, name)!r}")
