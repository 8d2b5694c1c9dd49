"""A process that was forked after a fit raises an error where it would hang."""

import os
import subprocess
import sys

import keras
import pytest

import skrnn.engine.process as process

SURVIVES = keras.backend.backend() == "torch"

SCRIPT = """
import os, signal, sys
import numpy as np
import skrnn
from skrnn._backend import load_keras

X = np.random.default_rng(0).normal(size=(8, 5, 2))

def fitted():
    return skrnn.RNNRegressor(units=2, epochs=1, random_state=0).fit(X, X[:, -1, 0])

def in_a_child(work):
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(120)  # one that hangs is ended
        try:
            message = work()
        except BaseException as error:
            message = f"{type(error).__name__}: {error}"
        os.write(write, message.encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        print(pipe.read().replace("\\n", " "), flush=True)
    os.waitpid(child, 0)

load_keras()  # all that the parent has done before the first child
in_a_child(lambda: f"fits, {fitted().predict(X).shape}")
model = fitted()
in_a_child(lambda: f"predicts, {model.predict(X).shape}")
in_a_child(lambda: f"fits, {fitted().predict(X).shape}")
in_a_child(lambda: f"builds, {len(model.to_keras().weights)}")
print(f"parent predicts, {model.predict(X).shape}")
"""


@pytest.fixture(scope="module")
def said():
    """Return what each child says, and at last the parent."""
    finished = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT],
        env=os.environ | {"KERAS_BACKEND": keras.backend.backend(), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
        timeout=500,
    )
    return finished.stdout.splitlines()


def test_a_child_forked_after_a_fit_is_refused_where_it_would_hang(said):
    _, *children, parent = said
    assert parent == "parent predicts, (8,)"
    if SURVIVES:
        assert children[:2] == ["predicts, (8,)", "fits, (8,)"]
        assert children[2].startswith("builds, ")
    else:
        assert len(children) == 3
        for text in children:
            assert text.startswith("RuntimeError: process ")
            assert "does not survive a fork" in text
            assert 'multiprocessing.get_context("spawn")' in text


def test_a_child_forked_before_the_first_fit_works(said):
    assert said[0] == "fits, (8,)"


@pytest.mark.parametrize("owner", [None, os.getpid()], ids=["unknown", "own"])
def test_the_process_that_began_is_not_refused(monkeypatch, owner):
    monkeypatch.setattr(process, "_owner", owner)
    process.refuse_forked()
    assert process._owner == os.getpid()
