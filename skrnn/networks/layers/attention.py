"""Attention between the decoder of a translator and its encoder."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from skrnn.networks.layers.lengths import real_steps, share_out


@keras.saving.register_keras_serializable(package="skrnn")
class StepsAfter(keras.layers.Layer):
    """Return how many steps of sequences come after the first ones; at least one.

    Parameters
    ----------
    n_first : int
        Number of first steps.
    """

    def __init__(self, n_first: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.n_first = n_first

    def call(self, lengths: Any) -> Any:
        """Return the lengths (batch,) of the rest."""
        return ops.maximum(lengths - self.n_first, 1)  # rows that only fill up a batch have none

    def get_config(self) -> dict[str, Any]:
        """Return the configuration of the layer."""
        return {**super().get_config(), "n_first": self.n_first}


@keras.saving.register_keras_serializable(package="skrnn")
class ConcatenateToSteps(keras.layers.Layer):
    """Concatenate one vector to the features of every step."""

    def call(self, vector: Any, sequence: Any) -> Any:
        """Return (batch, n_steps, n_values + n_features)."""
        shape = (ops.shape(sequence)[0], ops.shape(sequence)[1], vector.shape[-1])
        beside = ops.broadcast_to(ops.expand_dims(vector, 1), shape)
        return ops.concatenate([beside, sequence], axis=-1)


@keras.saving.register_keras_serializable(package="skrnn")
class Attend(keras.layers.Layer):
    """Attention of states to a memory, with both combined by a dense layer.

    The score of a step of the memory is a scaled product, ``(h Q) . (m K) / sqrt(n)`` (Luong,
    Pham and Manning, 2015, arXiv:1508.04025, "general"; Vaswani et al., 2017,
    arXiv:1706.03762), and the output is ``tanh([c, h] J + b)`` with the context vector c.
    """

    def build(self, states_shape: Any, memory_shape: Any, lengths_shape: Any = None) -> None:
        """Create the weights."""
        units, width = states_shape[-1], memory_shape[-1]
        self.query = self.add_weight(shape=(units, units), name="query")
        self.key = self.add_weight(shape=(width, units), name="key")
        self.joining = self.add_weight(shape=(width + units, units), name="joining")
        self.bias = self.add_weight(shape=(units,), initializer="zeros", name="bias")

    def call(self, states: Any, memory: Any, lengths: Any) -> Any:
        """Return new states (batch, n_steps, units).

        Parameters
        ----------
        states : tensor of shape (batch, n_steps, units)
            Queries.
        memory : tensor of shape (batch, n_remembered, n_features)
            Memory.
        lengths : tensor of shape (batch,)
            Number of steps of the memory, without padding.
        """
        keys = ops.transpose(ops.matmul(memory, self.key), (0, 2, 1))
        scores = ops.matmul(ops.matmul(states, self.query), keys) / self.query.shape[0] ** 0.5
        real = ops.expand_dims(real_steps(memory, lengths), 1)
        average = ops.matmul(share_out(scores, real, axis=-1), memory)
        both = ops.concatenate([average, states], axis=-1)
        return ops.tanh(ops.matmul(both, self.joining) + self.bias)

    def compute_output_shape(
        self, states_shape: Any, memory_shape: Any = None, lengths_shape: Any = None
    ) -> Any:
        """Return the shape of the states."""
        return states_shape
