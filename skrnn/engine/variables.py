"""Keras variables as numpy arrays."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn.networks.carrying import CARRIED


def is_seed(variable: Any) -> bool:
    """Say whether a variable is the state of a seed generator."""
    return bool(variable.name == "seed_generator_state")


def is_carried(variable: Any) -> bool:
    """Say whether a variable holds states that training carries from batch to batch."""
    return bool(variable.name == CARRIED)


def values_of(variables: Iterable[Any]) -> list[NDArray[Any]]:
    """Return copies of the values of Keras variables."""
    return [to_numpy(variable.value) for variable in variables]


def to_numpy(tensor: Any) -> NDArray[Any]:
    """Return a copy of a tensor of the backend."""
    from keras import ops

    return np.array(ops.convert_to_numpy(tensor))
