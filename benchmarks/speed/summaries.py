"""Summary figures of speed.py, and their targets."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from records import Measured, Record, cases, is_ours
from rows import BASE, LIMIT, ONE, TWO

CURVES = ("steps", "batch", "units")


@dataclass(frozen=True)
class Summary:
    """A summary figure, such as a ratio of times, and the project's target for it."""

    row: str
    text: str
    value: float
    target: float

    def line(self) -> str:
        """Return a line for the page."""
        return f"{self.text}: {self.value:.3g}"


def fastest(measured: Measured, ours: str) -> tuple[float, str] | None:
    """Return the least ratio of another library to ours, with its name."""
    others = [name for name in measured.names if not is_ours(name) and name != LIMIT]
    ratios = [(ratio, name) for name in others if (ratio := measured.ratio(name, ours))]
    return min(ratios, default=None)


def against_fastest(
    row: str, case: str, measured: Measured, ours: str, target: float
) -> Iterator[Summary]:
    """Yield the ratio to the fastest other library, if one was measured."""
    found = fastest(measured, ours)
    if found:
        text = f"{case}: fastest other library ({found[1]}) / {ours}"
        yield Summary(row, text, found[0], target)


def ratio(
    row: str, case: str, measured: Measured, names: tuple[str, str], target: float
) -> Iterator[Summary]:
    """Yield the ratio to one other library, if it was measured."""
    value = measured.ratio(*names)
    if value:
        yield Summary(row, f"{case}: {names[0]} / {names[1]}", value, target)


def summaries(records: list[Record]) -> list[Summary]:
    """Return all summary figures that were measured."""
    makers = (searches, epochs, tcn, predictions, starts, growth, jobs)
    return [one for make in makers for one in make(records)]


def searches(records: list[Record]) -> Iterator[Summary]:
    for row, text, target in (
        ("search", "search, after the first fits", 5),
        ("search_fresh", "search, whole process", 2),
    ):
        for measured in cases(records, row).values():
            yield from against_fastest(row, text, measured, ONE, target)
            if row == "search":
                for backend, least in (("TensorFlow", 3), ("PyTorch", 1)):
                    names = f"Keras, {backend}", f"skrnn, {backend}"
                    yield from ratio(row, text, measured, names, least)


def epochs(records: list[Record]) -> Iterator[Summary]:
    for case, measured in cases(records, "epoch").items():
        text = f"epoch of {case}"
        yield from against_fastest("epoch", text, measured, TWO, 2)
        yield from against_fastest("epoch", text, measured, ONE, 1)
        limit = measured.ratio(LIMIT, TWO)
        if case == "GRU 32" and limit:
            yield Summary("epoch", f"{text}: {TWO} / {LIMIT}", 1 / limit, 2.5)


def tcn(records: list[Record]) -> Iterator[Summary]:
    for case, measured in cases(records, "tcn").items():
        for ours in (ONE, TWO):
            yield from against_fastest("tcn", f"epoch of {case}", measured, ours, 3)
            yield from ratio("tcn", f"epoch of {case}", measured, ("PyTorch", ours), 8)


def predictions(records: list[Record]) -> Iterator[Summary]:
    for measured in cases(records, "predict_one").values():
        median = measured.median(ONE)
        if median:
            text = f"predict one sequence, {ONE}, ms"
            yield Summary("predict_one", text, 1e3 * median, 1)
    for measured in cases(records, "predict_many").values():
        for ours in (ONE, TWO):
            yield from against_fastest("predict_many", "predict 100,000", measured, ours, 1)


def starts(records: list[Record]) -> Iterator[Summary]:
    for measured in cases(records, "start").values():
        for name, base, target in (
            ("skrnn, import", "python", 0.3),
            ("skrnn, first fit", BASE, 1.7),
            ("skrnn, first fit, cache filled", BASE, 0.8),
        ):
            seconds = measured.excess(name, base)
            if seconds is not None:
                text = f"{name}, seconds beyond `{base}`"
                yield Summary("start", text, seconds, target)


def growth(records: list[Record]) -> Iterator[Summary]:
    for kind in CURVES[:2]:
        found = slope(records, kind)
        if found is not None:
            text = f"slope of log time over log {kind}"
            yield Summary("curves", text, found, 1.1)
    for measured in cases(records, "memory").values():
        for name in measured.names:
            megabytes = measured.first(name)
            if megabytes is not None:
                text = f"growth of memory over 200 fits, {name}, MB"
                yield Summary("memory", text, megabytes, 5)


def jobs(records: list[Record]) -> Iterator[Summary]:
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
