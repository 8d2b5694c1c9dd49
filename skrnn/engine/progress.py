"""Progress bar of a fit."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any, TextIO


class ProgressBar:
    """Show epoch, losses and remaining time on one line of a terminal.

    Without a terminal, ten lines are written over the whole fit. Each begins with the ``name`` of
    the network, if there are several.
    """

    def __init__(self, epochs: int, stream: TextIO | None = None, name: str = "") -> None:
        self._epochs = epochs
        self._name = name
        self._stream = stream or sys.stdout
        self._began = time.perf_counter()
        self._terminal = self._stream.isatty()

    def __call__(self, epoch: int, logs: Mapping[str, float], compiled: Any) -> None:
        """Show the line of a finished epoch."""
        done = epoch + 1
        tenth = max(1, self._epochs // 10)
        if not (self._terminal or done % tenth == 0 or done in (1, self._epochs)):
            return
        left = (time.perf_counter() - self._began) / done * (self._epochs - done)
        filled = 20 * done // self._epochs
        losses = "".join(f" - {name} {value:.4g}" for name, value in logs.items())
        line = f"Epoch {done}/{self._epochs} [{'=' * filled:20}]{losses} - {left:.0f} s left"
        line = self._name + line
        self._stream.write(f"\r{line}" if self._terminal else f"{line}\n")
        self._stream.flush()

    def end(self) -> None:
        """End the line on a terminal."""
        if self._terminal:
            self._stream.write("\n")
