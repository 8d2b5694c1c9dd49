"""Make many calls, gather what they break, and print one short program for each fault.

``python -m tests.fuzz.explore 5000 Forecast`` makes 5,000 calls of the machines so named.
"""

from __future__ import annotations

import sys
import time

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from skrnn.engine.compiled_model import compiled_models
from tests.fuzz.machines import MACHINES, Machine
from tests.fuzz.sessions import Tally, describe, shrunk

GATHERING = settings(
    deadline=None,
    database=None,
    max_examples=60,
    stateful_step_count=12,
    suppress_health_check=list(HealthCheck),
)


#: A few calls of each machine, always the same.
SHORT = settings(
    GATHERING,
    derandomize=True,
    max_examples=3,
    stateful_step_count=7,
    phases=(Phase.generate,),
)


def gather(n_calls: int, only: str = "") -> Tally:
    """Make about ``n_calls`` calls, shared among the machines, and return their faults."""
    machines = {one: share for one, share in MACHINES.items() if only in one.__name__}
    Machine.tally = tally = Tally(stops=False)
    compiled_models.resize(256)  # otherwise specs of the pool would be compiled again and again
    done = 0
    for machine, share in machines.items():
        done += n_calls * share / sum(machines.values())
        tally.budget = round(done)
        while tally.calls < tally.budget:
            run_state_machine_as_test(machine, settings=GATHERING)
    return tally


def findings(tally: Tally, *, seconds: float = 20) -> str:
    """Return a short program for everything that was broken."""
    reports = []
    for number, (program, fault) in enumerate(tally.found.values(), 1):
        short = shrunk(program, fault, seconds=seconds)
        reports.append(f"[{number}] {describe(fault)}\n{short!r}")
    return "\n\n".join(reports)


def main() -> None:
    """Print what is found."""
    begin = time.monotonic()
    only = sys.argv[2] if len(sys.argv) > 2 else ""
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 10
    tally = gather(int(sys.argv[1]), only)
    print(tally.report())
    spent = sorted(tally.seconds.items(), key=lambda item: -item[1])[:12]
    print("\n".join(f"{seconds:8.1f} s  {name}" for name, seconds in spent))
    print(f"{time.monotonic() - begin:.0f} s, {len(tally.found)} findings", flush=True)
    print(findings(tally, seconds=seconds))


if __name__ == "__main__":
    main()
