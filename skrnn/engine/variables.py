"""Keras variables as numpy arrays."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn.networks.wrappers.stateful import CARRIED_STATE


def is_carried(variable: Any) -> bool:
    """Return whether a variable has states that training carries from batch to batch."""
    return bool(variable.name == CARRIED_STATE)


def values_of(variables: Iterable[Any]) -> list[NDArray[Any]]:
    """Return copies of the values of Keras variables."""
    return [to_numpy(variable.value) for variable in variables]


def to_numpy(tensor: Any) -> NDArray[Any]:
    """Return a copy of a tensor of the backend."""
    from keras import ops

    return np.array(ops.convert_to_numpy(tensor))
