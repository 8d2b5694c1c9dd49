"""What speed.py holds its measurements against."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from speed_records import Measured, Record, cases, is_ours
from speed_rows import BASE, LIMIT, ONE, TWO

CURVES = ("steps", "batch", "units")


@dataclass(frozen=True)
class Bar:
    """A measured number and the bound that it should keep.

    ``at_least`` tells whether the bound is a least or a greatest value; ``wanted`` is what would
    be better still.
    """

    row: str
    text: str
    value: float
    bound: float
    at_least: bool = True
    wanted: float | None = None

    @property
    def holds(self) -> bool:
        """Tell whether the bound is kept."""
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    def verdict(self) -> str:
        """Return a line for the page."""
        which = "at least" if self.at_least else "at most"
        wanted = f" (wanted {self.wanted:g})" if self.wanted else ""
        met = "holds" if self.holds else f"**short by {abs(self.value - self.bound):.2g}**"
        return f"{self.text}: {self.value:.3g}, {which} {self.bound:g}{wanted}: {met}"


def fastest(measured: Measured, ours: str) -> tuple[float, str] | None:
    """Return the least ratio of a neighbour to ours, with its name."""
    others = [name for name in measured.names if not is_ours(name) and name != LIMIT]
    ratios = [(ratio, name) for name in others if (ratio := measured.ratio(name, ours))]
    return min(ratios, default=None)


def against_fastest(
    row: str, case: str, measured: Measured, ours: str, bound: float, wanted: float | None = None
) -> Iterator[Bar]:
    """Yield the bar of the fastest neighbour, if one was measured."""
    found = fastest(measured, ours)
    if found:
        text = f"{case}: fastest neighbour ({found[1]}) / {ours}"
        yield Bar(row, text, found[0], bound, wanted=wanted)


def ratio(
    row: str, case: str, measured: Measured, names: tuple[str, str], bound: float
) -> Iterator[Bar]:
    """Yield the bar of one neighbour, if it was measured."""
    value = measured.ratio(*names)
    if value:
        yield Bar(row, f"{case}: {names[0]} / {names[1]}", value, bound)


def all_bars(records: list[Record]) -> list[Bar]:
    """Return all bars that were measured."""
    makers = (searches, epochs, tcn, predictions, starts, growth, jobs)
    return [bar for make in makers for bar in make(records)]


def searches(records: list[Record]) -> Iterator[Bar]:
    for row, text, bound, wanted in (
        ("search", "search, after the first fits", 5, 10),
        ("search_fresh", "search, whole process", 2, None),
    ):
        for measured in cases(records, row).values():
            yield from against_fastest(row, text, measured, ONE, bound, wanted)
            if row == "search":
                for backend, least in (("TensorFlow", 3), ("PyTorch", 1)):
                    names = f"Keras, {backend}", f"skrnn, {backend}"
                    yield from ratio(row, text, measured, names, least)


def epochs(records: list[Record]) -> Iterator[Bar]:
    for case, measured in cases(records, "epoch").items():
        text = f"epoch of {case}"
        yield from against_fastest("epoch", text, measured, TWO, 2, 3)
        yield from against_fastest("epoch", text, measured, ONE, 1)
        limit = measured.ratio(LIMIT, TWO)
        if case == "GRU 32" and limit:
            yield Bar("epoch", f"{text}: {TWO} / {LIMIT}", 1 / limit, 2.5, at_least=False)


def tcn(records: list[Record]) -> Iterator[Bar]:
    for case, measured in cases(records, "tcn").items():
        for ours in (ONE, TWO):
            yield from against_fastest("tcn", f"epoch of {case}", measured, ours, 3)
            yield from ratio("tcn", f"epoch of {case}", measured, ("PyTorch", ours), 8)


def predictions(records: list[Record]) -> Iterator[Bar]:
    for measured in cases(records, "predict_one").values():
        median = measured.median(ONE)
        if median:
            text = f"predict one sequence, {ONE}, ms"
            yield Bar("predict_one", text, 1e3 * median, 1, at_least=False)
    for measured in cases(records, "predict_many").values():
        for ours in (ONE, TWO):
            yield from against_fastest("predict_many", "predict 100,000", measured, ours, 1)


def starts(records: list[Record]) -> Iterator[Bar]:
    for measured in cases(records, "start").values():
        for name, base, bound in (
            ("skrnn, import", "python", 0.3),
            ("skrnn, first fit", BASE, 1.7),
            ("skrnn, first fit, cache filled", BASE, 0.8),
        ):
            seconds = measured.excess(name, base)
            if seconds is not None:
                text = f"{name}, seconds beyond `{base}`"
                yield Bar("start", text, seconds, bound, at_least=False)


def growth(records: list[Record]) -> Iterator[Bar]:
    for kind in CURVES[:2]:
        found = slope(records, kind)
        if found is not None:
            text = f"slope of log time over log {kind}"
            yield Bar("curves", text, found, 1.1, at_least=False)
    for measured in cases(records, "memory").values():
        for name in measured.names:
            megabytes = measured.first(name)
            if megabytes is not None:
                text = f"growth of memory over 200 fits, {name}, MB"
                yield Bar("memory", text, megabytes, 5, at_least=False)


def jobs(records: list[Record]) -> Iterator[Bar]:
    for case, measured in cases(records, "jobs").items():
        if case == "warm workers":
            names = "n_jobs=1", "skrnn, n_jobs=2"
            yield from ratio("jobs", f"search, {case}", measured, names, 1.6)


def curve(records: list[Record], kind: str) -> list[tuple[int, float]]:
    """Return the median seconds a batch against length, batch size or units."""
    points = []
    for case, measured in cases(records, "curves").items():
        name, number = case.split()
        median = measured.median(ONE)
        if name == kind and median:
            points.append((int(number), median))
    return points


def slope(records: list[Record], kind: str) -> float | None:
    """Return the slope of a straight line through the logarithms."""
    points = curve(records, kind)
    if len(points) < 2:
        return None
    x, y = ([math.log(value) for value in values] for values in zip(*points, strict=True))
    return float(np.polyfit(x, y, 1)[0])
