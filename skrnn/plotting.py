"""Displays of forecasts, losses and predictions, like those of scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.exceptions import NotFittedError

from skrnn._axes import BLUE, OBSERVED, axes_of, label_axes, pyplot
from skrnn._wording import type_name

#: How much blue the outermost and the innermost band hold; the rest is white.
_PALEST, _DEEPEST = 0.2, 0.45

#: Losses in a history, with their labels.
_LOSSES = {"loss": "training loss", "val_loss": "validation loss"}

#: Steps up to which each one has a dot.
_FEW = 24


class ForecastDisplay:
    """Fan chart of a forecast: the end of a series, point forecasts and prediction intervals.

    Create one with `ForecastDisplay.from_forecaster`, which forecasts and plots, or from the
    forecasts of any sktime forecaster, and plot it with `plot`. Plotting needs matplotlib:
    ``pip install "skrnn[plot]"``.

    Parameters
    ----------
    history : Series
        Observed values, indexed by time: periods, dates or integers.
    forecast : Series
        Point forecasts, indexed like ``history``.
    intervals : DataFrame, optional
        Prediction intervals of one variable, as ``predict_interval`` returns them: indexed like
        ``forecast``; the last two levels of the columns are the coverage and "lower" or
        "upper".
    actual : Series, optional
        Values observed later, for comparison.

    Attributes
    ----------
    line_ : matplotlib Line2D
        Point forecast.
    bands_ : list of matplotlib PolyCollection
        Prediction intervals, the widest first.
    history_line_, actual_line_ : matplotlib Line2D
        Observed values, and values observed later, or None.
    ax_ : matplotlib Axes
        Axes of the plot.
    figure_ : matplotlib Figure
        Figure of the plot.

    See Also
    --------
    GRUForecaster, SequenceForecaster : Forecasters of this package.

    Examples
    --------
    >>> from skrnn import ForecastDisplay, GRUForecaster
    >>> from skrnn.datasets import load_airline
    >>> y = load_airline()
    >>> model = GRUForecaster(differences=12, epochs=1, random_state=0).fit(y, fh=[1, 2, 3])
    >>> display = ForecastDisplay(y, model.predict(), model.predict_interval(coverage=[0.5, 0.9]))
    >>> display.coverages
    [0.9, 0.5]
    """

    line_: Any
    bands_: list[Any]
    history_line_: Any
    actual_line_: Any
    ax_: Any
    figure_: Any

    def __init__(
        self,
        history: pd.Series,
        forecast: pd.Series,
        intervals: pd.DataFrame | None = None,
        actual: pd.Series | None = None,
    ) -> None:
        self.history = history
        self.forecast = forecast
        self.intervals = intervals
        self.actual = actual

    @property
    def coverages(self) -> list[float]:
        """Return the coverages of the intervals in decreasing order."""
        if self.intervals is None:
            return []
        return sorted({float(column[-2]) for column in self.intervals.columns}, reverse=True)

    @classmethod
    def from_forecaster(
        cls,
        forecaster: Any,
        y: Any,
        fh: Any = None,
        X: Any = None,
        *,
        coverage: float | Sequence[float] | None = (0.5, 0.9),
        y_test: Any = None,
        column: Any = None,
        instance: Any = None,
        n_last: int | None = None,
        ax: Any = None,
        line_kwargs: dict[str, Any] | None = None,
        band_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Forecast with a fitted forecaster, and plot the forecast after the end of the series.

        Parameters
        ----------
        forecaster : sktime forecaster
            Fitted forecaster, of this package or any other.
        y : Series or DataFrame
            Observed values, as in ``fit``.
        fh : int, list or ForecastingHorizon, optional
            Forecasting horizon, as in ``predict``; None is that of the fit.
        X : DataFrame, optional
            Covariates, as in ``predict``.
        coverage : float or sequence of float, default=(0.5, 0.9)
            Nominal coverage of each interval; None plots no intervals.
        y_test : Series or DataFrame, optional
            Values observed later, for comparison.
        column : optional
            Column of y to plot, if it has several.
        instance : str or tuple, optional
            Series to plot, if y holds several: its index levels before the time.
        n_last : int, optional
            Number of latest values of y to plot; None is four times the number of forecasts, and
            at least 24.
        ax : matplotlib Axes, optional
            Axes to plot on; None creates a new figure.
        line_kwargs, band_kwargs : dict, optional
            As in `plot`.

        Returns
        -------
        ForecastDisplay
            Plotted display, with the forecasts as ``forecast`` and ``intervals``.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If y holds several series or columns, and none or an unknown one is named.
        """
        pyplot(f"{cls.__name__}.from_forecaster")
        history = _chosen(y, "y", column, instance)
        forecast = _chosen(forecaster.predict(fh, X), "the forecast", column, instance)
        intervals = None
        wanted = [] if coverage is None else np.atleast_1d(np.asarray(coverage)).tolist()
        if wanted:
            every = forecaster.predict_interval(fh, X, coverage=wanted)
            rows = _of_instance(every, "the forecast", instance)
            intervals = rows if column is None or isinstance(y, pd.Series) else rows[[column]]
        actual = None if y_test is None else _chosen(y_test, "y_test", column, instance)
        shown = max(24, 4 * len(forecast)) if n_last is None else n_last
        display = cls(history.iloc[-shown:], forecast, intervals, actual)
        display.plot(ax, line_kwargs=line_kwargs, band_kwargs=band_kwargs)
        if instance is not None:
            key = instance if isinstance(instance, tuple) else (instance,)
            display.ax_.set_title(", ".join(map(str, key)))
        return display

    def plot(
        self,
        ax: Any = None,
        *,
        line_kwargs: dict[str, Any] | None = None,
        band_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Plot the series, the forecast, its intervals and the values observed later.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Axes to plot on; None creates a new figure.
        line_kwargs : dict, optional
            Keyword arguments of ``ax.plot`` for the point forecast.
        band_kwargs : dict, optional
            Keyword arguments of ``ax.fill_between`` for the intervals.

        Returns
        -------
        ForecastDisplay
            The display, with the plotted artists as attributes.
        """
        ax = axes_of(ax, f"{type(self).__name__}.plot")
        dots = {"marker": "o", "markersize": 3} if len(self.forecast) <= _FEW else {}
        observed = {"color": OBSERVED, "linewidth": 1.2}
        self.bands_ = self._bands(ax, band_kwargs or {})
        [self.history_line_] = ax.plot(*_points(self.history), label="observed", **observed)
        self.actual_line_ = None
        if self.actual is not None:
            style = {**observed, **dots, "linestyle": "--", "markerfacecolor": "white"}
            [self.actual_line_] = ax.plot(*_points(self.actual), label="observed later", **style)
        style = {"color": BLUE, "linewidth": 1.8, **dots, "label": "forecast"}
        [self.line_] = ax.plot(*_points(self.forecast), **{**style, **(line_kwargs or {})})
        _label(ax, self.history)
        drawn = [self.history_line_, self.actual_line_, self.line_, *self.bands_]
        ax.legend(handles=[artist for artist in drawn if artist is not None], frameon=False)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _bands(self, ax: Any, kwargs: dict[str, Any]) -> list[Any]:
        """Draw the intervals, the widest first, each over those before."""
        bands: list[Any] = []
        if self.intervals is None:
            return bands
        depths = np.linspace(_PALEST, _DEEPEST, max(2, len(self.coverages)))
        # One step has no width: its band is a bar as wide as a thick line.
        width = 8 if len(self.forecast) == 1 else 0
        for depth, coverage in zip(depths, self.coverages, strict=False):
            ends = {
                column[-1]: self.intervals.iloc[:, number].to_numpy(dtype=np.float64)
                for number, column in enumerate(self.intervals.columns)
                if float(column[-2]) == coverage
            }
            tint = tuple(1 - depth * (1 - part) for part in BLUE)
            style = {"color": tint, "linewidth": width, "label": f"{100 * coverage:g} % interval"}
            times = _times(self.intervals.index)
            bands.append(ax.fill_between(times, ends["lower"], ends["upper"], **(style | kwargs)))
        return bands


class LossCurveDisplay:
    """Losses, or metrics, of each epoch of a fit.

    Create one with `LossCurveDisplay.from_estimator`, or from a history, and plot it with `plot`.
    Plotting needs matplotlib: ``pip install "skrnn[plot]"``.

    Parameters
    ----------
    history : dict of str to list of float
        Values of each epoch, as in ``history_``.
    names : list of str, default=None
        What to plot of them; None is ``loss`` and, if there is one, ``val_loss``.

    Attributes
    ----------
    line_ : list of matplotlib Line2D
        Lines, in the order of ``names``.
    ax_ : matplotlib Axes
        Axes of the plot.
    figure_ : matplotlib Figure
        Figure of the plot.

    See Also
    --------
    PredictionDisplay : Predictions along a series.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import GRURegressor, LossCurveDisplay
    >>> X = np.random.default_rng(0).normal(size=(64, 12, 2))
    >>> model = GRURegressor(epochs=2, random_state=0).fit(X, X[:, -1, 0])
    >>> LossCurveDisplay(model.history_).names
    ['loss']
    """

    line_: list[Any]
    ax_: Any
    figure_: Any

    def __init__(
        self, history: Mapping[str, Sequence[float]], names: Sequence[str] | None = None
    ) -> None:
        self.history = history
        self.names = [name for name in _LOSSES if name in history] if names is None else names

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        names: Sequence[str] | None = None,
        ax: Any = None,
        line_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Plot the losses, or metrics, of a fitted estimator.

        Parameters
        ----------
        estimator : estimator or forecaster
            Fitted estimator with ``history_``; of several networks, the first is plotted.
        names : list of str, default=None
            What to plot of ``history_``; None is ``loss`` and, if there is one, ``val_loss``.
        ax : matplotlib Axes, optional
            Axes to plot on; None creates a new figure.
        line_kwargs : dict, optional
            As in `plot`.

        Returns
        -------
        LossCurveDisplay
            Plotted display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If ``history_`` has no such name.
        """
        pyplot(f"{cls.__name__}.from_estimator")
        if not hasattr(estimator, "history_"):
            name = type(estimator).__name__
            raise NotFittedError(
                f"{name} has no history_; call fit of an estimator of skrnn first."
            )
        return cls(estimator.history_, names).plot(ax, line_kwargs=line_kwargs)

    def plot(self, ax: Any = None, *, line_kwargs: dict[str, Any] | None = None) -> Self:
        """Plot a line for each name.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Axes to plot on; None creates a new figure.
        line_kwargs : dict, optional
            Keyword arguments of ``ax.plot`` for all lines.

        Returns
        -------
        LossCurveDisplay
            The display, with the plotted artists as attributes.

        Raises
        ------
        ValueError
            If the history has no such name.
        """
        unknown = [name for name in self.names if name not in self.history]
        if unknown:
            raise ValueError(
                f"names={self.names!r} was given, and the history has {list(self.history)}; give "
                "some of these."
            )
        ax = axes_of(ax, f"{type(self).__name__}.plot")
        self.line_ = []
        for name in self.names:
            values = np.asarray(self.history[name], dtype=np.float64)
            style: dict[str, Any] = {"label": _LOSSES.get(name, name), "linewidth": 1.8}
            if len(values) == 1:
                style["marker"] = "o"
            epochs = np.arange(1, len(values) + 1)
            self.line_ += ax.plot(epochs, values, **{**style, **(line_kwargs or {})})
        are_losses = all(name in _LOSSES for name in self.names)
        label_axes(ax, "epoch", "loss" if are_losses else "value")
        ax.legend(handles=self.line_, frameon=False)
        self.ax_, self.figure_ = ax, ax.figure
        return self


class PredictionDisplay:
    """Targets and predictions along a series, in the order of the sequences.

    Create one with `PredictionDisplay.from_estimator`, which predicts and plots, or from targets
    and predictions, and plot it with `plot`. Plotting needs matplotlib:
    ``pip install "skrnn[plot]"``.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n,)
        Targets, and their predictions.
    index : array-like of shape (n,), default=None
        Times of both: dates, periods or numbers; None numbers them from 0.

    Attributes
    ----------
    line_ : matplotlib Line2D
        Predictions.
    true_line_ : matplotlib Line2D
        Targets.
    ax_ : matplotlib Axes
        Axes of the plot.
    figure_ : matplotlib Figure
        Figure of the plot.

    See Also
    --------
    LossCurveDisplay : Losses of each epoch of a fit.
    ForecastDisplay : Forecasts, with prediction intervals.

    Examples
    --------
    >>> from skrnn import PredictionDisplay
    >>> display = PredictionDisplay([1.0, 2.0, 4.0], [1.5, 2.0, 3.5])
    >>> display.y_pred
    array([1.5, 2. , 3.5])
    """

    line_: Any
    true_line_: Any
    ax_: Any
    figure_: Any

    def __init__(self, y_true: Any, y_pred: Any, index: Any = None) -> None:
        self.y_true, self.y_pred = np.asarray(y_true), np.asarray(y_pred)
        self.index = pd.RangeIndex(len(self.y_true)) if index is None else pd.Index(index)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        column: int | None = None,
        sequence: int | None = None,
        n_last: int | None = None,
        ax: Any = None,
        line_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Predict with a fitted estimator, and plot targets and predictions.

        Parameters
        ----------
        estimator : estimator
            Fitted regressor, classifier or labeler; or a pipeline that ends with one.
        X, y : array-like, DataFrame, list or Windows
            Sequences and targets, as in ``fit``. A pandas y gives the times.
        column : int, optional
            Position of the target to plot, if there are several.
        sequence : int, optional
            Position of the sequence to plot of a labeler, which predicts at each of its steps.
        n_last : int, optional
            Number of latest values to plot; None plots all.
        ax : matplotlib Axes, optional
            Axes to plot on; None creates a new figure.
        line_kwargs : dict, optional
            As in `plot`.

        Returns
        -------
        PredictionDisplay
            Plotted display, with targets and predictions as ``y_true`` and ``y_pred``.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If there are several targets or sequences and none is named, or y has another shape
            than the predictions.
        """
        pyplot(f"{cls.__name__}.from_estimator")
        predicted = estimator.predict(X)
        index = y.index if isinstance(y, pd.Series | pd.DataFrame) else None
        if isinstance(index, pd.MultiIndex):
            raise ValueError("y holds several series; give X and y of one of them.")
        if sequence is not None:
            y, predicted, index = y[sequence], predicted[sequence], None
        y_true, y_pred = (_flat(part, column) for part in (y, predicted))
        if len(y_true) != len(y_pred):
            raise ValueError(
                f"y has {len(y_true)} targets, and there are {len(y_pred)} predictions."
            )
        shown = slice(None if n_last is None else -n_last, None)
        index = pd.RangeIndex(len(y_true)) if index is None else index
        display = cls(y_true[shown], y_pred[shown], index[shown])
        return display.plot(ax, line_kwargs=line_kwargs)

    def plot(self, ax: Any = None, *, line_kwargs: dict[str, Any] | None = None) -> Self:
        """Plot the targets, and the predictions over them.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Axes to plot on; None creates a new figure.
        line_kwargs : dict, optional
            Keyword arguments of ``ax.plot`` for the predictions.

        Returns
        -------
        PredictionDisplay
            The display, with the plotted artists as attributes.
        """
        ax = axes_of(ax, f"{type(self).__name__}.plot")
        times = _times(self.index)
        dots = {"marker": "o", "markersize": 3} if len(times) <= _FEW else {}
        # Classes are levels that do not pass through those in between.
        steps = {} if self.y_pred.dtype.kind == "f" else {"drawstyle": "steps-mid"}
        style: dict[str, Any] = {"color": OBSERVED, "linewidth": 1.2, **dots, **steps}
        [self.true_line_] = ax.plot(times, self.y_true, label="observed", **style)
        style |= {"color": BLUE, "linewidth": 1.8, "label": "predicted"}
        [self.line_] = ax.plot(times, self.y_pred, **{**style, **(line_kwargs or {})})
        _label(ax, pd.Series(self.y_true, index=self.index))
        ax.legend(handles=[self.true_line_, self.line_], frameon=False)
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _flat(values: Any, column: int | None) -> NDArray[Any]:
    """Return targets or predictions of one column."""
    if isinstance(values, list | tuple) and np.ndim(values[0]) > 0:
        raise ValueError(
            f"there are {len(values)} sequences of targets; name one as sequence=, such as 0."
        )
    array = np.asarray(values)
    if array.ndim > 1 and column is None and array.shape[1] > 1:
        raise ValueError(
            f"y or its predictions have the shape {array.shape}; name a target as column=, or for "
            "a labeler a sequence as sequence=."
        )
    return array[:, column or 0] if array.ndim > 1 else array


def _chosen(frame: Any, name: str, column: Any, instance: Any) -> pd.Series:
    """Return one series of one instance."""
    if not isinstance(frame, pd.Series | pd.DataFrame):
        raise TypeError(f"{name} is {type_name(frame)}; give a pandas Series or DataFrame.")
    rows = _of_instance(frame, name, instance)
    if isinstance(rows, pd.Series):
        return rows
    columns = list(rows.columns)
    if column is None and len(columns) > 1:
        raise ValueError(f"{name} has the columns {columns}; name one as column=.")
    if column is not None and column not in columns:
        raise ValueError(f"column={column!r} is none of the columns of {name}, {columns}.")
    return rows[columns[0] if column is None else column]


def _of_instance(frame: Any, name: str, instance: Any) -> Any:
    """Return the rows of one instance, indexed by time alone."""
    if not isinstance(frame.index, pd.MultiIndex):
        if instance is not None:
            raise ValueError(f"instance={instance!r} was given, and {name} is one series.")
        return frame
    keys = frame.index.droplevel(-1)
    known = list(keys.unique())
    if instance is None or instance not in known:
        fault = "" if instance is None else f", and instance={instance!r} is none of them"
        raise ValueError(
            f"{name} holds {len(known)} series{fault}; name one as instance=, such as {known[0]!r}."
        )
    rows = frame[keys == instance] if keys.nlevels == 1 else frame[[k == instance for k in keys]]
    return rows.droplevel(list(range(frame.index.nlevels - 1)))


def _times(index: pd.Index) -> NDArray[Any]:
    """Return times as matplotlib takes them: dates or numbers."""
    if isinstance(index, pd.PeriodIndex):
        index = index.to_timestamp()
    if isinstance(index, pd.DatetimeIndex):
        index = index.tz_localize(None)
    return index.to_numpy()


def _points(series: pd.Series) -> tuple[NDArray[Any], NDArray[np.float64]]:
    return _times(series.index), series.to_numpy(dtype=np.float64)


def _label(ax: Any, history: pd.Series) -> None:
    """Name the axes, and write their ticks short."""
    from matplotlib import dates, ticker

    untyped: Any = dates
    is_date = _times(history.index).dtype.kind == "M"
    if is_date:
        locator = untyped.AutoDateLocator(minticks=3, maxticks=8)
        ax.xaxis.set_major_locator(locator)
        ax.xaxis.set_major_formatter(untyped.ConciseDateFormatter(locator))
    else:
        ax.xaxis.set_major_locator(ticker.MaxNLocator(integer=True))
    x = history.index.name or ("time" if is_date else "step")
    label_axes(ax, str(x), "y" if history.name is None else str(history.name))
