"""Data that the tests of other libraries share: sequences with two features, and a series."""

import numpy as np

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(60, 8, 2))
y = 2 * X[:, -1, 0] + X[:, -2, 1]
LABELS = np.where(y > 0, "up", "down")
SERIES = np.sin(np.arange(200) / 5)[:, None] + RANDOM.normal(scale=0.1, size=(200, 1))
