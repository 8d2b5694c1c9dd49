"""Recurrences and convolutions on JAX's CPU devices, as plain matrix products.

A recurrence is one scan that multiplies by the input weights at each step. XLA would fuse slices
of a single product for all steps into the loops of the gates, which takes
three times as long. XLA's own convolution is slow on a CPU, above all its gradient and inside
of a compiled loop.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
from jax import numpy as jnp

#: Lengths of kernels from which a convolution computes four outputs together, and eight.
LONG, VERY_LONG = 16, 64


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


def min_gru(x: Any, kernel: Any, bias: Any, *start: Any) -> Any:
    """Return the outputs of a minimal gated recurrent unit, gates z, h, at every step."""
    first = start[0] if start else jnp.zeros((x.shape[0], kernel.shape[1] // 2), x.dtype)
    states = _min_gru(jnp.swapaxes(x, 0, 1), kernel, bias, first)
    return jnp.swapaxes(states, 0, 1), (states[-1],)


@jax.custom_vjp
def _min_gru(x: Any, kernel: Any, bias: Any, start: Any) -> Any:
    """Return the states after every step of x, (n_steps, batch, n_features).

    Its gradient is written by hand, since JAX's keeps more values of each step and takes longer.
    """
    return _min_gru_forward(x, kernel, bias, start)[0]


def _min_gru_forward(x: Any, kernel: Any, bias: Any, start: Any) -> tuple[Any, Any]:
    """Return the states, and what the gradient needs."""

    def step(state: Any, x: Any) -> tuple[Any, Any]:
        update, new = jnp.split(x @ kernel + bias, 2, axis=-1)
        update = jax.nn.sigmoid(update)
        new = jax.nn.relu(new) + jax.nn.sigmoid(jnp.minimum(new, 0.0))
        state = state + update * (new - state)
        return state, (state, update, new)

    _, kept = jax.lax.scan(step, start, x)
    return kept[0], (x, kernel, start, *kept)


def _min_gru_backward(kept: Any, of_states: Any) -> tuple[Any, Any, Any, Any]:
    """Return the gradients of inputs, weights and initial state from those of the states."""
    x, kernel, start, states, updates, candidates = kept
    before = jnp.concatenate([start[None], states[:-1]])

    def step(carried: Any, now: Any) -> tuple[Any, Any]:
        of_state, of_kernel, of_bias = carried
        x, state, update, new, of_output = now
        of_state = of_state + of_output
        of_new = of_state * update
        slope = jnp.where(new >= 0.5, 1.0, new * (1 - new))
        of_gates = jnp.concatenate([of_new * (new - state) * (1 - update), of_new * slope], axis=-1)
        of_weights = of_kernel + x.T @ of_gates, of_bias + of_gates.sum(axis=0)
        return (of_state - of_new, *of_weights), of_gates @ kernel.T

    zeros = jnp.zeros_like(start), jnp.zeros_like(kernel), jnp.zeros(kernel.shape[1], kernel.dtype)
    now = x, before, updates, candidates, of_states
    (of_start, of_kernel, of_bias), of_x = jax.lax.scan(step, zeros, now, reverse=True)
    return of_x, of_kernel, of_bias, of_start


_min_gru.defvjp(_min_gru_forward, _min_gru_backward)


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


def slstm(x: Any, kernel: Any, recurrent_kernel: Any, bias: Any, *start: Any) -> Any:
    """Return the outputs of an LSTM layer with exponential input gates, gates i, f, c, o.

    ``start``, which must be given, ends with the logarithm of the weight of the initial mean.
    """
    weights = kernel, recurrent_kernel, bias
    outputs, last = _slstm(jnp.swapaxes(x, 0, 1), weights, start)
    return jnp.swapaxes(outputs, 0, 1), last


@jax.custom_vjp
def _slstm(x: Any, weights: Any, start: Any) -> Any:
    """Return the outputs of every step of x, (n_steps, batch, n_features), and the last states.

    Its gradient is written by hand, since JAX's keeps more values of each step and takes longer.
    """
    return _slstm_forward(x, weights, start)[0]


def _slstm_forward(x: Any, weights: Any, start: Any) -> tuple[Any, Any]:
    """Return the outputs with the last states, and what the gradient needs."""
    kernel, recurrent_kernel, bias = weights

    def step(states: Any, x: Any) -> tuple[Any, Any]:
        state, mean, log_weight = states
        raw = x @ kernel + state @ recurrent_kernel + bias
        enter, keep, candidate, let_out = jnp.split(raw, 4, axis=-1)
        before = log_weight + jnp.minimum(keep, 0.0) - _log_of_one_plus_exp(-jnp.abs(keep))
        share, candidate = jax.nn.sigmoid(enter - before), jnp.tanh(candidate)
        lost, let_out = jax.nn.sigmoid(-keep), jax.nn.sigmoid(let_out)
        log_weight = jnp.maximum(enter, before) + _log_of_one_plus_exp(-jnp.abs(enter - before))
        mean = mean + share * (candidate - mean)
        state = let_out * mean
        return (state, mean, log_weight), (state, mean, share, lost, candidate, let_out)

    last, kept = jax.lax.scan(step, start, x)
    return (kept[0], last), (x, weights, start, kept)


def _slstm_backward(kept: Any, of_results: Any) -> tuple[Any, Any, Any]:
    """Return the gradients of inputs, weights and initial states from those of the results."""
    x, (kernel, recurrent_kernel, bias), start, (states, means, *gates) = kept
    of_outputs, of_last = of_results
    before = [
        jnp.concatenate([first[None], every[:-1]])
        for first, every in zip(start[:2], (states, means), strict=True)
    ]

    def step(carried: Any, now: Any) -> tuple[Any, Any]:
        (of_state, of_mean, of_log_weight), of_weights = carried
        x, state, mean, mean_after, share, lost, candidate, let_out, of_output = now
        of_state = of_state + of_output
        of_mean = of_mean + of_state * let_out
        of_logit = of_mean * (candidate - mean) * share * (1 - share)
        of_enter = of_logit + of_log_weight * share
        of_log_weight = of_log_weight * (1 - share) - of_logit
        of_candidate = of_mean * share * (1 - candidate * candidate)
        of_let_out = of_state * mean_after * let_out * (1 - let_out)
        of_raw = [of_enter, of_log_weight * lost, of_candidate, of_let_out]
        of_raw = jnp.concatenate(of_raw, axis=-1)
        terms = x.T @ of_raw, state.T @ of_raw, of_raw.sum(axis=0)
        of_weights = [one + term for one, term in zip(of_weights, terms, strict=True)]
        of_states = of_raw @ recurrent_kernel.T, of_mean * (1 - share), of_log_weight
        return (of_states, of_weights), of_raw @ kernel.T

    zeros = [jnp.zeros_like(weight) for weight in (kernel, recurrent_kernel, bias)]
    now = (x, *before, means, *gates, of_outputs)
    (of_start, of_weights), of_x = jax.lax.scan(step, (of_last, zeros), now, reverse=True)
    return of_x, tuple(of_weights), of_start


_slstm.defvjp(_slstm_forward, _slstm_backward)


def convolution(x: Any, kernel: Any, stride: int, dilation: int) -> Any:
    """Return the outputs of a convolution without padding, (batch, n_outputs, filters)."""
    kernel_size, n_features, filters = kernel.shape
    if stride == dilation == 1 and kernel_size >= LONG:
        return _long_convolution(x, kernel, n_together=4 if kernel_size < VERY_LONG else 8)
    n_outputs = (x.shape[1] - (kernel_size - 1) * dilation - 1) // stride + 1
    reach = (n_outputs - 1) * stride + 1
    taps = [x[:, i * dilation : i * dilation + reach : stride] for i in range(kernel_size)]
    return jnp.concatenate(taps, axis=-1) @ kernel.reshape(kernel_size * n_features, filters)


def _long_convolution(x: Any, kernel: Any, n_together: int) -> Any:
    """Return a convolution in which a row of the matrix product has several outputs.

    A row has the inputs of ``n_together`` neighboring outputs, and the matrix has a shifted copy of
    the kernel for each of them, zero elsewhere. So each input is copied to fewer rows.
    """
    n_sequences, n_steps, n_features = x.shape
    kernel_size, _, filters = kernel.shape
    n_outputs = n_steps - kernel_size + 1
    n_rows = -(-n_outputs // n_together)
    n_parts = -(-(n_together + kernel_size - 1) // n_together)  # of a row, n_together steps each
    n_beside = (n_rows + n_parts - 1) * n_together - n_steps
    parts = jnp.pad(x, ((0, 0), (0, n_beside), (0, 0)))
    parts = parts.reshape(n_sequences, -1, n_together * n_features)
    rows = jnp.concatenate([parts[:, i : i + n_rows] for i in range(n_parts)], axis=-1)
    beside = n_parts * n_together - kernel_size
    copies = [
        jnp.pad(kernel, ((i, beside - i), (0, 0), (0, 0))).reshape(-1, filters)
        for i in range(n_together)
    ]
    outputs = rows @ jnp.concatenate(copies, axis=1)
    return outputs.reshape(n_sequences, n_rows * n_together, filters)[:, :n_outputs]


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def depthwise_convolution(x: Any, kernel: Any, dilation: int) -> Any:
    """Return a depthwise convolution without padding; the kernel is (kernel_size, n_features).

    A loop over the sequences, and a gradient written by hand: otherwise XLA would compute the
    inputs again for each step of the kernel.
    """
    return jax.lax.map(lambda sequence: _depthwise(sequence, kernel, dilation), x)


def _depthwise(sequence: Any, kernel: Any, dilation: int) -> Any:
    """Return the sum over the steps of the kernel, (n_steps, n_features)."""
    n_outputs = len(sequence) - (len(kernel) - 1) * dilation
    return sum(_shifted(sequence, i * dilation, n_outputs) * tap for i, tap in enumerate(kernel))


def _shifted(sequence: Any, start: int, n_steps: int) -> Any:
    return jax.lax.slice_in_dim(sequence, start, start + n_steps)


def _depthwise_forward(x: Any, kernel: Any, dilation: int) -> tuple[Any, Any]:
    return depthwise_convolution(x, kernel, dilation), (x, kernel)


def _depthwise_backward(dilation: int, kept: Any, of_outputs: Any) -> tuple[Any, Any]:
    """Return the gradients of inputs and kernel from those of the outputs."""
    x, kernel = kept
    beside = (len(kernel) - 1) * dilation

    def sequence(of_kernel: Any, now: Any) -> tuple[Any, Any]:
        steps, of_steps = now
        products = [
            (_shifted(steps, i * dilation, len(of_steps)) * of_steps).sum(axis=0)
            for i in range(len(kernel))
        ]
        padded = jnp.pad(of_steps, [(beside, beside), (0, 0)])
        return of_kernel + jnp.stack(products), _depthwise(padded, kernel[::-1], dilation)

    of_kernel, of_x = jax.lax.scan(sequence, jnp.zeros_like(kernel), (x, of_outputs))
    return of_x, of_kernel


depthwise_convolution.defvjp(_depthwise_forward, _depthwise_backward)


def _log_of_one_plus_exp(x: Any) -> Any:
    """Return ``log(1 + exp(x))`` of negative x, without the cases that JAX's functions cover."""
    return jnp.log1p(jnp.exp(x))


def _zeros(x: Any, recurrent_kernel: Any) -> Any:
    return jnp.zeros((x.shape[0], recurrent_kernel.shape[0]), x.dtype)


def _scanned(step: Any, start: Any, x: Any) -> Any:
    """Return the outputs of ``step`` over the steps of x, (batch, n_steps, n_features).

    The states after the last step are returned, too.
    """
    states, outputs = jax.lax.scan(step, start, jnp.swapaxes(x, 0, 1))
    return jnp.swapaxes(outputs, 0, 1), states
