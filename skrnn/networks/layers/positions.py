"""Sinusoidal positions (Vaswani et al., 2017, arXiv:1706.03762, section 3.5)."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="skrnn")
class Positions(keras.layers.Layer):
    """Add the sinusoidal encoding of each step's position to its features."""

    def call(self, sequence: Any) -> Any:
        """Return the sequence with positions added."""
        width = sequence.shape[-1]
        pairs = np.arange(width) // 2
        # As tensors, since PyTorch warns of operations on a tensor and a numpy array.
        frequency = ops.convert_to_tensor(10_000.0 ** (-2 * pairs / width), "float32")
        phase = ops.convert_to_tensor(np.arange(width) % 2 * np.pi / 2, "float32")
        steps = ops.arange(ops.shape(sequence)[1], dtype="float32")
        return sequence + ops.sin(ops.expand_dims(steps, -1) * frequency + phase)
