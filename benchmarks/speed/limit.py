"""Limit of an epoch of a recurrent layer: the time of its matrix products alone.

For a batch of b sequences with T steps, n features, h units and g gates, forward and backward
need, whatever the program: T x (b, n) (n, gh) for the inputs and as much for their weights, in
one product each; T times one after the other (b, h) (h, gh) forward and (b, gh) (gh, h) backward;
and (h, Tb) (Tb, gh) for the recurrent weights, in one product. No gates, no additions, nothing
gathered or updated. Four programs do these, and the fastest is the limit: PyTorch, JAX's scan on
one device, the same with half the batch on each of two, and numpy with half in each of two
threads.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from choice import Fastest, Work

GATES = {"GRU": 3, "LSTM": 4}


def epoch(task: dict[str, Any]) -> Work:
    """Do the products of all batches of an epoch."""
    shape, n_batches = task["network"], task["n_windows"] // task["batch_size"]
    layers = [task["n_features"]] + [shape["units"]] * (shape["layers"] - 1)
    gates = GATES[shape["cell"]] * shape["units"]
    sizes = [(task["batch_size"], task["n_steps"], n, shape["units"], gates) for n in layers]
    one_batch = {
        "JAX": by_jax(sizes, 1),
        "JAX, 2 devices": by_jax(sizes, 2),
        "numpy": by_numpy(sizes),
        "PyTorch": by_torch(sizes),
    }

    def repeated(batch: Work) -> Work:
        return lambda: [batch() for _ in range(n_batches)]

    return Fastest({name: repeated(batch) for name, batch in one_batch.items()})


def arrays(b: int, T: int, n: int, h: int, g: int) -> dict[str, Any]:
    """Return random inputs, states, gradients of gates and weights of one layer."""
    draw = np.random.default_rng(0).standard_normal
    shapes = {"x": (T, b, n), "state": (T, b, h), "gates": (T, b, g), "W": (n, g), "U": (h, g)}
    return {name: draw(shape, dtype=np.float32) * 0.1 for name, shape in shapes.items()}


def layer_products(a: dict[str, Any], product: Any) -> None:
    """Do the products of one layer with a function of two matrices."""
    T, b, _ = a["x"].shape
    flat = {name: a[name].reshape(T * b, -1) for name in ("x", "state", "gates")}
    product(flat["x"], a["W"])
    for step in range(T):
        product(a["state"][step], a["U"])
    for step in range(T):
        product(a["gates"][step], a["U"].T)
    product(flat["x"].T, flat["gates"])
    product(flat["state"].T, flat["gates"])


def by_numpy(sizes: list[tuple[int, ...]]) -> Work:
    """Return the products in numpy, half a batch in each of two threads."""
    from threadpoolctl import threadpool_limits

    halves = [[arrays(b // 2, *rest) for b, *rest in sizes] for _ in range(2)]
    pool = ThreadPoolExecutor(2)

    def half(layers: list[dict[str, Any]]) -> None:
        for a in layers:
            layer_products(a, np.matmul)

    def run() -> None:
        with threadpool_limits(1, user_api="blas"):
            list(pool.map(half, halves))

    return run


def by_torch(sizes: list[tuple[int, ...]]) -> Work:
    """Return the products in PyTorch, with its own threads."""
    import torch

    layers = [{k: torch.from_numpy(v) for k, v in arrays(*size).items()} for size in sizes]

    @torch.no_grad()
    def run() -> None:
        for a in layers:
            layer_products(a, torch.mm)

    return run


def by_jax(sizes: list[tuple[int, ...]], n_devices: int) -> Work:
    """Return the products in a compiled program of JAX, a part of the batch on each device."""
    import jax

    jax.config.update("jax_num_cpu_devices", 2)

    @jax.jit
    def layer(a: dict[str, Any]) -> Any:
        T, b, _ = a["x"].shape
        x, state, gates = (a[name].reshape(T * b, -1) for name in ("x", "state", "gates"))

        def forward(carry: Any, step: Any) -> tuple[Any, Any]:
            # The carry depends on the product, or XLA would drop or reorder it.
            return (carry[:, : step.shape[1]] + step) @ a["U"], None

        def backward(carry: Any, step: Any) -> tuple[Any, Any]:
            return step @ a["U"].T + carry, None

        last, _ = jax.lax.scan(forward, a["gates"][0], a["state"])
        first, _ = jax.lax.scan(backward, a["state"][0], a["gates"])
        return x @ a["W"], last, first, x.T @ gates, state.T @ gates

    layers = [
        jax.device_put(arrays(b // n_devices, *rest), device)
        for b, *rest in sizes
        for device in jax.devices()[:n_devices]
    ]
    # Calls return before their work is done, so that the devices work together.
    return lambda: jax.block_until_ready([layer(a) for a in layers])
