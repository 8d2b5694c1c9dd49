"""Progress of a fit: a bar of tqdm, or a line per epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

#: Called with the number of training steps that are done.
Progress = Callable[[int], None]


class Reporter(Protocol):
    """Report of a fit while it runs."""

    def __call__(self, epoch: int, logs: Mapping[str, float], compiled: Any, /) -> None:
        """Report an epoch and its losses and metrics."""

    def within(self, epoch: int, n_done: int, n_batches: int, /) -> None:
        """Report that some of the batches of an epoch are done."""


@contextmanager
def reporting(
    verbose: int, epochs: int, name: str = "", n_done: int = 0
) -> Iterator[list[Reporter]]:
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

        with tqdm(
            total=epochs, initial=n_done, desc=name or None, unit="epoch", dynamic_ncols=True
        ) as bar:
            yield [Bar(bar)]
        _show_success(bar)


def _show_success(bar: Any) -> None:
    """Color a bar of a notebook, which tqdm leaves red after an early stop, as after an error."""
    for widget in getattr(getattr(bar, "container", None), "children", ()):
        if getattr(widget, "bar_style", None) == "danger":
            widget.bar_style = "success"


@dataclass(frozen=True)
class Bar:
    """Bar of tqdm, in epochs, that moves within them, too."""

    bar: Any

    def __call__(self, epoch: int, logs: Mapping[str, float], compiled: Any) -> None:
        """Move the bar to the end of an epoch, and show its values behind the bar."""
        self.bar.set_postfix(_short(logs), refresh=False)
        self.within(epoch, 1, 1)

    def within(self, epoch: int, n_done: int, n_batches: int) -> None:
        """Move the bar to a batch of an epoch."""
        self.bar.n = epoch + 1 if n_done == n_batches else round(epoch + n_done / n_batches, 2)
        self.bar.update(0)


@dataclass(frozen=True)
class Lines:
    """One printed line per epoch."""

    epochs: int
    start: str

    def within(self, epoch: int, n_done: int, n_batches: int) -> None:
        """Print nothing."""

    def __call__(self, epoch: int, logs: Mapping[str, float], compiled: Any) -> None:
        """Print the values of an epoch."""
        values = "".join(f" - {name} {value}" for name, value in _short(logs).items())
        print(f"{self.start}Epoch {epoch + 1}/{self.epochs}{values}", flush=True)


def _short(logs: Mapping[str, float]) -> dict[str, str]:
    """Return the values of an epoch with four significant digits."""
    return {name: f"{value:#.4g}" for name, value in logs.items()}
