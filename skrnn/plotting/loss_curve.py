"""Losses and metrics of a fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from sklearn.exceptions import NotFittedError

from skrnn._axes import axes_of, label_axes, pyplot

#: Losses in a history, with their labels.
_LOSSES = {"loss": "training loss", "val_loss": "validation loss"}


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
