"""Series of one table, in order of group and time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn._validation import Floats
from skrnn.sequences.frames import Rows
from skrnn.sequences.stored_rows import StoredRows
from skrnn.sequences.timeline import Calendar, Groups, check_rising, fail_gap
from skrnn.sequences.times import kind_of


@dataclass(frozen=True, eq=False)
class TimedSeries:
    """Rows of a table by group, each in order of time.

    Attributes
    ----------
    values : ndarray or StoredRows of shape (n_rows, n_features)
        Rows; a copy of the table only if groups interleave.
    times : Index or None
        Time of each row.
    groups : Groups
        Groups of the rows.
    labels : Index or None
        The pandas index of the table, in its own order.
    name : str
        Name of the times in messages.
    """

    values: Floats
    times: pd.Index | None
    groups: Groups
    labels: pd.Index | None
    name: str

    @classmethod
    def of(cls, rows: Rows, values: Floats, time: str | None, table: str = "X") -> Self:
        """Sort rows by group.

        Raises
        ------
        ValueError
            If times are not increasing within a group, or groups interleave in rows on disk.
        """
        name = f"the index of {table}" if time is None else f"time={time!r}"
        groups = Groups.of(rows.groups, len(values))
        times = None if rows.times is None else groups.sort(rows.times)
        if times is not None:
            check_rising(times, groups, name)
        if groups.order is not None and isinstance(values, StoredRows):
            raise ValueError(
                f"the rows of the groups of {table} interleave, and {table} is read from files in "
                "blocks; write its rows sorted by group, and by time within each, or read it into "
                "memory, as with to_table()."
            )
        return cls(groups.sort(values), times, groups, rows.labels, name)

    def step_times(self, calendar: Calendar | None) -> NDArray[np.float64] | None:
        """Return the time of each row in usual steps, for a table of several series; else None."""
        if self.times is None or self.groups.keys is None:
            return None
        if calendar is None or calendar.kind != kind_of(self.times):
            calendar = Calendar.of(self.times, self.groups)
        return calendar.positions(self.times)[self.groups.places()]

    def gaps(self, calendar: Calendar | None, on_gap: str, tolerance: float) -> NDArray[np.bool_]:
        """Return for each row whether a gap before it ends windows.

        Raises
        ------
        ValueError
            If there is a gap under ``on_gap="raise"``.
        """
        if calendar is None or self.times is None or on_gap == "ignore":
            return np.zeros(len(self.values), dtype=bool)
        numbers = np.arange(len(self.groups.starts))
        late = calendar.gaps(self.times, self.groups, numbers, tolerance)
        if on_gap == "raise":
            self.refuse_gaps(late, calendar, numbers)
        return late

    def refuse_gaps(
        self,
        late: NDArray[np.bool_],
        calendar: Calendar,
        numbers: NDArray[np.int64],
        before: pd.Index | None = None,
    ) -> None:
        """Raise ValueError if there is a gap.

        ``before`` has, for a group whose first row follows a gap, the time that it
        follows.
        """
        if self.times is None or not late.any():
            return
        place = min(np.flatnonzero(late).tolist(), key=self.groups.row)
        group = int(self.groups.codes[place])
        is_first = place == self.groups.starts[group]
        earlier = before[group] if is_first and before is not None else self.times[place - 1]
        row, usual = self.groups.row(place), calendar.usual(int(numbers[group]))
        fail_gap(self.name, int(late.sum()), row, (earlier, self.times[place]), usual)
