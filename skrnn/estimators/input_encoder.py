"""Encoder of X: reads, checks and scales sequences as in the fit."""

from __future__ import annotations

import warnings
from dataclasses import asdict, dataclass
from typing import Any

from skrnn.engine.batches import NetworkInputs
from skrnn.networks.base import ModelBuilder
from skrnn.onnx_export.graph import Graph
from skrnn.onnx_export.inputs import SequenceInputs, measurements, tokens
from skrnn.preprocessing.scaling import AffineScaling
from skrnn.sequences import (
    InputFormat,
    Sequences,
    SequenceShape,
    check_shape,
    read_sequences,
)
from skrnn.sequences.token_reading import look_like_tokens, read_tokens


@dataclass(frozen=True, eq=False)
class InputEncoder:
    """Read, check and scale sequences as in the fit.

    Attributes
    ----------
    input_format : InputFormat
        The axes of X, and the meaning of NaN.
    shape : SequenceShape
        Features, and length if that is fixed.
    scaling : AffineScaling
        Center and scale of each feature.
    network : ModelBuilder
        Its attributes tell whether it reads tokens, keeps steps without observations,
        and takes one length only.
    scale_input : bool
        Whether ``scaling`` is that of the training steps, and not the identity.
    """

    input_format: InputFormat
    shape: SequenceShape
    scaling: AffineScaling
    network: ModelBuilder
    scale_input: bool

    @property
    def parameters(self) -> dict[str, Any]:
        """Return the parameters of the estimator that the encoder was made with."""
        return {**asdict(self.input_format), "scale_input": self.scale_input}

    @property
    def masks(self) -> bool:
        """Return whether NaN marks values as not observed."""
        return self.input_format.missing == "mask"

    @property
    def n_channels(self) -> int:
        """Return the number of inputs of the network per step."""
        return self.shape.n_features * (2 if self.masks else 1)

    def read(self, estimator: Any, X: Any) -> Sequences:
        """Return X as sequences, or raise if they are not like those of the fit."""
        n_tokens = self.network.n_tokens
        if n_tokens is None:
            sequences = read_sequences(estimator, X, self.input_format, reset=False)
        else:
            sequences = read_tokens(estimator, X, self.input_format, reset=False, n_tokens=n_tokens)
        check_shape(estimator, sequences, self.shape)
        return sequences

    def without_padding(self, sequences: Sequences) -> Sequences:
        """Return texts without trailing zeros, unless the network has a fixed length."""
        if self.network.n_tokens is None or self.network.needs_fixed_length:
            return sequences
        return sequences.without_padding()

    def inputs(self, sequences: Sequences) -> NetworkInputs:
        """Return sequences as inputs of the network."""
        if self.masks and not self.network.keeps_missing_steps:
            sequences = sequences.without_missing_steps()
        at_end = self.network.needs_fixed_length
        return NetworkInputs(sequences, self.scaling, self.masks, at_end=at_end)

    def onnx_inputs(self, graph: Graph) -> SequenceInputs:
        """Add the inputs to an ONNX graph: raw sequences and, unless all are alike, lengths."""
        shape = self.shape
        n_steps = None if shape.at_most else shape.n_steps
        if self.network.n_tokens is not None:
            return tokens(graph, self.network.n_tokens, n_steps)
        return measurements(
            graph,
            self.scaling,
            n_steps,
            is_ragged=n_steps is None,
            masks=self.masks,
            skips_missing=not self.network.keeps_missing_steps,
        )


def read_first(estimator: Any, X: Any) -> Sequences:
    """Return the X of a first fit as sequences.

    Warns
    -----
    UserWarning
        If it looks like tokens, and the estimator reads measurements.
    """
    input_format = InputFormat.of(estimator)
    if estimator.embedding_dim is not None:
        return read_tokens(estimator, X, input_format, reset=True)
    if look_like_tokens(X):
        warnings.warn(
            f"X looks like token ids, and {type(estimator).__name__} reads them as "
            "measurements; set embedding_dim, for example to 32, to read texts.",
            stacklevel=5,
        )
    return read_sequences(estimator, X, input_format, reset=True)
