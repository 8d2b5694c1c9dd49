"""Many networks, lengths and sizes in one process: memory is bounded and little is compiled."""

import json

import pytest
from keras.backend import backend

from tests.engine.measuring import started

BEGINNING = """
import json
import numpy as np
import skrnn
from tests.engine.measuring import counting_compilations, resident

generator = np.random.default_rng(0)
"""

NETWORKS = """
X = generator.normal(size=(40, 12, 2))
y = X[:, -1, 0]
settings = {"epochs": 1, "random_state": 0}
kinds = [
    lambda n: skrnn.GRURegressor(units=n, **settings),
    lambda n: skrnn.LSTMRegressor(units=n, **settings),
    lambda n: skrnn.GRURegressor(units=n, n_layers=2, **settings),
    lambda n: skrnn.RNNRegressor(units=n, **settings),
    lambda n: skrnn.TCNRegressor(filters=n, **settings),
    lambda n: skrnn.GRURegressor(units=n, bidirectional=True, **settings),
]
memory = []
for n in generator.permutation(50) + 1:
    for kind in kinds:
        kind(int(n)).fit(X, y).predict(X[:3])
        memory.append(resident())
print(json.dumps(memory))
"""

LENGTHS = """
X = [generator.normal(size=(n, 1)) for n in (3, 8)]
model = skrnn.GRURegressor(units=4, epochs=1, random_state=0).fit(X, [0.0, 1.0])
model.predict(X)
memory = [resident()]
for n in range(8, 2401, 8):
    model.predict(np.ones((1, n, 1)))
    memory.append(resident())
print(json.dumps(memory))
"""

FOLDS = """
compilations = counting_compilations()
X = generator.normal(size=(160, 24, 3))
counts = []
for n in (106, 107, 128, 65):
    skrnn.GRURegressor(units=4, epochs=1, batch_size=100_000).fit(X[:n], X[:n, -1, 0])
    counts.append(compilations())
print(json.dumps(counts))
"""


def said_by(script):
    with started(BEGINNING + script) as process:
        said, _ = process.communicate()
    assert process.returncode == 0
    return json.loads(said.splitlines()[-1])


@pytest.mark.long
def test_three_hundred_networks_leave_little_memory_behind():
    memory = said_by(NETWORKS)
    assert len(memory) == 300
    assert memory[-1] - memory[49] < 150


@pytest.mark.long
def test_predictions_of_three_hundred_lengths_leave_little_memory_behind():
    memory = said_by(LENGTHS)
    assert memory[-1] - memory[0] < 90


def test_folds_of_nearly_equal_size_share_a_program_where_a_batch_takes_them_whole():
    counts = said_by(FOLDS)
    assert len(set(counts)) == 1
    assert backend() == "torch" or counts[0] > 0
