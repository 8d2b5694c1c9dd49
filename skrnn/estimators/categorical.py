"""Embeddings of categorical features before the network of an estimator."""

from __future__ import annotations

from dataclasses import replace

from skrnn.networks.base import ModelBuilder
from skrnn.networks.wrappers.categories import CategoryEmbeddings
from skrnn.networks.wrappers.centering import CenteredSteps
from skrnn.networks.wrappers.differences import WithDifferences
from skrnn.networks.wrappers.linear_skip import LinearSkip
from skrnn.sequences.categories import Categories


def with_embeddings(
    network: ModelBuilder, categories: Categories | None, *, masks: bool
) -> ModelBuilder:
    """Return a network that reads vectors in place of categories, if there are any.

    Parameters
    ----------
    network : ModelBuilder
        The network.
    categories : Categories or None
        Categorical features of X.
    masks : bool
        Whether there is a channel for each feature that marks missing values.
    """
    if categories is None or not categories.columns:
        return network
    if isinstance(network, WithDifferences):
        n_others = len(categories.numeric) + (categories.n_features if masks else 0)
        network = replace(network, n_features=n_others)
    return CategoryEmbeddings(network, categories.columns, categories.sizes)


def categorical_sizes(network: ModelBuilder) -> dict[int, int]:
    """Return the positions of the features whose codes a network reads, and their categories."""
    while isinstance(network, CenteredSteps | LinearSkip):
        network = network.network
    if not isinstance(network, CategoryEmbeddings):
        return {}
    return dict(zip(network.columns, network.sizes, strict=True))
