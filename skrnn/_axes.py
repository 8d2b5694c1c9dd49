"""Axes, colors and labels that all displays share."""

from __future__ import annotations

from typing import Any

# Blue and near-black: apart for color-blind readers (Okabe and Ito, 2008), and in gray print.
BLUE = (0.0, 0.447, 0.698)
OBSERVED = "0.15"


def pyplot(caller: str) -> Any:
    """Return matplotlib.pyplot, or raise ImportError with the way to install it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            f'{caller} needs matplotlib; install it with pip install "skrnn[plot]".'
        ) from error
    return plt


def axes_of(ax: Any, caller: str) -> Any:
    """Return the axes to plot on, those of a new figure by default."""
    plt = pyplot(caller)
    return plt.subplots(layout="constrained")[1] if ax is None else ax


def label_axes(ax: Any, x: str, y: str) -> None:
    """Name the axes, and leave out the frame on the other sides."""
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    ax.spines[["top", "right"]].set_visible(False)
