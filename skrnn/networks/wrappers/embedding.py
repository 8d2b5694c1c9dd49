"""Embedding of tokens in front of a network."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from skrnn.networks.base import ModelBuilder
from skrnn.networks.wrappers.base import Wrapper
from skrnn.numpy_runtime.cells import Embedding, Stage
from skrnn.numpy_runtime.model import StepModel, StreamingModel, streaming_error
from skrnn.numpy_runtime.weights import WeightReader


@dataclass(eq=False, repr=False)
class TokenEmbedding(Wrapper, StreamingModel):
    """Model with an embedding of tokens before it.

    Parameters
    ----------
    network : ModelBuilder
        Model that reads the embedding.
    n_tokens : int
        Size of the vocabulary; token ids are the only feature of a step.
    dim : int
        Size of the embedding.
    """

    network: ModelBuilder
    n_tokens: int = field()  # hides the attribute of all models, which is no default
    dim: int

    def __post_init__(self) -> None:
        self.needs_fixed_length = self.network.needs_fixed_length
        self.keeps_missing_steps = self.network.keeps_missing_steps

    @property
    def looks_ahead(self) -> bool:
        """Return whether the model looks at later steps."""
        return isinstance(self.network, StepModel) and self.network.looks_ahead

    def outputs(self, inputs: Any, lengths: Any, n_outputs: int) -> Any:
        """Return the outputs of the model for the vectors."""
        from skrnn.networks import layers

        vectors = layers.Embedding(self.n_tokens, self.dim, name="embedding")(inputs[..., 0])
        if any(self.rates().values()):
            vectors = layers.Dropout(whole_channels=True)(vectors)
        return self.network.outputs(layers.MaskPadding()(vectors, lengths), lengths, n_outputs)

    def output_stages(self, weights: WeightReader, n: int) -> list[Stage]:
        """Return the embedding and the stages of the model."""
        if not isinstance(self.network, StreamingModel):
            raise streaming_error(self.network)
        embedding = Embedding(*weights.take((self.n_tokens, self.dim)))
        return [embedding, *self.network.output_stages(weights, n)]

    def __repr__(self) -> str:
        return f"{self.network!r} with embedding_dim={self.dim}"
