"""Embedding of tokens in front of a network."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from skrnn.networks.wrappers.base import AroundOne
from skrnn.numpy_runtime.cells import Embedding, Stage
from skrnn.numpy_runtime.weights import WeightReader


@dataclass(eq=False, repr=False)
class TokenEmbedding(AroundOne):
    """Model with an embedding of tokens before it.

    Parameters
    ----------
    n_tokens : int
        Size of the vocabulary; token ids are the only feature of a step.
    dim : int
        Size of the embedding.
    """

    n_tokens: int = field()  # hides the attribute of all models, which is no default
    dim: int

    def outputs(self, inputs: Any, lengths: Any, n_outputs: int) -> Any:
        """Return the outputs of the model for the vectors."""
        from skrnn.networks import layers

        vectors = layers.Embedding(self.n_tokens, self.dim, name="embedding")(inputs[..., 0])
        if any(self.rates().values()):
            vectors = layers.Dropout(whole_channels=True)(vectors)
        return self.network.outputs(layers.MaskPadding()(vectors, lengths), lengths, n_outputs)

    def output_stages(self, weights: WeightReader, n: int) -> list[Stage]:
        """Return the embedding and the stages of the model."""
        embedding = Embedding(*weights.take((self.n_tokens, self.dim)))
        return [embedding, *self._stages_within(weights, n)]

    def __repr__(self) -> str:
        return f"{self.network!r} with embedding_dim={self.dim}"
