"""Settings of windows: those given, and what "auto" means for the others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from skrnn.forecasting.calendar import longer_cycles
from skrnn.forecasting.seasons import seasons_of
from skrnn.forecasting.series import Series
from skrnn.numpy_runtime.smoothing import n_rules
from skrnn.parameters import plain

#: Seasons in a window, of the shorter and the longer one, horizons in it, and its minimum and
#: maximum number of steps.
SEASONS, LONGER_SEASONS, HORIZONS, LEAST, MOST = 5, 2, 5, 24, 512

#: Windows up to this number of steps are not read in segments, nor are seasons of fewer steps.
WHOLE, SHORTEST_SEGMENT = 64, 4


@dataclass(frozen=True)
class WindowSettings:
    """Settings of the windows of a forecaster.

    Attributes
    ----------
    window_length : int
        Past steps.
    lags : tuple of int
        Lags of differencing.
    seasons : tuple of int or None
        Lengths of seasons of exponential smoothing, which takes the place of differencing.
    segment_length : int or None
        Steps read as one.
    cycles : tuple
        Calendar cycles.
    """

    window_length: int
    lags: tuple[int, ...]
    seasons: tuple[int, ...] | None
    segment_length: int | None
    cycles: tuple[str | float, ...]

    @property
    def n_rules(self) -> int:
        """Return the number of weights of exponential smoothing for each column."""
        return 0 if self.seasons is None else n_rules(self.seasons, self.window_length)


def window_settings(forecaster: Any, series: Sequence[Series], horizon: int) -> WindowSettings:
    """Return the settings of a forecaster for series and a horizon.

    Raises
    ------
    ValueError
        If differences, or segments of the given length, do not fit into the window.
    """
    given = {
        name: plain(getattr(forecaster, name))
        for name in ("window_length", "differences", "segment_length")
    }
    found = seasons_of(series) if "auto" in given.values() else ()
    length = given["window_length"]
    if length == "auto":
        differences, segment = given["differences"], given["segment_length"]
        at_least = 0 if differences == "auto" else sum(_lags(differences))
        multiple = segment if isinstance(segment, int) else found[0] if found else 1
        length = _fitted(_steps_wanted(found, horizon), max(map(len, series)), multiple)
        length = max(length, math.ceil(at_least / multiple) * multiple)
    seasons = None
    if given["differences"] == "auto":
        seasons = tuple(season for season in found if 2 * season <= length)
    lags = () if seasons is not None else _lags(given["differences"])
    if sum(lags) > length:
        raise ValueError(
            f"differences={forecaster.differences} look back {sum(lags)} steps, and "
            f"window_length={length}; give a longer window."
        )
    segment = given["segment_length"]
    if segment == "auto":
        season = found[0] if found else 1
        fits = length > WHOLE and season >= SHORTEST_SEGMENT and length % season == 0
        segment = season if fits and forecaster.strategy == "direct" else None
    if segment is not None and length % segment:
        raise ValueError(
            f"segment_length={segment} does not divide window_length={length}; give a multiple "
            "of it."
        )
    cycles = plain(forecaster.time_features)
    if cycles == "auto":
        cycles = longer_cycles(max(series, key=len).index, length)
    return WindowSettings(length, lags, seasons, segment, cycles or ())


def _lags(differences: int | tuple[int, ...] | None) -> tuple[int, ...]:
    """Return the lags of differencing."""
    if differences is None:
        return ()
    return differences if isinstance(differences, tuple) else (differences,)


def _steps_wanted(seasons: tuple[int, ...], horizon: int) -> int:
    """Return the steps of a window that has several seasons and horizons."""
    parts = [LEAST, HORIZONS * horizon]
    parts += [n * season for n, season in zip((SEASONS, LONGER_SEASONS), seasons, strict=False)]
    return min(max(parts), MOST)


def _fitted(wanted: int, longest: int, multiple: int) -> int:
    """Return a number of steps, at most the longest series, as a multiple of another one."""
    return min(math.ceil(wanted / multiple), max(longest // multiple, 1)) * multiple
