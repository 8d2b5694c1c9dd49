"""Choice of the fastest of several ways to the same result in a library."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

Work = Callable[[], Any]


class Fastest:
    """Fastest of several calls with the same result; ``note`` has its name."""

    def __init__(self, ways: dict[str, Work], n_calls: int = 1) -> None:
        seconds = {}
        for name, way in ways.items():
            way()  # compiles
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
