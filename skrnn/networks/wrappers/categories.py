"""Embeddings of categorical features in front of a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from skrnn.networks.wrappers.base import AroundOne
from skrnn.numpy_runtime.categories import EmbedCategories
from skrnn.numpy_runtime.cells import Stage
from skrnn.numpy_runtime.weights import WeightReader

#: Maximum size of the vector of a category.
WIDEST = 8


def embedding_width(n_categories: int) -> int:
    """Return the size of the vectors of a feature with this number of categories."""
    return min(WIDEST, round(1.6 * n_categories**0.56))


@dataclass(eq=False, repr=False)
class CategoryEmbeddings(AroundOne):
    """Model that reads a learned vector in place of each categorical feature.

    Embeddings of categorical features are after Guo and Berkhahn (2016, arXiv:1604.06737), their
    sizes follow the rule of fastai (Howard and Gugger, 2020, doi:10.3390/info11020108), with a
    lower maximum.

    Parameters
    ----------
    columns : tuple of int
        Positions of the features, whose values are codes.
    sizes : tuple of int
        Number of categories of each.
    """

    columns: tuple[int, ...]
    sizes: tuple[int, ...]

    @property
    def widths(self) -> tuple[int, ...]:
        """Return the size of the vectors of each feature."""
        return tuple(map(embedding_width, self.sizes))

    def outputs(self, inputs: Any, lengths: Any, n_outputs: int) -> Any:
        """Return the outputs of the model for the vectors and the other features."""
        from skrnn.networks import layers

        embed = layers.EmbedCategories(self.columns, self.sizes, self.widths)
        return self.network.outputs(embed(inputs), lengths, n_outputs)

    def output_stages(self, weights: WeightReader, n: int) -> list[Stage]:
        """Return the embeddings and the stages of the model."""
        vectors = weights.take(*zip(self.sizes, self.widths, strict=True))
        return [EmbedCategories(self.columns, vectors), *self._stages_within(weights, n)]

    def __repr__(self) -> str:
        return f"{self.network!r} with categorical_features={list(self.columns)}"
