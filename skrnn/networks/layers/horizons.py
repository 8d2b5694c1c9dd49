"""Layers of forecasting: normalization of windows, and quantiles that cannot cross."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from skrnn.numpy_runtime.forecast import distribution, extrapolation, normalized


@keras.saving.register_keras_serializable(package="skrnn")
class FixedLengths(keras.layers.Layer):
    """Return the same length for each sequence of a batch."""

    def __init__(self, length: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.length = length

    def call(self, lengths: Any) -> Any:
        """Return the lengths."""
        return ops.zeros_like(lengths) + self.length

    def get_config(self) -> dict[str, Any]:
        """Return the configuration of the layer."""
        return {**super().get_config(), "length": self.length}


@keras.saving.register_keras_serializable(package="skrnn")
class NormalizeWindow(keras.layers.Layer):
    """Normalization of each window by its own location and scale.

    Parameters
    ----------
    kind : {"window", "last"} or None
        "window" takes the mean and the mean absolute deviation of the observed values
        (reversible instance normalization; Kim et al., 2022, with a robust
        deviation); "last" subtracts the last value only (Zeng et al., 2023,
        doi:10.1609/aaai.v37i9.26317); None changes nothing.
    """

    def __init__(self, kind: str | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind = kind

    def call(self, values: Any, observed: Any) -> Any:
        """Return normalized values (batch, n_steps, n), location and scale (batch, 1, n)."""
        location, spread = normalized(ops, self.kind, values, observed)
        return (values - location) / spread * observed, location, spread

    def get_config(self) -> dict[str, Any]:
        """Return the configuration of the layer."""
        return {**super().get_config(), "kind": self.kind}


@keras.saving.register_keras_serializable(package="skrnn")
class Extrapolate(keras.layers.Layer):
    """Naive continuation of windows, with zero differences at the given lags.

    Parameters
    ----------
    lags : tuple of int
        (1,) repeats the last value, (24,) the last 24 values; (1, 12) repeats the last 12
        values, moved by the change over the last 12.
    horizon : int
        Steps to continue.
    """

    def __init__(self, lags: tuple[int, ...], horizon: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.lags = tuple(lags)
        self.horizon = horizon

    def call(self, values: Any) -> Any:
        """Return the continuation (batch, horizon, n) of values (batch, n_steps, n)."""
        matrix = extrapolation(self.lags, values.shape[1], self.horizon)
        continued = ops.matmul(ops.transpose(values, (0, 2, 1)), ops.convert_to_tensor(matrix.T))
        return ops.transpose(continued, (0, 2, 1))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return (batch, horizon, n)."""
        return input_shape[0], self.horizon, input_shape[2]

    def get_config(self) -> dict[str, Any]:
        """Return the configuration of the layer."""
        return {**super().get_config(), "lags": self.lags, "horizon": self.horizon}


@keras.saving.register_keras_serializable(package="skrnn")
class Segments(keras.layers.Layer):
    """Split sequences into segments, each of which becomes one step."""

    def __init__(self, length: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.length = length

    def call(self, sequence: Any) -> Any:
        """Return segments; an incomplete last one is padded with zeros."""
        n_steps, n_features = sequence.shape[1:]
        n_segments = -(-n_steps // self.length)
        padded = ops.pad(sequence, [[0, 0], [0, n_segments * self.length - n_steps], [0, 0]])
        shape = (ops.shape(sequence)[0], n_segments, self.length * n_features)
        return ops.reshape(padded, shape)  # no -1: there may be no features

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return (batch, n_segments, length * n_features)."""
        n_segments = -(-input_shape[1] // self.length)
        return input_shape[0], n_segments, self.length * input_shape[2]

    def get_config(self) -> dict[str, Any]:
        """Return the configuration of the layer."""
        return {**super().get_config(), "length": self.length}


@keras.saving.register_keras_serializable(package="skrnn")
class OneHot(keras.layers.Layer):
    """One-hot encoding of numbers 0, 1, ... given as floats."""

    def __init__(self, n_categories: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.n_categories = n_categories

    def call(self, numbers: Any) -> Any:
        """Return (batch, n_categories) for (batch,)."""
        return ops.one_hot(ops.cast(numbers, "int32"), self.n_categories, dtype=self.compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return (batch, n_categories)."""
        return input_shape[0], self.n_categories

    def get_config(self) -> dict[str, Any]:
        """Return the configuration of the layer."""
        return {**super().get_config(), "n_categories": self.n_categories}


@keras.saving.register_keras_serializable(package="skrnn")
class DistributionParameters(keras.layers.Layer):
    """Parameters of a forecast from raw outputs, in the units before normalization.

    Parameters
    ----------
    kind : {"point", "quantile", "gaussian", "student_t"}
        Parameters of each value: one number; quantiles in order; mean and standard deviation;
        or location, scale and degrees of freedom.
    n_below : int
        Number of quantiles below the median. The first raw output is the median, the others are
        distances from one quantile to the next, so that quantiles never cross.
    """

    def __init__(self, kind: str, n_below: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind = kind
        self.n_below = n_below

    def call(self, raw: Any, base: Any, location: Any, spread: Any) -> Any:
        """Return parameters (batch, horizon, n, n_parameters) for raw outputs of that shape."""
        place = base * spread + location, spread
        return distribution(ops, ops.softplus, self.kind, self.n_below, raw, place)

    def compute_output_shape(self, input_shape: Any, *_: Any) -> Any:
        """Return the shape of the raw outputs."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the configuration of the layer."""
        return {**super().get_config(), "kind": self.kind, "n_below": self.n_below}
