"""Layers that know where each padded sequence ends; they take the place of Keras masks."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


def real_steps(sequence: Any, lengths: Any) -> Any:
    """Return a bool tensor (batch, n_steps), False where a step is padding."""
    return ops.arange(ops.shape(sequence)[1], dtype="int32") < ops.expand_dims(lengths, 1)


def share_out(scores: Any, real: Any, axis: int) -> Any:
    """Return the softmax of scores along an axis, zero where they are not ``real``.

    By hand: Keras' own warns of sequences of one step, whose share is always 1.
    """
    scores = ops.where(real, scores, ops.full_like(scores, -1e30))
    return ops.exp(scores - ops.logsumexp(scores, axis=axis, keepdims=True))


@keras.saving.register_keras_serializable(package="skrnn")
class RealSteps(keras.layers.Layer):
    """Return the mask that keeps attention off the padding: bool (batch, 1, n_steps)."""

    def call(self, sequence: Any, lengths: Any) -> Any:
        """Compute the mask."""
        return ops.expand_dims(real_steps(sequence, lengths), 1)


@keras.saving.register_keras_serializable(package="skrnn")
class ZeroPadding(keras.layers.Layer):
    """Set the steps after the end of each sequence to zero."""

    def call(self, sequence: Any, lengths: Any) -> Any:
        """Return the sequence, zero where it is padding."""
        real = ops.cast(real_steps(sequence, lengths), sequence.dtype)
        return sequence * ops.expand_dims(real, -1)


@keras.saving.register_keras_serializable(package="skrnn")
class Reverse(keras.layers.Layer):
    """Turn each sequence round within its own length; padding stays where it is."""

    def call(self, sequence: Any, lengths: Any) -> Any:
        """Return the reversed sequences."""
        steps = ops.arange(ops.shape(sequence)[1], dtype="int32")
        lengths = ops.expand_dims(lengths, 1)
        order = ops.where(steps < lengths, lengths - 1 - steps, steps)
        return ops.take_along_axis(sequence, ops.expand_dims(order, -1), axis=1)


@keras.saving.register_keras_serializable(package="skrnn")
class RepeatAlong(keras.layers.Layer):
    """Put the same vector at every step."""

    def call(self, vector: Any, sequence: Any) -> Any:
        """Return vectors (batch, n_features) at the steps of sequences, padding included."""
        return ops.expand_dims(vector, 1) * ops.ones_like(sequence[..., :1])
