"""Anomaly scores and events at the steps of a sequence."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn._axes import BLUE, OBSERVED, axes_of, label_axes, pyplot
from skrnn.estimators.labeling.events import runs

#: Vermilion, for anomalies (Okabe and Ito, 2008).
_ALARM = (0.835, 0.369, 0.0)


class AnomalyDisplay:
    """Anomaly score of each step of a sequence, the threshold, and the steps above it.

    Create one with `AnomalyDisplay.from_estimator`, or from scores, and plot it with `plot`.
    Plotting needs matplotlib: ``pip install "skrnn[plot]"``.

    Parameters
    ----------
    scores : array-like of shape (n_steps,)
        Score of each step.
    threshold : float
        Scores above it are anomalies.
    true : array-like of bool of shape (n_steps,), optional
        Steps that are known to be anomalies.

    Attributes
    ----------
    line_ : matplotlib Line2D
        Scores.
    threshold_line_ : matplotlib Line2D
        Threshold.
    spans_, true_spans_ : list of matplotlib Polygon
        Runs of steps above the threshold, and of true anomalies.
    ax_ : matplotlib Axes
        Axes of the plot.
    figure_ : matplotlib Figure
        Figure of the plot.

    See Also
    --------
    EventDisplay : Events of a labeler.
    SequenceAnomalyDetector.step_scores : The scores.

    Examples
    --------
    >>> from skrnn import AnomalyDisplay
    >>> display = AnomalyDisplay([0.5, 4.0, 0.7], threshold=3.0)
    >>> display.events
    [(1, 2)]
    """

    line_: Any
    threshold_line_: Any
    spans_: list[Any]
    true_spans_: list[Any]
    ax_: Any
    figure_: Any

    def __init__(self, scores: Any, threshold: float, true: Any = None) -> None:
        self.scores = np.asarray(scores, dtype=np.float64)
        if self.scores.ndim != 1:
            raise ValueError(
                f"scores has the shape {self.scores.shape}; give those of one sequence, (n_steps,)."
            )
        self.threshold = float(threshold)
        self.true = None if true is None else _flags(true, len(self.scores))

    @property
    def events(self) -> list[tuple[int, int]]:
        """First step, and step after the last, of each run above the threshold."""
        return [(start, end) for start, end in runs(self.scores > self.threshold).tolist()]

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        *,
        true: Any = None,
        sequence: Any = 0,
        ax: Any = None,
        line_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Score a sequence with a fitted detector, and plot the scores.

        Parameters
        ----------
        estimator : SequenceAnomalyDetector
            Fitted detector.
        X : array-like, DataFrame or list
            Sequences, as in ``fit``.
        true : array-like of bool of shape (n_steps,), optional
            Steps of the sequence that are known to be anomalies.
        sequence : int or object, default=0
            Position of the sequence to plot, or its name in a panel.
        ax : matplotlib Axes, optional
            Axes to plot on; None creates a new figure.
        line_kwargs : dict, optional
            As in `plot`.

        Returns
        -------
        AnomalyDisplay
            Plotted display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If there is no such sequence, or ``true`` has another length.
        """
        pyplot(f"{cls.__name__}.from_estimator")
        scores = _one_of(estimator.step_scores(X), sequence)
        display = cls(scores, estimator.threshold_, true)
        return display.plot(ax, line_kwargs=line_kwargs)

    def plot(self, ax: Any = None, *, line_kwargs: dict[str, Any] | None = None) -> Self:
        """Plot the scores over the runs of anomalies, with the threshold.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Axes to plot on; None creates a new figure.
        line_kwargs : dict, optional
            Keyword arguments of ``ax.plot`` for the scores.

        Returns
        -------
        AnomalyDisplay
            The display, with the plotted artists as attributes.
        """
        ax = axes_of(ax, f"{type(self).__name__}.plot")
        known = [] if self.true is None else runs(self.true).tolist()
        gray = {"facecolor": "0.87", "linewidth": 0, "zorder": 0}
        self.true_spans_ = _spans(ax, known, "known anomaly", **gray)
        above = {"facecolor": _ALARM, "alpha": 0.25, "linewidth": 0, "zorder": 1}
        self.spans_ = _spans(ax, self.events, "above the threshold", **above)
        style: dict[str, Any] = {"color": BLUE, "linewidth": 1.2, "label": "score"}
        [self.line_] = ax.plot(self.scores, **{**style, **(line_kwargs or {})})
        self.threshold_line_ = ax.axhline(
            self.threshold, color=_ALARM, linestyle="--", linewidth=1.2, label="threshold"
        )
        label_axes(ax, "step", "anomaly score")
        drawn = [self.line_, self.threshold_line_, *self.spans_[:1], *self.true_spans_[:1]]
        ax.legend(handles=drawn, frameon=False)
        self.ax_, self.figure_ = ax, ax.figure
        return self


