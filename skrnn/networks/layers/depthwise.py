"""Depthwise convolution over the steps, one kernel for each feature."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from skrnn import kernels


@keras.saving.register_keras_serializable(package="skrnn")
class DepthwiseConv1D(keras.layers.DepthwiseConv1D):
    """``keras.layers.DepthwiseConv1D`` with features last, faster."""

    def __init__(self, *args: Any, data_format: str = "channels_last", **kwargs: Any) -> None:
        super().__init__(*args, data_format=data_format, **kwargs)

    def call(self, inputs: Any) -> Any:
        """Return the outputs, from the kernel if it covers the layer's settings."""
        fast = getattr(kernels.kernels(), "depthwise_convolution", None)
        covered = (
            self.padding == "same"
            and self.strides[0] == 1
            and self.depth_multiplier == 1
            and not self.use_bias
        )
        if fast is None or not covered:
            return super().call(inputs)
        beside = self.dilation_rate[0] * (self.kernel_size[0] - 1)
        padded = ops.pad(inputs, [[0, 0], [beside // 2, beside - beside // 2], [0, 0]])
        outputs = fast(padded, ops.convert_to_tensor(self.kernel)[..., 0], self.dilation_rate[0])
        return self.activation(outputs)
