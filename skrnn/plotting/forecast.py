"""Fan charts of forecasts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn._axes import BLUE, OBSERVED, axes_of, pyplot
from skrnn._wording import type_name
from skrnn.plotting.times import FEW, label_times, times_of

#: How much blue the outermost and the innermost band hold; the rest is white.
_PALEST, _DEEPEST = 0.2, 0.45


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
        dots = {"marker": "o", "markersize": 3} if len(self.forecast) <= FEW else {}
        observed = {"color": OBSERVED, "linewidth": 1.2}
        self.bands_ = self._bands(ax, band_kwargs or {})
        [self.history_line_] = ax.plot(*_points(self.history), label="observed", **observed)
        self.actual_line_ = None
        if self.actual is not None:
            style = {**observed, **dots, "linestyle": "--", "markerfacecolor": "white"}
            [self.actual_line_] = ax.plot(*_points(self.actual), label="observed later", **style)
        style = {"color": BLUE, "linewidth": 1.8, **dots, "label": "forecast"}
        [self.line_] = ax.plot(*_points(self.forecast), **{**style, **(line_kwargs or {})})
        label_times(ax, self.history)
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
            times = times_of(self.intervals.index)
            bands.append(ax.fill_between(times, ends["lower"], ends["upper"], **(style | kwargs)))
        return bands


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


def _points(series: pd.Series) -> tuple[NDArray[Any], NDArray[np.float64]]:
    return times_of(series.index), series.to_numpy(dtype=np.float64)
