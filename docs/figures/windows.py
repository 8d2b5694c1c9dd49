"""Draw the figures of docs/windows.md from what the package itself returns.

``python docs/figures/windows.py`` writes windows.png, folds.png and gap.png beside this file.
Every series here holds its own row numbers, so that the values in a window say which rows it
is made of.
"""

from itertools import groupby
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.patches import Patch
from sklearn.model_selection import TimeSeriesSplit
from style import BLUE, GREEN, ORANGE, SHADE, SKY, VERMILION, subplots

from skrnn import SlidingWindow, make_windows
from skrnn.estimators.validation_split import hold_out_latest, without_purged

FOLDER = Path(__file__).parent


def row_numbers(n_rows, index=None):
    """Return a series that holds its own row numbers."""
    return pd.DataFrame({"row": np.arange(float(n_rows))}, index=index)


# ------------------------------------------------------------------ windows


def draw_windows():
    """Draw which rows each window is made of, and which rows are its targets."""
    n_rows = 12
    series = row_numbers(n_rows)
    every_row = SlidingWindow(4).fit_transform(series)
    every_second = SlidingWindow(4, sampling_rate=2).fit_transform(series)
    apart, targets = make_windows(series, window_length=4, stride=2, delay=3, horizon=2)
    figure, axes = subplots(1, 3, figsize=(11, 3.9), sharex=True)
    panels = {
        "SlidingWindow(4)": (every_row, None),
        "SlidingWindow(4, sampling_rate=2)": (every_second, None),
        "make_windows(series, window_length=4,\nstride=2, delay=3, horizon=2)": (apart, targets),
    }
    for axis, (title, (windows, y)) in zip(axes, panels.items(), strict=True):
        for number, window in enumerate(windows):
            rows = window[:, 0]
            complete = len(rows) == windows.window_length
            draw_cells(axis, range(n_rows), number, SHADE, size=0.25)
            draw_cells(axis, rows, number, BLUE if complete else SKY)
            if y is not None:
                draw_cells(axis, y[number], number, ORANGE)
        axis.set_title(title, family="monospace", weight="normal", fontsize=9)
        axis.grid(visible=False)
        axis.set(xlabel="row of the series", xticks=range(0, n_rows, 2), xlim=(-0.7, n_rows - 0.3))
        axis.set(ylim=(n_rows - 0.3, -0.7), yticks=range(0, len(windows), 2), ylabel="window")
    first, second, last = (apart[number][:, 0] for number in (0, 1, -1))
    height = len(apart)
    draw_distance(axes[2], first[0], second[0], height, "stride")
    draw_distance(axes[2], last[-1], targets[-1, 0], height, "delay")
    draw_distance(axes[2], targets[-1, 0] - 0.5, targets[-1, -1] + 0.5, height + 2, "horizon")
    legend = {"complete window": BLUE, "incomplete window": SKY, "targets": ORANGE}
    add_legend(figure, legend)
    figure.savefig(FOLDER / "windows.png")


def draw_cells(axis, rows, height, color, size=0.8):
    """Draw a square for each row."""
    left = np.asarray(rows) - size / 2
    axis.broken_barh([(x, size) for x in left], (height - size / 2, size), color=color)


def draw_distance(axis, start, end, height, name):
    """Draw an arrow from one row to another, with its name and its length below."""
    arrow = {"arrowstyle": "<->", "shrinkA": 0, "shrinkB": 0}
    axis.annotate("", (end, height), (start, height), arrowprops=arrow)
    axis.text((start + end) / 2, height + 0.9, f"{name} {end - start:g}", ha="center", va="center")


# ------------------------------------------------------------------ folds


