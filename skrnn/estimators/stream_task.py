"""Interface of estimators to streams: network, reading of a step, decoding of outputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from skrnn.engine.fitted_network import FittedNetwork
from skrnn.estimators.targets import ProbabilisticTarget, Target
from skrnn.networks.base import ModelBuilder
from skrnn.preprocessing.scaling import AffineScaling
from skrnn.sequences.steps import UNNAMED, in_order

Floats = NDArray[np.float64]


class StreamReader(Protocol):
    """Decoder of the outputs of streams, which may have a state for each stream."""

    def __call__(self, steps: Floats, outputs: Floats) -> NDArray[Any]:
        """Return one value per stream from steps and outputs (n_streams, ...)."""

    def reset(self, streams: Any) -> None:
        """Reset some streams to their initial state."""

    def go_on_from(self, other: Self) -> None:
        """Copy the state of another reader."""


class OutputReader:
    """Decoder that applies a function to the outputs and has no state."""

    def __init__(self, decode: Callable[[Floats], NDArray[Any]]) -> None:
        self._decode = decode

    @classmethod
    def of(cls, target: Target, method: str) -> Self:
        """Return the reader for ``method`` of an estimator."""
        if method == "predict":
            return cls(target.decode)
        assert isinstance(target, ProbabilisticTarget), "others have no predict_proba"
        return cls(target.probabilities)

    def __call__(self, steps: Floats, outputs: Floats) -> NDArray[Any]:
        """Return the decoded outputs."""
        return self._decode(outputs)

    def reset(self, streams: Any) -> None:
        """Do nothing: there is no state."""

    def go_on_from(self, other: Self) -> None:
        """Do nothing: there is no state."""


@dataclass(frozen=True, eq=False)
class StreamTask:
    """Fitted network of a stream, with the readers of its steps and outputs.

    Attributes
    ----------
    fitted : FittedNetwork
        The network with its weights.
    scaling : AffineScaling
        Center and scale of each feature.
    masks : bool
        Whether NaN marks a value as not observed.
    read : callable
        Function from a user's step and ``n_streams`` to numbers.
    reader : StreamReader
        Decoder of the outputs.
    opening : sequence of ndarray of shape (n_features,)
        Steps before the first one of a sequence.
    """

    fitted: FittedNetwork[Any, Any]
    scaling: AffineScaling
    masks: bool
    read: Callable[[Any, int | None], Any]
    reader: StreamReader
    opening: Sequence[NDArray[Any]] = ()

    @property
    def network(self) -> ModelBuilder:
        """Return the network."""
        return self.fitted.spec.network

    @property
    def n_features(self) -> int:
        """Return the number of features of a step."""
        return len(self.scaling.center)


def read_step(names: list[str] | None, x: Any, n_streams: int | None) -> Any:
    """Return the step of one or several streams, with named features in the order of the fit."""
    return x if type(x) in UNNAMED else in_order(x, names, n_streams)
