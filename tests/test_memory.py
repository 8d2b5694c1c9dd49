"""Many fits of one spec in one process: nothing leaks, nothing is compiled twice."""

import os
import subprocess
import sys

import numpy as np
import pytest
from keras.backend import backend
from scipy.stats import theilslopes

SCRIPT = """
import gc, json, resource, time
import numpy as np, skrnn

compilations = 0
def count(name, *_, **__):
    global compilations
    compilations += name.endswith("backend_compile_duration")

from skrnn._backend import load_keras
backend = load_keras().backend.backend()
if backend == "jax":
    import jax
    jax.monitoring.register_event_duration_secs_listener(count)

def traces():
    from skrnn.engine.program import programs
    if backend == "jax":
        return compilations
    if backend == "tensorflow":
        every = [p for group in programs._idle.values() for p in group]
        return sum(p.steps.train_graph.experimental_get_tracing_count() for p in every)
    return 0

def resident():
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6

def reference():
    # Always the same work: how fast the machine is just now.
    began, state = time.process_time(), np.eye(16)
    for _ in range(3000):
        state = np.tanh(state @ state)
    return time.process_time() - began

X = np.random.default_rng(0).normal(size=(160, 24, 3))
y = X[:, -1, 0]
memory, seconds, compiled = [], [], []
for number in range(200):
    # Folds of a search differ in size, and candidates in rate and seed.
    n = (160, 106, 107)[number % 3]
    began = time.process_time()
    model = skrnn.GRURegressor(
        units=16, epochs=3, dropout=0.1 + 0.001 * number,
        learning_rate=0.01 + 1e-4 * number, random_state=number,
    ).fit(X[:n], y[:n])
    model.predict(X[:7])
    seconds.append((time.process_time() - began) / reference())
    memory.append(resident())
    compiled.append(traces())
print(json.dumps([memory, seconds, compiled]))
"""


@pytest.fixture(scope="module")
def run():
    import json

    environment = os.environ | {"KERAS_BACKEND": backend()}
    output = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True
    ).stdout
    return json.loads(output)


def growth(memory):
    """Return how much memory grows over these fits, by the median slope between any two.

    A thread of the backend that first has work to do takes a heap of its own, once, of 1 to
    4 MB; the median is blind to such a step, and sees what every fit, or every tenth, leaves.
    """
    return theilslopes(memory).slope * len(memory)


def test_memory_grows_by_at_most_five_megabytes_after_the_tenth_fit(run):
    assert growth(run[0][10:]) <= 5


@pytest.mark.parametrize("every", [1, 10, 25])
def test_a_leak_of_six_megabytes_is_seen_among_single_steps(every):
    leaked = 6 / 190 * every * (np.arange(190) // every)
    once = 4.4 * (np.arange(190) >= 30) + 2.1 * (np.arange(190) >= 175)
    assert growth(500 + once) <= 5 < growth(500 + leaked + once)


def slowdown(times):
    """Return how much longer the last fits take than early ones, by their lower quartiles.

    Times are in units of a fixed piece of work done after each fit, so that neither a machine
    that others slow down nor a few disturbed fits count.
    """
    return np.quantile(times[150:], 0.25) / np.quantile(times[10:60], 0.25)


def test_fit_time_stays_flat(run):
    assert slowdown(run[1]) < 1.3


def test_fits_that_slow_down_are_seen_among_disturbed_ones():
    disturbed = 1 + np.random.default_rng(0).exponential(0.1, size=200)
    assert slowdown(disturbed) < 1.3 < slowdown(disturbed * np.linspace(1, 1.5, 200))


def test_the_second_fit_compiles_nothing(run):
    compiled = run[2]
    assert backend() == "torch" or compiled[0] > 0
    assert compiled[-1] == compiled[0]
