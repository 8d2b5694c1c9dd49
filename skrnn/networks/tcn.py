"""Temporal convolutional network (Bai, Kolter and Koltun, 2018, arXiv:1803.01271)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Self

from skrnn.networks.base import (
    DEPTH,
    DROPOUT,
    KERNEL,
    POOLING,
    REACH,
    WIDTH,
    LengthDependent,
    StreamingNetwork,
)
from skrnn.numpy_runtime.cells import (
    CausalConvolution,
    Dense,
    LayerNormalization,
    Rectifier,
    Residual,
    Stage,
)
from skrnn.numpy_runtime.weights import WeightReader
from skrnn.parameters import BOOLEAN, Parametrized, integers, one_of, parameter


class TCNParameters(Parametrized):
    """Parameters of temporal convolutional networks."""

    filters: int = parameter(default=32, domain=WIDTH, doc="Filters of each convolution.")
    kernel_size: int = parameter(
        default=3, domain=integers(2, KERNEL), doc="Length of the convolution kernels, in steps."
    )
    n_blocks: int | str = parameter(
        default="auto",
        domain=DEPTH | one_of("auto"),
        doc="""Number of residual blocks; "auto" is the smallest number whose receptive field
        covers the longest training sequence.""",
    )
    dilation_base: int = parameter(
        default=2,
        domain=integers(1, REACH),
        doc="Block i has dilation ``dilation_base ** i``.",
    )
    dropout: float = DROPOUT
    layer_norm: bool = parameter(
        default=False,
        domain=BOOLEAN,
        doc="Normalize over the filters at each step, before each ReLU.",
    )
    pooling: str = POOLING


class TCN(TCNParameters, StreamingNetwork, LengthDependent):
    """Residual blocks of dilated causal convolutions with growing dilation.

    Temporal convolutional network (Bai, Kolter and Koltun, 2018, arXiv:1803.01271).

    A block is two causal convolutions, each followed by ReLU and dropout, added to
    its input. With kernel size k, dilation base b and n blocks, the receptive field is the
    ``1 + 2 (k - 1) (1 + b + ... + b^(n-1))`` latest steps.

    Parameters
    ----------
    {parameters}

    See Also
    --------
    Conv : Convolutions that are not causal.
    GRU, LSTM : Recurrent networks.
    """

    keeps_missing_steps = True

    @property
    def looks_ahead(self) -> bool:
        """Return False: the convolutions are causal."""
        return False

    def receptive_field(self) -> int:
        """Return the receptive field in steps, the current one included."""
        if isinstance(self.n_blocks, str):
            raise ValueError(f"n_blocks={self.n_blocks!r} is known only for a given window.")
        return self._reach(self.n_blocks)

    def _reach(self, n_blocks: int) -> int:
        dilations = sum(self.dilation_base**block for block in range(n_blocks))
        return 1 + 2 * (self.kernel_size - 1) * dilations

    def resolve(self, n_steps: int) -> Self:
        """Return the network with the number of blocks that covers ``n_steps``.

        Raises
        ------
        ValueError
            If this needs too many blocks, or the receptive field of ``n_blocks`` is far too long.
        """
        settings = f"kernel_size={self.kernel_size} and dilation_base={self.dilation_base}"
        if isinstance(self.n_blocks, str):
            n_blocks = 1
            while self._reach(n_blocks) < n_steps and DEPTH.contains(n_blocks):
                n_blocks += 1
            if not DEPTH.contains(n_blocks):
                raise ValueError(
                    f"with {settings}, even {n_blocks - 1} blocks do not cover sequences of "
                    f"{n_steps} steps; give a greater dilation_base, or n_blocks."
                )
            return self.with_parameters(n_blocks=n_blocks)
        if self._reach(self.n_blocks) > max(REACH, 4 * n_steps):
            raise ValueError(
                f"n_blocks={self.n_blocks} with {settings} looks back over far more than the "
                f"{n_steps} steps of the longest sequence; give n_blocks='auto', or fewer."
            )
        return self

    def encode(self, inputs: Any, lengths: Any) -> Any:
        """Return the pooled outputs of the last block."""
        from skrnn.networks import layers

        if self.pooling == "last":
            return self._last(inputs, lengths)
        return layers.pool(self.pooling, self.steps(inputs, lengths), lengths)

    def steps(self, inputs: Any, lengths: Any) -> Any:
        """Return the outputs of the last block at every step."""
        from skrnn.networks import layers

        # Causal: outputs before the padding do not depend on it, so lengths are not needed.
        sequence = inputs
        for dilation in self.dilations():
            settings = {"dilation_rate": dilation, "padding": "causal"}
            convolutions = [self._convolution(layers.Conv1D, **settings) for _ in range(2)]
            sequence = self._block(convolutions, sequence, sequence)
        return sequence

    def _last(self, inputs: Any, lengths: Any) -> Any:
        """Return the last output, computing only the steps in its receptive field."""
        from skrnn.networks import layers

        blocks = layers.lattice_blocks(self.kernel_size, self.dilations())
        sequence = layers.AlignRight(blocks[0].n_inputs)(inputs, lengths)
        for block in blocks:
            convolutions = [
                partial(
                    self._convolution(
                        layers.LatticeConv1D, strides=stride, most=most, spacing=block.spacing
                    ),
                    lengths=lengths,
                )
                for stride, most in [(1, block.n_between), (block.stride, block.n_outputs)]
            ]
            kept = layers.Subsample(block.stride, block.n_outputs)(sequence)
            sequence = self._block(convolutions, sequence, kept)
        return sequence[:, -1]

    def stages(self, weights: WeightReader, n: int) -> list[Stage]:
        """Return the blocks."""
        return [self._block_stage(dilation, weights, n) for dilation in self.dilations()]

    def _block_stage(self, dilation: int, weights: WeightReader, n: int) -> Stage:
        """Return a block; the weights of its shortcut convolution come last."""
        width = self.filters
        stages: list[Stage] = []
        n_inputs = weights.n_inputs
        for _ in range(2):
            kernel, bias = weights.take((self.kernel_size, None, width), (width,))
            stages.append(CausalConvolution(n, kernel, bias, dilation))
            if self.layer_norm:
                stages.append(LayerNormalization(*weights.take((width,), (width,))))
            stages.append(Rectifier())
        if n_inputs == width:
            return Residual(stages, None)
        kernel, bias = weights.take((1, n_inputs, width), (width,))
        return Residual(stages, Dense(kernel[0], bias))

    def dilations(self) -> list[int]:
        """Return the dilation of each block."""
        return [self.dilation_base**block for block in range(int(self.n_blocks))]

    def _convolution(self, kind: Callable[..., Any], **settings: Any) -> Any:
        return kind(self.filters, self.kernel_size, kernel_initializer="he_normal", **settings)

    def _block(self, convolutions: Sequence[Callable[[Any], Any]], inputs: Any, kept: Any) -> Any:
        """Return a block's outputs; ``kept`` are its inputs at the steps of these."""
        from skrnn.networks import layers

        sequence = inputs
        for convolution in convolutions:
            sequence = convolution(sequence)
            if self.layer_norm:
                sequence = layers.LayerNormalization()(sequence)
            sequence = layers.Activation("relu")(sequence)
            if self.dropout:
                sequence = layers.Dropout(whole_channels=True)(sequence)
        if kept.shape[-1] != self.filters:
            kept = layers.Conv1D(self.filters, 1)(kept)
        return layers.Activation("relu")(layers.Add()([sequence, kept]))
