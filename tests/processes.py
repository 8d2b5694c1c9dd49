"""Fresh processes that run a piece of code on JAX and report values."""

import json
import os
import subprocess
import sys
import textwrap
from contextlib import contextmanager
from pathlib import Path

import skrnn

PARTS = """
import json
import os
import sys

import numpy as np

import skrnn

X = np.random.default_rng(0).normal(size=(40, 6, 2))
y = X[:, -1, 0]


def model():
    return skrnn.RNNRegressor(units=2, epochs=2, random_state=0)


def events_while(work):
    # How many programs JAX found in its cache on disk, and how many it did not.
    import jax

    seen = []
    jax.monitoring.register_event_listener(lambda name, **_: seen.append(name))
    work()
    names = ("cache_hits", "cache_misses")
    return [seen.count(f"/jax/compilation_cache/{name}") for name in names]


def report(**values):
    print("REPORT", json.dumps(values))
"""


FORKS = """
from skrnn._backend import load_keras

load_keras()  # once, for all children; nothing is computed here
for line in sys.stdin:
    code, environment = json.loads(line)
    child = os.fork()
    if child == 0:
        os.environ.update(environment)
        exec(code)
        sys.stdout.flush()
        os._exit(0)
    print("ENDED", os.waitpid(child, 0)[1], flush=True)
"""


def process_environment():
    """Return the environment of a process on JAX without any setting but the tests' own."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name == "JAX_DISABLE_MOST_OPTIMIZATIONS"
        or not name.startswith(("JAX_", "XLA_", "SKRNN_"))
    }
    return kept | {"KERAS_BACKEND": "jax", "PYTHONPATH": str(Path(skrnn.__file__).parent.parent)}


def as_texts(environment):
    return {name: str(value) for name, value in environment.items()}


def run(code, **environment):
    """Run code in a fresh process on JAX, or as the environment says; return its report."""
    process = subprocess.run(
        [sys.executable, "-c", PARTS + textwrap.dedent(code)],
        env=process_environment() | as_texts(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return report_in(process.stdout.splitlines())


def report_in(lines):
    """Return the values of the line that reports them."""
    [line] = [line for line in lines if line.startswith("REPORT ")]
    return json.loads(line.removeprefix("REPORT "))


@contextmanager
def forks():
    """Lend a function like `run` whose processes are forks of one that has imported Keras."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARTS + FORKS],
        env=process_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )

    def run_in_fork(code, **environment):
        request = json.dumps([textwrap.dedent(code), as_texts(environment)])
        print(request, file=parent.stdin, flush=True)
        *said, end = until_end(parent.stdout)
        assert end == "ENDED 0\n", "".join(said)
        return report_in(said)

    with parent:
        yield run_in_fork


def until_end(lines):
    """Yield lines up to the one that says that a process ended."""
    for line in lines:
        yield line
        if line.startswith("ENDED"):
            return
