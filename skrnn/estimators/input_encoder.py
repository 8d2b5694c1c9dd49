"""Encoder of X: reads, checks and scales sequences as in the fit."""

from __future__ import annotations

import warnings
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn.engine.batches import NetworkInputs
from skrnn.networks.base import ModelBuilder
from skrnn.onnx_export.graph import Graph
from skrnn.onnx_export.inputs import SequenceInputs, measurements, tokens
from skrnn.parameters import plain
from skrnn.preprocessing.scaling import AffineScaling
from skrnn.sequences import (
    InputFormat,
    Sequences,
    SequenceShape,
    check_finite,
    check_shape,
    checked_blocks,
    read_sequences,
)
from skrnn.sequences.categories import Categories, refuse_categorical_dtype
from skrnn.sequences.stored_rows import is_on_disk
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
    categories : Categories or None
        Categorical features; None for estimators that have none.
    """

    input_format: InputFormat
    shape: SequenceShape
    scaling: AffineScaling
    network: ModelBuilder
    scale_input: bool
    categories: Categories | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """Return the parameters of the estimator that the encoder was made with."""
        own = {**asdict(self.input_format), "scale_input": self.scale_input}
        if self.categories is not None:
            own["categorical_features"] = self.categories.given
        return own

    @property
    def masks(self) -> bool:
        """Return whether NaN marks values as not observed."""
        return self.input_format.missing == "mask"

    @property
    def n_channels(self) -> int:
        """Return the number of inputs of the network per step."""
        return self.shape.n_features * (2 if self.masks else 1)

    def read(self, estimator: Any, X: Any) -> tuple[Sequences, Categories | None]:
        """Return X as sequences like those of the fit, or raise, and the categories of the fit."""
        n_tokens = self.network.n_tokens
        if n_tokens is None:
            if self.categories is not None:
                X = self.categories.encode(estimator, X, self.input_format)
            sequences = read_sequences(estimator, X, self.input_format, reset=False)
        else:
            sequences = read_tokens(estimator, X, self.input_format, reset=False, n_tokens=n_tokens)
        check_shape(estimator, sequences, self.shape)
        return sequences, self.categories

    def without_padding(self, sequences: Sequences) -> Sequences:
        """Return texts without trailing zeros, unless the network has a fixed length."""
        if self.network.n_tokens is None or self.network.needs_fixed_length:
            return sequences
        return sequences.without_padding()

    def inputs(self, sequences: Sequences) -> NetworkInputs:
        """Return sequences as inputs of the network."""
        skips = self.masks and not self.network.keeps_missing_steps
        if skips and not is_on_disk(sequences.steps):
            sequences, skips = sequences.without_missing_steps(), False
        at_end = self.network.needs_fixed_length
        return NetworkInputs(
            sequences, self.scaling, self.masks, at_end=at_end, skips_missing=skips
        )

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


def read_first(estimator: Any, X: Any) -> tuple[Sequences, Categories | None]:
    """Return the X of a first fit as sequences, and its categorical features.

    Values of measurements on disk are not checked before `learn_scaling`.

    Warns
    -----
    UserWarning
        If it looks like tokens, and the estimator reads measurements.
    """
    input_format = InputFormat.of(estimator)
    if estimator.embedding_dim is not None:
        return read_tokens(estimator, X, input_format, reset=True), None
    if look_like_tokens(X):
        warnings.warn(
            f"X looks like token ids, and {type(estimator).__name__} reads them as "
            "measurements; set embedding_dim, for example to 32, to read texts.",
            stacklevel=5,
        )
    categories = None
    if hasattr(estimator, "categorical_features"):
        given = plain(estimator.categorical_features)
        categories, X = Categories.learn(given, estimator, X, input_format)
    else:
        refuse_categorical_dtype(X, type(estimator).__name__)
    sequences = read_sequences(estimator, X, input_format, reset=True, checks_disk=False)
    return sequences, categories


def learn_scaling(
    estimator: Any,
    sequences: Sequences,
    weights: NDArray[np.float64],
    categories: Categories | None,
) -> AffineScaling:
    """Return the scaling of sequences with these weights; values on disk are checked.

    Tokens and codes of categories are not scaled. Rows on disk are measured and checked in one
    pass, since reading them takes most of the time.

    Raises
    ------
    ValueError
        If a value on disk is infinite or, with ``missing="error"``, NaN.
    """
    if not estimator.scale_input or estimator.embedding_dim is not None:
        check_on_disk(estimator, sequences)
        return AffineScaling.identity(sequences.n_features)
    if is_on_disk(sequences.steps):
        blocks = checked_blocks(sequences, weights, allow_nan=estimator.missing == "mask")
    else:
        blocks = ((sequences.steps[rows], held) for rows, held in sequences.blocks(weights))
    return AffineScaling.fit_blocks(blocks).without(categories.columns if categories else ())


def check_on_disk(estimator: Any, sequences: Sequences) -> None:
    """Raise ValueError if a value on disk is infinite or, with ``missing="error"``, NaN."""
    if is_on_disk(sequences.steps):
        check_finite(sequences, allow_nan=estimator.missing == "mask")
