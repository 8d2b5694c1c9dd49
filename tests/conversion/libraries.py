"""Tensors of the libraries that are installed: JAX always, PyTorch and TensorFlow beside it."""

from importlib.util import find_spec

import jax.numpy as jnp


def as_jax(values):
    return jnp.asarray(values)


def as_torch(values):
    import torch

    return torch.tensor(values, requires_grad=True)


def as_tensorflow(values):
    import tensorflow

    return tensorflow.constant(values)


HAS_TORCH = find_spec("torch") is not None

#: What makes a tensor of an array, by the name of the library.
TENSORS = {
    name: make
    for name, make in {"jax": as_jax, "torch": as_torch, "tensorflow": as_tensorflow}.items()
    if find_spec(name) is not None
}