class EventDisplay:
    """Events of a sequence as bars, a row for each class, beside the true ones.

    Create one with `EventDisplay.from_estimator`, or from a table of events, and plot it with
    `plot`. The more confident an event, the darker its bar. Plotting needs matplotlib:
    ``pip install "skrnn[plot]"``.

    Parameters
    ----------
    events : DataFrame
        A row for each event: ``start``, ``end``, ``class`` and ``confidence``, as `events` of a
        `SequenceLabeler` returns them.
    true : array-like of shape (n_steps,) or (n_steps, n_labels), optional
        Class of each step, or whether it has each label.
    background : object, optional
        Class of ``true`` that is no event.
    n_steps : int, optional
        Number of steps of the sequence, where the axis ends; None ends it with the last event.

    Attributes
    ----------
    bars_, true_bars_ : list of matplotlib BarContainer
        Events, and true ones.
    ax_ : matplotlib Axes
        Axes of the plot.
    figure_ : matplotlib Figure
        Figure of the plot.

    See Also
    --------
    AnomalyDisplay : Scores of an anomaly detector.
    SequenceLabeler.events : The events.

    Examples
    --------
    >>> import pandas as pd
    >>> from skrnn import EventDisplay
    >>> found = pd.DataFrame({"start": [2], "end": [5], "class": ["walk"], "confidence": [0.9]})
    >>> display = EventDisplay(found, true=["rest", "rest", "walk", "walk"], background="rest")
    >>> display.classes
    ['walk']
    """

    bars_: list[Any]
    true_bars_: list[Any]
    ax_: Any
    figure_: Any

    def __init__(
        self,
        events: pd.DataFrame,
        true: Any = None,
        background: Any = None,
        n_steps: int | None = None,
    ) -> None:
        if true is not None and n_steps is not None and len(true) != n_steps:
            raise ValueError(f"true has {len(true)} steps, and the sequence {n_steps}.")
        self.events, self.n_steps = events, n_steps
        self.true = None if true is None else _true_events(np.asarray(true), background)

    @property
    def classes(self) -> list[Any]:
        """Classes that have an event, found or true."""
        found = set(self.events["class"])
        if self.true is not None:
            found |= set(self.true["class"])
        return sorted(found, key=lambda name: (isinstance(name, str), name))

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: Any, y: Any = None, *, sequence: Any = 0, ax: Any = None
    ) -> Self:
        """Find the events of a sequence with a fitted labeler, and plot them.

        Parameters
        ----------
        estimator : SequenceLabeler
            Fitted labeler of classes or of labels.
        X : array-like, DataFrame or list
            Sequences, as in ``fit``.
        y : array-like, DataFrame or list, optional
            Targets of the sequences, as in ``fit``.
        sequence : int or object, default=0
            Position of the sequence to plot, or its name in a panel.
        ax : matplotlib Axes, optional
            Axes to plot on; None creates a new figure.

        Returns
        -------
        EventDisplay
            Plotted display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If there is no such sequence, or its targets have another length.
        """
        pyplot(f"{cls.__name__}.from_estimator")
        n_steps = len(_one_of(estimator.predict(X), sequence))
        events = estimator.events(X)
        true = None if y is None else _one_of(y, sequence)
        background = estimator.network_.target.background
        return cls(events[events["sequence"] == sequence], true, background, n_steps).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Plot the events, with the true ones under them.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Axes to plot on; None creates a new figure.

        Returns
        -------
        EventDisplay
            The display, with the plotted artists as attributes.
        """
        ax = axes_of(ax, f"{type(self).__name__}.plot")
        confidence = self.events["confidence"].to_numpy(dtype=np.float64)
        style: dict[str, Any] = {"color": BLUE, "label": "found"}
        self.bars_ = self._bars(ax, self.events, 0.2, shades=0.35 + 0.65 * confidence, **style)
        self.true_bars_ = []
        if self.true is not None:
            style = {"color": OBSERVED, "label": "true"}
            self.true_bars_ = self._bars(ax, self.true, -0.2, shades=[1] * len(self.true), **style)
        ax.set_yticks(range(len(self.classes)), [str(name) for name in self.classes])
        ax.set_ylim(-0.6, len(self.classes) - 0.4)
        ax.set_xlim(-0.5, None if self.n_steps is None else self.n_steps - 0.5)
        label_axes(ax, "step", "")
        drawn = [*self.bars_[:1], *self.true_bars_[:1]]
        if drawn:
            above = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncols": 2}
            ax.legend(handles=drawn, frameon=False, **above)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _bars(self, ax: Any, events: pd.DataFrame, shift: float, **style: Any) -> list[Any]:
        """Draw the bars of events, above or below the middle of their row."""
        shades = style.pop("shades")
        rows = [self.classes.index(one) + shift for one in events["class"]]
        starts, widths = events["start"].tolist(), (events["end"] - events["start"]).tolist()
        return [
            ax.barh(row, width, height=0.35, left=start - 0.5, alpha=shade, **style)
            for row, start, width, shade in zip(rows, starts, widths, shades, strict=True)
        ]


def _spans(ax: Any, events: list[Any], label: str, **style: Any) -> list[Any]:
    """Shade the steps of events from half a step before the first to half a step after the last."""
    return [ax.axvspan(start - 0.5, end - 0.5, label=label, **style) for start, end in events]


def _flags(true: Any, n_steps: int) -> NDArray[np.bool_]:
    """Return whether each step is a known anomaly."""
    flags = np.asarray(true)
    if flags.shape != (n_steps,) or flags.dtype.kind not in ("b", "u", "i"):
        raise ValueError(
            f"true has the shape {flags.shape} and the dtype {flags.dtype}, and the sequence "
            f"{n_steps} steps; give True or False for each of them."
        )
    return flags.astype(bool)


def _true_events(true: NDArray[Any], background: Any) -> pd.DataFrame:
    """Return the runs of each class, or of each label."""
    if true.ndim == 1:
        flags = {name: true == name for name in np.unique(true).tolist() if name != background}
    else:
        flags = {number: true[:, number].astype(bool) for number in range(true.shape[1])}
    rows = [(start, end, name) for name, one in flags.items() for start, end in runs(one).tolist()]
    return pd.DataFrame(rows, columns=["start", "end", "class"])


def _one_of(values: Any, sequence: Any) -> NDArray[Any]:
    """Return the values of one sequence: by position, or by its name in a panel."""
    if isinstance(values, pd.Series | pd.DataFrame):
        names = values.index.get_level_values(0)
        if sequence not in names:
            raise ValueError(
                f"sequence={sequence!r} is none of the panel; give a name, such as {names[0]!r}."
            )
        return values[names == sequence].to_numpy()
    if not (isinstance(sequence, int | np.integer) and 0 <= sequence < len(values)):
        raise ValueError(
            f"sequence={sequence!r} was given, and there are {len(values)} sequences; give a "
            "position from 0."
        )
    return np.asarray(values[sequence])
