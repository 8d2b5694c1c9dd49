"""Progress of a fit: a bar of tqdm, or a line per epoch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@contextmanager
def reporting(
    verbose: int, epochs: int, name: str = "", n_done: int = 0
) -> Iterator[list[Bar | Lines]]:
    """Yield what reports each epoch of a fit: nothing, a bar, or lines from ``verbose=2`` on.

    Each begins with the ``name`` of the network, if there are several; a bar with the ``n_done``
    epochs of a fit that goes on from a checkpoint.
    """
    if verbose == 0:
        yield []
    elif verbose >= 2:
        yield [Lines(epochs, f"{name}, " if name else "")]
    else:
        from tqdm.auto import tqdm  # it may warn at import, in a notebook without ipywidgets

        with tqdm(total=epochs, initial=n_done, desc=name or None, unit="epoch") as bar:
            yield [Bar(bar)]


@dataclass(frozen=True)
class Bar:
    """Bar of tqdm that moves by one epoch at a time."""

    bar: Any

    def __call__(self, epoch: int, logs: Mapping[str, float], compiled: Any) -> None:
        """Move the bar, and show the values of the epoch behind it."""
        self.bar.set_postfix(_short(logs), refresh=False)
        self.bar.update()


@dataclass(frozen=True)
class Lines:
    """One printed line per epoch."""

    epochs: int
    start: str

    def __call__(self, epoch: int, logs: Mapping[str, float], compiled: Any) -> None:
        """Print the values of an epoch."""
        values = "".join(f" - {name} {value}" for name, value in _short(logs).items())
        print(f"{self.start}Epoch {epoch + 1}/{self.epochs}{values}", flush=True)


def _short(logs: Mapping[str, float]) -> dict[str, str]:
    """Return the values of an epoch with four significant digits."""
    return {name: f"{value:#.4g}" for name, value in logs.items()}
