"""Data of the tests of other libraries: sequences with two features, and a series; a port."""

import socket

import numpy as np

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(60, 8, 2))
y = 2 * X[:, -1, 0] + X[:, -2, 1]
LABELS = np.where(y > 0, "up", "down")
SERIES = np.sin(np.arange(200) / 5)[:, None] + RANDOM.normal(scale=0.1, size=(200, 1))


def free_port():
    """Return a port of this machine that nothing uses."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]
