"""Stages of a trained network, and its outputs at all steps of sequences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from skrnn.numpy_runtime.cells import Chain, Stage
from skrnn.numpy_runtime.model import StreamingModel, streaming_error
from skrnn.numpy_runtime.weights import Array, WeightReader
from skrnn.sequences import Sequences

#: Sequences and steps in a block of `iterate_outputs`.
ROWS, STEPS = 64, 512


def build(network: object, weights: Sequence[Array], n: int) -> Stage:
    """Return a network for ``n`` streams, with the weights of a fit.

    Raises
    ------
    ValueError
        If an output of the network depends on later steps, or it cannot run step by step.
    """
    if not isinstance(network, StreamingModel) or network.looks_ahead:
        raise streaming_error(network)
    reader = WeightReader(weights)
    stages = network.output_stages(reader, n)
    reader.finish()
    return stages[0] if len(stages) == 1 else Chain(stages)


def iterate_outputs(
    network: Callable[[int], Stage], inputs: Sequences
) -> Iterator[tuple[NDArray[np.int64], slice, Array]]:
    """Yield the outputs at all steps of sequences of any length, block by block.

    Parameters
    ----------
    network : callable
        Returns the network for a number of streams.
    inputs : Sequences
        The sequences as the network reads them.

    Yields
    ------
    rows : ndarray of shape (n_rows,)
        Indices of the sequences.
    steps : slice
        Steps of the block; shorter sequences have fewer.
    outputs : ndarray of shape (n_rows, n_steps, n_outputs)
        Outputs, arbitrary after the end of a sequence.
    """
    longest_first = np.argsort(-inputs.lengths, kind="stable")
    for first in range(0, len(inputs), ROWS):
        rows = longest_first[first : first + ROWS]
        n_steps = int(inputs.lengths[rows[0]])
        x, _ = inputs.gather(rows, n_steps)
        stages = network(len(rows))
        for start in range(0, n_steps, STEPS):
            steps = slice(start, min(start + STEPS, n_steps))
            yield rows, steps, np.stack([stages(x[:, t]) for t in range(n_steps)[steps]], axis=1)
