"""Targets and predictions along a series."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn._axes import BLUE, OBSERVED, axes_of, pyplot
from skrnn.plotting.times import FEW, label_times, times_of


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
        times = times_of(self.index)
        dots = {"marker": "o", "markersize": 3} if len(times) <= FEW else {}
        # Classes are levels that do not pass through those in between.
        steps = {} if self.y_pred.dtype.kind == "f" else {"drawstyle": "steps-mid"}
        style: dict[str, Any] = {"color": OBSERVED, "linewidth": 1.2, **dots, **steps}
        [self.true_line_] = ax.plot(times, self.y_true, label="observed", **style)
        style |= {"color": BLUE, "linewidth": 1.8, "label": "predicted"}
        [self.line_] = ax.plot(times, self.y_pred, **{**style, **(line_kwargs or {})})
        label_times(ax, pd.Series(self.y_true, index=self.index))
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
