"""Cutting of a series into all its complete windows and their targets, outside a pipeline."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any, NoReturn, cast

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_array
from sklearn.utils.validation import check_consistent_length

from skrnn._conversion import as_numbers, as_values, check_same_rows, column_names
from skrnn._validation import Floats
from skrnn.parameters import integers, one_of, reals, require
from skrnn.sequences.frames import GROUPS_DOMAIN, TIME_DOMAIN, Rows, read_rows
from skrnn.sequences.series import TimedSeries
from skrnn.sequences.stored_rows import StoredRows, is_stored, rows_of_table
from skrnn.sequences.timeline import GAP_TOLERANCE, WHY_GAPS, Calendar
from skrnn.sequences.times import warn_of_names
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
    time: str | None = None,
    groups: str | tuple[str, ...] | None = None,
    on_gap: str = "restart",
    gap_tolerance: float = GAP_TOLERANCE,
) -> tuple[Windows, NDArray[Any]]:
    """Cut a series into all its complete windows, each with its targets.

    Parameters
    ----------
    data : array-like or frame of shape (n_rows, n_features) or (n_rows,)
        Series, one row per time: an array, or a data frame of pandas, polars, pyarrow or dask.
        Datasets of pyarrow, and arrays of Zarr, h5py and Dask, stay on disk.
    targets : array-like of shape (n_rows,) or (n_rows, n_targets), str or int, default=None
        Target of each row of ``data``: an array, or a column of ``data``, by its name or, if
        columns have no names, its position. None is ``data`` itself.
    window_length : int
        Steps of a window.
    sampling_rate : int, default=1
        Rows between successive steps of a window.
    stride : int, default=1
        Rows between the starts of successive windows.
    delay : int, default=1
        Rows from the last row of a window to its first target: 1 is the next row.
    horizon : int, default=1
        Rows of targets for each window.
    time : str, default=None
        Column, or level of a pandas index, with the time of each row. None uses a pandas index;
        other data frames then have no times.
    groups : str or tuple of str, default=None
        Column or columns that identify the series of each row. No window, with its targets,
        spans two groups, whose rows may interleave.
    on_gap : {"restart", "ignore", "raise"}, default="restart"
        Handling of gaps, steps in time that are longer than the usual step of their series:
        "restart" lets no window, with its targets, span a gap, "ignore" joins the rows, "raise"
        raises an error.
    gap_tolerance : float, default=0.1
        Fraction of the usual step by which a step may be longer without being a gap.

    Returns
    -------
    windows : Windows
        Windows, for any estimator of this package, in the order of their last rows in ``data``.
        Only interleaved groups are copied, into a table in order of the groups.
    y : ndarray of shape (n_windows,) or (n_windows, horizon * n_targets)
        Targets of each window, row by row; 1-D for a single number per window.

    Raises
    ------
    ValueError
        If an argument is not accepted, the window is longer than the series, the targets lie
        beyond its end or contain infinity, times are not increasing, or a feature column holds
        dates or text.

    See Also
    --------
    SlidingWindow : One window for each row of a series, in a pipeline.
    Windows : Windows as positions in a series.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import make_windows
    >>> windows, y = make_windows(np.arange(100.0), window_length=24, delay=1, horizon=6)
    >>> windows.shape, y.shape
    ((71, 24, 1), (71, 6))
    """
    shape = Shape(window_length, sampling_rate, stride, delay, horizon)
    _check_columns(time, groups, on_gap, gap_tolerance)
    read = read_rows(data, time=time, groups=groups, name="data")
    series = _read_series(read, time)
    values = _read_targets(data, targets, read)
    check_consistent_length(series.values, values)
    calendar = None if series.times is None else Calendar.of(series.times, series.groups)
    late = series.gaps(calendar, on_gap, gap_tolerance)
    ends = _complete_ends(series, late, shape)
    late[series.groups.starts] = True
    rows = ends if series.groups.order is None else series.groups.order[ends]
    ends, rows = ends[np.argsort(rows, kind="stable")], np.sort(rows)
    times, asked = series.step_times(calendar), ends[:, None] + delay + np.arange(horizon)
    wanted = _without_infinity(series.groups.sort(values)[asked].reshape(len(ends), -1))
    windows = windows_at(
        series.values,
        ends,
        np.flatnonzero(late),
        window_length,
        sampling_rate,
        target_reach=max(0, shape.reach - 1, _reach_in_time(times, series, ends, shape.reach)),
        feature_names=_feature_names(data, read),
        index=None if series.labels is None else series.labels[rows],
        times=None if times is None else times[rows],
    )
    return windows, wanted[:, 0] if wanted.shape[1] == 1 else wanted


@dataclass(frozen=True)
class Shape:
    """Positions of windows and their targets in a series, in rows."""

    window_length: int
    sampling_rate: int
    stride: int
    delay: int
    horizon: int

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            require(integers(0 if name == "delay" else 1), name, value, "make_windows")

    @property
    def span(self) -> int:
        """Return the number of rows that a window spans."""
        return (self.window_length - 1) * self.sampling_rate + 1

    @property
    def reach(self) -> int:
        """Return the number of rows from the end of a window to its last target."""
        return self.delay + self.horizon - 1


def _check_columns(time: Any, groups: Any, on_gap: Any, gap_tolerance: Any) -> None:
    require(TIME_DOMAIN, "time", time, "make_windows")
    require(GROUPS_DOMAIN, "groups", groups, "make_windows")
    require(one_of("restart", "ignore", "raise"), "on_gap", on_gap, "make_windows")
    require(reals(0), "gap_tolerance", gap_tolerance, "make_windows")


def _read_series(rows: Rows, time: Any) -> TimedSeries:
    """Return a series in order of its groups."""
    if isinstance(rows.features, StoredRows):
        return TimedSeries.of(rows, cast("Floats", rows.features), time, "data")
    values = as_numbers(rows.features, "data")
    if getattr(values, "ndim", None) == 1:
        values = values.reshape(-1, 1)
    floats = [np.float64, np.float32]
    checked = check_array(values, dtype=floats, ensure_all_finite="allow-nan", input_name="data")
    if rows.has_names:
        warn_of_names(rows.labels, "data", stacklevel=3)
    return TimedSeries.of(rows, np.asarray(checked), time, "data")


def _feature_names(data: Any, rows: Rows) -> tuple[str, ...] | None:
    """Return the names of the features of a table."""
    has_names = hasattr(type(data), "columns") or isinstance(rows.features, StoredRows)
    return text_names(rows.names) if has_names else None


def _complete_ends(series: TimedSeries, late: NDArray[np.bool_], shape: Shape) -> NDArray[np.int64]:
    """Return where windows end that are complete with their targets.

    Strides count from the first row of each group.
    """
    sizes, span = series.groups.sizes, shape.span
    checked_span(int(sizes.max()), shape.window_length, shape.sampling_rate)
    counts = np.maximum((sizes - shape.reach - span) // shape.stride + 1, 0)
    number = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    possible = np.repeat(series.groups.starts + span - 1, counts) + shape.stride * number
    gaps = np.flatnonzero(late)  # no array has an element for each row, which may be on disk
    n_before = np.searchsorted(gaps, possible - span + 1, side="right")
    ends = possible[np.searchsorted(gaps, possible + shape.reach, side="right") == n_before]
    if len(ends) == 0:
        _fail_short(shape, int(sizes.max()), is_cut=len(possible) > 0)
    if len(ends) < len(possible) / 2:
        warnings.warn(
            f"the times have {late.sum()} gaps, so that only {len(ends)} of {len(possible)} "
            f"windows are complete with their targets: {WHY_GAPS}",
            stacklevel=3,
        )
    return ends


def _reach_in_time(
    times: NDArray[np.float64] | None, series: TimedSeries, ends: NDArray[np.int64], reach: int
) -> int:
    """Return how many steps after the window's next one its last target may lie."""
    if times is None:
        return 0
    ordered = series.groups.sort(times)
    return math.ceil((ordered[ends + reach] - ordered[ends]).max()) - 1


