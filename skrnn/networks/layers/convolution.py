"""Convolution over the steps, and strided convolution before recurrent layers."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from skrnn import kernels
from skrnn.networks.layers.lengths import MaskPadding


class FastConvolution:
    """Convolution by a faster kernel if there is one, with Keras' weights, names and settings.

    The features of a step are the last axis, whatever Keras' global ``image_data_format`` says.
    """

    def __init__(self, *args: Any, data_format: str = "channels_last", **kwargs: Any) -> None:
        super().__init__(*args, data_format=data_format, **kwargs)  # type: ignore[call-arg]

    def convolve(self: Any, inputs: Any) -> Any:
        """Return the outputs, from the kernel if it covers the layer's settings."""
        fast = getattr(kernels.kernels(), "convolution", None)
        strided = self.padding == "same" and self.strides[0] > 1
        if fast is None or strided or self.groups > 1 or self.data_format != "channels_last":
            return keras.layers.Conv1D.call(self, inputs)
        beside = self.dilation_rate[0] * (self.kernel_size[0] - 1)
        before = {"valid": 0, "same": beside // 2, "causal": beside}[self.padding]
        if self.padding != "valid":
            after = beside - before
            inputs = ops.pad(inputs, [[0, 0], [before, after], [0, 0]])
        kernel = ops.convert_to_tensor(self.kernel)
        outputs = fast(inputs, kernel, self.strides[0], self.dilation_rate[0])
        if self.use_bias:
            outputs = outputs + self.bias
        return outputs if self.activation is None else self.activation(outputs)


@keras.saving.register_keras_serializable(package="skrnn")
class Conv1D(FastConvolution, keras.layers.Conv1D):
    """``keras.layers.Conv1D``, faster."""

    def call(self, inputs: Any) -> Any:
        """Return the outputs."""
        return self.convolve(inputs)


def convolution_front(
    sequence: Any, lengths: Any, filters: int, kernel_size: int, strides: int
) -> tuple[Any, Any]:
    """Return a ReLU convolution of each block of ``strides`` steps, and the new lengths.

    The receptive field of output i is the ``kernel_size`` steps that end with block i, so it has
    the last step of its sequence whatever the length.

    Raises
    ------
    ValueError
        If ``kernel_size`` is less than ``strides``, so that steps would be skipped.
    """
    if kernel_size < strides:
        raise ValueError(
            f"conv_kernel_size={kernel_size} is less than conv_strides={strides}, so that "
            "steps would be skipped; give a kernel at least as long as the stride."
        )
    padded = AlignBlocks(kernel_size, strides)(sequence)
    convolved = Conv1D(filters, kernel_size, strides=strides, activation="relu")(padded)
    shorter = ShortenLengths(strides)(lengths)
    return MaskPadding()(convolved, shorter), shorter


@keras.saving.register_keras_serializable(package="skrnn")
class AlignBlocks(keras.layers.Layer):
    """Zero padding that aligns the outputs of a strided convolution with blocks."""

    def __init__(self, kernel_size: int, strides: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kernel_size = kernel_size
        self.strides = strides

    def call(self, sequence: Any) -> Any:
        """Return the sequence with zeros before it and after it."""
        # A block at the end may lack up to strides - 1 steps.
        return ops.pad(
            sequence, [[0, 0], [self.kernel_size - self.strides, self.strides - 1], [0, 0]]
        )

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the padded shape."""
        batch, n_steps, n_features = input_shape
        return batch, None if n_steps is None else n_steps + self.kernel_size - 1, n_features

    def get_config(self) -> dict[str, Any]:
        """Return the configuration of the layer."""
        return {
            **super().get_config(),
            "kernel_size": self.kernel_size,
            "strides": self.strides,
        }


@keras.saving.register_keras_serializable(package="skrnn")
class ShortenLengths(keras.layers.Layer):
    """Numbers of blocks of ``strides`` steps, the last one possibly partial."""

    def __init__(self, strides: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.strides = strides

    def call(self, lengths: Any) -> Any:
        """Return the number of blocks."""
        return (lengths + self.strides - 1) // self.strides

    def get_config(self) -> dict[str, Any]:
        """Return the configuration of the layer."""
        return {**super().get_config(), "strides": self.strides}
