"""Differences from step to step as further features."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="skrnn")
class AppendDifferences(keras.layers.Layer):
    """Features and their differences from the previous step, zero at the first one.

    Parameters
    ----------
    at_end : bool
        True if sequences are padded on the left.
    n_features : int or None
        Number of features, the first ones, that have differences; None for all.
    """

    def __init__(self, at_end: bool = False, n_features: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.at_end = at_end
        self.n_features = n_features

    def build(self, sequence_shape: Any, lengths_shape: Any = None) -> None:
        """Create the scale of the differences, as ones."""
        self.scale = self.add_weight(
            (self._width(sequence_shape),), "ones", name="difference_scale", trainable=False
        )

    def call(self, sequence: Any, lengths: Any) -> Any:
        """Return the sequence with its differences after its features."""
        own = sequence[..., : self._width(sequence.shape)]
        differences = (own[:, 1:] - own[:, :-1]) / self.scale
        n_steps = ops.shape(sequence)[1]
        later = ops.arange(1, n_steps, dtype="int32")
        lengths = ops.expand_dims(lengths, 1)
        is_real = later > n_steps - lengths if self.at_end else later < lengths
        differences = differences * ops.expand_dims(ops.cast(is_real, sequence.dtype), -1)
        differences = ops.pad(differences, [[0, 0], [1, 0], [0, 0]])
        return ops.concatenate([sequence, differences], axis=-1)

    def compute_output_shape(self, sequence_shape: Any, lengths_shape: Any = None) -> Any:
        """Return the shape of the sequence with its differences."""
        return *sequence_shape[:-1], sequence_shape[-1] + self._width(sequence_shape)

    def get_config(self) -> dict[str, Any]:
        """Return the configuration of the layer."""
        return {**super().get_config(), "at_end": self.at_end, "n_features": self.n_features}

    def _width(self, sequence_shape: Any) -> int:
        return int(sequence_shape[-1] if self.n_features is None else self.n_features)
