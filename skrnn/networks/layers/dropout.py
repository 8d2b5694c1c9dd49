"""Dropout with a variable rate, so that one compiled model serves every rate."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="skrnn")
class Dropout(keras.layers.Layer):
    """Dropout whose rate is a variable.

    Parameters
    ----------
    rate : float, default=0.5
        Initial rate, in [0, 1).
    whole_channels : bool, default=False
        Drop a feature at all steps of a sequence or at none (spatial dropout; Tompson et
        al., 2015, arXiv:1411.4280).

    References
    ----------
    Srivastava et al. (2014), Journal of Machine Learning Research 15.
    """

    def __init__(self, rate: float = 0.5, whole_channels: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.initial_rate = rate
        self.whole_channels = whole_channels
        # Without a seed, PyTorch would draw from its global generator.
        self.seed_generator = keras.random.SeedGenerator(0)

    def build(self, input_shape: Any) -> None:
        """Create the variable that holds the rate."""
        self.rate = self.add_weight(
            shape=(), name="dropout_rate", trainable=False, initializer=self._initial
        )

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the inputs, with dropout in training."""
        if not training:
            return inputs
        shape = ops.shape(inputs)
        if self.whole_channels:
            shape = (shape[0], 1, shape[2])
        draws = keras.random.uniform(shape, seed=self.seed_generator)
        kept = ops.cast(draws >= self.rate, inputs.dtype)
        return inputs * kept / (1.0 - self.rate)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the inputs."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the configuration of the layer."""
        return {
            **super().get_config(),
            "rate": self.initial_rate,
            "whole_channels": self.whole_channels,
        }

    def _initial(self, shape: Any, dtype: Any = None) -> Any:
        return ops.full(shape, self.initial_rate, dtype)
