"""Fixed convolutions that respond to rises, falls and peaks of a series."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from skrnn.networks.layers.convolution import Conv1D

#: Lengths of the filters of rises and falls; those of peaks are half as long again.
LENGTHS = (2, 4, 8, 16, 32, 64)


def shape_filters() -> NDArray[np.float32]:
    """Return the filters of rises and of peaks, (length, 1, n_filters), centered in one length.

    The filter of a rise alternates between -1 and 1, and that of a fall is its negative. A peak has
    two parabolic flanks, twice as high as those of the valleys on both sides
    (Ismail-Fawaz et al., 2022, doi:10.1109/BigData55660.2022.10020496).
    """
    filters = [np.tile([-1.0, 1.0], length // 2) for length in LENGTHS]
    for length in LENGTHS[1:]:
        flank = np.linspace(0, 1, length // 4 + 1)[1:] ** 2
        half = np.concatenate([flank, flank[::-1]])
        filters.append(np.concatenate([-half, 2 * half, -half]))
    longest = max(map(len, filters))
    kernel = np.zeros((longest, 1, len(filters)), np.float32)
    for number, taps in enumerate(filters):
        first = (longest - 1) // 2 - (len(taps) - 1) // 2
        kernel[first : first + len(taps), 0, number] = taps
    return kernel


@keras.saving.register_keras_serializable(package="skrnn")
class ShapeFilters(keras.layers.Layer):
    """Fixed filters of rises, falls and peaks on the sum of the features, with ReLU.

    The features of a step are the responses to 6 rises, 6 falls and 5 peaks of different lengths.
    """

    def build(self, input_shape: Any) -> None:
        """Create the convolution, whose weights are not trained."""
        length, _, n_filters = shape_filters().shape
        self.convolution = Conv1D(
            n_filters, length, padding="same", use_bias=False, kernel_initializer=_filters
        )
        self.convolution.trainable = False
        self.convolution.build((*input_shape[:-1], 1))

    def call(self, sequence: Any) -> Any:
        """Return the responses, (batch, n_steps, 17)."""
        responses = self.convolution(ops.sum(sequence, axis=-1, keepdims=True))
        rises, peaks = responses[..., : len(LENGTHS)], responses[..., len(LENGTHS) :]
        return ops.relu(ops.concatenate([rises, -rises, peaks], axis=-1))


def _filters(shape: tuple[int, ...], dtype: Any = None) -> Any:
    """Return the filters: an initializer of a kernel of this shape."""
    return ops.convert_to_tensor(shape_filters().reshape(shape), dtype=dtype)
