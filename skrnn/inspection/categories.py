"""Categorical channels among the steps of sequences: their values, and what replaces them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn._conversion import as_numbers
from skrnn._validation import Floats
from skrnn.sequences.categories import Categories


def with_values(steps: Floats, categories: Categories) -> NDArray[Any]:
    """Return steps with categories in place of codes, as objects if some are texts."""
    if not categories.columns:
        return steps
    is_text = any(values.dtype.kind == "U" for values in categories.values)
    table: NDArray[Any] = steps.astype(object) if is_text else steps.copy()
    for column, values in zip(categories.columns, categories.values, strict=True):
        codes = steps[:, column]
        is_missing = np.isnan(codes)
        table[~is_missing, column] = values[codes[~is_missing].astype(np.int64) - 1]
    return table


def with_dtypes(X: Any) -> Any:
    """Return frames of objects with a dtype of numbers for columns that hold numbers."""
    if isinstance(X, pd.DataFrame):
        return X.infer_objects()
    if isinstance(X, list | tuple) and any(isinstance(part, pd.DataFrame) for part in X):
        return type(X)(map(with_dtypes, X))
    return X


def averages(steps: Floats, categories: Categories) -> Floats:
    """Return the mean of each channel and, of a categorical one, the code of the most frequent."""
    is_observed = ~np.isnan(steps)
    total = np.where(is_observed, steps, 0.0).sum(axis=0, dtype=np.float64)
    n_observed = is_observed.sum(axis=0)
    means: Floats = np.where(n_observed > 0, total / np.maximum(n_observed, 1), np.nan)
    for column in categories.columns:
        codes = steps[is_observed[:, column], column]
        if len(codes):
            means[column] = np.bincount(codes.astype(np.int64)).argmax()
    return means


def baseline_of(given: Any, n_features: int, categories: Categories) -> Floats:
    """Return a baseline as one number for all channels, or one number or code for each.

    Raises
    ------
    ValueError
        If there are neither one value nor one for each channel, or a categorical channel has no
        such category.
    """
    values = np.asarray(given, dtype=object)
    if values.shape not in ((), (1,), (n_features,)):
        raise ValueError(
            f"baseline has the shape {values.shape}, and X {n_features} features a step; give one "
            "number, or one for each feature."
        )
    if values.shape != (n_features,) and categories.columns and not pd.isna(values).all():
        raise ValueError(
            f"baseline={given!r} was given, and X has categorical features; give a list with a "
            "number or a category for each feature, or None for the most frequent categories."
        )
    values = np.broadcast_to(values, (n_features,)).copy()
    for number, column in enumerate(categories.columns):
        values[column] = _code_of(values[column], categories.values[number], column)
    numbers: Floats = np.asarray(as_numbers(values, "baseline"), dtype=np.float64)
    return numbers


def _code_of(value: Any, categories: NDArray[Any], column: int) -> float:
    """Return the code of a category, NaN for a missing one."""
    if pd.isna(value):
        return np.nan
    found = np.flatnonzero(categories == value)
    if not len(found):
        raise ValueError(
            f"baseline has {value!r} for feature {column}, which has the categories "
            f"{categories.tolist()} in X; give one of them."
        )
    return float(found[0] + 1)
