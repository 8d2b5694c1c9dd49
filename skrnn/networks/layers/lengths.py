"""Layers on the lengths of padded sequences, instead of Keras masks."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


def real_steps(sequence: Any, lengths: Any) -> Any:
    """Return a bool tensor (batch, n_steps), False where a step is padding."""
    return ops.arange(ops.shape(sequence)[1], dtype="int32") < ops.expand_dims(lengths, 1)


def lowest_where_padding(values: Any, real: Any) -> Any:
    """Return values with a very low number, in the range of their dtype, in place of padding."""
    is_half = keras.backend.standardize_dtype(values.dtype) == "float16"
    return ops.where(real, values, ops.full_like(values, -6e4 if is_half else -1e30))


def share_out(scores: Any, real: Any, axis: int) -> Any:
    """Return the softmax of scores along an axis, zero where they are not ``real``.

    Not by ``keras.ops.softmax``, which warns of sequences of one step.
    """
    scores = lowest_where_padding(scores, real)
    return ops.exp(scores - ops.logsumexp(scores, axis=axis, keepdims=True))


@keras.saving.register_keras_serializable(package="skrnn")
class PaddingMask(keras.layers.Layer):
    """Attention mask of padding, bool (batch, 1, n_steps)."""

    def call(self, sequence: Any, lengths: Any) -> Any:
        """Compute the mask."""
        return ops.expand_dims(real_steps(sequence, lengths), 1)


@keras.saving.register_keras_serializable(package="skrnn")
class MaskPadding(keras.layers.Layer):
    """Set padding to zero."""

    def call(self, sequence: Any, lengths: Any) -> Any:
        """Return the sequence with zero padding."""
        real = ops.cast(real_steps(sequence, lengths), sequence.dtype)
        return sequence * ops.expand_dims(real, -1)


@keras.saving.register_keras_serializable(package="skrnn")
class ReverseSequence(keras.layers.Layer):
    """Reverse each sequence within its own length; padding stays at the end."""

    def call(self, sequence: Any, lengths: Any) -> Any:
        """Return the reversed sequences."""
        steps = ops.arange(ops.shape(sequence)[1], dtype="int32")
        lengths = ops.expand_dims(lengths, 1)
        order = ops.where(steps < lengths, lengths - 1 - steps, steps)
        return ops.take_along_axis(sequence, ops.expand_dims(order, -1), axis=1)


@keras.saving.register_keras_serializable(package="skrnn")
class RepeatVector(keras.layers.Layer):
    """Repeat a vector at every step."""

    def call(self, vector: Any, sequence: Any) -> Any:
        """Return vectors (batch, n_features) repeated at all steps, padding included."""
        return ops.expand_dims(vector, 1) * ops.ones_like(sequence[..., :1])
