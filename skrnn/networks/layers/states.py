"""The state that a recurrent layer begins with."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="skrnn")
class InitialState(keras.layers.Layer):
    """Give all sequences of a batch one learned state to begin with, zero at first.

    Parameters
    ----------
    units : int
        Its numbers.
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape: Any) -> None:
        """Create the state."""
        del input_shape
        self.state = self.add_weight(shape=(self.units,), initializer="zeros", name="initial_state")

    def call(self, sequence: Any) -> Any:
        """Return a state (batch, units) for each sequence (batch, n_steps, n_features)."""
        return ops.broadcast_to(self.state, (ops.shape(sequence)[0], self.units))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return (batch, units)."""
        return input_shape[0], self.units

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to build the layer again."""
        return {**super().get_config(), "units": self.units}
