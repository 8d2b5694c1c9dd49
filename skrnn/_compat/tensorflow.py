"""Private names of TensorFlow: graphs and kernels that it keeps for each network."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_patching = threading.RLock()


@contextmanager
def forgetting_gradients() -> Iterator[None]:
    """Unregister the gradients that this thread registers within the context.

    ``tf.custom_gradient``, which Keras' optimizers and activations such as silu use, registers
    a function forever at each trace, and with it the whole graph, some 10 MB per network. It
    is needed only until the gradients of that graph are computed. There is no public way to
    unregister a gradient.
    """
    from tensorflow.python.framework import ops

    with _patching:
        original, owner = ops.RegisterGradient, threading.get_ident()
        registered: list[str] = []

        def register(name: str) -> Any:
            if threading.get_ident() == owner:
                registered.append(name)
            return original(name)

        ops.RegisterGradient = register
        try:
            yield
        finally:
            ops.RegisterGradient = original
            for name in registered:
                ops.gradient_registry._registry.pop(name, None)


def drop_kernels() -> None:
    """Drop the kernels that TensorFlow caches for operations outside graphs.

    It keeps one, with its own graph, for each variable shape ever used, some
    0.7 MB per network, without limit. Functions stay traced: kernels that are needed again are
    created again in a fraction of a second.
    """
    from tensorflow.python.eager import context

    context.context().clear_kernel_cache()
