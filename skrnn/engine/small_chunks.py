"""Predictions of few sequences: whether a small chunk gives the same numbers as a usual one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn.engine.batches import CHUNK, MIN_CHUNK

#: Predictions of few sequences from which on it pays to find out, and the number of chunks of
#: random numbers that are predicted for it.
SMALL_PREDICTIONS, RANDOM_CHUNKS = 16, 8

#: From x and lengths to outputs.
Predict = Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]


class SmallChunks:
    """Choice between small and usual chunks for predictions of few sequences.

    A network predicts a chunk of `MIN_CHUNK` sequences in less time than one of `CHUNK`. XLA,
    oneDNN and MKL round in the same way for both in most networks, but not in all, and a
    prediction must not depend on the other sequences in the call. So this is found out for each
    length, with random numbers, after several predictions of few sequences; until then, no
    further program is compiled.

    Parameters
    ----------
    model : keras.Model
        The model.
    """

    def __init__(self, model: Any) -> None:
        given = model.inputs[0]
        self._shape = given.shape[2:]
        self._is_numeric = "float" in str(given.dtype)
        self._n_calls: Counter[int] = Counter()
        self._are_equal: dict[int, bool] = {}

    def rows(self, n_steps: int, predict: Predict) -> int:
        """Return the size of a chunk for a prediction of at most `MIN_CHUNK` sequences."""
        self._n_calls[n_steps] += 1
        if not self._is_numeric or self._n_calls[n_steps] < SMALL_PREDICTIONS:
            return CHUNK
        if n_steps not in self._are_equal:
            self._are_equal[n_steps] = self._compared(n_steps, predict)
        return MIN_CHUNK if self._are_equal[n_steps] else CHUNK

    def _compared(self, n_steps: int, predict: Predict) -> bool:
        """Return whether outputs of random numbers are equal in chunks of both sizes."""
        generator = np.random.default_rng(0)
        lengths = np.full(CHUNK, n_steps, dtype=np.int32)
        for _ in range(RANDOM_CHUNKS):
            x = generator.normal(size=(CHUNK, n_steps, *self._shape)).astype(np.float32)
            usual = predict(x, lengths)[:MIN_CHUNK]
            small = predict(x[:MIN_CHUNK], lengths[:MIN_CHUNK])
            if not np.array_equal(usual, small, equal_nan=True):
                return False
        return True
