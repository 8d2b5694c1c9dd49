"""Linear model of the latest steps of a sequence, with weights that training leaves unchanged."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="skrnn")
class LinearOfSteps(keras.layers.Layer):
    """Linear model of the latest ``n_steps`` steps; the first one also stands for those before it.

    Parameters
    ----------
    n_outputs : int
        Width of the output.
    n_steps : int
        Number of steps.
    at_end : bool
        True if sequences are padded on the left, to ``n_steps``.
    """

    def __init__(self, n_outputs: int, n_steps: int, at_end: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.n_outputs = n_outputs
        self.n_steps = n_steps
        self.at_end = at_end

    def build(self, sequence_shape: Any, lengths_shape: Any = None) -> None:
        """Create the coefficients, as zeros."""
        shape = self.n_steps, sequence_shape[-1], self.n_outputs
        self.coefficients = self.add_weight(
            shape, "zeros", name="linear_coefficients", trainable=False
        )
        self.intercept = self.add_weight(
            (self.n_outputs,), "zeros", name="linear_intercept", trainable=False
        )

    def call(self, sequence: Any, lengths: Any) -> Any:
        """Return the linear outputs, (batch, n_outputs)."""
        if not self.at_end:
            steps = ops.arange(-self.n_steps, 0, dtype="int32") + ops.expand_dims(lengths, 1)
            steps = ops.expand_dims(ops.maximum(steps, 0), -1)
            sequence = ops.take_along_axis(sequence, steps, axis=1)
        return ops.einsum("btf,tfo->bo", sequence, self.coefficients) + self.intercept

    def compute_output_shape(self, sequence_shape: Any, lengths_shape: Any = None) -> Any:
        """Return (batch, n_outputs)."""
        return sequence_shape[0], self.n_outputs

    def get_config(self) -> dict[str, Any]:
        """Return the configuration of the layer."""
        return {
            **super().get_config(),
            "n_outputs": self.n_outputs,
            "n_steps": self.n_steps,
            "at_end": self.at_end,
        }
