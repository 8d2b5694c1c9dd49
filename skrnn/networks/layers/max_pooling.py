"""Maximum over neighboring steps."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from skrnn.networks.layers.lengths import real_steps


@keras.saving.register_keras_serializable(package="skrnn")
class MaxOfNeighbors(keras.layers.Layer):
    """Maximum of each feature over a step and its neighbors, without padding."""

    def call(self, sequence: Any, lengths: Any) -> Any:
        """Return the maxima, (batch, n_steps, n_features)."""
        real = ops.expand_dims(real_steps(sequence, lengths), -1)
        least = ops.where(real, sequence, ops.full_like(sequence, -np.inf))
        edge = ops.full_like(sequence[:, :1], -np.inf)
        before = ops.concatenate([edge, least[:, :-1]], axis=1)
        after = ops.concatenate([least[:, 1:], edge], axis=1)
        most = ops.maximum(ops.maximum(before, least), after)
        return ops.where(real, most, sequence)
