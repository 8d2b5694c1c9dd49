"""From a series to all its complete windows and their targets, outside a pipeline."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_array
from sklearn.utils.validation import check_consistent_length

from skrnn._conversion import as_array, as_numbers, check_same_rows, column_names
from skrnn._parameters import integers, require
from skrnn._validation import Floats
from skrnn.sequences.timeline import Calendar, time_index
from skrnn.sequences.windows import Windows, checked_span, text_names, windows_at


def make_windows(
    data: Any,
    targets: Any = None,
    *,
    window_length: int,
    sampling_rate: int = 1,
    stride: int = 1,
    delay: int = 1,
    horizon: int = 1,
) -> tuple[Windows, NDArray[Any]]:
    """Return all complete windows of a series, each with the targets that come after it.

    Parameters
    ----------
    data : array-like or DataFrame of shape (n_rows, n_features) or (n_rows,)
        The series, one row for each time. No window spans a gap in a DataFrame's time index.
    targets : array-like of shape (n_rows,) or (n_rows, n_targets), or str, default=None
        What is to be predicted, row by row beside ``data``: an array, or the name of a column
        of ``data``. None takes ``data`` itself.
    window_length : int
        Steps of a window.
    sampling_rate : int, default=1
        Rows from one step of a window to the next.
    stride : int, default=1
        Rows from the start of one window to that of the next.
    delay : int, default=1
        Rows from the last row of a window to its first target: 1 is the next row.
    horizon : int, default=1
        How many rows of targets belong to a window.

    Returns
    -------
    windows : Windows
        The windows, for any estimator of this package; they copy nothing.
    y : ndarray of shape (n_windows,) or (n_windows, horizon * n_targets)
        The targets of each window: all of its first row, then all of the next. 1-D where
        there is one number for each window.

    Raises
    ------
    ValueError
        If an argument is not accepted, the window is longer than the series, the targets
        lie beyond its end, or its time index falls or repeats.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import make_windows
    >>> windows, y = make_windows(np.arange(100.0), window_length=24, delay=1, horizon=6)
    >>> windows.shape, y.shape
    ((71, 24, 1), (71, 6))
    """
    _check_arguments(window_length, sampling_rate, stride, horizon, delay)
    series, names, begins = _read_series(data)
    values = _read_targets(data, targets)
    check_consistent_length(series, values)
    span = checked_span(len(series), window_length, sampling_rate)
    reach = delay + horizon - 1
    ends = np.arange(span - 1, len(series) - reach, stride)
    first, last = (np.searchsorted(begins, ends + r, "right") for r in (1 - span, reach))
    ends = ends[first == last]
    if len(ends) == 0:
        _fail_short(span, delay, horizon, len(series))
    windows = windows_at(series, ends, begins, window_length, sampling_rate, names)
    wanted = values[ends[:, None] + delay + np.arange(horizon)].reshape(len(ends), -1)
    reached = replace(windows, target_reach=max(0, reach - 1))
    return reached, wanted[:, 0] if wanted.shape[1] == 1 else wanted


def _check_arguments(
    window_length: Any, sampling_rate: Any, stride: Any, horizon: Any, delay: Any
) -> None:
    positive = {
        "window_length": window_length,
        "sampling_rate": sampling_rate,
        "stride": stride,
        "horizon": horizon,
    }
    for name, value in positive.items():
        require(integers(1), name, value, "make_windows")
    require(integers(0), "delay", delay, "make_windows")


def _read_series(data: Any) -> tuple[Floats, tuple[str, ...] | None, NDArray[np.int64]]:
    """Return a series as floats, the names of its features, and the rows where parts begin."""
    index = time_index(data)
    names = column_names(data)
    data = as_numbers(data, "data")
    if getattr(data, "ndim", None) == 1:
        data = data.reshape(-1, 1)
    floats = [np.float64, np.float32]
    series = np.asarray(check_array(data, dtype=floats, ensure_all_finite=False, input_name="data"))
    begins = np.zeros(1, dtype=np.int64) if index is None else Calendar.of(index).begins(index)
    return series, text_names(names), begins


def _read_targets(data: Any, targets: Any) -> NDArray[Any]:
    """Return the targets of all rows of data."""
    if targets is None:
        return as_array(data, "data")
    names = column_names(data) or []
    if isinstance(targets, str) or np.isscalar(targets):
        if targets not in names:
            raise ValueError(
                f"targets={targets!r} was given to make_windows, and data has "
                f"{f'the columns {names}' if names else 'no named columns'}; give a column's "
                "name, or an array of targets."
            )
        return as_array(data[targets], "targets")
    check_same_rows(data, targets, "targets", "data")
    return as_array(targets, "targets")


def _fail_short(span: int, delay: int, horizon: int, n_rows: int) -> NoReturn:
    total = span + delay + horizon - 1
    rows = (
        f"the series has {n_rows}"
        if total > n_rows
        else f"no {total} rows follow each other without a gap in the index of data"
    )
    raise ValueError(
        f"a window of {span} rows with delay={delay} and horizon={horizon} reaches over "
        f"{total} rows, and {rows}; give more rows, or a shorter window_length, delay or horizon."
    )
