"""Recurrences on PyTorch, with hand-written gradients but for the LSTM and for cuDNN's layers.

PyTorch's own GRU takes some ten small operations a step on a CPU, and autograd as many again.
Here one product of the inputs serves all steps, and a step takes five operations, in place, in
one buffer of all gates. On the way back the derivatives of the gates are computed for many
steps at once, which leaves four operations for a step, and the gradient of each kernel is one
product. The buffer of the gates becomes that of their gradients, because fresh memory costs as
much as the arithmetic; so backward runs once only, and PyTorch raises on a second call.

An LSTM on a CPU is a fused layer of oneDNN; on a GPU, simple RNN, GRU and LSTM are layers of cuDNN,
and minGRU and sLSTM loops over small operations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from skrnn._backend import Absent
from skrnn._compat.torch import activation_gradients, run_recurrent

try:
    import torch
    from torch.autograd.function import Function, once_differentiable
except ImportError:
    torch = Function = once_differentiable = Absent()

#: Values per gate whose derivatives are computed at once, which bounds memory.
CHUNK = 2**17

_sigmoid_backward, _sigmoid_backward_into, _tanh_backward, _tanh_backward_into = (
    activation_gradients(torch)
)


def simple_rnn(x: Any, kernel: Any, recurrent_kernel: Any, bias: Any, *start: Any) -> Any:
    """Return the outputs of a simple recurrent layer at every step.

    Parameters
    ----------
    x : tensor of shape (batch, n_steps, n_features)
        The sequences.
    kernel : tensor of shape (n_features, units)
        Weights of the inputs.
    recurrent_kernel : tensor of shape (units, units)
        Weights of the state.
    bias : tensor of shape (units,)
        Biases.
    *start : tensor of shape (batch, units)
        Initial state; zeros by default.

    Returns
    -------
    outputs : tensor of shape (batch, n_steps, units)
    states : tuple of tensors of shape (batch, units)
        States after the last step.
    """
    if x.device.type != "cpu":
        weights = (kernel, recurrent_kernel, bias, torch.zeros_like(bias))
        return _of_pytorch("rnn_tanh", x, start, weights)
    outputs = _SimpleRNN.apply(x, kernel, recurrent_kernel, bias, *start or [None])
    return outputs, (outputs[:, -1],)


def gru(x: Any, kernel: Any, recurrent_kernel: Any, bias: Any, *start: Any) -> Any:
    """Return the outputs of a GRU, reset after the matrix product, at every step.

    Parameters
    ----------
    x : tensor of shape (batch, n_steps, n_features)
        The sequences.
    kernel : tensor of shape (n_features, 3 * units)
        Weights of the inputs, for update gate, reset gate and candidate.
    recurrent_kernel : tensor of shape (units, 3 * units)
        Weights of the state.
    bias : tensor of shape (2, 3 * units)
        Biases of the two products.
    *start : tensor of shape (batch, units)
        Initial state; zeros by default.

    Returns
    -------
    outputs : tensor of shape (batch, n_steps, units)
    states : tuple of tensors of shape (batch, units)
        States after the last step.
    """
    if x.device.type != "cpu":
        reset_first = [_swapped(weight) for weight in (kernel, recurrent_kernel, *bias.unbind(0))]
        return _of_pytorch("gru", x, start, reset_first)
    units = recurrent_kernel.shape[0]
    gates, candidates = bias.split([2 * units, units], dim=1)
    offsets = torch.cat([candidates[1], gates.sum(0), candidates[0]])
    rolled = torch.roll(recurrent_kernel, units, dims=1)
    outputs = _GRU.apply(x, kernel, rolled, offsets, *start or [None])
    return outputs, (outputs[:, -1],)


def min_gru(x: Any, kernel: Any, bias: Any, *start: Any) -> Any:
    """Return the outputs of a minimal gated recurrent unit at every step.

    Parameters
    ----------
    x : tensor of shape (batch, n_steps, n_features)
        The sequences.
    kernel : tensor of shape (n_features, 2 * units)
        Weights of the inputs, for update gate and candidate.
    bias : tensor of shape (2 * units,)
        Biases.
    *start : tensor of shape (batch, units)
        Initial state; zeros by default.

    Returns
    -------
    outputs : tensor of shape (batch, n_steps, units)
    states : tuple of tensors of shape (batch, units)
        States after the last step.
    """
    outputs = _MinGRU.apply(x, kernel, bias, *start or [None])
    return outputs, (outputs[:, -1],)


def lstm(x: Any, kernel: Any, recurrent_kernel: Any, bias: Any, *start: Any) -> Any:
    """Return the outputs of an LSTM at every step.

    Parameters
    ----------
    x : tensor of shape (batch, n_steps, n_features)
        The sequences.
    kernel : tensor of shape (n_features, 4 * units)
        Weights of the inputs, for input gate, forget gate, candidate and output gate.
    recurrent_kernel : tensor of shape (units, 4 * units)
        Weights of the state.
    bias : tensor of shape (4 * units,)
        Biases.
    *start : tensor of shape (batch, units)
        Initial state and cell state; zeros by default.

    Returns
    -------
    outputs : tensor of shape (batch, n_steps, units)
    states : tuple of tensors of shape (batch, units)
        States after the last step.
    """
    weights = (kernel, recurrent_kernel, bias, torch.zeros_like(bias))
    return _of_pytorch("lstm", x, start, weights)


def slstm(x: Any, kernel: Any, recurrent_kernel: Any, bias: Any, *start: Any) -> Any:
    """Return the outputs of an LSTM with exponential input gates at every step, and last states.

    Weights and results are as in `lstm`. ``start`` must be given: the initial state, the mean, and
    the logarithm of its weight.
    """
    outputs, *states = _SLSTM.apply(x, kernel, recurrent_kernel, bias, *start)
    return outputs, (outputs[:, -1], *states)


class _SimpleRNN(Function):
    """``h = tanh(x W + h U + b)``."""

    @staticmethod
    def forward(ctx: Any, x: Any, kernel: Any, recurrent: Any, offsets: Any, start: Any) -> Any:
        inputs = _by_time(x)
        states = _states(x, len(inputs), len(recurrent), start)
        torch.addmm(offsets, inputs.flatten(0, 1), kernel, out=states[1:].flatten(0, 1))
        for before, after in pairwise(states.unbind(0)):
            after.addmm_(before, recurrent).tanh_()
        ctx.save_for_backward(inputs, kernel, recurrent, states)
        return states[1:].transpose(0, 1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, of_outputs: Any) -> Any:
        inputs, kernel, recurrent, states = ctx.saved_tensors
        gradients = torch.empty_like(states[1:])
        back = recurrent.t()
        of_state = torch.zeros_like(states[0])
        for gradient, state, of_output in zip(
            *map(_backwards, (gradients, states[1:], of_outputs.transpose(0, 1))), strict=True
        ):
            _tanh_backward_into(of_state.add_(of_output), state, grad_input=gradient)
            torch.mm(gradient, back, out=of_state)
        return _of_inputs(ctx, inputs, kernel, states, of_state, *[gradients] * 3)


class _GRU(Function):
    """``h = z h + (1 - z) tanh(x W + b + r (h U + b'))``, gates in the order n, z, r, c.

    ``n`` is the state's part of the candidate ``c``.
    """

    @staticmethod
    def forward(ctx: Any, x: Any, kernel: Any, recurrent: Any, offsets: Any, start: Any) -> Any:
        inputs = _by_time(x)
        n_steps, n_sequences, _ = inputs.shape
        units = len(recurrent)
        scale = kernel.new_ones(3 * units)
        scale[-units:] = 2.0  # tanh(a) is 2 sigmoid(2 a) - 1, which PyTorch computes faster
        gates = x.new_empty(n_steps, n_sequences, 4 * units)
        flat = gates.flatten(0, 1)
        flat[:, :units] = offsets[:units]
        torch.addmm(
            offsets[units:] * scale, inputs.flatten(0, 1), kernel * scale, out=flat[:, units:]
        )
        states = _states(x, n_steps, units, start)
        one = x.new_ones(())
        every = states.unbind(0)
        views = (gates[..., : 3 * units], gates[..., units : 3 * units], *gates.split(units, -1))
        for h, after, nzr, zr, n, z, r, c in zip(
            every, every[1:], *(view.unbind(0) for view in views), strict=False
        ):
            nzr.addmm_(h, recurrent)
            zr.sigmoid_()
            torch.lerp(one, c.addcmul_(r, n, value=2).sigmoid_(), 2.0, out=c)
            torch.lerp(c, h, z, out=after)
        ctx.save_for_backward(inputs, kernel, recurrent, states, gates)
        return states[1:].transpose(0, 1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, of_outputs: Any) -> Any:
        inputs, kernel, recurrent, states, gates = ctx.saved_tensors
        units = len(recurrent)
        back = recurrent.t()
        of_state = torch.zeros_like(states[0])
        for part in _parts(states[1:]):
            now = gates[part]
            n, z, r, c = now.split(units, -1)
            kept = z.clone()
            factor = _tanh_backward(1 - z, c)
            _sigmoid_backward_into(states[:-1][part] - c, z, grad_input=z)
            c.copy_(factor)
            of_reset = _sigmoid_backward(factor * n, r)
            torch.mul(factor, r, out=n)
            r.copy_(of_reset)
            for of_output, keep, factors, nzr in zip(
                *map(_backwards, (of_outputs.transpose(0, 1)[part], kept)),
                *map(_backwards, (now.unflatten(-1, (4, units)), now[..., : 3 * units])),
                strict=True,
            ):
                factors.mul_(of_state.add_(of_output).unsqueeze(1))
                of_state.mul_(keep).addmm_(nzr, back)
        parts = (gates, gates[..., : 3 * units], gates[..., units:])
        return _of_inputs(ctx, inputs, kernel, states, of_state, *parts)


class _MinGRU(Function):
    """``h = (1 - z) h + z g(x W + b)``, with ``g(c) = relu(c) + sigmoid(min(c, 0))``."""

    @staticmethod
    def forward(ctx: Any, x: Any, kernel: Any, offsets: Any, start: Any) -> Any:
        inputs = _by_time(x)
        units = kernel.shape[1] // 2
        gates = torch.addmm(offsets, inputs.flatten(0, 1), kernel).unflatten(0, inputs.shape[:2])
        updates, candidates = gates.split(units, -1)
        updates.sigmoid_()
        torch.add(candidates.relu(), candidates.clamp(max=0).sigmoid_(), out=candidates)
        states = _states(x, len(inputs), units, start)
        every = states.unbind(0)
        for before, after, z, c in zip(
            every, every[1:], updates.unbind(0), candidates.unbind(0), strict=False
        ):
            torch.lerp(before, c, z, out=after)
        ctx.save_for_backward(inputs, kernel, states, gates)
        return states[1:].transpose(0, 1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, of_outputs: Any) -> Any:
        inputs, kernel, states, gates = ctx.saved_tensors
        updates, candidates = gates.chunk(2, -1)
        kept = 1 - updates
        gradients = torch.empty_like(kept)
        of_state = torch.zeros_like(states[0])
        for gradient, of_output, keep in zip(
            *map(_backwards, (gradients, of_outputs.transpose(0, 1), kept)), strict=True
        ):
            torch.add(of_state, of_output, out=gradient)
            torch.mul(gradient, keep, out=of_state)
        of_new = gradients.mul_(updates)
        slopes = torch.where(candidates >= 0.5, 1.0, candidates * (1 - candidates))
        of_gates = torch.cat(
            [of_new * kept.mul_(candidates - states[:-1]), of_new * slopes], dim=-1
        )
        of_x = (of_gates @ kernel.t()).transpose(0, 1) if ctx.needs_input_grad[0] else None
        of_gates = of_gates.flatten(0, 1)
        of_start = of_state if ctx.needs_input_grad[3] else None
        return of_x, inputs.flatten(0, 1).t() @ of_gates, of_gates.sum(0), of_start


class _SLSTM(Function):
    """``q = (1 - s) q + s tanh(c)`` and ``h = sigmoid(o) q``.

    ``s = exp(i) / n`` is the share of a step in the sum of weights ``n = sigmoid(f) n + exp(i)``,
    whose logarithm is a state.
    """

    @staticmethod
    def forward(
        ctx: Any, x: Any, kernel: Any, recurrent: Any, bias: Any, *start: Any
    ) -> tuple[Any, Any, Any]:
        inputs = _by_time(x)
        n_steps, units = len(inputs), len(recurrent)
        gates = torch.addmm(bias, inputs.flatten(0, 1), kernel).unflatten(0, inputs.shape[:2])
        states, means = (_states(x, n_steps, units, one) for one in start[:2])
        log_weight = start[2]
        for now, h, h_after, q, q_after in zip(
            gates.unbind(0), states, states[1:], means, means[1:], strict=False
        ):
            now.addmm_(h, recurrent)
            i, f, c, o = now.split(units, -1)
            kept = torch.nn.functional.logsigmoid(f).add_(log_weight)
            log_weight = torch.logaddexp(kept, i)
            torch.sub(i, kept, out=i).sigmoid_()
            f.neg_()
            c.tanh_()
            torch.lerp(q, c, i, out=q_after)
            torch.mul(o.sigmoid_(), q_after, out=h_after)
        gates[..., units : 2 * units].sigmoid_()  # of -f: what is forgotten
        ctx.save_for_backward(inputs, kernel, recurrent, states, means, gates)
        return states[1:].transpose(0, 1), means[-1].clone(), log_weight

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, of_outputs: Any, of_mean: Any, of_log_weight: Any) -> Any:
        inputs, kernel, recurrent, states, means, gates = ctx.saved_tensors
        units, back = len(recurrent), recurrent.t()
        of_state = torch.zeros_like(states[0])
        of_mean, of_log_weight = of_mean.clone(), of_log_weight.clone()
        for part in _parts(states[1:]):
            s, _, c, o = gates[part].split(units, -1)
            shares, outputs = s.clone(), o.clone()
            before, after = means[:-1][part], means[1:][part]
            of_share = _sigmoid_backward(c - before, s)
            c.copy_(_tanh_backward(shares, c))
            o.copy_(_sigmoid_backward(after, o))
            for of_output, now, share, output, more in zip(
                *map(_backwards, (of_outputs.transpose(0, 1)[part], gates[part])),
                *map(_backwards, (shares, outputs, of_share)),
                strict=True,
            ):
                of_enter, of_forget, of_candidate, of_let_out = now.split(units, -1)
                of_state.add_(of_output)
                of_mean.addcmul_(of_state, output)
                more.mul_(of_mean)
                torch.addcmul(more, of_log_weight, share, out=of_enter)
                of_log_weight.sub_(of_enter)
                of_forget.mul_(of_log_weight)
                of_candidate.mul_(of_mean)
                of_let_out.mul_(of_state)
                of_mean.addcmul_(of_mean, share, value=-1)
                torch.mm(now, back, out=of_state)
        gradients = _of_inputs(ctx, inputs, kernel, states, of_state, *[gates] * 3)
        return *gradients, of_mean, of_log_weight


def _by_time(x: Any) -> Any:
    """Return a copy of (batch, n_steps, n) with the steps first."""
    return x.transpose(0, 1).contiguous()


def _states(x: Any, n_steps: int, units: int, start: Any) -> Any:
    """Return a buffer for the states before the first and after each step; None is zeros."""
    states = x.new_empty(n_steps + 1, len(x), units)
    if start is None:
        states[0].zero_()
    else:
        states[0].copy_(start)
    return states


def _parts(steps: Any) -> Iterator[slice]:
    """Yield slices of the steps (n_steps, batch, units), from the last to the first."""
    n_steps, n_sequences, units = steps.shape
    size = max(1, CHUNK // (n_sequences * units))
    for stop in range(n_steps, 0, -size):
        yield slice(max(0, stop - size), stop)


def _backwards(steps: Any) -> Iterator[Any]:
    return reversed(steps.unbind(0))


def _of_inputs(
    ctx: Any,
    x: Any,
    kernel: Any,
    states: Any,
    of_start: Any,
    of_gates: Any,
    of_products: Any,
    of_x_products: Any,
) -> tuple[Any, ...]:
    """Return the gradients of a layer's inputs and weights from those of its gates.

    In order: x, kernel, recurrent kernel, biases and initial state; ``of_products`` and
    ``of_x_products`` are the gradients of the products with the state and with x.
    """
    of_x = (of_x_products @ kernel.t()).transpose(0, 1) if ctx.needs_input_grad[0] else None
    of_x_products, of_products = of_x_products.flatten(0, 1), of_products.flatten(0, 1)
    return (
        of_x,
        x.flatten(0, 1).t() @ of_x_products,
        states[:-1].flatten(0, 1).t() @ of_products,
        of_gates.sum((0, 1)),
        of_start if ctx.needs_input_grad[4] else None,
    )


def _swapped(weight: Any) -> Any:
    """Return weights of three gates with the first and second swapped."""
    first, second, third = weight.chunk(3, -1)
    return torch.cat([second, first, third], -1)


def _of_pytorch(kind: str, x: Any, start: Sequence[Any], weights: Sequence[Any]) -> Any:
    """Run PyTorch's own layer, which has transposed weights.

    They are in one buffer, in cuDNN's order, which saves cuDNN a copy.
    """
    kernel, recurrent_kernel, of_inputs, of_state = weights
    transposed = (kernel.t(), recurrent_kernel.t(), of_inputs, of_state)
    buffer = torch.cat([weight.flatten() for weight in transposed])
    parts = buffer.split([weight.numel() for weight in transposed])
    viewed = [part.view(weight.shape) for part, weight in zip(parts, transposed, strict=True)]
    zeros = x.new_zeros(1, x.shape[0], recurrent_kernel.shape[0])
    before = [state.contiguous().unsqueeze(0) for state in start] or [zeros, zeros]
    given = before if kind == "lstm" else before[0]
    outputs, *states = run_recurrent(torch, kind, x, given, viewed)
    return outputs, tuple(state[0] for state in states)
