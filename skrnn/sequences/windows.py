"""Windows of a long series, as positions in it and without copies."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn._compat.sklearn import array_namespace
from skrnn._validation import Floats
from skrnn.parameters import integers, require
from skrnn.sequences.stored_rows import is_stored, rows_of_table
from skrnn.sequences.table import Sequences
from skrnn.sequences.window_checks import as_integers, check_counts, check_places, check_series


@dataclass(frozen=True, eq=False, repr=False)
class Windows:
    """Windows of a series, array-like of shape (n_windows, window_length, n_features), not copied.

    Only the series and the end of each window are stored, after indexing and pickling, too;
    estimators gather one batch at a time. ``np.asarray`` returns the windows as a 3-D array, with
    NaN for steps before the start of the series.

    Parameters
    ----------
    series : ndarray of shape (n_rows, n_features), or rows on disk
        Rows of the series: an array of floats, or what `make_windows` leaves on disk.
    ends : ndarray of int of shape (n_windows,)
        Row of the last step of each window.
    lengths : ndarray of int of shape (n_windows,)
        Number of steps of each window, at most ``window_length``.
    window_length : int
        Steps of a complete window.
    sampling_rate : int, default=1
        Rows between successive steps of a window.
    target_reach : int, default=0
        Rows of the target beyond the one that follows the window, if known.
    feature_names : tuple of str or None, default=None
        Names of the features.
    index : Index of shape (n_windows,) or None, default=None
        Label of the last row of each window, from a pandas index.
    times : ndarray of float of shape (n_windows,) or None, default=None
        Time of the last step of each window, in units of the usual time step, for windows of
        several series in one table; None orders windows by their rows.

    Raises
    ------
    TypeError
        If row numbers are not integers, or the series does not hold floats.
    ValueError
        If the series is not 2-D, or a window reaches beyond it.

    See Also
    --------
    make_windows : Cut a series into windows and their targets.
    SlidingWindow : One window for each row of a series, in a pipeline.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import make_windows
    >>> windows, y = make_windows(np.arange(6.0), window_length=3)
    >>> windows
    Windows(3 windows of 3 steps x 1 feature, over 6 rows)
    >>> np.asarray(windows)[:, :, 0]
    array([[0., 1., 2.],
           [1., 2., 3.],
           [2., 3., 4.]])
    >>> y
    array([3., 4., 5.])
    """

    series: Floats
    ends: NDArray[np.int64]
    lengths: NDArray[np.int64]
    window_length: int
    sampling_rate: int = 1
    target_reach: int = 0
    feature_names: tuple[str, ...] | None = None
    index: pd.Index | None = None
    times: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        for name, least in (("window_length", 1), ("sampling_rate", 1), ("target_reach", 0)):
            require(integers(least), name, getattr(self, name), "Windows")
        if is_stored(self.series):
            vars(self).update(series=rows_of_table(self.series, "the series of Windows"))
        ends, lengths = as_integers(self.ends, "ends"), as_integers(self.lengths, "lengths")
        vars(self).update(ends=ends, lengths=lengths)
        check_series(self.series, self.feature_names)
        check_counts(len(ends), lengths=lengths, index=self.index, times=self.times)
        check_places(ends, lengths, len(self.series), self.window_length, self.sampling_rate)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Return (n_windows, window_length, n_features)."""
        return len(self.ends), self.window_length, int(self.series.shape[1])

    @property
    def ndim(self) -> int:
        """Return 3."""
        return 3

    @property
    def dtype(self) -> np.dtype[Any]:
        """Return the dtype of the series."""
        return self.series.dtype

    @property
    def span(self) -> int:
        """Return the number of rows that a complete window spans."""
        return (self.window_length - 1) * self.sampling_rate + 1

    def __len__(self) -> int:
        return len(self.ends)

    def __iter__(self) -> Iterator[Floats]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, key: Any) -> Any:
        """Return Windows for a slice, a mask or an array of numbers, and an array otherwise.

        ``windows[i]`` is one window without missing steps, of shape (n_steps_i, n_features);
        ``windows[rows, a, b]`` is ``np.asarray(windows[rows])[:, a, b]``.
        """
        rows, *rest = (key or (None,)) if isinstance(key, tuple) else (key,)
        whole = rows is None or rows is Ellipsis or isinstance(rows, bool | np.bool_)
        if whole or np.ndim(rows) > 1:
            return np.asarray(self)[key]
        ends, lengths = self.ends[rows], self.lengths[rows]
        if np.ndim(ends) == 0 and all(part is Ellipsis for part in rest):
            first = ends - (lengths - 1) * self.sampling_rate
            return self.series[first : ends + 1 : self.sampling_rate]
        taken = self._taken(rows, np.atleast_1d(ends), np.atleast_1d(lengths))
        if all(part is Ellipsis for part in rest):
            return taken
        return np.asarray(taken)[(slice(None) if np.ndim(ends) else 0, *rest)]

    def _taken(self, rows: Any, ends: NDArray[np.int64], lengths: NDArray[np.int64]) -> Windows:
        """Return the windows at ``rows``, which are not checked again."""
        taken = copy(self)  # as a pickle does, it calls no constructor
        vars(taken).update(ends=ends, lengths=lengths)
        if self.index is not None or self.times is not None:
            at = np.atleast_1d(np.arange(len(self))[rows])
            index = None if self.index is None else self.index.take(at)
            vars(taken).update(index=index, times=None if self.times is None else self.times[at])
        return taken

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError("windows are copied when they become an array; pass copy=None.")
        values, real = self.sequences().gather(
            np.arange(len(self)), self.window_length, at_end=True
        )
        values[~real] = np.nan
        return values if dtype is None else values.astype(dtype)

    def __repr__(self) -> str:
        n_windows, n_steps, n_features = self.shape
        return (
            f"Windows({n_windows} windows of {n_steps} steps x {n_features} "
            f"feature{'s' * (n_features != 1)}, over {len(self.series)} rows)"
        )

    def take(self, indices: Any, axis: int = 0, out: None = None, mode: str = "raise") -> Windows:
        """Return the Windows at ``indices``, like ``numpy.take``.

        Parameters
        ----------
        indices : array-like of int
            Windows to take.
        axis : int, default=0
            Has to be 0, the axis of the windows.
        out, mode
            Not used, present for numpy's signature.

        Returns
        -------
        Windows
            Windows of the same series.

        Raises
        ------
        ValueError
            If ``axis`` is not 0.
        """
        if axis != 0:
            raise ValueError(f"axis={axis} was given; Windows are taken along axis 0.")
        # scikit-learn 1.7 passes slices.
        return self[indices if isinstance(indices, slice) else np.atleast_1d(indices)]

    def __array_namespace__(self, api_version: str | None = None) -> Any:
        """Return numpy, for scikit-learn's array API dispatch."""
        return array_namespace(self.series)

    @property
    def device(self) -> str:
        """Return "cpu", as numpy's arrays do."""
        return "cpu"

    def flat(self) -> NDArray[Any]:
        """Return the windows as a 2-D array, (n_windows, window_length * n_features).

        Steps from the oldest to the latest, each with all of its features, as named by
        ``SlidingWindow.get_feature_names_out``; NaN for missing steps.

        Returns
        -------
        ndarray of shape (n_windows, window_length * n_features)
            A copy.
        """
        n_windows, n_steps, n_features = self.shape
        return np.asarray(self).reshape(n_windows, n_steps * n_features)

    def sequences(self) -> Sequences:
        """Return the windows as sequences over the series."""
        return Sequences(
            steps=self.series,
            starts=self.ends - (self.lengths - 1) * self.sampling_rate,
            lengths=self.lengths,
            stride=self.sampling_rate,
            window=self.window_length,
            reach=max(self.span - 1, self.target_reach),
            ends_at=self.times,
        )

    def header(self) -> pd.DataFrame | None:
        """Return an empty DataFrame with the names of the features, if they have names."""
        return None if self.feature_names is None else pd.DataFrame(columns=self.feature_names)


def windows_at(
    series: Floats,
    rows: NDArray[np.int64],
    begins: NDArray[np.int64],
    window_length: int,
    sampling_rate: int,
    **about: Any,
) -> Windows:
    """Return the windows that end at ``rows``; none reaches over a row where a part begins.

    ``about`` are further attributes of the windows.
    """
    first = begins[np.searchsorted(begins, rows, side="right") - 1]
    lengths = np.minimum(window_length, (rows - first) // sampling_rate + 1)
    return Windows(series, rows, lengths, window_length, sampling_rate, **about)


def checked_span(n_rows: int, window_length: int, sampling_rate: int) -> int:
    """Return how many rows a window reaches over, or raise ValueError if there are fewer."""
    span = (window_length - 1) * sampling_rate + 1
    if span > n_rows:
        raise ValueError(
            f"window_length={window_length} with sampling_rate={sampling_rate} reaches over "
            f"{span} rows, and the series has n_samples={n_rows}; take a shorter window, or "
            "give more rows."
        )
    return span


def text_names(names: Any) -> tuple[str, ...] | None:
    """Return names of columns if there are some and all are strings, as scikit-learn does."""
    if names is None or len(names) == 0:
        return None
    return tuple(names) if all(isinstance(name, str) for name in names) else None
