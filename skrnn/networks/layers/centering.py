"""Centering of each step by its mean over the training sequences."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="skrnn")
class CenterSteps(keras.layers.Layer):
    """Deviations from a mean sequence, divided by a scale.

    Parameters
    ----------
    n_steps, n_features : int
        Shape of the mean sequence. Further features mark values that were not observed, whose
        deviations are zero.
    """

    def __init__(self, n_steps: int, n_features: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.n_steps = n_steps
        self.n_features = n_features

    def build(self, sequence_shape: Any, lengths_shape: Any = None) -> None:
        """Create the mean sequence, as zeros, and the scale of each feature, as ones."""
        self.mean = self.add_weight(
            (self.n_steps, self.n_features), "zeros", name="mean_sequence", trainable=False
        )
        self.scale = self.add_weight(
            (self.n_features,), "ones", name="deviation_scale", trainable=False
        )

    def call(self, sequence: Any, lengths: Any) -> Any:
        """Return (batch, n_steps, n_features or twice as many); padding on the right stays zero."""
        steps = ops.arange(ops.shape(sequence)[1], dtype="int32")
        mean = ops.take(self.mean, ops.minimum(steps, self.n_steps - 1), axis=0)
        values, missing = sequence[..., : self.n_features], sequence[..., self.n_features :]
        is_real = ops.expand_dims(ops.cast(steps < ops.expand_dims(lengths, 1), values.dtype), -1)
        deviations = (values - mean) / self.scale * is_real
        if sequence.shape[-1] == self.n_features:
            return deviations
        return ops.concatenate([deviations * (1 - missing), missing], axis=-1)

    def compute_output_shape(self, sequence_shape: Any, lengths_shape: Any = None) -> Any:
        """Return the shape of the sequences."""
        return sequence_shape

    def get_config(self) -> dict[str, Any]:
        """Return the configuration of the layer."""
        return {**super().get_config(), "n_steps": self.n_steps, "n_features": self.n_features}
