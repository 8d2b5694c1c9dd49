"""Ridge regression of the targets on whole sequences, for the linear skip connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from skrnn.engine.batches import Examples
from skrnn.networks.base import ModelBuilder
from skrnn.networks.wrappers.linear_skip import LinearSkip

#: L2 penalty, as scikit-learn's Ridge has it, on standardized features.
PENALTY = 10.0

#: Sequences that are read at once.
_BLOCK = 1024


def linear_weights(network: ModelBuilder, examples: Examples) -> Mapping[str, NDArray[Any]]:
    """Return the first weights of a network with a linear skip connection, by name or path.

    The network beside it starts with outputs of zero. Other networks have no such weights.
    """
    if not isinstance(network, LinearSkip):
        return {}
    coefficients, intercept = ridge(examples, network.n_steps)
    return {
        "linear_coefficients": coefficients,
        "linear_intercept": intercept,
        "outputs/kernel": np.zeros(()),
    }


def ridge(examples: Examples, n_steps: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the ridge regression of targets on the latest ``n_steps`` steps of sequences.

    Returns
    -------
    coefficients : ndarray of shape (n_steps, n_features, n_outputs)
        Coefficients of scaled steps; the first step of a shorter sequence also stands for those
        before it, except where sequences are padded on the left.
    intercept : ndarray of shape (n_outputs,)
        Intercept, which is not penalized.

    References
    ----------
    Hoerl and Kennard (1970), doi:10.1080/00401706.1970.10488634.
    """
    weights = examples.weights / examples.weights.mean()
    n_features = 0
    products: Any = 0.0
    for start in range(0, len(examples), _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, len(examples)))
        x, lengths = examples.inputs.batch(rows, n_steps)
        if not examples.inputs.at_end:
            steps = np.maximum(np.arange(-n_steps, 0) + lengths[:, None], 0)
            x = np.take_along_axis(x, steps[..., None], axis=1)
        n_features = x.shape[-1]
        y = np.asarray(examples.targets[rows], dtype=np.float64)
        table = np.column_stack([np.ones(len(rows)), x.reshape(len(rows), -1), y])
        table *= np.sqrt(weights[rows])[:, None]
        products = products + table.T @ table
    mean, total = products[0, 1:] / products[0, 0], products[0, 0]
    centered = products[1:, 1:] - total * np.outer(mean, mean)
    n_inputs = n_steps * n_features
    gram, cross = centered[:n_inputs, :n_inputs], centered[:n_inputs, n_inputs:]
    gram[np.diag_indices(n_inputs)] += PENALTY
    coefficients = linalg.solve(gram, cross, assume_a="pos")
    intercept = mean[n_inputs:] - mean[:n_inputs] @ coefficients
    return coefficients.reshape(n_steps, n_features, -1), intercept
