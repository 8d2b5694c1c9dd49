"""Stacked one-dimensional convolutions (Wang, Yan and Oates, 2017, arXiv:1611.06455)."""

from __future__ import annotations

from typing import Any

from skrnn.networks.base import DROPOUT, KERNEL, MEAN_POOLING, WIDTH, StepNetwork
from skrnn.parameters import BOOLEAN, integers, parameter, tuples_of


class Conv(StepNetwork):
    """Stack of non-causal convolutions with layer normalization, ReLU and pooling.

    Fully convolutional network (Wang, Yan and Oates, 2017, arXiv:1611.06455).

    Parameters
    ----------
    {parameters}

    See Also
    --------
    TCN : Causal convolutions with growing dilation.
    Transformer : Self-attention.
    """

    keeps_missing_steps = True

    filters: int | tuple[int, ...] = parameter(
        default=(32, 64, 32),
        domain=WIDTH | tuples_of(WIDTH),
        doc="Filters of each convolution; an int makes one layer.",
    )
    kernel_size: int = parameter(
        default=5, domain=integers(1, KERNEL), doc="Length of the convolution kernels, in steps."
    )
    dropout: float = DROPOUT
    layer_norm: bool = parameter(
        default=True,
        domain=BOOLEAN,
        doc="Normalize over the filters at each step, before each ReLU.",
    )
    pooling: str = MEAN_POOLING

    def encode(self, inputs: Any, lengths: Any) -> Any:
        """Return the pooled outputs of the last convolution."""
        from skrnn.networks import layers

        return layers.pool(self.pooling, self.steps(inputs, lengths), lengths)

    @property
    def looks_ahead(self) -> bool:
        """Return True: the convolutions are not causal."""
        return True

    def steps(self, inputs: Any, lengths: Any) -> Any:
        """Return the outputs of the last convolution at every step."""
        from skrnn.networks import layers

        sequence = inputs
        for filters in self.filters if isinstance(self.filters, tuple) else (self.filters,):
            sequence = layers.Conv1D(filters, self.kernel_size, padding="same")(sequence)
            if self.layer_norm:
                sequence = layers.LayerNormalization()(sequence)
            sequence = layers.Activation("relu")(sequence)
            if self.dropout:
                sequence = layers.Dropout(whole_channels=True)(sequence)
            sequence = layers.MaskPadding()(sequence, lengths)
        return sequence
