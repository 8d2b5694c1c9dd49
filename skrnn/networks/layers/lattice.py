"""Dilated causal convolutions, computed only at the steps in the last output's receptive field.

A stack of dilated causal convolutions has outputs at every step, but its last
output depends on few of them: those at a distance from the end that is a multiple of the dilation.
These positions, a `spacing` apart up to the last step, are a lattice. On it, a
convolution of that dilation is an ordinary one, and a wider lattice is a stride.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
from keras import ops

from skrnn.networks.layers.convolution import FastConvolution


class LatticeBlock(NamedTuple):
    """Steps that a block of two convolutions has to compute for the next blocks.

    Attributes
    ----------
    spacing : int
        Steps between the positions that the block reads: its dilation.
    stride : int
        Spacing of the outputs that the next block reads, up to the last one.
    n_between, n_outputs : int
        Maximum number of outputs of the first and second convolution that are needed.
    n_inputs : int
        Maximum number of positions that the block needs.
    """

    spacing: int
    stride: int
    n_between: int
    n_outputs: int
    n_inputs: int


def lattice_blocks(kernel_size: int, dilations: Sequence[int]) -> list[LatticeBlock]:
    """Return the blocks of a stack for its last output only.

    The first dilation is 1, and each divides the next one.
    """
    blocks = []
    n_outputs, following = 1, dilations[-1]
    for dilation in reversed(dilations):
        stride = following // dilation
        n_between = (n_outputs - 1) * stride + kernel_size
        n_inputs = n_between + kernel_size - 1
        blocks.append(LatticeBlock(dilation, stride, n_between, n_outputs, n_inputs))
        n_outputs, following = n_inputs, dilation
    return blocks[::-1]


@keras.saving.register_keras_serializable(package="skrnn")
class AlignRight(keras.layers.Layer):
    """Align padded sequences at the last position, and keep their latest steps.

    Values before the first step of a sequence are arbitrary.

    Parameters
    ----------
    most : int
        Maximum number of positions to keep.
    """

    def __init__(self, most: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.most = most

    def call(self, sequence: Any, lengths: Any) -> Any:
        """Return the sequences, aligned."""
        n_kept = _least(self.most, ops.shape(sequence)[1])
        steps = ops.expand_dims(lengths, 1) - n_kept + ops.arange(n_kept, dtype="int32")
        steps = ops.expand_dims(ops.maximum(steps, 0), -1)
        return ops.take_along_axis(sequence, steps, axis=1)

    def compute_output_shape(self, sequence_shape: Any, lengths_shape: Any = None) -> Any:
        """Return the shape of what is kept."""
        batch, n_steps, n_features = sequence_shape
        return batch, None if n_steps is None else min(self.most, n_steps), n_features

    def get_config(self) -> dict[str, Any]:
        """Return the configuration of the layer."""
        return {**super().get_config(), "most": self.most}


@keras.saving.register_keras_serializable(package="skrnn")
class Subsample(keras.layers.Layer):
    """Subsample positions by ``stride``, counted back from the last one.

    Parameters
    ----------
    stride : int
        Distance between positions to keep.
    most : int
        Maximum number of positions to keep.
    """

    def __init__(self, stride: int, most: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stride = stride
        self.most = most

    def call(self, sequence: Any) -> Any:
        """Return the positions kept."""
        n_positions = ops.shape(sequence)[1]
        n_kept = _n_strided(n_positions, self.stride, self.most)
        return sequence[:, n_positions - 1 - (n_kept - 1) * self.stride :: self.stride]

    def compute_output_shape(self, sequence_shape: Any) -> Any:
        """Return the shape of what is kept."""
        batch, n_positions, n_features = sequence_shape
        if n_positions is not None:
            n_positions = _n_strided(n_positions, self.stride, self.most)
        return batch, n_positions, n_features

    def get_config(self) -> dict[str, Any]:
        """Return the configuration of the layer."""
        return {**super().get_config(), "stride": self.stride, "most": self.most}


@keras.saving.register_keras_serializable(package="skrnn")
class LatticeConv1D(FastConvolution, keras.layers.Conv1D):
    """Causal convolution over the positions of a lattice, for the last ones only.

    Its weights are those of `Conv1D`. Values before the first step of a sequence count
    as zero, as with causal padding.

    Parameters
    ----------
    filters, kernel_size, strides
        As for `Conv1D`; the kernel of the last output ends at the last position.
    spacing : int
        Steps between successive positions of the input.
    most : int
        Maximum number of outputs to compute.
    **kwargs
        As for `Conv1D`.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        strides: int = 1,
        *,
        spacing: int = 1,
        most: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(filters, kernel_size, strides, **kwargs)
        self.spacing = spacing
        self.most = most

    def build(self, inputs_shape: Any, lengths_shape: Any = None) -> None:
        """Create the weights."""
        super().build(inputs_shape)

    def call(self, inputs: Any, lengths: Any) -> Any:
        """Return the latest outputs.

        Parameters
        ----------
        inputs : tensor of shape (batch, n_positions, n_features)
            Sequences that end at the last position.
        lengths : tensor of shape (batch,)
            Number of steps of each sequence.
        """
        n_positions = ops.shape(inputs)[1]
        n_outputs = _n_strided(n_positions, self.strides[0], self.most)
        n_read = (n_outputs - 1) * self.strides[0] + self.kernel_size[0]
        n_given = _least(n_read, n_positions)
        before_end = ops.arange(n_given - 1, -1, -1, dtype="int32") * self.spacing
        real = ops.expand_dims(before_end < ops.expand_dims(lengths, 1), -1)
        # Bias and ReLU leave nonzero values before the first step.
        given = ops.where(real, inputs[:, n_positions - n_given :], 0.0)
        if not (isinstance(n_read, int) and n_read == n_given):
            given = ops.pad(given, [[0, 0], [n_read - n_given, 0], [0, 0]])
        return self.convolve(given)

    def compute_output_shape(self, inputs_shape: Any, lengths_shape: Any = None) -> Any:
        """Return the shape of the outputs."""
        batch, n_positions, _ = inputs_shape
        if n_positions is not None:
            n_positions = _n_strided(n_positions, self.strides[0], self.most)
        return batch, n_positions, self.filters

    def get_config(self) -> dict[str, Any]:
        """Return the configuration of the layer."""
        return {**super().get_config(), "spacing": self.spacing, "most": self.most}


def _least(most: int, n_positions: Any) -> Any:
    """Return the minimum; on TensorFlow, the second number may be a tensor."""
    if isinstance(n_positions, int):
        return min(most, n_positions)
    return ops.minimum(most, n_positions)


def _n_strided(n_positions: Any, stride: int, most: int) -> Any:
    """Return the number of positions after subsampling by ``stride``."""
    return _least(most, (n_positions + stride - 1) // stride)
