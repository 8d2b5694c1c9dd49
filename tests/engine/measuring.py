"""Memory and compilations of a process of its own, for the tests that run many fits in one."""

import gc
import os
import resource
import subprocess
import sys
from pathlib import Path

from skrnn._backend import load_keras

ROOT = Path(__file__).parents[2]


def started(script, *arguments):
    """Return a process that runs a script on the backend of this one, with pipes to it."""
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        env=os.environ | {"KERAS_BACKEND": load_keras().backend.backend(), "PYTHONPATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def resident():
    """Return the resident memory of this process in megabytes, without what is garbage."""
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6


def counting_compilations():
    """Return a function that tells how many compilations there were; on PyTorch there are none."""
    backend = load_keras().backend.backend()
    if backend == "jax":
        return _counting_events_of_jax()
    return _traces_of_tensorflow if backend == "tensorflow" else lambda: 0


def _counting_events_of_jax():
    import jax

    compilations = 0

    def count(name, *_, **__):
        nonlocal compilations
        compilations += name.endswith("backend_compile_duration")

    jax.monitoring.register_event_duration_secs_listener(count)
    return lambda: compilations


def _traces_of_tensorflow():
    from skrnn.engine.compiled_model import compiled_models

    every = [compiled for group in compiled_models._idle.values() for compiled in group]
    return sum(compiled.steps.train_graph.experimental_get_tracing_count() for compiled in every)
