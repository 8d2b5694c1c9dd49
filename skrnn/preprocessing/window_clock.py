"""Times of the rows that a sliding window takes one by one."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn.preprocessing.sliding_window import SlidingWindow
from skrnn.sequences.timeline import fail_gap
from skrnn.sequences.times import as_times


class WindowClock:
    """Time of the latest row, by which gaps, and the fitted rows before the first one, are known.

    Parameters
    ----------
    window : SlidingWindow
        The fitted windows of one series.

    Raises
    ------
    ValueError
        If they are those of several series.
    """

    def __init__(self, window: SlidingWindow) -> None:
        self._history = window._history
        if self._history.keys is not None:
            raise ValueError(
                f"SlidingWindow(groups={window.groups!r}) was fitted on several series, and a "
                "stream has one; call predict of the pipeline with new rows of all series, or fit "
                "a pipeline without groups and give each series its stream with n_streams."
            )
        self.window_length, self.sampling_rate = window._cut
        self._time, self._continues = window._columns["time"], bool(window.continues)
        self._on_gap, self._tolerance = window.on_gap, float(window.gap_tolerance)
        self._incomplete = window.incomplete
        self.reset()

    def reset(self) -> None:
        """Begin again at the fitted rows."""
        self.has_begun, self._latest = False, None

    def go_on_from(self, before: WindowClock) -> None:
        """Take over the latest time of another clock."""
        self.has_begun, self._latest = before.has_begun, before._latest

    def move(self, time: Any) -> None:
        """Set the time of the latest row."""
        self.has_begun, self._latest = True, time

    def separated(self, x: Any, time: Any) -> tuple[Any, Any]:
        """Return the features of a row, and its time: given, in its column, or the row's label."""
        if time is not None:
            return x, time
        if self._time is not None and isinstance(x, Mapping | pd.Series) and self._time in x:
            rest = {name: value for name, value in x.items() if name != self._time}
            return rest, x[self._time]
        if isinstance(x, pd.DataFrame) and len(x) == 1:
            time = x.index[0]
        elif isinstance(x, pd.Series):
            time = x.name
        return x, None if isinstance(time, str) else time

    def checked(self, time: Any) -> Any:
        """Return a time in the time zone of the fit; None, if that had no times.

        Raises
        ------
        ValueError
            If it is of another kind than those of the fit, or not later than the latest one.
        """
        calendar = self._history.calendar
        if calendar is None:
            return None
        if time is None:
            if self._latest is not None:
                raise ValueError(
                    f"the step has no time, and the one before had {self._latest}; give time=..., "
                    "or reset the stream."
                )
            return None
        if not isinstance(time, pd.Timestamp | pd.Period | pd.Timedelta | float | int):
            times = as_times(pd.Index([time]), "time")
            time = time if times is None else times[0]
        if _kind(time) != calendar.kind or pd.isna(time):
            raise ValueError(
                f"time={time!r} was given, and the times of the fit are {calendar.kind}, such as "
                f"{self._last_fitted()!r}; give one of them."
            )
        zone = getattr(self._history.tail_times, "tz", None)
        time = time if zone is None else time.tz_convert(zone)
        if self._latest is not None and not time > self._latest:
            raise ValueError(
                f"time={time!r} was given after {self._latest!r}; give the steps in order of time, "
                "each once."
            )
        return time

    def is_gap(self, time: Any) -> bool:
        """Return whether windows begin anew at a time.

        Raises
        ------
        ValueError
            If they do, with ``on_gap="raise"``.
        """
        calendar, before = self._history.calendar, self._latest
        if calendar is None or None in (time, before) or self._on_gap == "ignore":
            return False
        is_late = calendar.is_late_step(before, time, self._tolerance)
        if is_late and self._on_gap == "raise":
            fail_gap("time", 1, 0, (before, time), calendar.usual(0))
        return is_late

    def history(self, time: Any) -> Iterator[tuple[NDArray[np.float64], bool]]:
        """Yield the fitted rows that precede a first row, and whether windows begin anew at each.

        Warns
        -----
        UserWarning
            If rows may be missing between them and the first row.

        Raises
        ------
        ValueError
            If rows may be missing, with ``incomplete="raise"``.
        """
        times = self._history.tail_times
        used = np.full(len(self._history.tail), self._continues)
        if not self._continues and time is not None and times is not None:
            used = np.asarray(times < time)
        for row in map(int, np.flatnonzero(used)):
            now = None if times is None else times[row]
            yield self._history.tail[row], self._on_gap == "restart" and self.is_gap(now)
            self._latest = now
        if self._continues:
            self._latest = None
        elif not used.any() or self._begins_anew(time):
            self._report(time)

    def _begins_anew(self, time: Any) -> bool:
        return self._on_gap == "restart" and self.is_gap(time)

    def _report(self, time: Any) -> None:
        """Warn, or raise ValueError, if rows may be missing before the first one."""
        first = self._history.first_times
        is_beginning = first is not None and time is not None and time == first[0]
        if self._incomplete == "ignore" or is_beginning or self.window_length == 1:
            return
        text = (
            "the stream begins without the rows before its first step, so that its first windows "
            "are short: "
            + (
                f"the fitted rows end at {self._last_fitted()}, and the step is at {time}. Step "
                "the rows between them first"
                if time is not None and first is not None
                else "the step has no time by which it follows the fitted rows. Give time=..., or "
                "fit with continues=True if it follows them at once"
            )
            + "; incomplete='ignore' in the fit accepts short windows."
        )
        if self._incomplete == "raise":
            raise ValueError(text)
        warnings.warn(text, stacklevel=5)

    def _last_fitted(self) -> Any:
        times = self._history.tail_times
        if times is not None and len(times):
            return times[-1]
        return None if self._history.first_times is None else self._history.first_times[0]


def _kind(time: Any) -> str:
    """Return the kind of a time as `kind_of` that of an index."""
    if isinstance(time, pd.Timestamp):
        return "dates" if time.tz is None else "aware dates"
    if isinstance(time, pd.Period):
        return f"periods of {time.freqstr}"
    return "time differences" if isinstance(time, pd.Timedelta) else "numbers"
