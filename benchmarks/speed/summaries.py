"""Summary figures of speed.py."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from records import Measured, Record, cases, is_ours
from rows import BASE, DEFAULT, KERAS_NAMES, LIMIT, ONE

CURVES = ("steps", "batch", "units")


@dataclass(frozen=True)
class Summary:
    """A summary figure, such as a ratio of times."""

    text: str
    value: float

    def line(self) -> str:
        """Return a line for the page."""
        return f"{self.text}: {self.value:.3g}"


def fastest(measured: Measured, ours: str) -> tuple[float, str] | None:
    """Return the least ratio of another library to ours, with its name."""
    others = [name for name in measured.names if not is_ours(name) and name != LIMIT]
    ratios = [(ratio, name) for name in others if (ratio := measured.ratio(name, ours))]
    return min(ratios, default=None)


def against_fastest(case: str, measured: Measured) -> Iterator[Summary]:
    """Yield the ratios of the fastest other library to ours, by default and on one device."""
    for ours in (DEFAULT, ONE):
        found = fastest(measured, ours)
        if found:
            yield Summary(f"{case}: fastest other library ({found[1]}) / {ours}", found[0])


def ratio(case: str, measured: Measured, names: tuple[str, str]) -> Iterator[Summary]:
    """Yield the ratio to one other library, if it was measured."""
    value = measured.ratio(*names)
    if value:
        yield Summary(f"{case}: {names[0]} / {names[1]}", value)


def against_keras(case: str, measured: Measured) -> Iterator[Summary]:
    """Yield the ratio to plain Keras on each backend on which both were measured."""
    for backend in KERAS_NAMES.values():
        yield from ratio(case, measured, (f"Keras, {backend}", f"skrnn, {backend}"))


def summaries(records: list[Record]) -> list[Summary]:
    """Return all summary figures that were measured."""
    makers = (searches, epochs, tcn, predictions, starts, growth, jobs)
    return [one for make in makers for one in make(records)]


def searches(records: list[Record]) -> Iterator[Summary]:
    for row, text in (
        ("search", "search, after the first fits"),
        ("search_fresh", "search, whole process"),
    ):
        for measured in cases(records, row).values():
            yield from against_fastest(text, measured)
            yield from against_keras(text, measured)


def epochs(records: list[Record]) -> Iterator[Summary]:
    for case, measured in cases(records, "epoch").items():
        text = f"epoch of {case}"
        yield from against_fastest(text, measured)
        limit = measured.ratio(LIMIT, DEFAULT)
        if case == "GRU 32" and limit:
            yield Summary(f"{text}: {DEFAULT} / {LIMIT}", 1 / limit)


def tcn(records: list[Record]) -> Iterator[Summary]:
    for case, measured in cases(records, "tcn").items():
        yield from against_fastest(f"epoch of {case}", measured)
        for ours in (DEFAULT, ONE):
            yield from ratio(f"epoch of {case}", measured, ("PyTorch", ours))


def predictions(records: list[Record]) -> Iterator[Summary]:
    for measured in cases(records, "predict_one").values():
        for ours in (DEFAULT, ONE):
            median = measured.median(ours)
            if median:
                yield Summary(f"predict one sequence, {ours}, ms", 1e3 * median)
        yield from against_keras("predict one sequence", measured)
    for measured in cases(records, "predict_many").values():
        yield from against_fastest("predict 100,000", measured)
        yield from against_keras("predict 100,000", measured)


def starts(records: list[Record]) -> Iterator[Summary]:
    for measured in cases(records, "start").values():
        for name, base in (
            ("skrnn, import", "python"),
            ("skrnn, first fit", BASE),
            ("skrnn, first fit, cache filled", BASE),
        ):
            seconds = measured.excess(name, base)
            if seconds is not None:
                text = f"{name}, seconds beyond `{base}`"
                yield Summary(text, seconds)


def growth(records: list[Record]) -> Iterator[Summary]:
    for kind in CURVES[:2]:
        found = slope(records, kind)
        if found is not None:
            text = f"slope of log time over log {kind}"
            yield Summary(text, found)
    for measured in cases(records, "memory").values():
        for name in measured.names:
            megabytes = measured.first(name)
            if megabytes is not None:
                text = f"growth of memory over 200 fits, {name}, MB"
                yield Summary(text, megabytes)


def jobs(records: list[Record]) -> Iterator[Summary]:
    for case, measured in cases(records, "jobs").items():
        if case == "warm workers":
            names = "n_jobs=1", "skrnn, n_jobs=2"
            yield from ratio(f"search, {case}", measured, names)


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
