"""From rows of a long series to one window for each row, inside a pipeline."""

from __future__ import annotations

import warnings
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import (
    _check_feature_names_in,
    assert_all_finite,
    check_is_fitted,
)

from skrnn._all_or_nothing import all_or_nothing
from skrnn._conversion import in_numpy_or_pandas
from skrnn._parameters import BOOLEAN, Parametrised, fitted, integers, one_of, parameter, validate
from skrnn._validation import Floats, check_table
from skrnn.preprocessing.output import OwnOutput
from skrnn.sequences.timeline import (
    Calendar,
    kind_of,
    one_after_the_other,
    rows_before,
    time_index,
)
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
    end of the fitted rows as their history. Whether they do is told by a pandas index of
    dates, periods or numbers; steps before a sliding window in a pipeline should therefore
    keep DataFrames, as ``StandardScaler().set_output(transform="pandas")`` does. Plain
    arrays have no index: see ``continues``.

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
        doc="""What a gap in the time index does, a step more than a tenth longer than the
        usual one. "restart" lets no window span it, "ignore" takes rows as they follow each
        other, "raise" refuses it.""",
    )
    _cut: tuple[int, int] = fitted()
    _tail: Floats = fitted()
    _tail_index: pd.Index | None = fitted()
    _calendar: Calendar | None = fitted()

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
        return self._windows(*self._fit(X), 0)

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
            If X has other columns than in ``fit``, or a time index that is refused.
        """
        check_is_fitted(self)
        series, index = self._read(X, reset=False)
        n_before = self._history(index)
        if n_before:
            history = self._tail[:n_before].astype(series.dtype, copy=False)
            series = np.concatenate([history, series])
        return self._windows(series, self._begins(index, n_before), n_before)

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
        names = _check_feature_names_in(self, input_features)
        window_length, sampling_rate = self._cut
        lags = [step * sampling_rate for step in reversed(range(window_length))]
        return np.array([f"{name}_lag_{lag}" for lag in lags for name in names], dtype=object)

    @all_or_nothing
    def _fit(self, X: Any) -> tuple[Floats, NDArray[np.int64]]:
        """Fit, and return the series and the rows that no window reaches over."""
        validate(self)
        series, index = self._read(X, reset=True)
        span = checked_span(len(series), self.window_length, self.sampling_rate)
        kept = slice(len(series) - span + 1, None)
        self._cut = int(self.window_length), int(self.sampling_rate)
        self._calendar = None if index is None else Calendar.of(index)
        self._tail = series[kept].copy()
        self._tail_index = None if index is None else index[kept]
        begins = self._begins(index, 0)
        self._warn_of_pieces(len(series), begins)
        return series, begins

    def _warn_of_pieces(self, n_rows: int, begins: NDArray[np.int64]) -> None:
        """Warn if gaps keep most windows from being complete."""
        n_before = len(self._tail)
        pieces = np.diff(np.append(begins, n_rows))
        n_complete = np.maximum(pieces - n_before, 0).sum()
        if len(begins) > 1 and n_complete < (n_rows - n_before) / 2:
            warnings.warn(
                f"the time index has {len(begins) - 1} gaps, so that only {n_complete} of {n_rows} "
                "windows are complete: rows may have been drawn at random (split them in order "
                "of time), or their days may be trading days (give the index that frequency, or "
                'take on_gap="ignore").',
                stacklevel=4,
            )

    def _read(self, X: Any, *, reset: bool) -> tuple[Floats, pd.Index | None]:
        if isinstance(X, pd.Series):
            X = X.to_frame()
        if getattr(X, "ndim", 0) == 3:
            raise ValueError(
                f"X has 3 dimensions, {np.shape(X)}; SlidingWindow takes the rows of one series, "
                "(n_rows, n_features), and makes the windows itself: pass windows straight to "
                "the estimator."
            )
        index = time_index(X)
        X = in_numpy_or_pandas(X)
        series = check_table(self, X, reset=reset)
        assert_all_finite(series, allow_nan=True, estimator_name=type(self).__name__)
        return series, index

    def _history(self, index: pd.Index | None) -> int:
        """Return how many of the kept rows come before the rows of ``index``."""
        if self.continues:
            return len(self._tail)
        return rows_before(self._tail_index, index)

    def _windows(self, series: Floats, begins: NDArray[np.int64], n_before: int) -> Windows:
        rows = np.arange(n_before, len(series))
        names = text_names(getattr(self, "feature_names_in_", None))
        return windows_at(series, rows, begins, *self._cut, names)

    def _begins(self, index: pd.Index | None, n_before: int) -> NDArray[np.int64]:
        """Return the rows, of the history and of X after it, that no window reaches over."""
        calendar, tail, own = self._calendar, self._tail_index, np.zeros(1, dtype=np.int64)
        if calendar is None or tail is None or self.on_gap == "ignore":
            return own
        if index is not None and calendar.kind != kind_of(index):
            index = None
        history = tail[:n_before]
        if index is not None and n_before and not self.continues:
            index, history = one_after_the_other(history, index), history[:0]
        if self.on_gap == "raise":
            if index is not None:
                calendar.fail_gaps(index, n_before - len(history))
            return own
        begins = own if index is None else calendar.begins(index) + len(history)
        if len(history):  # the first row of X goes on from the history, which has gaps itself
            begins = np.concatenate([calendar.begins(history), begins[1:]])
        return begins

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
