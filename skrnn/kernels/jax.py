"""Recurrences and convolutions on JAX's CPU devices, as plain matrix products.

A recurrence is one scan that multiplies by the input weights at each step. XLA would fuse slices
of a single product for all steps into the loops of the gates, which takes
three times as long. XLA's own convolution is slow on a CPU, above all its gradient and inside
of a compiled loop.
"""

from __future__ import annotations

from typing import Any

import jax
from jax import numpy as jnp


def runs_here() -> bool:
    """Return whether these kernels are faster: on a GPU, Keras' layers call cuDNN."""
    return jax.default_backend() == "cpu"


def simple_rnn(x: Any, kernel: Any, recurrent_kernel: Any, bias: Any, *start: Any) -> Any:
    """Return the outputs of a simple recurrent layer at every step, and its last state."""

    def step(states: Any, x: Any) -> tuple[Any, Any]:
        (state,) = states
        state = jnp.tanh(x @ kernel + bias + state @ recurrent_kernel)
        return (state,), state

    return _scanned(step, start or (_zeros(x, recurrent_kernel),), x)


def gru(x: Any, kernel: Any, recurrent_kernel: Any, bias: Any, *start: Any) -> Any:
    """Return the outputs of a GRU layer, gates z, r, h, that resets after the product."""

    def step(states: Any, x: Any) -> tuple[Any, Any]:
        (state,) = states
        x_z, x_r, x_h = jnp.split(x @ kernel + bias[0], 3, axis=-1)
        state_z, state_r, state_h = jnp.split(state @ recurrent_kernel + bias[1], 3, axis=-1)
        update, reset = jax.nn.sigmoid(x_z + state_z), jax.nn.sigmoid(x_r + state_r)
        state = update * state + (1 - update) * jnp.tanh(x_h + reset * state_h)
        return (state,), state

    return _scanned(step, start or (_zeros(x, recurrent_kernel),), x)


def lstm(x: Any, kernel: Any, recurrent_kernel: Any, bias: Any, *start: Any) -> Any:
    """Return the outputs of an LSTM layer, gates i, f, c, o."""

    def step(states: Any, x: Any) -> tuple[Any, Any]:
        state, cell = states
        gates = jnp.split(x @ kernel + state @ recurrent_kernel + bias, 4, axis=-1)
        let_in, keep, let_out = (jax.nn.sigmoid(gates[gate]) for gate in (0, 1, 3))
        cell = keep * cell + let_in * jnp.tanh(gates[2])
        state = let_out * jnp.tanh(cell)
        return (state, cell), state

    return _scanned(step, start or (_zeros(x, recurrent_kernel),) * 2, x)


def convolution(x: Any, kernel: Any, stride: int, dilation: int) -> Any:
    """Return the outputs of a convolution without padding, (batch, n_outputs, filters)."""
    kernel_size, n_features, filters = kernel.shape
    n_outputs = (x.shape[1] - (kernel_size - 1) * dilation - 1) // stride + 1
    reach = (n_outputs - 1) * stride + 1
    taps = [x[:, i * dilation : i * dilation + reach : stride] for i in range(kernel_size)]
    return jnp.concatenate(taps, axis=-1) @ kernel.reshape(kernel_size * n_features, filters)


def _zeros(x: Any, recurrent_kernel: Any) -> Any:
    return jnp.zeros((x.shape[0], recurrent_kernel.shape[0]), x.dtype)


def _scanned(step: Any, start: Any, x: Any) -> Any:
    """Return the outputs of ``step`` over the steps of x, (batch, n_steps, n_features).

    The states after the last step are returned, too.
    """
    states, outputs = jax.lax.scan(step, start, jnp.swapaxes(x, 0, 1))
    return jnp.swapaxes(outputs, 0, 1), states
