"""What a stream returns: outputs of a network at a step, read as an estimator reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from skrnn.sequences import SequenceShape
from skrnn.sequences.steps import UNNAMED, feature_names, in_order

Floats = NDArray[np.float64]


class StreamReader(Protocol):
    """Read steps of streams and the outputs after them; it may keep something of each stream."""

    def __call__(self, steps: Floats, outputs: Floats) -> NDArray[Any]:
        """Return a value for each stream of steps and outputs (n_streams, ...)."""

    def reset(self, streams: Any) -> None:
        """Let some streams begin anew."""

    def go_on_from(self, other: Self) -> None:
        """Take over what another one keeps of the streams."""


class OutputReader:
    """Return what a function makes of the outputs; nothing is kept."""

    def __init__(self, decode: Callable[[Floats], NDArray[Any]]) -> None:
        self._decode = decode

    def __call__(self, steps: Floats, outputs: Floats) -> NDArray[Any]:
        """Return what the outputs say."""
        del steps
        return self._decode(outputs)

    def reset(self, streams: Any) -> None:
        """Change nothing."""

    def go_on_from(self, other: Self) -> None:
        """Change nothing."""


class Streamable:
    """What a `Stream` asks an estimator for, beside its network."""

    #: What a stream may return, the first one by default, and what makes it of the outputs.
    _streamed: ClassVar[Mapping[str, str]] = {
        "predict": "_predicted",
        "predict_proba": "_probabilities",
    }

    _shape: SequenceShape

    def _opening(self) -> Iterable[NDArray[Any]]:
        """Return steps (n_features,) that a stream takes before those of a sequence."""
        return ()

    def _read_step(self, x: Any, n_streams: int | None) -> Any:
        """Return a step of a stream, or of several, as numbers."""
        if type(x) in UNNAMED:
            return x
        return in_order(x, feature_names(self, self._shape.n_features), n_streams)

    def _stream_reader(self, n: int, method: str) -> StreamReader:
        """Return what reads the outputs of ``n`` streams as ``method`` does."""
        del n
        return OutputReader(getattr(self, self._streamed[method]))
