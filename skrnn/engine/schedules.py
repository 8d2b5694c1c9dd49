"""Learning rates over the steps of a fit."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

#: From the number of a step and the number of steps in an epoch to a learning rate.
Rate = Callable[[int, int], float]


def schedule(kind: Any, initial: float, epochs: int) -> Rate:
    """Return the rates of a fit of ``epochs``.

    Parameters
    ----------
    kind : "cosine", None or callable
        As the ``schedule`` parameter of the estimators.
    initial : float
        The rate of the first step.
    epochs : int
        How many there will be at most.
    """
    if kind == "cosine":
        return cosine(initial, epochs)
    if kind is None:
        return constant(initial)
    return lambda step, _n_batches: _checked(kind(step), step)


def _checked(rate: Any, step: int) -> float:
    """Return the rate that a schedule of the user gave for a step.

    Raises
    ------
    TypeError
        If it is no number.
    FloatingPointError
        If it is NaN or infinite.
    """
    fault = f"for step {step}; it has to return a finite learning rate."
    try:
        number = float(rate)
    except (TypeError, ValueError) as error:
        raise TypeError(f"schedule returned {rate!r} {fault}") from error
    if not math.isfinite(number):
        raise FloatingPointError(f"schedule returned {number} {fault}")
    return number


def cosine(initial: float, epochs: int) -> Rate:
    """Fall from ``initial`` to zero along half a cosine, without restarts.

    Source: Loshchilov and Hutter (2017), arXiv:1608.03983.
    """
    return lambda step, n_batches: (
        initial * 0.5 * (1 + math.cos(math.pi * step / max(1, epochs * n_batches)))
    )


def constant(initial: float) -> Rate:
    """Keep the rate at ``initial``."""
    return lambda _step, _n_batches: initial
