"""Pooling of the outputs at every step into one vector, without padding."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from skrnn.networks.layers.lengths import lowest_where_padding, real_steps, share_out


def pool(kind: str, sequence: Any, lengths: Any, *, both_ends: bool = False) -> Any:
    """Return one vector per sequence, pooled over its steps.

    Parameters
    ----------
    kind : {"last", "mean", "max", "attention"}
        How.
    sequence : KerasTensor of shape (batch, n_steps, n_features)
        Outputs at every step.
    lengths : KerasTensor of shape (batch,)
        Number of steps without padding.
    both_ends : bool, default=False
        True if the second half of the features was computed backwards, so that its
        last output is at the first step.
    """
    layer = LastStep(both_ends) if kind == "last" else _BY_NAME[kind]()
    return layer(sequence, lengths)


@keras.saving.register_keras_serializable(package="skrnn")
class LastStep(keras.layers.Layer):
    """Return the outputs at the last real step."""

    def __init__(self, both_ends: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.both_ends = both_ends

    def call(self, sequence: Any, lengths: Any) -> Any:
        """Return the last outputs."""
        last = ops.reshape(lengths - 1, (-1, 1, 1))
        end = ops.squeeze(ops.take_along_axis(sequence, last, axis=1), axis=1)
        if not self.both_ends:
            return end
        half = sequence.shape[-1] // 2
        return ops.concatenate([end[:, :half], sequence[:, 0, half:]], axis=-1)

    def compute_output_shape(self, sequence_shape: Any, lengths_shape: Any = None) -> Any:
        """Return (batch, n_features)."""
        return sequence_shape[0], sequence_shape[2]

    def get_config(self) -> dict[str, Any]:
        """Return the configuration of the layer."""
        return {**super().get_config(), "both_ends": self.both_ends}


@keras.saving.register_keras_serializable(package="skrnn")
class MeanOverSteps(keras.layers.Layer):
    """Return the mean of the outputs over the real steps."""

    def call(self, sequence: Any, lengths: Any) -> Any:
        """Return the mean."""
        real = ops.cast(real_steps(sequence, lengths), sequence.dtype)
        total = ops.sum(sequence * ops.expand_dims(real, -1), axis=1)
        return total / ops.expand_dims(ops.cast(lengths, sequence.dtype), 1)


@keras.saving.register_keras_serializable(package="skrnn")
class MaxOverSteps(keras.layers.Layer):
    """Return the greatest output of each feature over the real steps."""

    def call(self, sequence: Any, lengths: Any) -> Any:
        """Return the maximum."""
        real = ops.expand_dims(real_steps(sequence, lengths), -1)
        return ops.max(lowest_where_padding(sequence, real), axis=1)


@keras.saving.register_keras_serializable(package="skrnn")
class AttentionOverSteps(keras.layers.Layer):
    """Return the average of the outputs, weighted by a learned score of each step.

    The score is ``v . tanh(W h)`` (Bahdanau, Cho and Bengio, 2015, arXiv:1409.0473, with no
    query; Yang et al., 2016, doi:10.18653/v1/N16-1174, with ``v`` as the context vector).
    """

    def build(self, sequence_shape: Any, lengths_shape: Any = None) -> None:
        """Create the layers that score a step."""
        width = sequence_shape[-1]
        self.hidden = keras.layers.Dense(width, activation="tanh", dtype=self.dtype_policy)
        self.hidden.build(sequence_shape)
        self.score = keras.layers.Dense(1, use_bias=False, dtype=self.dtype_policy)
        self.score.build(sequence_shape)

    def call(self, sequence: Any, lengths: Any) -> Any:
        """Return the weighted average."""
        scores = self.score(self.hidden(sequence))
        real = ops.expand_dims(real_steps(sequence, lengths), -1)
        return ops.sum(share_out(scores, real, axis=1) * sequence, axis=1)


_BY_NAME: dict[str, type[Any]] = {
    "mean": MeanOverSteps,
    "max": MaxOverSteps,
    "attention": AttentionOverSteps,
}