def draw_folds():
    """Draw what a pipeline does with each row in each fold of TimeSeriesSplit."""
    n_rows, window_length, delay = 120, 12, 8
    series = row_numbers(n_rows)
    figure, axis = subplots(figsize=(11, 2.9))
    folds = list(TimeSeriesSplit(4).split(series))
    for number, (train, test) in enumerate(folds):
        roles = roles_in(series, train, test, window_length, purge=delay - 1)
        for color, rows in roles:
            is_history = color == GREEN
            span = (number + 0.31, 0.14) if is_history else (number - 0.3, 0.6)
            axis.broken_barh(segments(rows), span, color=color)
    axis.set(yticks=range(len(folds)), yticklabels=[f"fold {n + 1}" for n in range(len(folds))])
    axis.set(ylim=(len(folds) - 0.4, -0.5), xlim=(-1, n_rows), xlabel="row of the series")
    axis.spines["left"].set_visible(False)
    axis.tick_params(left=False)
    axis.grid(visible=False, axis="y")
    legend = {
        "training": BLUE,
        "gap": SHADE,
        "validation": SKY,
        "purged": VERMILION,
        "test fold": ORANGE,
        "history of the test fold": GREEN,
    }
    add_legend(figure, legend)
    figure.savefig(FOLDER / "folds.png")


def roles_in(series, train, test, window_length, purge):
    """Return the rows of a fold by what is done with them, each with its color."""
    window = SlidingWindow(window_length)
    sequences = window.fit_transform(series.iloc[train]).sequences()
    left = without_purged(sequences.times, np.ones(len(train)), purge) > 0
    usable = sequences.take(np.flatnonzero(left))
    kept, held_out = hold_out_latest(usable.times, fraction=0.15, gap=max(purge, sequences.reach))
    between = np.setdiff1d(np.flatnonzero(left), np.concatenate([kept, held_out]))
    tested = window.transform(series.iloc[test])
    seen = np.unique(np.concatenate([rows[:, 0] for rows in tested])).astype(int)
    return [
        (BLUE, train[kept]),
        (SHADE, train[between]),
        (SKY, train[held_out]),
        (VERMILION, train[~left]),
        (ORANGE, test),
        (GREEN, np.setdiff1d(seen, test)),
    ]


def segments(rows):
    """Return rows that follow each other as (first, length)."""
    runs = groupby(enumerate(rows), lambda pair: pair[1] - pair[0])
    both = [[row for _, row in run] for _, run in runs]
    return [(run[0] - 0.5, len(run)) for run in both]


# ------------------------------------------------------------------ a gap


def draw_gap():
    """Draw how many steps the window of each row has, before and after a gap in time."""
    times = pd.date_range("2024-01-01", periods=36, freq="h").delete(np.arange(14, 20))
    series = row_numbers(len(times), times)
    figure, axes = subplots(2, 1, figsize=(9, 3.8), sharex=True)
    hours = (times - times[0]) / pd.Timedelta("1h")
    for axis, on_gap in zip(axes, ["restart", "ignore"], strict=True):
        windows = SlidingWindow(6, on_gap=on_gap).fit_transform(series)
        firsts = np.array([int(window[0, 0]) for window in windows])
        spans = hours - hours[firsts] > windows.lengths - 1
        complete = windows.lengths == windows.window_length
        colors = np.where(spans, VERMILION, np.where(complete, BLUE, SKY))
        axis.bar(hours, windows.lengths, width=0.8, color=colors)
        axis.axvspan(13.5, 19.5, color=SHADE, lw=0)
        axis.text(16.5, 3, "no rows", ha="center", va="center")
        axis.set_title(
            f'SlidingWindow(6, on_gap="{on_gap}")', family="monospace", weight="normal", fontsize=9
        )
        axis.set(ylabel="steps", yticks=[1, 6], xlim=(-1, 36), xticks=range(0, 37, 6))
    axes[1].set_xlabel("hour of the row at which the window ends")
    legend = {"complete window": BLUE, "incomplete window": SKY, "window over the gap": VERMILION}
    add_legend(figure, legend)
    figure.savefig(FOLDER / "gap.png")


def add_legend(figure, colors):
    """Put a legend of colors above a figure."""
    patches = [Patch(color=color, label=label) for label, color in colors.items()]
    figure.legend(handles=patches, loc="outside upper center", ncols=len(patches))


if __name__ == "__main__":
    draw_windows()
    draw_folds()
    draw_gap()
