"""Sliding windows: one for each row of a long series, inside a pipeline."""

from __future__ import annotations

import warnings
from typing import Any, Self, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils.validation import assert_all_finite, check_is_fitted

from skrnn._rollback import rollback_on_error
from skrnn._typing import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from skrnn._validation import Floats, check_table, check_width
from skrnn.parameters import (
    BOOLEAN,
    Parametrized,
    fitted,
    integers,
    one_of,
    parameter,
    reals,
    validate,
)
from skrnn.preprocessing.history import History
from skrnn.preprocessing.set_output import OwnOutput, as_names
from skrnn.sequences.frames import GROUPS_DOMAIN, TIME_DOMAIN, key_names, read_rows
from skrnn.sequences.series import TimedSeries
from skrnn.sequences.stored_rows import StoredRows
from skrnn.sequences.timeline import GAP_TOLERANCE, WHY_GAPS
from skrnn.sequences.times import warn_of_names
from skrnn.sequences.windows import Windows, checked_span, text_names, windows_at


class SlidingWindow(
    OwnOutput, TransformerMixin, BaseEstimator, Parametrized, auto_wrap_output_keys=None
):
    """Transform each row of a series into the window of rows that ends there.

    The number of rows is kept, so that pipelines, ``TimeSeriesSplit`` and searches of
    scikit-learn work as with any transformer: row t of X becomes the window of the rows t,
    t - sampling_rate, and so on. Windows at the start of the series are shorter sequences.
    Windows are views on the series, not copies: see `Windows`.

    If the rows of X continue the fitted rows, as in the test fold of ``TimeSeriesSplit``, the
    end of the fitted rows is their history. This is recognized by a pandas index of dates,
    periods or numbers, or by the column ``time`` of any data frame (pandas, polars, pyarrow,
    dask); transformers before a sliding window in a pipeline should therefore return data
    frames, as ``StandardScaler().set_output(transform="pandas")`` does. Plain arrays have no
    times: see ``continues``. ``groups`` separates several series in one table; each has its
    own order, gaps and history.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of str
        Names of the columns, if X was a DataFrame with string names.

    See Also
    --------
    make_windows : Cut a series into windows and their targets, outside a pipeline.
    Windows : Windows as positions in a series.

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
        default=1, domain=integers(1), doc="Rows between successive steps of a window."
    )
    continues: bool = parameter(
        default=False,
        domain=BOOLEAN,
        doc="""Treat the rows of every ``transform`` as following the fitted rows, whatever
        their index. Plain arrays get their history this way; do not use it for other rows,
        such as the fitted ones.""",
    )
    on_gap: str = parameter(
        default="restart",
        domain=one_of("restart", "ignore", "raise"),
        doc="""Handling of gaps, steps in time that are longer than the usual step of their
        series: "restart" lets no window span a gap, "ignore" joins the rows, "raise" raises an
        error.""",
    )
    gap_tolerance: float = parameter(
        default=GAP_TOLERANCE,
        domain=reals(0),
        doc="""Fraction of the usual step by which a step may be longer without being a gap,
        for clocks that jitter.""",
    )
    time: str | None = parameter(
        default=None,
        domain=TIME_DOMAIN,
        doc="""Column, or level of a pandas index, with the time of each row; it is not a
        feature. None uses a pandas index; other data frames then have no times.""",
    )
    groups: str | tuple[str, ...] | None = parameter(
        default=None,
        domain=GROUPS_DOMAIN,
        doc="""Column or columns, or levels of a pandas index, that identify the series of each
        row; they are not features. No window spans two groups, whose rows may interleave.
        Estimators then purge and validate by time over all groups.""",
    )
    incomplete: str = parameter(
        default="warn",
        domain=one_of("warn", "raise", "ignore"),
        doc="""Handling of windows in ``transform`` that lack steps because X is neither the
        fitted rows nor continues them.""",
    )
    _cut: tuple[int, int] = fitted()
    _columns: dict[str, Any] = fitted()
    _history: History = fitted()

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the usual step of the time index, and keep the end of the rows as history.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_rows, n_features), or Series
            Series, one row per time, in order of time.
        y : object, default=None
            Ignored.

        Returns
        -------
        self : object
            The fitted transformer.

        Raises
        ------
        ValueError
            If the window is longer than the series, the times are not increasing, or they have
            a gap with ``on_gap="raise"``.
        """
        self._fit(X)
        return self

    def fit_transform(self, X: Any, y: Any = None) -> Windows:
        """Fit, and return the windows of the fitted rows, without earlier history.

        Parameters
        ----------
        X, y
            As in ``fit``.

        Returns
        -------
        Windows
            One window per row.
        """
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
            One window per row, with history if X continues the fitted rows.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If a parameter was changed to a value that is not accepted, X has other columns than
            in ``fit``, times that are not accepted, or windows that lack steps with
            ``incomplete="raise"``.
        """
        check_is_fitted(self)
        validate(self)
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
            _report_incomplete(self.incomplete, int(is_short.sum()), windows)
        return windows

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the column names of ``Windows.flat``, such as load_lag_2 and load_lag_0.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns of X; None uses those of the fit.

        Returns
        -------
        ndarray of str of shape (window_length * n_features,)
            Names, with lags in rows.
        """
        check_is_fitted(self)
        given = as_names(input_features)
        if given is not None:
            others = {self._columns["time"], *key_names(self._columns["groups"])}
            given = [name for name in given if name not in others]
        names = OneToOneFeatureMixin.get_feature_names_out(self, given)  # type: ignore[arg-type]
        window_length, sampling_rate = self._cut
        lags = [step * sampling_rate for step in reversed(range(window_length))]
        return np.array([f"{name}_lag_{lag}" for lag in lags for name in names], dtype=object)

    @rollback_on_error
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
        if isinstance(rows.features, StoredRows):  # estimators check the values as they read them
            header = None if rows.names is None else pd.DataFrame(columns=rows.names)
            check_width(self, header, rows.features.shape[1], reset=reset)
            values = cast("Floats", rows.features)
        else:
            values = np.asarray(check_table(self, rows.features, reset=reset))
            assert_all_finite(values, allow_nan=True, estimator_name=type(self).__name__)
        series = TimedSeries.of(rows, values, self._columns["time"])
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


def _report_incomplete(incomplete: str, n_lacking: int, windows: Windows) -> None:
    """Warn, or raise ValueError, if windows lack steps of rows that were not passed."""
    if n_lacking == 0:
        return
    text = (
        f"{n_lacking} of {len(windows)} windows lack steps: these rows neither are the fitted "
        "ones nor continue them, and the rows before them were not passed. Pass the "
        f"{windows.span - 1} rows before them as well and drop their predictions (then "
        'incomplete="ignore" keeps this warning away), or set continues=True if they follow the '
        "fitted rows at once."
    )
    if incomplete == "raise":
        raise ValueError(text)
    warnings.warn(text, stacklevel=3)
