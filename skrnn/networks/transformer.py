"""Transformer encoder (Vaswani et al., 2017, arXiv:1706.03762), normalized before each part."""

from __future__ import annotations

from typing import Any

from skrnn.networks.base import DEPTH, DROPOUT, MEAN_POOLING, WIDTH, StepNetwork
from skrnn.parameters import integers, parameter


class Transformer(StepNetwork):
    """Transformer encoder with sinusoidal position encoding.

    Transformer encoder (Vaswani et al., 2017, arXiv:1706.03762).

    Parameters
    ----------
    {parameters}

    See Also
    --------
    Conv : Convolutions.
    GRU, LSTM : Recurrent networks.
    """

    keeps_missing_steps = True

    width: int = parameter(default=32, domain=WIDTH, doc="Features per step inside the network.")
    n_heads: int = parameter(
        default=2, domain=integers(1, 2**8), doc="Attention heads of each layer."
    )
    n_layers: int = parameter(default=2, domain=DEPTH, doc="Number of encoder layers.")
    feedforward: int = parameter(
        default=64, domain=WIDTH, doc="Hidden units of the feed-forward part of each layer."
    )
    dropout: float = DROPOUT
    pooling: str = MEAN_POOLING

    def encode(self, inputs: Any, lengths: Any) -> Any:
        """Return the pooled outputs of the last layer."""
        from skrnn.networks import layers

        return layers.pool(self.pooling, self.steps(inputs, lengths), lengths)

    @property
    def looks_ahead(self) -> bool:
        """Return True: each step attends to all."""
        return True

    def steps(self, inputs: Any, lengths: Any) -> Any:
        """Return the outputs of the last layer at every step."""
        from skrnn.networks import layers

        sequence = layers.Positions()(layers.Dense(self.width)(inputs))
        real = layers.PaddingMask()(inputs, lengths)
        for _ in range(self.n_layers):
            normal = layers.LayerNormalization()(sequence)
            attended = layers.MultiHeadAttention(self.n_heads, max(1, self.width // self.n_heads))(
                normal, normal, attention_mask=real
            )
            sequence = layers.Add()([sequence, self._dropped(attended)])
            normal = layers.LayerNormalization()(sequence)
            hidden = layers.Dense(self.feedforward, activation="relu")(normal)
            sequence = layers.Add()([sequence, self._dropped(layers.Dense(self.width)(hidden))])
        return layers.LayerNormalization()(sequence)

    def _dropped(self, sequence: Any) -> Any:
        from skrnn.networks import layers

        return layers.Dropout()(sequence) if self.dropout else sequence
