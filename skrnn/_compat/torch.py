"""Private names of PyTorch: gradients of activations, recurrent layers on given weights.

The functions take the module as an argument, since it may be absent at import.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple


class ActivationGradients(NamedTuple):
    """Operations from the gradient of an activation's output to that of its input.

    Each takes the gradient and the output; the second kind writes to the argument
    ``grad_input``. They are PyTorch's operations themselves, without overhead per step.
    """

    sigmoid: Any
    sigmoid_into: Any
    tanh: Any
    tanh_into: Any


def activation_gradients(torch: Any) -> ActivationGradients:
    """Return the operations by which autograd differentiates sigmoid and tanh.

    The public formula, ``gradient * y * (1 - y)``, takes three operations and fresh memory.
    """
    sigmoid, tanh = torch.ops.aten.sigmoid_backward, torch.ops.aten.tanh_backward
    return ActivationGradients(sigmoid, sigmoid.grad_input, tanh, tanh.grad_input)


def run_recurrent(
    torch: Any, kind: str, x: Any, states: Any, weights: Sequence[Any]
) -> tuple[Any, ...]:
    """Return the outputs of a layer at every step, and its last state or states.

    ``torch.nn.GRU`` and similar layers own their weights; the function behind them takes any.

    Parameters
    ----------
    torch : module
        PyTorch.
    kind : {"rnn_tanh", "gru", "lstm"}
        Layer.
    x : tensor of shape (batch, n_steps, n_features)
        The sequences.
    states : tensor of shape (1, batch, units), or for an LSTM two of them
        The state before the first step.
    weights : sequence of tensor
        Weights of the inputs and of the state, then both biases, as in ``torch.nn``.
    """
    has_biases, n_layers, dropout, bidirectional, batch_first = True, 1, 0.0, False, True
    training = torch.is_grad_enabled()
    outputs: tuple[Any, ...] = getattr(torch, kind)(
        x, states, weights, has_biases, n_layers, dropout, training, bidirectional, batch_first
    )
    return outputs
