"""Forecasts of windows by exponential smoothing, with seasonal profiles and a damped trend."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from skrnn.numpy_runtime.smoothing import combined, n_rules, smoothing_parts, valid_steps


@keras.saving.register_keras_serializable(package="skrnn")
class ValidSteps(keras.layers.Layer):
    """1 from the first observed step of a window on, (batch, n_steps, n), else 0."""

    def call(self, observed: Any) -> Any:
        """Return the steps; all of them if none was observed."""
        valid = valid_steps(ops, ops.transpose(observed, (0, 2, 1)))
        return ops.transpose(valid, (0, 2, 1))


@keras.saving.register_keras_serializable(package="skrnn")
class Smoothing(keras.layers.Layer):
    """Forecast of windows by exponential smoothing, with weights for each window.

    Parameters
    ----------
    seasons : tuple of int
        Lengths of seasons, at most half of a window.
    horizon : int
        Steps ahead.
    """

    def __init__(self, seasons: tuple[int, ...], horizon: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seasons = tuple(seasons)
        self.horizon = horizon

    def call(self, values: Any, valid: Any, weights: Any) -> Any:
        """Return the forecasts (batch, horizon, n).

        Parameters
        ----------
        values, valid : tensor of shape (batch, n_steps, n)
            Values without gaps, and 1 from the first one of a series on.
        weights : tensor of shape (batch, n * n_rules)
            Weights of each series.
        """
        series, real = (ops.transpose(part, (0, 2, 1)) for part in (values, valid))
        parts = smoothing_parts(ops, series, real, self.seasons, self.horizon)
        n_each = n_rules(self.seasons, values.shape[1])
        apart = ops.reshape(weights, (-1, values.shape[-1], n_each))
        return ops.transpose(combined(ops, parts, apart), (0, 2, 1))

    def compute_output_shape(self, values_shape: Any, *_: Any) -> Any:
        """Return (batch, horizon, n)."""
        return values_shape[0], self.horizon, values_shape[2]

    def get_config(self) -> dict[str, Any]:
        """Return the configuration of the layer."""
        return {**super().get_config(), "seasons": self.seasons, "horizon": self.horizon}
