"""Canaries for the private names in skrnn/_compat/torch.py."""

from importlib.util import find_spec

import numpy as np

from skrnn._compat import torch as compat
from tests.compat.canary import canary

CANARIES = []

if find_spec("torch"):
    import torch

    def activation(name):
        """Return the gradient of an activation, by our functions and by autograd."""
        given = torch.linspace(-2.0, 2.0, 5, requires_grad=True)
        output = getattr(torch, name)(given)
        (expected,) = torch.autograd.grad(output.sum() * 3.0, given)
        gradients = compat.activation_gradients(torch)
        ours, into = getattr(gradients, name), getattr(gradients, f"{name}_into")
        of_output, output = torch.full((5,), 3.0), output.detach()
        buffer = torch.zeros(5)
        into(of_output, output, grad_input=buffer)
        np.testing.assert_allclose(ours(of_output, output), expected, rtol=1e-6)
        np.testing.assert_allclose(buffer, expected, rtol=1e-6)
        into(of_output, output, grad_input=output)  # in place of an argument
        np.testing.assert_allclose(output, expected, rtol=1e-6)

    GRADIENTS = "Write the gradient out, as gradient * y * (1 - y) or gradient * (1 - y**2)"

    @canary(CANARIES, "torch", lambda: torch.ops, "aten", GRADIENTS)
    def gradient_of_sigmoid():
        activation("sigmoid")

    @canary(CANARIES, "torch", lambda: torch.ops, "aten", GRADIENTS)
    def gradient_of_tanh():
        activation("tanh")

    def layer(kind, module, n_states):
        """Compare a recurrent layer with that of torch.nn, from states and in gradients."""
        torch.manual_seed(0)
        theirs = module(3, 2, batch_first=True)
        x, state = torch.randn(4, 5, 3), torch.randn(1, 4, 2)
        states = (state, -state) if n_states == 2 else state
        expected, last = theirs(x, states)
        weights = [weight.detach().clone().requires_grad_() for weight in theirs.parameters()]
        outputs, *ends = compat.run_recurrent(torch, kind, x, states, weights)
        assert len(ends) == n_states
        torch.testing.assert_close(outputs, expected)
        torch.testing.assert_close(tuple(ends), last if n_states == 2 else (last,))
        ours = torch.autograd.grad(outputs.sum(), weights)
        torch.testing.assert_close(ours, torch.autograd.grad(expected.sum(), theirs.parameters()))
        with torch.no_grad():
            outputs, *_ = compat.run_recurrent(torch, kind, x, states, weights)
        torch.testing.assert_close(outputs, expected)

    LAYERS = "Call torch.nn's layer of that kind with torch.func.functional_call"

    @canary(CANARIES, "torch", lambda: torch, "rnn_tanh", LAYERS)
    def simple_rnn():
        layer("rnn_tanh", torch.nn.RNN, 1)

    @canary(CANARIES, "torch", lambda: torch, "gru", LAYERS)
    def gru():
        layer("gru", torch.nn.GRU, 1)

    @canary(CANARIES, "torch", lambda: torch, "lstm", LAYERS)
    def lstm():
        layer("lstm", torch.nn.LSTM, 2)
