"""Weights that are measured on the training set before training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn.engine.batches import Examples
from skrnn.engine.linear_fit import ridge
from skrnn.networks.base import ModelBuilder
from skrnn.networks.wrappers.categories import CategoryEmbeddings
from skrnn.networks.wrappers.centering import CenteredSteps
from skrnn.networks.wrappers.differences import WithDifferences
from skrnn.networks.wrappers.linear_skip import LinearSkip
from skrnn.preprocessing.deviations import Deviations
from skrnn.preprocessing.subsets import stratified_sample


def first_weights(network: ModelBuilder, examples: Examples) -> Mapping[str, NDArray[Any]]:
    """Return the weights of a network that are measured on its training set, by name or path.

    A linear skip connection is fitted, and the network beside it starts with outputs of zero;
    centered steps have a mean and a scale, and so do differences from step to step. Other
    networks have no such weights.
    """
    measured: dict[str, NDArray[Any]] = {}
    if isinstance(network, LinearSkip):
        coefficients, intercept = ridge(examples, network.n_steps, dict(network.categories))
        measured = {
            "linear_coefficients": coefficients,
            "linear_intercept": intercept,
            "outputs/kernel": np.zeros(()),
        }
        network = network.network
    if not isinstance(network, CenteredSteps | CategoryEmbeddings | WithDifferences):
        return measured
    rows = stratified_sample(len(examples), blocks=examples.blocks())
    x, lengths = examples.inputs.batch(rows, examples.longest)
    values = x.astype(np.float64)
    if isinstance(network, CenteredSteps):
        own = values[..., : network.n_features]
        found = Deviations.of(own, examples.weights[rows]).without(network.categorical)
        found = found.up_to(network.most)
        own[:] = (own - found.mean) / found.scale
        measured |= {"mean_sequence": found.mean, "deviation_scale": found.scale}
        network = network.network
    if isinstance(network, CategoryEmbeddings):
        values = np.delete(values, list(network.columns), axis=2)  # vectors have no differences
        network = network.network
    if isinstance(network, WithDifferences):
        measured["difference_scale"] = difference_scale(values, lengths, examples.inputs.at_end)
    return measured


def difference_scale(
    values: NDArray[np.float64], lengths: NDArray[np.int32], at_end: bool
) -> NDArray[np.float64]:
    """Return the root mean square of differences from step to step, 1 where all are zero."""
    later, lengths = np.arange(1, values.shape[1]), lengths[:, None]
    is_real = later > values.shape[1] - lengths if at_end else later < lengths
    differences = np.diff(values, axis=1)[is_real]
    squares = np.mean(differences**2, axis=0) if len(differences) else np.zeros(values.shape[2])
    return np.where(squares > 0, np.sqrt(squares), 1.0)
