"""Measurements of speed.py: one record per run in a csv file, and ratios of records."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import NamedTuple

from common import read_rows, write_rows


class Record(NamedTuple):
    """One run of one contestant.

    Position 0 is its first run; the others count the runs of the case. The value is in
    seconds, or in MB where the row says so; without one, the note tells why.
    """

    row: str
    case: str
    contestant: str
    position: int
    value: float | None
    note: str
    versions: str
    date: str


def read(path: Path) -> list[Record]:
    """Return the records of a file, none if there is no file."""
    return [
        Record(
            **line
            | {
                "position": int(line["position"]),
                "value": float(line["value"]) if line["value"] else None,
            }
        )
        for line in read_rows(path)
    ]


def write(path: Path, records: list[Record]) -> None:
    """Write all records."""
    rows = [record._asdict() for record in records]
    for row in rows:
        row["value"] = None if row["value"] is None else f"{row['value']:.6g}"
    write_rows(path, Record._fields, rows)


class Measured:
    """The records of one case of a row."""

    def __init__(self, records: list[Record]) -> None:
        self._records = sorted(records, key=lambda record: record.position)
        self._runs = [
            (record.contestant, record.value)
            for record in self._records
            if record.position and record.value is not None
        ]
        self.names = list(dict.fromkeys(record.contestant for record in records))

    def times(self, name: str) -> list[float]:
        """Return the values of a contestant's runs after the first."""
        return [value for contestant, value in self._runs if contestant == name]

    def first(self, name: str) -> float | None:
        """Return the value of a contestant's first run."""
        return next((r.value for r in self._of(name) if not r.position), None)

    def median(self, name: str) -> float | None:
        """Return the median of a contestant's runs."""
        return statistics.median(self.times(name)) if self.times(name) else None

    def note(self, name: str) -> str:
        """Return the note on a contestant."""
        return next((r.note for r in reversed(self._of(name)) if r.note), "")

    def ratio(self, theirs: str, ours: str) -> float | None:
        """Return the median of the ratios of their runs to ours right before them.

        Right before them: since the last run of another's.
        """
        ratios, latest = [], None
        for contestant, value in self._runs:
            if contestant == ours:
                latest = value
            elif contestant == theirs and latest is not None:
                ratios.append(value / latest)
            if not is_ours(contestant):
                latest = None
        return statistics.median(ratios) if ratios else None

    def excess(self, name: str, base: str) -> float | None:
        """Return the median of the differences of a contestant's runs to the latest of another."""
        differences, latest = [], None
        for contestant, value in self._runs:
            if contestant == base:
                latest = value
            elif contestant == name and latest is not None:
                differences.append(value - latest)
        return statistics.median(differences) if differences else None

    def _of(self, name: str) -> list[Record]:
        return [record for record in self._records if record.contestant == name]


def is_ours(name: str) -> bool:
    """Tell whether a contestant is one of ours."""
    return name.startswith("skrnn")


def cases(records: list[Record], row: str) -> dict[str, Measured]:
    """Return what was measured in each case of a row."""
    of_row = [record for record in records if record.row == row]
    names = dict.fromkeys(record.case for record in of_row)
    return {name: Measured([record for record in of_row if record.case == name]) for name in names}
