"""A trained network as stages that go on one step at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from skrnn.engine.running import RunningAttention, RunningMax, RunningMean
from skrnn.engine.stages import (
    Array,
    CausalConvolution,
    Cell,
    Chain,
    Dense,
    Embedding,
    GRUCell,
    LSTMCell,
    Normalisation,
    Product,
    Rectifier,
    Residual,
    SimpleCell,
    Stage,
    Sum,
)
from skrnn.networks.base import Network
from skrnn.networks.embedded import Embedded
from skrnn.networks.gru import GRU
from skrnn.networks.lstm import LSTM
from skrnn.networks.recurrent import Recurrent
from skrnn.networks.rnn import RNN
from skrnn.networks.steps import EveryStep, NextStep
from skrnn.networks.tcn import TCN
from skrnn.sequences import Sequences

#: Sequences that `walk` takes side by side, and steps whose outputs it holds at once.
SIDE_BY_SIDE, AT_ONCE = 64, 512

_CELLS: dict[type[Network], type[Cell]] = {RNN: SimpleCell, GRU: GRUCell, LSTM: LSTMCell}


def stepping(network: Network, weights: tuple[Array, ...], n: int) -> Stage:
    """Return the network for ``n`` streams, with the weights of a fit.

    Raises
    ------
    ValueError
        If an output of the network depends on later steps, or its layers are not known.
    """
    inner, front = network, []
    left = iter(weights)
    if isinstance(inner, Embedded):
        inner, front = inner.network, [Embedding(next(left))]
    at_every_step, adds_linear = isinstance(inner, EveryStep), isinstance(inner, NextStep)
    if inner.looks_ahead:
        raise ValueError(
            f"{network!r} looks at later steps, which a stream does not have; give a recurrent "
            "network in one direction or a TCN (for a labeller causal=True)."
        )
    if isinstance(inner, EveryStep):
        inner = inner.network
    if isinstance(inner, Recurrent):
        stages = recurrent_stages(inner, left, n)
    elif isinstance(inner, TCN):
        stages = _tcn(inner, left, n)
    else:
        raise ValueError(f"{network!r} cannot be run step by step; give an RNN, LSTM, GRU or TCN.")
    if not at_every_step:
        stages += _pooling(inner.pooling, len(weights[-2]), left, n)
    chain = Chain([*front, *stages, Dense(next(left), next(left))])
    return Sum(chain, Product(next(left))) if adds_linear else chain


def walk(
    network: Network, weights: tuple[Array, ...], inputs: Sequences
) -> Iterator[tuple[NDArray[np.int64], slice, Array]]:
    """Yield the outputs at all steps of sequences of any length, some steps of some at a time.

    Yields
    ------
    rows : ndarray of shape (n_rows,)
        Which sequences.
    steps : slice
        Which of their steps; shorter sequences have fewer.
    outputs : ndarray of shape (n_rows, n_steps, n_outputs)
        The outputs there, arbitrary behind the end of a sequence.
    """
    longest_first = np.argsort(-inputs.lengths, kind="stable")
    for first in range(0, len(inputs), SIDE_BY_SIDE):
        rows = longest_first[first : first + SIDE_BY_SIDE]
        n_steps = int(inputs.lengths[rows[0]])
        x, _ = inputs.gather(rows, n_steps)
        stages = stepping(network, weights, len(rows))
        for start in range(0, n_steps, AT_ONCE):
            steps = slice(start, min(start + AT_ONCE, n_steps))
            yield rows, steps, np.stack([stages(x[:, t]) for t in range(n_steps)[steps]], axis=1)


def recurrent_stages(network: Recurrent, left: Iterator[Array], n: int) -> list[Stage]:
    """Return the layers of a recurrent network that reads forward, with its weights."""
    stages: list[Stage] = []
    if network.conv_filters is not None:
        if network.conv_strides > 1:
            raise ValueError(
                f"conv_strides={network.conv_strides} makes several steps one, so that there "
                "is no output at each; give conv_strides=1."
            )
        stages += [CausalConvolution(n, next(left), next(left)), Rectifier()]
    for units in network.layer_units():
        stages.append(recurrent_cell(network, units, left, n))
        if network.layer_norm:
            stages.append(Normalisation(next(left), next(left)))
    return stages


def recurrent_cell(network: Recurrent, units: int, left: Iterator[Array], n: int) -> Cell:
    """Return a layer of a recurrent network, with its weights."""
    kind = _CELLS[type(network)]
    start = [np.zeros(units, np.float32)] * kind.n_states
    if network.initial_state == "learned":
        start = [next(left) for _ in start]
    return kind(n, start, next(left), next(left), next(left))


def _tcn(network: TCN, left: Iterator[Array], n: int) -> list[Stage]:
    return [_block(network, dilation, left, n) for dilation in network.dilations()]


def _block(network: TCN, dilation: int, left: Iterator[Array], n: int) -> Stage:
    """Return a block; the weights of the stage beside it come after those in it."""
    stages: list[Stage] = []
    n_inputs = 0
    for _ in range(2):
        kernel, bias = next(left), next(left)
        n_inputs = n_inputs or kernel.shape[1]
        stages.append(CausalConvolution(n, kernel, bias, dilation))
        if network.layer_norm:
            stages.append(Normalisation(next(left), next(left)))
        stages.append(Rectifier())
    if n_inputs == network.filters:
        return Residual(stages, None)
    kernel, bias = next(left), next(left)
    return Residual(stages, Dense(kernel[0], bias))


def _pooling(kind: str, width: int, left: Iterator[Array], n: int) -> list[Stage]:
    if kind == "mean":
        return [RunningMean(n, width)]
    if kind == "max":
        return [RunningMax(n, width, np.float32)]
    if kind == "attention":
        return [RunningAttention(n, next(left), next(left), next(left))]
    return []
