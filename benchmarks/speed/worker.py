"""A process of one contestant of speed.py: it prepares its work, then does it on request.

``python worker.py TASK``, where the task is a JSON object: ``by`` and ``work`` name a function of
a module, as `MODULES` says, that prepares and returns what is to be timed; the rest are its
settings. Each line on stdin asks for one run; each line on stdout is a JSON object that answers.
With ``--once`` the work is done once, and the process ends: its parent takes the time.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # folder of common.py

#: Modules of the contestants that have none named ``with_`` and themselves: those whose work
#: needs the same imports stand in one.
MODULES = {
    "limit": "limit",
    "skorch": "with_torch",
    "darts": "with_lightning",
    "neuralforecast": "with_lightning",
}


def prepare(task: dict[str, Any]) -> Callable[[], Any]:
    """Return the work of a task; a float that it returns is its seconds."""
    by = task["by"]
    module = import_module(MODULES.get(by, f"with_{by}"))
    return getattr(module, task["work"])(task)


def timed(work: Callable[[], Any]) -> float:
    """Return how many seconds the work took; it ends when its result is there."""
    began = time.perf_counter()
    seconds = work()
    return seconds if isinstance(seconds, float) else time.perf_counter() - began


def versions(names: list[str]) -> str:
    """Return the versions of the packages that take part."""

    def of(name: str) -> str:
        try:
            return f"{name} {version(name)}"
        except PackageNotFoundError:
            return f"{name} not installed"

    return ", ".join(map(of, names))


def main() -> None:
    task = json.loads(sys.argv[1])
    if "--once" in sys.argv:
        prepare(task)()
        return
    # Libraries print to stdout, too: the answers have a copy of it, and stdout becomes stderr.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    def answer(**content: Any) -> None:
        answers.write(json.dumps(content) + "\n")

    try:
        work = prepare(task)
        first = timed(work)
        answer(seconds=first, versions=versions(task["packages"]), note=getattr(work, "note", ""))
        for _ in sys.stdin:
            answer(seconds=timed(work))
    except Exception as error:
        answer(error=f"{type(error).__name__}: {error}".splitlines()[0][:200])
        raise


if __name__ == "__main__":
    main()
