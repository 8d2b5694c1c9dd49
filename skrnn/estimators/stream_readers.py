"""What a stream returns: outputs of a network at a step, read as an estimator reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from skrnn.estimators.step_scores import StepScoring
from skrnn.preprocessing.scaling import Standardiser

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


class ScoreReader:
    """Score each step of streams against the forecast made before it.

    Parameters
    ----------
    scoring : StepScoring
        How errors become scores.
    scaling : Standardiser
        How the network sees the steps.
    n : int
        Streams.
    """

    def __init__(self, scoring: StepScoring, scaling: Standardiser, n: int) -> None:
        self._scoring, self._scaling = scoring, scaling
        self._moving = scoring.moving(n)
        self._told = np.full((n, len(scaling.mean)), np.nan)

    def __call__(self, steps: Floats, outputs: Floats) -> Floats:
        """Return the scores of steps, and keep the forecasts after them."""
        errors = self._scaling.transform(steps) - self._told
        self._told = outputs
        return np.nan_to_num(self._moving(self._scoring.usual.joined(errors)))

    def reset(self, streams: Any) -> None:
        """Let some streams begin anew."""
        self._told[streams] = np.nan
        self._moving.reset(streams)

    def go_on_from(self, other: Self) -> None:
        """Take over the forecasts that were made, and the scores of late."""
        self._told = other._told.copy()
        self._moving.go_on_from(other._moving)


class Streamable:
    """What a `Stream` asks an estimator for, beside its network."""

    #: What a stream may return, the first one by default, and what makes it of the outputs.
    _streamed: ClassVar[Mapping[str, str]] = {
        "predict": "_predicted",
        "predict_proba": "_probabilities",
    }

    def _opening(self) -> Iterable[NDArray[Any]]:
        """Return steps (n_features,) that a stream takes before those of a sequence."""
        return ()

    def _read_step(self, x: Any, n_streams: int | None) -> Any:
        """Return a step of a stream, or of several, as numbers."""
        del n_streams
        return x

    def _stream_reader(self, n: int, method: str) -> StreamReader:
        """Return what reads the outputs of ``n`` streams as ``method`` does."""
        del n
        return OutputReader(getattr(self, self._streamed[method]))
