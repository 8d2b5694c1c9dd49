"""Forecasts beyond the horizon, in blocks that use the forecasts before them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skrnn.engine.batches import NetworkInputs
from skrnn.engine.compiled_model import CompiledModel
from skrnn.engine.training import predict
from skrnn.forecasting.tables import Rows, WindowTable
from skrnn.networks.wrappers.forecast import ForecastHead
from skrnn.preprocessing.scaling import AffineScaling
from skrnn.sequences import Sequences

#: Values gathered at a time, so that memory does not grow with the number of windows.
MOST_NUMBERS = 2**24


def roll(
    compiled: CompiledModel,
    table: WindowTable,
    head: ForecastHead,
    starts: Rows,
    n_ahead: int,
) -> NDArray[np.float64]:
    """Return the parameters of forecasts for the steps after windows, in scaled units.

    The windows are copied, and the values of the table after them are erased, so
    that no forecast can use them.

    Parameters
    ----------
    compiled : CompiledModel
        Compiled model with the weights of the fit.
    table : WindowTable
        Table with the known columns of all steps ahead.
    head : ForecastHead
        Distribution of each value.
    starts : ndarray of int of shape (n_windows,)
        First rows of the windows.
    n_ahead : int
        Steps to forecast; those beyond the horizon use the forecasts before them.

    Returns
    -------
    ndarray of float64 of shape (n_windows, n_ahead, n_targets, n_parameters)

    Raises
    ------
    ValueError
        If a forecast is NaN or infinite.
    """
    layout = table.layout
    n_rows = layout.window_length + -(-n_ahead // layout.horizon) * layout.horizon
    size = max(1, MOST_NUMBERS // (n_rows * layout.n_columns))
    parts = [
        _roll_part(compiled, table, head, starts[first : first + size], n_rows)[:, :n_ahead]
        for first in range(0, len(starts), size)
    ]
    return finite(np.concatenate(parts))


def finite(forecasts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return forecasts, or raise ValueError unless all are finite."""
    if not np.isfinite(forecasts).all():
        raise ValueError(
            "a forecast came out NaN or infinite: the values of a window, of y or of X, are too "
            "large or too far apart for a network, which computes in single precision; look for "
            "outliers, divide y by a power of ten, or take its logarithm."
        )
    return forecasts


def _roll_part(
    compiled: CompiledModel, table: WindowTable, head: ForecastHead, starts: Rows, n_rows: int
) -> NDArray[np.float64]:
    layout = table.layout
    length, horizon = layout.window_length, layout.horizon
    rows = np.minimum(starts[:, None] + np.arange(n_rows), len(table.steps) - 1)
    windows = table.steps[rows]
    values, observed = layout.columns("values"), layout.columns("observed")
    for unknown in (values, observed, layout.columns("past")):
        windows[:, length:, unknown] = 0.0
    steps = windows.reshape(-1, layout.n_columns)
    identity = AffineScaling.identity(layout.n_columns)
    blocks = []
    for begin in range(0, n_rows - length, horizon):
        begins = np.arange(len(starts)) * n_rows + begin
        sequences = Sequences(steps, begins, np.full(len(starts), layout.n_steps))
        outputs = predict(compiled, NetworkInputs(sequences, identity, indicator=False))
        shape = (len(starts), horizon, layout.n_targets, head.n_parameters)
        blocks.append(outputs.reshape(shape))
        ahead = slice(length + begin, length + begin + horizon)
        windows[:, ahead, values] = blocks[-1][..., head.center]
        windows[:, ahead, observed] = 1.0
    return np.concatenate(blocks, axis=1)