def _without_infinity(targets: NDArray[Any]) -> NDArray[Any]:
    """Return targets (n_windows, n), NaN included; raise ValueError if they hold infinity."""
    if targets.dtype.kind == "f" and np.isinf(targets).any():
        window = int(np.flatnonzero(np.isinf(targets).any(axis=1))[0])
        raise ValueError(
            f"the targets contain infinity, the first time those of window {window}; correct it in "
            "the series, or replace it by NaN."
        )
    return targets


def _read_targets(data: Any, targets: Any, rows: Rows) -> NDArray[Any] | StoredRows:
    """Return the targets of all rows of data."""
    if targets is None:
        if isinstance(rows.features, StoredRows):
            return rows.features
        return np.asarray(as_numbers(rows.features, "data"))
    if is_stored(targets):
        return rows_of_table(targets, "targets")
    table = data if rows.names is None else rows.features  # a lazy frame is read once
    names = rows.names or column_names(data) or []
    if isinstance(targets, str) or np.isscalar(targets):
        if not names and isinstance(targets, int | np.integer):
            return _column(rows.features, int(targets))
        if targets not in names:
            raise ValueError(
                f"targets={targets!r} was given to make_windows, and data has "
                f"{f'the columns {names}' if names else 'no named columns'}; give a column's "
                "name, or an array of targets."
            )
        if isinstance(rows.features, StoredRows):
            return rows.features.column(names.index(targets))
        return as_values(table[targets], "targets")
    check_same_rows(data, targets, "targets", "data")
    return as_values(targets, "targets")


def _column(features: Any, number: int) -> Any:
    """Return a column of an array by its position."""
    table = features if isinstance(features, StoredRows) else as_numbers(features, "data")
    n_columns = table.shape[1] if table.ndim == 2 else 1
    if not 0 <= number < n_columns:
        raise ValueError(
            f"targets={number} was given to make_windows, and data has {n_columns} column(s) "
            "without names; give the position of one, from 0 on, or an array of targets."
        )
    if isinstance(table, StoredRows):
        return table.column(number)
    return table[:, number] if table.ndim == 2 else table


def _fail_short(shape: Shape, n_rows: int, *, is_cut: bool) -> NoReturn:
    total = shape.span + shape.reach
    rows = (
        f"no {total} rows follow each other without a gap in the times of data"
        if is_cut
        else f"the series has {n_rows}"
    )
    raise ValueError(
        f"a window of {shape.span} rows with delay={shape.delay} and horizon={shape.horizon} "
        f"reaches over {total} rows, and {rows}; give more rows, or a shorter window_length, "
        f"delay or horizon{', or a greater gap_tolerance if the clock jitters' if is_cut else ''}."
    )
