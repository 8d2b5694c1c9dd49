"""Processes of speed.py: one for each contestant, which run in turn and never together."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WORKER = Path(__file__).with_name("worker.py")


@dataclass(frozen=True)
class Contestant:
    """Library and task of a process, with its devices.

    Attributes
    ----------
    name : str
        As the tables show it; ours, and no other, begin with "skrnn".
    task : dict
        What `worker` gets.
    parts : int
        The seconds of a run are divided by this number: batches, for example.
    backend : str
        The Keras backend, "" without Keras.
    packages : tuple of str
        Whose versions are reported.
    elsewhere : bool
        Run in the environment of the other libraries.
    fresh : bool
        A run is a whole process, from its start to its end.
    code : str
        Run this code in place of a task; fresh only.
    environment : dict
        Further environment variables.
    """

    name: str
    task: dict[str, Any] = field(default_factory=dict)
    parts: int = 1
    backend: str = ""
    packages: tuple[str, ...] = ()
    elsewhere: bool = False
    fresh: bool = False
    code: str = ""
    environment: dict[str, str] = field(default_factory=dict)


class FailedError(Exception):
    """Error of a contestant that failed, or is not installed."""


class Runner:
    """Run a contestant's work repeatedly, on request.

    Parameters
    ----------
    contestant : Contestant
        Whose work it is.
    threads : int
        Threads that its libraries may use.
    other_python : str or None
        The interpreter of the environment of the other libraries.
    """

    def __init__(self, contestant: Contestant, threads: int, other_python: str | None) -> None:
        if contestant.elsewhere and not (other_python and Path(other_python).exists()):
            raise FailedError("not installed")
        python = other_python if contestant.elsewhere else sys.executable
        task = json.dumps(contestant.task | {"packages": contestant.packages})
        rest = ["-c", contestant.code] if contestant.code else [str(WORKER), task]
        self._command = [str(python), *rest]
        self._environment = environment(contestant, threads)
        self._contestant = contestant
        self._log = tempfile.TemporaryFile("w+")  # noqa: SIM115, closed by close()
        self._process: subprocess.Popen[str] | None = None
        self.versions = self.note = ""

    def first(self) -> float | None:
        """Prepare, do the work for the first time and return its seconds.

        Fresh processes prepare nothing, unless there is a cache to be filled.
        """
        if self._contestant.fresh:
            return self.run() if self._contestant.task.get("cache") else None
        self._process = subprocess.Popen(
            self._command,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            start_new_session=True,
        )
        answer = self._answer()
        self.versions, self.note = answer["versions"], answer["note"]
        self._process.send_signal(signal.SIGSTOP)
        return answer["seconds"] / self._contestant.parts

    def run(self) -> float:
        """Do the work and return its seconds."""
        if self._contestant.fresh:
            return self._whole_process() / self._contestant.parts
        assert self._process is not None
        assert self._process.stdin is not None
        # A waiting process is stopped, so that its threads do not use the processor.
        self._process.send_signal(signal.SIGCONT)
        self._process.stdin.write("run\n")
        self._process.stdin.flush()
        seconds = self._answer()["seconds"] / self._contestant.parts
        self._process.send_signal(signal.SIGSTOP)
        return seconds

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._log.close()

    def _whole_process(self) -> float:
        once = [] if self._contestant.code else ["--once"]
        began = time.perf_counter()
        done = subprocess.run(
            [*self._command, *once],
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=self._log,
        )
        seconds = time.perf_counter() - began
        if done.returncode:
            raise FailedError(self._last_words())
        return seconds

    def _answer(self) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        answer = json.loads(line) if line else {"error": self._last_words()}
        if "error" in answer:
            raise FailedError(answer["error"])
        return answer

    def _last_words(self) -> str:
        self._log.seek(0)
        lines = self._log.read().splitlines()
        return lines[-1][:200] if lines else "it ended without a word"


def environment(contestant: Contestant, threads: int) -> dict[str, str]:
    """Return the environment of a contestant's process."""
    variables = {
        "OMP_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
        "OPENBLAS_NUM_THREADS": str(threads),
        "TF_NUM_INTRAOP_THREADS": str(threads),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONWARNINGS": "ignore",
    }
    if contestant.backend:
        variables["KERAS_BACKEND"] = contestant.backend
    return os.environ | variables | contestant.environment
