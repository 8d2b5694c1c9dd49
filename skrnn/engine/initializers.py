"""Initial values of variables, drawn with numpy as Keras' initializers describe.

Keras draws them on the backend, which compiles small programs first; on JAX these take longer
than the rest of a small fit. The distributions are those of Keras; the same seed gives the same
values on every backend.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Draw = Callable[[Any, tuple[int, ...], np.random.Generator], NDArray[Any]]

#: Standard deviation of a standard normal distribution truncated at two standard deviations.
_TRUNCATED_DEVIATION = 0.87962566103423978

_DTYPES = ("float16", "float32", "float64")


def draw(initializer: Any, shape: tuple[int, ...], dtype: str, seed: int) -> NDArray[Any] | None:
    """Return values drawn like a built-in initializer of Keras, or None for any other."""
    described = _described().get(type(initializer).__call__)
    if described is None or dtype not in _DTYPES:
        return None
    return described(initializer, shape, np.random.default_rng(seed)).astype(dtype)


def zeros(shape: tuple[int, ...], dtype: Any = None) -> Any:
    """Return a tensor of zeros: an initializer that compiles nothing on the backend.

    Given an array and no dtype, JAX compiles a program for each shape and keeps it forever.
    """
    from keras import ops

    dtype = dtype or "float32"
    return ops.convert_to_tensor(np.zeros(shape, dtype), dtype=dtype)


def forget_gate_bias(shape: tuple[int, ...], dtype: Any = None) -> NDArray[Any]:
    """Return the initial bias of an LSTM: one for the forget gate, zero for the other gates.

    Keras puts it together on the backend, where JAX compiles programs for each number of units
    and keeps them forever.
    """
    bias = np.zeros(shape, dtype)
    n_units = shape[0] // 4
    bias[n_units : 2 * n_units] = 1
    return bias


def has_forget_gate_bias(layer: Any, name: str | None) -> bool:
    """Return whether a weight of a layer is initialized by `forget_gate_bias`."""
    from keras import initializers, layers

    return bool(
        name == "bias"
        and isinstance(layer, layers.LSTMCell)
        and layer.unit_forget_bias
        and type(layer.bias_initializer) is initializers.Zeros
    )


def _described() -> dict[Any, Draw]:
    """Return the drawing function, keyed by the initializer's own method."""
    from keras import initializers

    # A subclass with a method of its own is not replaced.
    return {
        initializers.Zeros.__call__: lambda _, shape, __: np.zeros(shape),
        initializers.Ones.__call__: lambda _, shape, __: np.ones(shape),
        initializers.Constant.__call__: lambda own, shape, _: np.full(shape, own.value),
        initializers.RandomNormal.__call__: lambda own, shape, generator: generator.normal(
            own.mean, own.stddev, shape
        ),
        initializers.RandomUniform.__call__: lambda own, shape, generator: generator.uniform(
            own.minval, own.maxval, shape
        ),
        initializers.TruncatedNormal.__call__: lambda own, shape, generator: (
            own.mean + own.stddev * _truncated_normal(shape, generator)
        ),
        initializers.VarianceScaling.__call__: _variance_scaling,
        initializers.Orthogonal.__call__: _orthogonal,
    }


def _truncated_normal(shape: tuple[int, ...], generator: np.random.Generator) -> NDArray[Any]:
    """Return draws from a standard normal distribution, those beyond 2 drawn again."""
    values = np.asarray(generator.standard_normal(shape))
    while (beyond := np.abs(values) > 2).any():
        values[beyond] = generator.standard_normal(int(beyond.sum()))
    return values


def _variance_scaling(
    own: Any, shape: tuple[int, ...], generator: np.random.Generator
) -> NDArray[Any]:
    """Return draws whose variance depends on the fan-in and fan-out of a weight.

    Glorot and Bengio (2010); He et al. (2015, arXiv:1502.01852).
    """
    n_in, n_out = _fans(shape, getattr(own, "input_axes", None), getattr(own, "output_axes", None))
    n_units = {"fan_in": n_in, "fan_out": n_out, "fan_avg": (n_in + n_out) / 2}[own.mode]
    deviation = math.sqrt(own.scale / max(1.0, n_units))
    if own.distribution == "truncated_normal":
        return deviation / _TRUNCATED_DEVIATION * _truncated_normal(shape, generator)
    if own.distribution == "untruncated_normal":
        return generator.normal(0.0, deviation, shape)
    return generator.uniform(-math.sqrt(3) * deviation, math.sqrt(3) * deviation, shape)


def _fans(shape: tuple[int, ...], input_axes: Any, output_axes: Any) -> tuple[int, int]:
    """Return the fan-in and fan-out of a weight of this shape."""
    if input_axes is not None and output_axes is not None:
        return math.prod(shape[i] for i in input_axes), math.prod(shape[i] for i in output_axes)
    if len(shape) < 2:
        return math.prod(shape), math.prod(shape)
    seen_at_once = math.prod(shape[:-2])
    return shape[-2] * seen_at_once, shape[-1] * seen_at_once


def _orthogonal(own: Any, shape: tuple[int, ...], generator: np.random.Generator) -> NDArray[Any]:
    """Return a uniformly drawn orthogonal matrix (Saxe et al., 2014, arXiv:1312.6120)."""
    n_rows, n_columns = math.prod(shape[:-1]), shape[-1]
    longer, shorter = max(n_rows, n_columns), min(n_rows, n_columns)
    directions, triangle = np.linalg.qr(generator.standard_normal((longer, shorter)))
    directions = directions * np.sign(np.diag(triangle))
    return own.gain * (directions if n_rows >= n_columns else directions.T).reshape(shape)
