"""Interface of estimators to streams: network, reading of a step, decoding of outputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from skrnn.engine.fitted_network import FittedNetwork
from skrnn.estimators.onnx_task import predictions
from skrnn.estimators.targets import ProbabilisticTarget, Target
from skrnn.networks.base import ModelBuilder
from skrnn.onnx_export.graph import Graph, Outputs, Tensor
from skrnn.onnx_export.stages import StepState
from skrnn.preprocessing.scaling import AffineScaling
from skrnn.sequences.categories import Categories
from skrnn.sequences.steps import UNNAMED, CategoricalSteps, in_order

Floats = NDArray[np.float64]


class StreamReader(Protocol):
    """Decoder of the outputs of streams, which may have a state for each stream."""

    def __call__(self, steps: Floats, outputs: Floats) -> NDArray[Any]:
        """Return one value per stream from steps and outputs (n_streams, ...)."""

    def reset(self, streams: Any) -> None:
        """Reset some streams to their initial state."""

    def go_on_from(self, other: Self) -> None:
        """Copy the state of another reader."""

    def onnx_outputs(
        self, graph: Graph, steps: Tensor, outputs: Sequence[Tensor], state: StepState
    ) -> Outputs:
        """Return the named results of a step in an ONNX graph.

        Parameters
        ----------
        graph : Graph
            The graph.
        steps : Tensor of shape (n_streams, n_features)
            The steps, scaled, in double precision.
        outputs : sequence of Tensor of shape (n_streams, n_outputs)
            Outputs of each network.
        state : StepState
            States of the graph, to which the reader adds its own.
        """


class OutputReader:
    """Decoder that applies a function to the outputs and has no state.

    Parameters
    ----------
    decode : callable
        The function.
    target : Target or None
        Target that the function decodes; None for steps that are no numbers.
    """

    def __init__(
        self, decode: Callable[[Floats], NDArray[Any]], target: Target | None = None
    ) -> None:
        self._decode = decode
        self._target = target

    @classmethod
    def of(cls, target: Target, method: str) -> Self:
        """Return the reader for ``method`` of an estimator."""
        if method == "predict":
            return cls(target.decode, target)
        assert isinstance(target, ProbabilisticTarget), "others have no predict_proba"
        return cls(target.probabilities, target)

    def __call__(self, steps: Floats, outputs: Floats) -> NDArray[Any]:
        """Return the decoded outputs."""
        return self._decode(outputs)

    def reset(self, streams: Any) -> None:
        """Do nothing: there is no state."""

    def go_on_from(self, other: Self) -> None:
        """Do nothing: there is no state."""

    def onnx_outputs(
        self, graph: Graph, steps: Tensor, outputs: Sequence[Tensor], state: StepState
    ) -> Outputs:
        """Return the predictions in an ONNX graph; raise ValueError for a generator."""
        if self._target is None:
            raise ValueError(
                "to_onnx was given a stream of a generator, whose steps are characters, words or "
                "the keys of a piano roll, which a file that reads numbers does not know; run "
                "Stream itself, which needs no Keras."
            )
        return predictions(graph, self._target, outputs, ("n_streams",))


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


def step_reader(
    names: list[str] | None, categories: Categories | None
) -> Callable[[Any, int | None], Any]:
    """Return the reader of steps with named features, or of steps with categories."""
    if categories is not None and categories.columns:
        return CategoricalSteps(categories, names)
    return partial(read_step, names)


def read_step(names: list[str] | None, x: Any, n_streams: int | None) -> Any:
    """Return the step of one or several streams, with named features in the order of the fit."""
    return x if type(x) in UNNAMED else in_order(x, names, n_streams)
