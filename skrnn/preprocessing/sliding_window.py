"""From rows of a long series to one window for each row, inside a pipeline."""

from __future__ import annotations

import warnings
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import (
    _check_feature_names_in,
    assert_all_finite,
    check_is_fitted,
)

from skrnn._all_or_nothing import all_or_nothing
from skrnn._parameters import (
    BOOLEAN,
    Parametrised,
    fitted,
    integers,
    one_of,
    parameter,
    reals,
    validate,
)
from skrnn._validation import Floats, check_table
from skrnn.preprocessing.history import History, report_incomplete
from skrnn.preprocessing.output import OwnOutput, as_names
from skrnn.sequences.frames import GROUPS_DOMAIN, TIME_DOMAIN, key_names, read_rows
from skrnn.sequences.series import TimedSeries
from skrnn.sequences.timeline import GAP_TOLERANCE, WHY_GAPS
from skrnn.sequences.times import warn_of_names
from skrnn.sequences.windows import Windows, checked_span, text_names, windows_at


class SlidingWindow(
    OwnOutput, TransformerMixin, BaseEstimator, Parametrised, auto_wrap_output_keys=None
):
    """Turn each row of a series into the window of rows that ends there.

    The number of rows is kept, so that pipelines, ``TimeSeriesSplit`` and searches of
    scikit-learn work as with any transformer: row t of X becomes the window of the rows t,
    t - sampling_rate, and so on. Steps before the first row are absent, which makes a
    shorter sequence. Nothing is copied: see `Windows`.

    Rows that continue those of the fit, such as the test fold of ``TimeSeriesSplit``, get the
    end of the fitted rows as their history. Whether they do is seen from a pandas index of
    dates, periods or numbers, or by the column ``time`` of any frame (pandas, polars, pyarrow,
    dask); steps before a sliding window in a pipeline should therefore keep frames, as
    ``StandardScaler().set_output(transform="pandas")`` does. Plain arrays have no times: see
    ``continues``. Several series in one table are told apart by ``groups``; each has its own
    order, gaps and history.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    n_features_in_ : int
        Columns of X.

    feature_names_in_ : ndarray of str
        Names of the columns, where X was a DataFrame with string names.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from skrnn import SlidingWindow
    >>> series = pd.DataFrame({"load": np.arange(6.0)})
    >>> window = SlidingWindow(3).fit(series[:4])
    >>> np.asarray(window.transform(series[:4]))[:, :, 0]
    array([[nan, nan,  0.],
           [nan,  0.,  1.],
           [ 0.,  1.,  2.],
           [ 1.,  2.,  3.]])
    >>> np.asarray(window.transform(series[4:]))[:, :, 0]  # rows 2 and 3 are its history
    array([[2., 3., 4.],
           [3., 4., 5.]])
    """

    window_length: int = parameter(
        domain=integers(1), kw_only=False, doc="Steps of a complete window."
    )
    sampling_rate: int = parameter(
        default=1, domain=integers(1), doc="Rows from one step of a window to the next."
    )
    continues: bool = parameter(
        default=False,
        domain=BOOLEAN,
        doc="""Take the rows of every ``transform`` as those that follow the fitted ones,
        whatever their index says. This is how plain arrays get their history; it is wrong
        for rows that stand elsewhere, such as the fitted rows themselves.""",
    )
    on_gap: str = parameter(
        default="restart",
        domain=one_of("restart", "ignore", "raise"),
        doc="""What a gap in time does, a step longer than the usual one of its series.
        "restart" lets no window span it, "ignore" takes rows as they follow each other,
        "raise" refuses it.""",
    )
    gap_tolerance: float = parameter(
        default=GAP_TOLERANCE,
        domain=reals(0),
        doc="""The share of the usual step by which a step may be longer and is no gap, for
        clocks that jitter.""",
    )
    time: str | None = parameter(
        default=None,
        domain=TIME_DOMAIN,
        doc="""The column, or the level of a pandas index, that holds the time of each row; it
        is no feature. None takes a pandas index; other frames have no times then.""",
    )
    groups: str | tuple[str, ...] | None = parameter(
        default=None,
        domain=GROUPS_DOMAIN,
        doc="""The column or columns (or levels of a pandas index) that tell which series a row
        belongs to; they are no features. No window holds rows of two groups, whose rows may
        interleave. An estimator then purges and validates by time over all groups.""",
    )
    incomplete: str = parameter(
        default="warn",
        domain=one_of("warn", "raise", "ignore"),
        doc="""What ``transform`` does about windows that lack steps because the rows before
        were not passed: X neither are the fitted rows nor continue them.""",
    )
    _cut: tuple[int, int] = fitted()
    _columns: dict[str, Any] = fitted()
    _history: History = fitted()

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the usual step of the time index, and keep the end of the rows as history.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_rows, n_features), or Series
            The series, one row for each time, in order of time.
        y : object, default=None
            Ignored.

        Returns
        -------
        self : object
            The fitted transformer.

        Raises
        ------
        ValueError
            If the window is longer than the series, the time index falls or repeats, or it
            has a gap under ``on_gap="raise"``.
        """
        del y
        self._fit(X)
        return self

    def fit_transform(self, X: Any, y: Any = None) -> Windows:
        """Fit, and return the windows of the fitted rows, without any history before them.

        Parameters
        ----------
        X, y
            As in ``fit``.

        Returns
        -------
        Windows
            One window for each row.
        """
        del y
        return self._fit(X)

    def transform(self, X: Any) -> Windows:
        """Return the windows that end at the rows of X.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_rows, n_features)
            Rows in order of time.

        Returns
        -------
        Windows
            One window for each row, with history where X continues the fitted rows.

        Raises
        ------
        NotFittedError
            If there was no fit.
        ValueError
            If X has other columns than in ``fit``, times that are refused, or windows that lack
            steps under ``incomplete="raise"``.
        """
        check_is_fitted(self)
        series = self._read(X, reset=False)
        joined = self._history.join(
            series,
            continues=bool(self.continues),
            on_gap=self.on_gap,
            tolerance=float(self.gap_tolerance),
        )
        windows = self._windows(joined.values, joined.places, joined.begins, series)
        is_short = windows.lengths < windows.window_length
        if self.incomplete != "ignore" and is_short.any():
            is_short &= self._history.lacks_rows(series, joined)
            report_incomplete(self.incomplete, int(is_short.sum()), windows)
        return windows

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return names for the columns of ``Windows.flat``, such as load_lag_2 and load_lag_0.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns of X; None takes those of the fit.

        Returns
        -------
        ndarray of str of shape (window_length * n_features,)
            Lags are in rows.
        """
        check_is_fitted(self)
        given = as_names(input_features)
        if given is not None:
            others = {self._columns["time"], *key_names(self._columns["groups"])}
            given = [name for name in given if name not in others]
        names = _check_feature_names_in(self, given)
        window_length, sampling_rate = self._cut
        lags = [step * sampling_rate for step in reversed(range(window_length))]
        return np.array([f"{name}_lag_{lag}" for lag in lags for name in names], dtype=object)

    @all_or_nothing
    def _fit(self, X: Any) -> Windows:
        """Fit, and return the windows of the fitted rows."""
        validate(self)
        self._cut = int(self.window_length), int(self.sampling_rate)
        self._columns = {"time": self.time, "groups": self.groups}
        series = self._read(X, reset=True)
        groups = series.groups
        span = checked_span(int(groups.sizes.max()), *self._cut)
        self._history = History.of(series, span - 1)
        late = series.gaps(self._history.calendar, self.on_gap, float(self.gap_tolerance))
        self._warn_of_pieces(groups.sizes, late)
        late[groups.starts] = True
        return self._windows(series.values, groups.places(), np.flatnonzero(late), series)

    def _warn_of_pieces(self, sizes: NDArray[np.int64], late: NDArray[np.bool_]) -> None:
        """Warn if gaps keep most windows from being complete."""
        n_before = (self._cut[0] - 1) * self._cut[1]
        n_possible = np.maximum(sizes - n_before, 0).sum()
        n_gaps, starts = int(late.sum()), np.cumsum(sizes) - sizes
        begins = np.union1d(np.flatnonzero(late), starts)
        n_complete = np.maximum(np.diff(begins, append=len(late)) - n_before, 0).sum()
        if n_gaps and n_complete < n_possible / 2:
            warnings.warn(
                f"the times have {n_gaps} gaps, so that only {n_complete} of {len(late)} windows "
                f"are complete: {WHY_GAPS}",
                stacklevel=5,
            )

    def _read(self, X: Any, *, reset: bool) -> TimedSeries:
        """Return the rows of X, checked, in order of their groups."""
        if getattr(X, "ndim", 0) == 3:
            raise ValueError(
                f"X has 3 dimensions, {np.shape(X)}; SlidingWindow takes the rows of one series, "
                "(n_rows, n_features), and makes the windows itself: pass windows straight to "
                "the estimator."
            )
        rows = read_rows(X, **self._columns)
        values = check_table(self, rows.features, reset=reset)
        assert_all_finite(values, allow_nan=True, estimator_name=type(self).__name__)
        series = TimedSeries.of(rows, np.asarray(values), self._columns["time"])
        if reset and rows.has_names and not self.continues:
            warn_of_names(rows.labels, "X", stacklevel=5)
        return series

    def _windows(
        self,
        values: Floats,
        places: NDArray[np.int64],
        begins: NDArray[np.int64],
        series: TimedSeries,
    ) -> Windows:
        """Return a window for each row of a table."""
        names = text_names(getattr(self, "feature_names_in_", None))
        times = series.step_times(self._history.calendar)
        about = {"feature_names": names, "index": series.labels, "times": times}
        window_length, sampling_rate = self._cut
        return windows_at(values, places, begins, window_length, sampling_rate, **about)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
