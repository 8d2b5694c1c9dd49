"""Where a neighbour offers several ways to the same result, its fastest one runs."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

Work = Callable[[], Any]


class Fastest:
    """The fastest of some calls with the same result; ``note`` says which it is."""

    def __init__(self, ways: dict[str, Work], n_calls: int = 1) -> None:
        seconds = {}
        for name, way in ways.items():
            way()  # what is compiled, is compiled now
            seconds[name] = median_call(way, n_calls)
        self.note = min(seconds, key=lambda name: seconds[name])
        self._way, self._n_calls = ways[self.note], n_calls

    def __call__(self) -> float:
        """Return the median seconds of the calls."""
        return median_call(self._way, self._n_calls)


def median_call(call: Work, n_calls: int) -> float:
    """Return the median of the seconds that a call takes."""
    seconds = []
    for _ in range(n_calls):
        began = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)
