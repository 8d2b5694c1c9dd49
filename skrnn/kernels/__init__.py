"""Fast recurrences and convolutions, one module for each backend that has them.

A module has the functions ``simple_rnn``, ``gru``, ``lstm``, ``min_gru`` and ``slstm``. Each takes
sequences, float (batch, n_steps, n_features), the weights of the Keras layer of that name, and, as
further arguments, the states (batch, units) before the first step, which are zeros if none is
given, and which ``slstm`` requires. It returns the outputs at every step, (batch, n_steps, units),
and a tuple of the states after the last one.
"""

from __future__ import annotations

from functools import cache
from types import ModuleType

from skrnn._backend import load_keras


@cache
def kernels() -> ModuleType | None:
    """Return the module for the Keras backend, or None if Keras' layers are as fast.

    TensorFlow compiles Keras' loop to a graph; on a GPU, Keras calls cuDNN itself, and
    JAX has it, too.
    """
    name = load_keras().backend.backend()
    if name == "jax":
        from skrnn.kernels import jax

        return jax if jax.runs_here() else None
    if name == "torch":
        from skrnn.kernels import torch

        return torch
    return None
