"""What a forecasting horizon of sktime asks for, in numbers of steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sktime.forecasting.base import ForecastingHorizon

from skrnn.forecasting.series import Series

Steps = NDArray[np.int64]


def steps_after(fh: ForecastingHorizon, cutoff: pd.Index) -> Steps:
    """Return how many steps after a cutoff each time of ``fh`` lies; zero or less before it."""
    steps: Steps = fh.to_relative(cutoff).to_numpy().astype(np.int64)
    return steps


def of_each_end(series: Sequence[Series], function: Callable[[pd.Index], Any]) -> list[Any]:
    """Return what a function makes of the last time of each series, each end looked at once."""
    made: dict[Any, Any] = {}
    found = []
    for one in series:
        end = one.index[-1:]
        key = end[0], getattr(end, "freq", None)
        if key not in made:
            made[key] = function(end)
        found.append(made[key])
    return found


def furthest_of(fh: ForecastingHorizon | None, cutoff: pd.Index) -> int | None:
    """Return how many steps the last time of ``fh`` lies after the cutoff, None if it does not."""
    last = 0 if fh is None else int(steps_after(fh, cutoff).max())
    return last if last > 0 else None


def ahead_of(fh: Any) -> NDArray[np.int64]:
    """Return the steps of a forecasting horizon, or raise ValueError if one is not ahead."""
    if fh is None:
        raise ValueError("no fh was given, here or in fit; give the steps to forecast.")
    horizon = ForecastingHorizon(fh) if not isinstance(fh, ForecastingHorizon) else fh
    steps = horizon.to_numpy() if horizon.is_relative else np.zeros(1)
    if steps.min() < 1:
        raise ValueError(f"fh={fh} has to be steps after each cutoff, such as [1, 2, 3].")
    return steps.astype(np.int64)
