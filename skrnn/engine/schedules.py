"""Learning-rate schedules: the learning rate at each training step."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

#: Function from step number and steps per epoch to a learning rate.
Rate = Callable[[int, int], float]


def schedule(kind: Any, initial: float, epochs: int) -> Rate:
    """Return the learning-rate schedule of a fit.

    Parameters
    ----------
    kind : "cosine", None or callable
        As the ``learning_rate_schedule`` parameter of the estimators.
    initial : float
        Learning rate of the first step.
    epochs : int
        Maximum number of epochs.
    """
    if kind == "cosine":
        return cosine(initial, epochs)
    if kind is None:
        return constant(initial)
    return lambda step, _n_batches: _checked(kind(step), step)


def _checked(rate: Any, step: int) -> float:
    """Return the learning rate of a user's schedule at a step.

    Raises
    ------
    TypeError
        If it is not a number.
    FloatingPointError
        If it is NaN, infinite or negative.
    """
    fault = f"for step {step}; it has to return a finite learning rate of 0 or more."
    try:
        number = float(rate)
    except (TypeError, ValueError) as error:
        raise TypeError(f"learning_rate_schedule returned {rate!r} {fault}") from error
    if not 0 <= number < math.inf:
        raise FloatingPointError(f"learning_rate_schedule returned {number} {fault}")
    return number


def cosine(initial: float, epochs: int) -> Rate:
    """Return a schedule that decays from ``initial`` to zero along half a cosine.

    Source: Loshchilov and Hutter (2017), arXiv:1608.03983, without restarts.
    """
    return lambda step, n_batches: (
        initial * 0.5 * (1 + math.cos(math.pi * step / max(1, epochs * n_batches)))
    )


def constant(initial: float) -> Rate:
    """Return a schedule that stays at ``initial``."""
    return lambda _step, _n_batches: initial
