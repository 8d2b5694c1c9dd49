"""Attention weights of a translator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from skrnn._axes import axes_of, label_axes, pyplot


class AttentionDisplay:
    """Attention weights of each step of a target over the steps of its source, as a heat map.

    Create one with `AttentionDisplay.from_estimator`, or from weights, and plot it with `plot`.
    Plotting needs matplotlib: ``pip install "skrnn[plot]"``.

    Parameters
    ----------
    weights : array-like of shape (n_target_steps, n_source_steps)
        Weights between 0 and 1.
    source_names, target_names : list of str, optional
        Names of the steps; None numbers them.

    Attributes
    ----------
    image_ : matplotlib AxesImage
        Heat map.
    ax_ : matplotlib Axes
        Axes of the plot.
    figure_ : matplotlib Figure
        Figure of the plot.

    See Also
    --------
    SequenceTranslator.attention_weights : The weights.

    Examples
    --------
    >>> from skrnn import AttentionDisplay
    >>> AttentionDisplay([[0.9, 0.1]], source_names=["a", "b"]).weights.shape
    (1, 2)
    """

    image_: Any
    ax_: Any
    figure_: Any

    def __init__(
        self,
        weights: Any,
        source_names: Sequence[str] | None = None,
        target_names: Sequence[str] | None = None,
    ) -> None:
        self.weights = np.asarray(weights, dtype=np.float64)
        self.source_names, self.target_names = source_names, target_names

    @classmethod
    def from_estimator(cls, estimator: Any, x: Any, y: Any = None, *, ax: Any = None) -> Self:
        """Plot the weights for one source.

        Parameters
        ----------
        estimator : SequenceTranslator
            Fitted translator with attention.
        x : str or array-like
            One source: an element of the X of ``fit``.
        y : str or array-like, optional
            Its target; None uses the predicted one.
        ax : matplotlib Axes, optional
            Axes to plot on; None creates a new figure.

        Returns
        -------
        AttentionDisplay
            Plotted display. The steps of texts are named by their characters or words, and
            "(end)" is the end of the target.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        pyplot(f"{cls.__name__}.from_estimator")
        target = estimator.predict([x])[0] if y is None else y
        (weights,) = estimator.attention_weights([x], None if y is None else [y])
        n_target_steps, n_source_steps = weights.shape
        source_names = _names(x, n_source_steps)
        with_end = _names(target, n_target_steps - 1)
        target_names = [*with_end, "(end)"] if with_end else _names(target, n_target_steps)
        return cls(weights, source_names, target_names).plot(ax)

    def plot(self, ax: Any = None, **kwargs: Any) -> Self:
        """Plot the weights: a row for each step of the target, a column for each of the source.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Axes to plot on; None creates a new figure.
        **kwargs
            Keyword arguments of ``ax.imshow``.

        Returns
        -------
        AttentionDisplay
            The display, with the plotted artists as attributes.
        """
        ax = axes_of(ax, f"{type(self).__name__}.plot")
        style: dict[str, Any] = {"vmin": 0, "vmax": 1, "cmap": "Blues", "aspect": "auto"}
        self.image_ = ax.imshow(self.weights, **{**style, **kwargs})
        for axis, names in ((ax.xaxis, self.source_names), (ax.yaxis, self.target_names)):
            if names is not None:
                axis.set_ticks(range(len(names)), names)
        label_axes(ax, "step of the source", "step of the target")
        ax.grid(visible=False)
        ax.figure.colorbar(self.image_, ax=ax, label="attention weight")
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _names(text: Any, n_steps: int) -> list[str] | None:
    """Return the characters or words of a text, or None for numbers."""
    if not isinstance(text, str):
        return None
    for parts in (list(text), text.split()):
        if len(parts) == n_steps:
            return parts
    return None
