"""Base class of networks with convolution kernels of several lengths."""

from __future__ import annotations

from typing import Any

from skrnn.networks.base import DROPOUT, KERNEL, MEAN_POOLING, WIDTH, StepNetwork
from skrnn.parameters import integers, parameter


class Multiscale(StepNetwork):
    """Base class of networks whose convolutions have kernels of three lengths side by side."""

    keeps_missing_steps = True

    filters: int = parameter(default=32, domain=WIDTH, doc="Filters of each convolution.")
    kernel_size: int = parameter(
        default=40,
        domain=integers(4, KERNEL),
        doc="""Length of the longest kernels, in steps; the others are a half and a quarter as
        long.""",
    )
    dropout: float = DROPOUT
    pooling: str = MEAN_POOLING

    @property
    def looks_ahead(self) -> bool:
        """Return True: the convolutions are not causal."""
        return True

    def encode(self, inputs: Any, lengths: Any) -> Any:
        """Return the pooled outputs at all steps."""
        from skrnn.networks import layers

        return layers.pool(self.pooling, self.steps(inputs, lengths), lengths)

    def _sizes(self) -> list[int]:
        """Return the lengths of the kernels, the longest first."""
        return [self.kernel_size // 2**i for i in range(3)]

    def _convolutions(self, sequence: Any) -> list[Any]:
        """Return the outputs of a convolution of each length."""
        from skrnn.networks import layers

        return [
            layers.Conv1D(self.filters, size, padding="same", use_bias=False)(sequence)
            for size in self._sizes()
        ]

    def _activated(self, sequence: Any, lengths: Any) -> Any:
        """Return a sequence after normalization, ReLU and dropout, with padding of zero."""
        from skrnn.networks import layers

        sequence = layers.Activation("relu")(layers.LayerNormalization()(sequence))
        if self.dropout:
            sequence = layers.Dropout(whole_channels=True)(sequence)
        return layers.MaskPadding()(sequence, lengths)
