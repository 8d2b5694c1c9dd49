"""Checks of the arguments of sktime's methods: a y in the wrong place, and probabilities."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
import pandas as pd

from skrnn.parameters import reals, require, tuples_of

Method = TypeVar("Method", bound=Callable[..., Any])

_LEVEL = reals(0, 1, closed="neither")
_LEVELS = _LEVEL | tuples_of(_LEVEL)


def takes_data(method: Method, *, needs_y: bool = False) -> Method:
    """Decorate a method to refuse a class or a single number as y, and None if y is needed."""

    @functools.wraps(method)
    def checked(forecaster: Any, y: Any = None, *args: Any, **kwargs: Any) -> Any:
        if isinstance(y, type):
            raise TypeError(f"y is the class {y.__name__}; give a Series or DataFrame.")
        if getattr(y, "ndim", 1) == 0:
            raise TypeError(f"y is a single number, {y!r}; give a Series or DataFrame.")
        if needs_y and y is None:
            raise ValueError("y is None; give a Series or DataFrame.")
        return method(forecaster, y, *args, **kwargs)

    return cast(Method, checked)


def requires_y(method: Method) -> Method:
    """Decorate a method to refuse a class or None as y."""
    return takes_data(method, needs_y=True)


def refuse_array_in_update(y: Any, cutoff: pd.Index) -> None:
    """Raise ValueError for an array, whose times are not known to follow the fit."""
    if isinstance(y, np.ndarray):
        raise ValueError(
            "y is an array, whose rows have no times, so that they would be taken for the "
            "first ones of the fit; give a Series or DataFrame with an index that continues "
            f"after {cutoff[0]}."
        )


def probabilities(levels: Any, name: str, owner: str) -> list[float]:
    """Return one or several probabilities as a list of floats.

    Raises
    ------
    ValueError
        If they are invalid; ``name`` and ``owner`` are the argument and the class in the message.
    """
    if isinstance(levels, np.ndarray | pd.Index | pd.Series):
        levels = levels.tolist()
    require(_LEVELS, name, levels, owner)
    return list(map(float, levels if isinstance(levels, list | tuple) else [levels]))
