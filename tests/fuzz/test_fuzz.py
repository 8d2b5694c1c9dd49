"""Random calls of everything public: a short run by default, a long one with ``-m fuzz``.

``python -m pytest tests/fuzz -m fuzz`` makes 20,000 calls on JAX, 10,000 on PyTorch and 5,000 on
TensorFlow, or as many as ``SKRNN_FUZZ_CALLS`` says. It prints what came of them, and goes on where
something is broken: at its end stands one short program for each fault, which can be pasted into
`test_counterexamples.py`.
"""

import os
import time

import keras
import pytest
from hypothesis.stateful import run_state_machine_as_test

from tests.fuzz.explore import SHORT, findings, gather
from tests.fuzz.machines import MACHINES, Machine
from tests.fuzz.sessions import Tally

CALLS = {"jax": 20_000, "torch": 10_000, "tensorflow": 5_000}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Run in an empty folder, so that files that are left behind are seen."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.__name__)
def test_a_few_random_calls_break_nothing(machine):
    Machine.tally = Tally()
    run_state_machine_as_test(machine, settings=SHORT)


@pytest.mark.fuzz
def test_thousands_of_random_calls_break_nothing(capsys):
    n_calls = int(os.environ.get("SKRNN_FUZZ_CALLS", CALLS[keras.backend.backend()]))
    begin = time.monotonic()
    tally = gather(n_calls)
    with capsys.disabled():
        seconds = time.monotonic() - begin
        print(f"\n{tally.report()}\n{seconds:.0f} s on {keras.backend.backend()}", flush=True)
    assert not tally.found, f"{len(tally.found)} faults\n\n{findings(tally)}"
    assert tally.calls >= n_calls
