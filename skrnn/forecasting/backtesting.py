"""Forecasts from many cutoffs of series in one pass, without training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn.forecasting.forecasts import Array, of_instances
from skrnn.forecasting.learning import Learned
from skrnn.forecasting.series import Series
from skrnn.forecasting.time_grid import alike
from skrnn.preprocessing.scaling import Standardiser


def cutoffs_of(one: Series, start: Any, n_ahead: int, step_length: int) -> NDArray[np.int64]:
    """Return the numbers of the times of a series that are cutoffs, from ``start`` on."""
    first = int(np.sum(_until(start, one.index))) - 1
    step = min(int(step_length), len(one))
    return np.arange(first, len(one) - n_ahead, step) if first >= 0 else np.empty(0, int)


def _until(start: Any, index: pd.Index) -> NDArray[np.bool_]:
    """Tell the times of an index that are no later than ``start``."""
    if not isinstance(start, str):
        (start,) = alike(pd.Index([start]), index, "start")
    try:
        return np.asarray(index <= start)  # pandas reads a text as a time of the index
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"start={start!r} was given to backtest, which is no time of y; give one, such as "
            f"{str(index[-1])!r}."
        ) from error


def forecasts_from(
    learned: Learned,
    weights: Any,
    units: Sequence[Series],
    scalings: Sequence[Standardiser],
    origins: NDArray[np.int64],
    steps: NDArray[np.int64],
) -> Array:
    """Return point forecasts (n_origins, n_steps, n_columns) of one instance, in scaled units.

    Parameters
    ----------
    learned, weights
        What was learnt.
    units, scalings : sequence
        The instance as the network sees it, whole or column by column, and their scalings.
    origins : ndarray of int
        The numbers of the last times that are seen.
    steps : ndarray of int
        Steps ahead, from 1.
    """
    table = learned.training_table(units, scalings)
    network = learned.network
    numbers = np.tile(np.arange(len(units)), len(origins))
    starts = table.starts(numbers, np.repeat(origins, len(units)))
    parameters = learned.rolled(weights, table, starts, int(steps.max()))
    points = parameters[:, steps - 1][..., [network.head.centre]]
    return of_instances(points, network.layout.n_channels)[..., 0]


def frame_of_cutoffs(
    values: Array, one: Series, origins: NDArray[np.int64], steps: NDArray[np.int64], names: Any
) -> pd.DataFrame:
    """Return values (n_origins, n_steps, n_columns) of an instance by its key, cutoff and time."""
    rows = (origins[:, None] + steps).ravel()
    levels: list[Any] = [
        *([part] * len(rows) for part in one.key),
        one.index[np.repeat(origins, len(steps))],
        one.index[rows],
    ]
    index = pd.MultiIndex.from_arrays(levels, names=[*names[:-1], "cutoff", names[-1] or "time"])
    return pd.DataFrame(values.reshape(-1, values.shape[-1]), index=index)
