"""Times on the horizontal axis of a plot."""

from __future__ import annotations

from typing import Any

import pandas as pd
from numpy.typing import NDArray

from skrnn._axes import label_axes

#: Steps up to which each one has a dot.
FEW = 24


def times_of(index: pd.Index) -> NDArray[Any]:
    """Return times as matplotlib takes them: dates or numbers."""
    if isinstance(index, pd.PeriodIndex):
        index = index.to_timestamp()
    if isinstance(index, pd.DatetimeIndex):
        index = index.tz_localize(None)
    return index.to_numpy()


def label_times(ax: Any, history: pd.Series) -> None:
    """Name the axes, and write their ticks short."""
    from matplotlib import dates, ticker

    untyped: Any = dates
    is_date = times_of(history.index).dtype.kind == "M"
    if is_date:
        locator = untyped.AutoDateLocator(minticks=3, maxticks=8)
        ax.xaxis.set_major_locator(locator)
        ax.xaxis.set_major_formatter(untyped.ConciseDateFormatter(locator))
    else:
        ax.xaxis.set_major_locator(ticker.MaxNLocator(integer=True))
    x = history.index.name or ("time" if is_date else "step")
    label_axes(ax, str(x), "y" if history.name is None else str(history.name))
