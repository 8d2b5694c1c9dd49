"""Detection methods: prediction error of the next step, or reconstruction error."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from skrnn.networks import GRU, Network
from skrnn.networks.base import ModelBuilder, StepNetwork, require_steps
from skrnn.networks.recurrent import Recurrent
from skrnn.networks.wrappers.per_step import Autoencoder, NextStepHead
from skrnn.onnx_export.graph import Graph, Tensor
from skrnn.onnx_export.inputs import SequenceInputs
from skrnn.onnx_export.steps import take_steps
from skrnn.preprocessing.sequence_containers import rows_of
from skrnn.sequences import Sequences, pieces

Floats = NDArray[np.float64]

#: Function from sequences to the outputs at all of their steps in order, (n, n_features).
StepOutputs = Callable[[Sequences], Floats]

#: Function from sequences and lengths in an ONNX graph to the outputs of each network.
OnnxOutputs = Callable[[list[Tensor]], list[Tensor]]


class DetectionMethod(ABC):
    """Prediction of steps, whose errors are scored; sequences lie end to end."""

    @abstractmethod
    def network(self, make: Callable[[], Network]) -> ModelBuilder:
        """Return the model for the method, around networks that ``make`` returns."""

    @abstractmethod
    def targets(self, sequences: Sequences) -> Sequences:
        """Return the target at each step, NaN for none.

        Raises
        ------
        ValueError
            If there are no targets.
        """

    @abstractmethod
    def predicted_steps(self, sequences: Sequences, outputs: StepOutputs) -> Floats:
        """Return the prediction of each step, scaled, NaN where there is none.

        Those of several networks are side by side, (n, n_networks * n_features).

        Raises
        ------
        ValueError
            If a sequence is too short.
        """

    @abstractmethod
    def onnx_predicted(
        self, graph: Graph, inputs: SequenceInputs, outputs: OnnxOutputs
    ) -> list[Tensor]:
        """Return the predictions (n, n_steps, n_features) of each network in an ONNX graph."""


@dataclass(frozen=True)
class PredictionError(DetectionMethod):
    """Predict each step from those before it."""

    def network(self, make: Callable[[], Network]) -> ModelBuilder:
        """Return a next-step model; raise ValueError if its network looks ahead."""
        network = require_steps(make())
        if network.looks_ahead:
            raise ValueError(
                f"{network!r} looks at later steps, and a forecast may not; give a recurrent "
                'network in one direction or a TCN, or method="reconstruction".'
            )
        return NextStepHead(network)

    def targets(self, sequences: Sequences) -> Sequences:
        """Return the next step; raise ValueError if no sequence has a second one."""
        if sequences.longest < 2:
            raise ValueError(
                "X has sequences of one step only, and a forecast needs a step before; give "
                "sequences of two steps or more, one long series as a list: [series]. (A row of "
                "a 2-D X is a sequence: one with 1 feature(s) is one of one step.)"
            )
        following = np.roll(sequences.steps, -1, axis=0)
        following[sequences.ends] = np.nan
        return replace(sequences, steps=following)

    def predicted_steps(self, sequences: Sequences, outputs: StepOutputs) -> Floats:
        """Return the forecast of each step but the first."""
        predicted = np.roll(outputs(sequences), 1, axis=0)
        predicted[sequences.starts] = np.nan
        return predicted

    def onnx_predicted(
        self, graph: Graph, inputs: SequenceInputs, outputs: OnnxOutputs
    ) -> list[Tensor]:
        """Return the forecast of each step, NaN for the first."""
        return [
            graph.concatenate([one.between(0, 1, 1) * np.nan, one.between(0, -1, 1)], 1)
            for one in outputs(inputs.network_inputs)
        ]


@dataclass(frozen=True)
class ReconstructionError(DetectionMethod):
    """Reconstruct all steps of a chunk from one vector.

    Attributes
    ----------
    window_length : int
        Steps of a chunk.
    """

    window_length: int

    def network(self, make: Callable[[], Network]) -> ModelBuilder:
        """Return an encoder, with a decoder like it if it is recurrent, else a GRU."""
        encoder = make()
        if isinstance(encoder, Recurrent):
            decoder: StepNetwork = require_steps(make()).set_params(
                bidirectional=False, conv_filters=None
            )
        else:
            decoder = GRU(units=encoder.hidden_width())
        return Autoencoder(encoder, decoder)

    def targets(self, sequences: Sequences) -> Sequences:
        """Return the steps themselves."""
        self._check(sequences)
        return sequences

    def predicted_steps(self, sequences: Sequences, outputs: StepOutputs) -> Floats:
        """Return the reconstruction of each step, from the later one of overlapping chunks."""
        self._check(sequences)
        cut = pieces(sequences, self.window_length, whole=True)
        found = outputs(cut)
        predicted = np.empty((len(sequences.steps), found.shape[1]))
        predicted[rows_of(cut)] = found
        return predicted

    def onnx_predicted(
        self, graph: Graph, inputs: SequenceInputs, outputs: OnnxOutputs
    ) -> list[Tensor]:
        """Return the reconstruction of each step, from the later one of overlapping chunks."""
        (scaled, lengths), size = inputs.network_inputs, self.window_length
        n_samples, last_start = lengths.length(0), (lengths - size).with_axis(1)
        n_chunks = (scaled.length(1) + (size - 1)) / size
        starts = graph.op("Min", graph.count(n_chunks) * size, last_start)
        steps = starts.with_axis(2) + graph.constant(np.arange(size))
        chunks = take_steps(scaled, steps.reshape(0, -1)).reshape(-1, size, scaled.known_length(2))
        n_steps = graph.constant([size]).expand(chunks.length(0))
        now = graph.count(scaled.length(1))
        last_chunk = (lengths.with_axis(1) + (size - 1)) / size - 1
        places = graph.where(now < last_start, now, last_chunk * size + now - last_start)
        places = graph.op("Min", places, n_chunks * size - 1)  # at padding any step will do
        return [
            take_steps(one.reshape(n_samples, -1, one.known_length(2)), places)
            for one in outputs([chunks, n_steps])
        ]

    def _check(self, sequences: Sequences) -> None:
        """Raise ValueError if a sequence is shorter than a chunk."""
        if sequences.lengths.min() < self.window_length:
            row = int(np.argmin(sequences.lengths))
            raise ValueError(
                f"sequence {row} of X has {sequences.lengths[row]} steps, and chunks of "
                f"window_length={self.window_length} are reconstructed; give longer sequences, "
                'fit with a smaller window_length, or with method="forecast".'
            )
