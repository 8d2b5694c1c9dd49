"""The Numenta anomaly benchmark: its files, its windowed Gaussian detector and its scores.

Lavin and Ahmad (2015, doi:10.1109/ICMLA.2015.141); the standard profile.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: What each point after a false alarm costs, against 1 for a window that is missed.
FALSE_POSITIVE = 0.11


@dataclass(frozen=True, eq=False)
class File:
    """A series of the benchmark.

    Attributes
    ----------
    name : str
        Folder and file.
    times : DatetimeIndex
        When each value was measured.
    values : ndarray of shape (n_rows,)
        The series.
    windows : list of (int, int)
        The first and the last row of each window around an anomaly.
    """

    name: str
    times: pd.DatetimeIndex
    values: Floats
    windows: list[tuple[int, int]]

    @property
    def n_probation(self) -> int:
        """Return the number of first rows for training, which are not scored."""
        return probation(len(self.values))


def probation(n_rows: int) -> int:
    """Return 15 % of the rows, and at most 750."""
    return min(math.floor(0.15 * n_rows), 750)


def load(folder: Path) -> list[File]:
    """Return the files of a folder in the order of combined_windows.json."""
    labels = json.loads((folder / "combined_windows.json").read_text())
    files = []
    for name, windows in labels.items():
        frame = pd.read_csv(folder / f"{name}.gz", parse_dates=["timestamp"])
        times = pd.DatetimeIndex(frame["timestamp"])
        rows = [
            (int(times.searchsorted(start)), int(times.searchsorted(end)))
            for start, end in (map(pd.Timestamp, window) for window in windows)
        ]
        files.append(File(name, times, frame["value"].to_numpy(float), rows))
    return files


# ------------------------------------------------------------------ scores


def scaled_sigmoid(position: float) -> float:
    """Return what a detection is worth at a position relative to the right end of a window.

    -1 is the left end of the window, 0 the right end; what lies more than three widths behind
    the window is worth -1.
    """
    return -1.0 if position > 3.0 else 2.0 / (1.0 + math.exp(5.0 * position)) - 1.0


def worths(n_rows: int, windows: Sequence[tuple[int, int]]) -> Floats:
    """Return what a detection at each row is worth: up to 1 in windows, down to -0.11 outside."""
    worth = np.full(n_rows, -FALSE_POSITIVE)
    for number, (first, last) in enumerate(windows):
        width = last - first + 1
        for row in range(first, last + 1):
            worth[row] = scaled_sigmoid(-(last - row + 1) / width) / scaled_sigmoid(-1.0)
        behind = windows[number + 1][0] if number + 1 < len(windows) else n_rows
        for row in range(last + 1, behind):
            worth[row] = FALSE_POSITIVE * scaled_sigmoid((row - last) / (width - 1))
    return worth


@dataclass(frozen=True)
class Outcome:
    """What a detector reaches at one threshold: the score, and what it is made of."""

    threshold: float
    score: float
    n_found: int
    n_windows: int
    n_false: int

    @property
    def normalized(self) -> float:
        """Return 100 for all windows found at once and nothing else, 0 for no detection."""
        return 100.0 * (self.score + self.n_windows) / (2.0 * self.n_windows)


def outcome_at(files: Sequence[File], scores: Sequence[Floats], threshold: float) -> Outcome:
    """Return the outcome of detections where scores reach the threshold, after probation."""
    score, n_found, n_windows, n_false = 0.0, 0, 0, 0
    for file, values in zip(files, scores, strict=True):
        worth = worths(len(values), file.windows)
        detected = values >= threshold
        detected[: file.n_probation] = False
        inside = np.zeros(len(values), dtype=bool)
        for first, last in file.windows:
            here = detected[first : last + 1]
            score += worth[first + int(np.argmax(here))] if here.any() else -1.0
            n_found += bool(here.any())
            inside[first : last + 1] = True
        n_windows += len(file.windows)
        score += worth[detected & ~inside].sum()
        n_false += int(np.count_nonzero(detected & ~inside))
    return Outcome(threshold, score, n_found, n_windows, n_false)


def best_outcome(files: Sequence[File], scores: Sequence[Floats]) -> Outcome:
    """Return the outcome at the one threshold for all files that maximizes the score."""
    worth, window, score = [], [], []
    n_windows = 0
    for file, values in zip(files, scores, strict=True):
        owner = np.full(len(values), -1)
        for first, last in file.windows:
            owner[first : last + 1] = n_windows
            n_windows += 1
        counted = slice(file.n_probation, None)
        worth.append(worths(len(values), file.windows)[counted])
        window.append(owner[counted])
        score.append(values[counted])
    every, owners, worth_of = map(np.concatenate, (score, window, worth))
    order = np.argsort(-every, kind="stable")
    reached = np.full(n_windows, -1.0)
    total, best = -float(n_windows), (-float(n_windows), math.inf)
    for place, row in enumerate(order):
        owner = owners[row]
        if owner < 0:
            total += worth_of[row]
        elif worth_of[row] > reached[owner]:
            total += worth_of[row] - reached[owner]
            reached[owner] = worth_of[row]
        is_last = place + 1 == len(order) or every[order[place + 1]] != every[row]
        if is_last and total > best[0]:
            best = total, float(every[row])
    return outcome_at(files, scores, best[1])


# ------------------------------------------------------------------ the windowed Gaussian detector


def windowed_gaussian(values: Floats, *, window: int = 6400, step: int = 100) -> Floats:
    """Return 1 - Q(|z|) of each value under a normal distribution of earlier ones.

    As NAB's detector of that name: the distribution is that of all values so far up to
    ``window`` of them, then of the latest ``window`` ones, moved on every ``step`` values.
    """
    scores = np.zeros(len(values))
    for row in range(1, len(values)):
        end = row if row <= window else window + (row - window) // step * step
        known = values[max(0, end - window) : end]
        deviation = float(np.std(known)) or 1e-6
        z = abs(values[row] - float(np.mean(known))) / deviation
        scores[row] = 1.0 - 0.5 * math.erfc(z / math.sqrt(2.0))
    return scores
