"""Weights that are measured on the training set before training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn.engine.batches import Examples
from skrnn.engine.linear_fit import ridge
from skrnn.networks.base import ModelBuilder
from skrnn.networks.wrappers.differences import WithDifferences
from skrnn.networks.wrappers.linear_skip import LinearSkip

#: Maximum number of sequences whose differences are measured.
_MOST_MEASURED = 2_000


def first_weights(network: ModelBuilder, examples: Examples) -> Mapping[str, NDArray[Any]]:
    """Return the weights of a network that are measured on its training set, by name or path.

    A linear skip connection is fitted, and the network beside it starts with outputs of zero;
    differences from step to step have a scale. Other networks have no such weights.
    """
    if isinstance(network, WithDifferences):
        return {"difference_scale": difference_scale(examples)}
    if not isinstance(network, LinearSkip):
        return {}
    coefficients, intercept = ridge(examples, network.n_steps)
    return {
        "linear_coefficients": coefficients,
        "linear_intercept": intercept,
        "outputs/kernel": np.zeros(()),
    }


def difference_scale(examples: Examples) -> NDArray[np.float64]:
    """Return the root mean square of differences from step to step, 1 where all are zero."""
    every = np.linspace(0, len(examples) - 1, min(len(examples), _MOST_MEASURED))
    x, lengths = examples.inputs.batch(np.unique(every.astype(np.int64)), examples.longest)
    later, lengths = np.arange(1, x.shape[1]), lengths[:, None]
    is_real = later > x.shape[1] - lengths if examples.inputs.at_end else later < lengths
    differences = np.diff(x.astype(np.float64), axis=1)[is_real]
    squares = np.mean(differences**2, axis=0) if len(differences) else np.zeros(x.shape[2])
    return np.where(squares > 0, np.sqrt(squares), 1.0)
