"""Ridge regression of the targets on whole sequences, for the linear skip connection."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from skrnn.engine.batches import Examples
from skrnn.numpy_runtime.categories import one_hot_categories
from skrnn.preprocessing.subsets import stratified_sample

Floats = NDArray[np.float64]

#: L2 penalty, as scikit-learn's Ridge has it, on standardized features.
PENALTY = 10.0

#: Sequences that are read at once.
_BLOCK = 1024

#: Maximum number of multiplications, a few seconds on one core: of more sequences than these
#: allow, one of two is read, or one of three, and so on.
_MOST_PRODUCTS = 2**36


def ridge(
    examples: Examples, n_steps: int, categories: Mapping[int, int] | None = None
) -> tuple[Floats, Floats]:
    """Return the ridge regression of targets on the latest ``n_steps`` steps of sequences.

    Parameters
    ----------
    examples : Examples
        Sequences with their targets.
    n_steps : int
        Number of steps.
    categories : dict of int to int, optional
        Positions of codes, which become one-hot vectors after the other features, and their
        numbers of categories.

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
    read = partial(_table, examples, n_steps, categories or {})
    first, n_inputs = read(np.arange(min(_BLOCK, len(examples))))
    origin = np.concatenate([[0.0], first[:, 1:].mean(axis=0)])
    products = np.zeros((len(origin), len(origin)))
    one_of = math.ceil(len(examples) * products.size / _MOST_PRODUCTS)
    most = -(-len(examples) // one_of)
    some = stratified_sample(len(examples), most, examples.blocks())
    weights = examples.weights[some] / examples.weights[some].mean()
    for start in range(0, len(some), _BLOCK):
        block = slice(start, start + _BLOCK)
        table, _ = read(some[block])
        table = (table - origin) * np.sqrt(weights[block])[:, None]
        products += table.T @ table
    mean = products[0, 1:] / products[0, 0]
    centered = products[1:, 1:] - products[0, 0] * np.outer(mean, mean)
    mean += origin[1:]
    coefficients = _solve(centered[:n_inputs, :n_inputs], centered[:n_inputs, n_inputs:])
    intercept = mean[n_inputs:] - mean[:n_inputs] @ coefficients
    return coefficients.reshape(n_steps, -1, coefficients.shape[1]), intercept


def _table(
    examples: Examples, n_steps: int, categories: Mapping[int, int], rows: NDArray[np.int64]
) -> tuple[Floats, int]:
    """Return a column of ones, the values of sequences and their targets; the number of values."""
    x, lengths = examples.inputs.batch(rows, n_steps)
    if not examples.inputs.at_end:
        steps = np.maximum(np.arange(-n_steps, 0) + lengths[:, None], 0)
        x = np.take_along_axis(x, steps[..., None], axis=1)
    values = one_hot_categories(x, categories).reshape(len(rows), -1)
    targets = np.asarray(examples.targets[rows], dtype=np.float64)
    return np.column_stack([np.ones(len(rows)), values, targets]), values.shape[1]


def _solve(gram: Floats, cross: Floats) -> Floats:
    """Return the penalized solution of the normal equations."""
    gram[np.diag_indices_from(gram)] += PENALTY
    try:
        return np.asarray(linalg.cho_solve(linalg.cho_factor(gram), cross))
    except linalg.LinAlgError:  # rounding, where features that are not scaled are very large
        return np.asarray(np.linalg.lstsq(gram, cross, rcond=None)[0])
