"""Display of importances of channels, of segments of time, or of covariates."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from skrnn._axes import BLUE, OBSERVED, axes_of, label_axes, pyplot
from skrnn.inspection.importance import sequence_importance

#: Share of blue in the band around the importances of time; the rest is white.
_PALE = 0.3


class ImportanceDisplay:
    """Importances: bars of channels or covariates, a curve over time, or a heat map of both.

    Create one with `ImportanceDisplay.from_estimator`, which computes and plots, or from the result
    of `sequence_importance` or `covariate_importance`, and plot it with `plot`. Plotting needs
    matplotlib: ``pip install "skrnn[plot]"``.

    Parameters
    ----------
    result : `~sklearn.utils.Bunch`
        Result of `sequence_importance` or of `covariate_importance`.

    Attributes
    ----------
    artist_ : matplotlib BarContainer, StepPatch or QuadMesh
        Bars, the curve, or the heat map.
    band_ : matplotlib artist or None
        Band of one standard deviation around the curve.
    ax_ : matplotlib Axes
        Axes of the plot.
    figure_ : matplotlib Figure
        Figure of the plot.

    See Also
    --------
    sequence_importance : Importance of channels and of stretches of time.
    covariate_importance : Importance of the covariates of a forecaster.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import GRURegressor
    >>> from skrnn.inspection import ImportanceDisplay, sequence_importance
    >>> X = np.random.default_rng(0).normal(size=(64, 12, 3))
    >>> model = GRURegressor(epochs=1, random_state=0).fit(X, X[:, -1, 1])
    >>> display = ImportanceDisplay(sequence_importance(model, X, X[:, -1, 1], random_state=0))
    >>> display.result.feature_names
    ['x0', 'x1', 'x2']
    """

    artist_: Any
    band_: Any
    ax_: Any
    figure_: Any

    def __init__(self, result: Any) -> None:
        self.result = result

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: Any, y: Any = None, *, ax: Any = None, **kwargs: Any
    ) -> Self:
        """Compute the importances for a fitted estimator, and plot them.

        Parameters
        ----------
        estimator, X, y
            As in `sequence_importance`.
        ax : matplotlib Axes, optional
            Axes to plot on; None creates a new figure.
        **kwargs
            Further arguments of `sequence_importance`, such as ``by="time"``.

        Returns
        -------
        ImportanceDisplay
            Plotted display, with the importances as ``result``.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError, TypeError
            If `sequence_importance` does not accept an argument.
        """
        pyplot(f"{cls.__name__}.from_estimator")
        return cls(sequence_importance(estimator, X, y, **kwargs)).plot(ax)

    def plot(self, ax: Any = None, *, plot_kwargs: dict[str, Any] | None = None) -> Self:
        """Plot the importances.

        Bars are in order of importance, with one standard deviation over the repeats. Time is
        counted in steps before the end of a sequence or, for sequences of different lengths, in
        percent of each.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Axes to plot on; None creates a new figure.
        plot_kwargs : dict, optional
            Keyword arguments of ``ax.barh``, ``ax.stairs`` or ``ax.pcolormesh``.

        Returns
        -------
        ImportanceDisplay
            The display, with the plotted artists as attributes.
        """
        ax = axes_of(ax, f"{type(self).__name__}.plot")
        self.band_ = None
        draw = {"time": self._draw_curve, "both": self._draw_heat_map}
        draw.get(self.result.by, self._draw_bars)(ax, plot_kwargs or {})
        self.ax_, self.figure_ = ax, ax.figure
        return self

    @property
    def _label(self) -> str:
        """Return the label of the importances."""
        return "increase of the error" if self.result.by == "covariate" else "decrease of the score"

    def _draw_bars(self, ax: Any, kwargs: dict[str, Any]) -> None:
        mean, deviation = self.result.importances_mean, self.result.importances_std
        order = np.argsort(mean, kind="stable")
        names = [str(self.result.feature_names[number]) for number in order]
        style: dict[str, Any] = {"color": BLUE, "ecolor": OBSERVED, "height": 0.7}
        if self.result.importances.shape[-1] > 1:
            style |= {"xerr": deviation[order], "capsize": 3, "error_kw": {"linewidth": 1.2}}
        places = np.arange(len(order))
        self.artist_ = ax.barh(places, mean[order], **(style | kwargs))
        ax.set_yticks(places, names)
        ax.axvline(0, color=OBSERVED, linewidth=0.8)
        ax.grid(visible=False, axis="y")
        label_axes(ax, self._label, "")

    def _draw_curve(self, ax: Any, kwargs: dict[str, Any]) -> None:
        edges, label = self._time()
        mean, deviation = self.result.importances_mean, self.result.importances_std
        if self.result.importances.shape[-1] > 1:
            tint = tuple(1 - _PALE * (1 - part) for part in BLUE)
            low, high = mean - deviation, mean + deviation
            self.band_ = ax.stairs(high, edges, baseline=low, fill=True, color=tint)
        style: dict[str, Any] = {"color": BLUE, "linewidth": 1.8, "baseline": None}
        self.artist_ = ax.stairs(mean, edges, **(style | kwargs))
        ax.axhline(0, color=OBSERVED, linewidth=0.8)
        ax.set_xlim(edges[0], edges[-1])
        label_axes(ax, label, self._label)

    def _draw_heat_map(self, ax: Any, kwargs: dict[str, Any]) -> None:
        edges, label = self._time()
        names, mean = self.result.feature_names, self.result.importances_mean
        places = np.arange(len(names) + 1) - 0.5
        style: dict[str, Any] = {"cmap": "cividis", "vmin": min(0.0, float(mean.min()))}
        self.artist_ = ax.pcolormesh(edges, places, mean, **(style | kwargs))
        ax.figure.colorbar(self.artist_, ax=ax, label=self._label)
        ax.set_xlim(edges[0], edges[-1])
        ax.set_ylim(places[-1], places[0])  # the first channel at the top
        ax.set_yticks(places[:-1] + 0.5, list(map(str, names)))
        ax.grid(visible=False)
        label_axes(ax, label, "")

    def _time(self) -> tuple[Any, str]:
        """Return the edges of the segments as they are plotted, and the label of their axis."""
        edges = self.result.segment_edges
        if edges.dtype.kind == "f":
            return 100 * edges, "position in the sequence (%)"
        return edges[-1] - edges, "steps before the end"
