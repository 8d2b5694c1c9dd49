"""Reading of a single step of a stream, by name or position."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn._conversion import as_numbers, is_ragged
from skrnn.sequences.categories import UNKNOWN, Categories

#: Types without feature names; a quick check, since it is made at every step.
UNNAMED = frozenset({np.ndarray, list, tuple, float, int, str})


def feature_names(estimator: Any, n_features: int) -> list[str] | None:
    """Return the names of the features of a step, or None if the fit had none.

    The columns of a 2-D X of flattened sequences are not features of a step.
    """
    names = getattr(estimator, "feature_names_in_", None)
    return None if names is None or len(names) != n_features else list(names)


def in_order(
    x: Any,
    names: list[str] | None,
    n_streams: int | None,
    convert: Callable[[Any, str], Any] | None = None,
) -> Any:
    """Return the values of a step, in the order of the fit if it has names.

    Parameters
    ----------
    x : dict, named tuple, Series, DataFrame or any other
        Step; a DataFrame has one row per stream.
    names : list of str or None
        The names of the fit.
    n_streams : int or None
        Number of streams, or None.
    convert : callable, optional
        Returns the values of a name as numbers.

    Raises
    ------
    ValueError, TypeError
        If names are missing, unknown or repeated, or the fit had no names.
    """
    given = _names_of(x)
    if given is None:
        return x
    if names is None:
        if not isinstance(x, Mapping | tuple):
            return np.asarray(x) if n_streams is not None else _one_row(np.asarray(x))
        raise TypeError(
            f"the step has the names {reprlib.repr(given)}, and the estimator was fitted on "
            "features without names; give their values in order, as an array."
        )
    if sorted(given) != sorted(names):
        missing, unknown = (sorted(set(a) - set(b)) for a, b in ((names, given), (given, names)))
        raise ValueError(
            f"the step has the names {given}, and the features of the fit are {names}: "
            f"{missing or 'none'} missing, {unknown or 'none'} unknown; give each of them once."
        )
    if hasattr(x, "_asdict"):
        x = x._asdict()
    try:
        values = np.stack([(convert or _values_of)(x[name], name) for name in names], axis=-1)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"the features of the step {reprlib.repr(x)} do not go together ({error}); give one "
            "number for each."
        ) from error
    return values if n_streams is not None else _one_row(values)


def numbers(values: Any) -> NDArray[np.float64]:
    """Return a step as numbers, NaN for masked or missing values.

    Raises
    ------
    ValueError
        If it holds anything else.
    """
    try:
        # Fast path for lists, since this runs at every step.
        array = np.asarray(values) if type(values) in (list, tuple) else values
    except ValueError:
        array = None
    array = None if is_ragged(array) else as_numbers(array, "the step")
    if not isinstance(array, np.ndarray):  # None, sequences, or a sparse matrix
        raise ValueError(
            f"the step is {reprlib.repr(values)}; give one number for each feature, NaN for one "
            "that is missing."
        )
    return array.astype(np.float64, copy=False)


def cells(values: Any) -> NDArray[Any]:
    """Return a step as numbers, or as objects if it holds texts."""
    array = np.asarray(values, dtype=object)
    has_texts = any(isinstance(one, str) for one in array.flat)
    return array if has_texts else numbers(values)


def as_cells(values: Any, _name: str) -> NDArray[Any]:
    """Return the values of a name in a step as objects, so that texts go beside numbers."""
    return np.asarray(values, dtype=object)


class CategoricalSteps:
    """Reader of steps with categories, which become their codes.

    Parameters
    ----------
    categories : Categories
        Categories of the fit.
    names : list of str or None
        Names of the features in the fit.
    """

    def __init__(self, categories: Categories, names: list[str] | None) -> None:
        self._categories, self._names = categories, names
        self._codes = [
            {category: code for code, category in enumerate(values.tolist(), UNKNOWN + 1)}
            for values in categories.values
        ]

    def __call__(self, x: Any, n_streams: int | None) -> Any:
        """Return the step of one or several streams in the order of the fit, with codes."""
        if type(x) not in UNNAMED and _names_of(x) is not None:
            return in_order(x, self._names, n_streams, self._values_of)
        table = np.array(x, dtype=object)
        if table.ndim == 0 or table.shape[-1] != self._categories.n_features:
            return table
        for column in self._categories.columns:
            table[..., column] = self._coded(column, table[..., column])
        return table

    def _values_of(self, values: Any, name: str) -> Any:
        column = (self._names or []).index(name)
        if column not in self._categories.columns:
            return _values_of(values, name)
        return self._coded(column, np.asarray(values, dtype=object))

    def _coded(self, column: int, values: Any) -> NDArray[np.float64]:
        number = self._categories.columns.index(column)
        known = self._codes[number]
        name = f"feature {self._names[column] if self._names else column!r} of the step"
        each = np.ravel(values)
        codes = [
            known[one] if one in known else self._categories.codes(number, [one], name)[0]
            for one in each.tolist()
        ]
        return np.reshape(codes, np.shape(values)).astype(np.float64)


def _values_of(values: Any, name: str) -> Any:
    """Return the value of a name in a step, one number or one per stream."""
    return values if isinstance(values, float | int) else as_numbers(values, f"{name!r} of a step")


def _names_of(x: Any) -> list[str] | None:
    """Return the names in a step, or None unless all are strings."""
    if isinstance(x, pd.Series | Mapping):
        found = list(x.keys())
    elif hasattr(x, "columns"):
        found = list(x.columns)
    else:
        found = list(getattr(x, "_fields", ()))
    return found if found and all(isinstance(name, str) for name in found) else None


def _one_row(values: NDArray[Any]) -> NDArray[Any]:
    """Return the only row of a step that came as a table."""
    return values[0] if values.ndim == 2 and len(values) == 1 else values
