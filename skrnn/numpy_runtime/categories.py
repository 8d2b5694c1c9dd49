"""Vectors of categorical features in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from skrnn.numpy_runtime.cells import Stage
from skrnn.numpy_runtime.weights import Array


class EmbedCategories(Stage):
    """Features of a step with vectors in place of the codes of categories.

    The vector of code 0 is zero.

    Parameters
    ----------
    columns : sequence of int
        Positions of the codes.
    vectors : sequence of ndarray of shape (n_categories, width)
        Vectors of each of these features; an empty array leaves it out.
    keeps_order : bool
        False puts the vectors after the other features.
    """

    def __init__(
        self, columns: Sequence[int], vectors: Sequence[Array], keeps_order: bool = False
    ) -> None:
        super().__init__()
        self.keeps_order = keeps_order
        self.columns = list(columns)
        self.weights = vectors
        self._tables = [
            (column, np.pad(own, [(1, 0), (0, 0)]))
            for column, own in zip(self.columns, vectors, strict=True)
            if own.size
        ]

    def __call__(self, x: Array) -> Array:
        """Process a step."""
        found = [own[x[..., column].astype(np.intp)] for column, own in self._tables]
        if self.keeps_order:
            parts = in_order(self.columns, x.shape[-1], found, lambda a, b: x[..., a:b])
        else:
            parts = [np.delete(x, self.columns, axis=-1), *found]
        return np.concatenate(parts, axis=-1)


def in_order(
    columns: Sequence[int],
    n_features: int,
    vectors: Sequence[Any],
    between: Callable[[int, int], Any],
) -> list[Any]:
    """Return the parts of features with vectors in place of some; ``between`` returns others."""
    parts, begin = [], 0
    for column, vector in sorted(zip(columns, vectors, strict=True), key=lambda pair: pair[0]):
        parts += [between(begin, column), vector] if column > begin else [vector]
        begin = column + 1
    return parts if begin == n_features else [*parts, between(begin, n_features)]


def one_hot_categories(x: Array, sizes: Mapping[int, int]) -> Array:
    """Return features (..., n_features) with one-hot vectors in place of codes; they come last.

    ``sizes`` are the numbers of categories by the positions of the codes; the vector of code 0 is
    zero.
    """
    hits = [x[..., column, None] == np.arange(1, size + 1) for column, size in sizes.items()]
    return np.concatenate([np.delete(x, list(sizes), axis=-1), *hits], axis=-1)
