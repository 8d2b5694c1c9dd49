"""Predictions of few sequences: whether a small chunk gives the same numbers as a usual one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn.engine.batches import NetworkInputs

#: Predictions of few sequences from which on it pays to find out, and the number of chunks that
#: are predicted for it.
SMALL_PREDICTIONS, COMPARED_CHUNKS = 16, 8

#: From x and lengths to outputs.
Predict = Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]


class SmallChunks:
    """Choice between small and usual chunks for predictions of few sequences.

    A network predicts a small chunk of sequences in less time than a usual one. XLA,
    oneDNN and MKL round in the same way for both in most networks, but not in all, and a
    prediction must not depend on the other sequences in the call. So this is found out for each
    length after several predictions of few sequences, with the given sequences whose steps are
    permuted at random; until then, no further program is compiled.

    Parameters
    ----------
    small, usual : int
        Sequences of a small and of a usual chunk.
    """

    def __init__(self, small: int, usual: int) -> None:
        self._sizes = small, usual
        self._n_calls: Counter[int] = Counter()
        self._are_equal: dict[int, bool] = {}

    def rows(self, inputs: NetworkInputs, n_steps: int, predict: Predict) -> int:
        """Return the size of a chunk for a prediction of no more than a small chunk."""
        small, usual = self._sizes
        self._n_calls[n_steps] += 1
        if self._n_calls[n_steps] < SMALL_PREDICTIONS:
            return usual
        if n_steps not in self._are_equal:
            self._are_equal[n_steps] = self._compare(inputs, n_steps, predict)
        return small if self._are_equal[n_steps] else usual

    def _compare(self, inputs: NetworkInputs, n_steps: int, predict: Predict) -> bool:
        """Return whether outputs of permuted sequences are equal in chunks of both sizes."""
        n_small, n_usual = self._sizes
        generator = np.random.default_rng(0)
        x, lengths = inputs.batch(np.arange(n_usual) % len(inputs), n_steps)
        for _ in range(COMPARED_CHUNKS):
            order = generator.permuted(np.tile(np.arange(n_steps), (n_usual, 1)), axis=1)
            places = order.reshape(*order.shape, *[1] * (x.ndim - 2))
            permuted = np.take_along_axis(x, places, axis=1)
            expected = predict(permuted, lengths)[:n_small]
            outputs = predict(permuted[:n_small], lengths[:n_small])
            if not np.array_equal(outputs, expected, equal_nan=True):
                return False
        return True
