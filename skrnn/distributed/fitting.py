"""Fit of one model in several processes: their start, their end, and the errors of either."""

from __future__ import annotations

import pickle
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol, TypeVar

import sklearn

from skrnn._backend import backend_name
from skrnn.distributed.member import EndedProcessError, Failure, Job
from skrnn.distributed.transfer import dump
from skrnn.parameters import NONE, integers, require, satisfying
from skrnn.settings import get_config


class HasFit(Protocol):
    """Estimator, forecaster or pipeline."""

    def fit(self, *data: Any, **fit_params: Any) -> Any:
        """Learn from data."""


Estimator = TypeVar("Estimator", bound=HasFit)

ADDRESS = satisfying(
    "a host and a port, such as 'node0:29500'",
    lambda value: isinstance(value, str) and bool(re.fullmatch(r".+:\d+", value)),
    "str",
)

#: CPU devices of each process: a machine has a process for each core.
N_DEVICES = 1

#: Seconds between looks at the processes.
INTERVAL = 0.05

#: Program of a process.
PROGRAM = """
import sys
sys.path[:] = {path!r}
from skrnn.distributed.member import main
main({job!r}, {result!r}, {rank})
"""


def fit(
    estimator: Estimator,
    *data: Any,
    n_processes: int = 2,
    rank: int | None = None,
    address: str | None = None,
    **fit_params: Any,
) -> Estimator:
    """Train one model in several processes, each of which computes its part of every batch.

    The processes start anew for this call, and end with it. Up to rounding, the model is that of
    ``estimator.fit`` in one process; with dropout, that of one process with as many CPU devices.

    Parameters
    ----------
    estimator : estimator
        Estimator, forecaster or pipeline, with an int as ``random_state``. It stays as it is.
    *data : object
        Positional arguments of its ``fit``, such as X and y. Arrays in memory are written to
        temporary files, which the processes share; a part of a file (``np.memmap``) is read from
        that file.
    n_processes : int, default=2
        Number of processes.
    rank : int, default=None
        Number of the one process to start here, from 0, if ``n_processes`` calls train together,
        on one machine or on several. None starts all processes on this machine.
    address : str, default=None
        With ``rank``, the host and a free port of the machine of process 0, such as
        ``"node0:29500"``, the same in all calls.
    **fit_params
        Named arguments of ``fit``.

    Returns
    -------
    estimator
        Fitted copy of the estimator. With ``rank``, each call returns it.

    Raises
    ------
    ValueError
        If an argument is not accepted, ``random_state`` is None, or the processes have different
        data or parameters.
    RuntimeError
        If the backend is not JAX, or a process ends before the fit does. The other processes end
        as well, and with ``checkpoint`` the same call goes on from the last epoch saved.

    See Also
    --------
    skrnn.set_config : ``cpu_devices``, which uses several cores in one process.

    Notes
    -----
    Each process has the whole data and computes a part of the rows of each batch, on one CPU
    device; the gradients of all parts are summed by Gloo, which sends them over the network without
    encryption. Calls with ``rank`` wait for each other for five minutes. Their machines need
    processors of the same kind, equal versions of Python and its packages, and host names that the
    others can resolve.

    Checkpoints are those of one process with as many devices: process 0 writes them, and all read
    them. Keras callbacks run in each process.

    Examples
    --------
    Two processes on this machine::

        from skrnn import GRURegressor, distributed

        model = GRURegressor(batch_size=256, random_state=0, checkpoint="checkpoints")
        model = distributed.fit(model, X, y, n_processes=2)

    The same on two machines, each of which runs this with its own number::

        model = distributed.fit(
            model, X, y, n_processes=2, rank=rank, address="node0:29500"
        )
    """
    _check(estimator, n_processes, rank, address)
    with TemporaryDirectory(prefix="skrnn-") as name:
        folder = Path(name)
        address = address or f"127.0.0.1:{_free_port()}"
        config = {**get_config(), "cpu_devices": N_DEVICES}
        settings = config, sklearn.get_config(), _keras_config()
        dump(Job(estimator, data, fit_params, address, n_processes, *settings), folder / "job")
        processes: list[Process] = []
        try:
            for number in range(n_processes) if rank is None else [rank]:
                processes.append(Process.start(folder, number, is_quiet=bool(processes)))
            _wait(processes, n_processes)
            return processes[0].result()
        finally:
            for process in processes:
                process.end()


@dataclass(frozen=True)
class Process:
    """Process of a fit.

    Attributes
    ----------
    rank : int
        Number of the process.
    path, output : Path
        Files of its result, and of what a quiet process prints.
    running : subprocess.Popen
        The process.
    """

    rank: int
    path: Path
    output: Path
    running: subprocess.Popen[bytes]

    @classmethod
    def start(cls, folder: Path, rank: int, *, is_quiet: bool) -> Process:
        """Start a process with the job in a folder; what a quiet one prints goes to a file."""
        path = folder / f"result-{rank}"
        program = PROGRAM.format(
            path=sys.path, job=str(folder / "job"), result=str(path), rank=rank
        )
        printed = folder / f"output-{rank}"
        with open(printed, "wb") as output:
            running = subprocess.Popen(
                [sys.executable, "-c", program],
                stdin=subprocess.PIPE,  # closed when this process ends, and then it ends, too
                stdout=output if is_quiet else None,
                stderr=output if is_quiet else None,
                start_new_session=True,  # Ctrl-C interrupts this process, which ends the others
            )
        return cls(rank, path, printed, running)

    @property
    def is_running(self) -> bool:
        """Return whether the process has not ended."""
        return self.running.poll() is None

    @property
    def failure(self) -> Failure | None:
        """Return what ended the process; None if it runs, or its result is there."""
        if not self.running.poll():
            return None
        if self.path.exists():
            result = self.result()
            return result if isinstance(result, Failure) else None
        code = self.running.returncode
        how = f"signal {-code} ({signal.Signals(-code).name})" if code < 0 else f"exit code {code}"
        error = EndedProcessError(f"process {self.rank} ended by {how}")
        error.add_note(self.output.read_text(errors="replace"))
        return Failure(error)

    def result(self) -> Any:
        """Return the fitted estimator, or a failure."""
        return pickle.loads(self.path.read_bytes())

    def end(self) -> None:
        """End the process."""
        assert self.running.stdin is not None
        self.running.kill()
        self.running.stdin.close()
        self.running.wait()


def _wait(processes: Sequence[Process], n_processes: int) -> None:
    """Wait for the end of all processes; raise the error of the first one that fails."""
    while any(process.is_running for process in processes):
        _raise_first(processes, n_processes)
        time.sleep(INTERVAL)
    _raise_first(processes, n_processes)


def _raise_first(processes: Iterable[Process], n_processes: int) -> None:
    """Raise the error of a process, if one has failed, and not that of one that lost it."""
    failures = filter(None, [process.failure for process in processes])
    failed = sorted(failures, key=lambda failure: failure.is_first)
    if not failed:
        return
    error = failed[-1].error
    if not isinstance(error, EndedProcessError):
        raise error
    raise RuntimeError(
        f"the fit over {n_processes} processes ended with one of them: {error}. With checkpoint "
        "set, the same call goes on from the last epoch saved."
    ) from error


def _check(estimator: Any, n_processes: int, rank: int | None, address: str | None) -> None:
    """Raise an error for arguments that are not accepted, or another backend than JAX."""
    owner = "distributed.fit"
    require(integers(1), "n_processes", n_processes, owner)
    require(integers(0, n_processes - 1) | NONE, "rank", rank, owner)
    require(ADDRESS | NONE, "address", address, owner)
    if (rank is None) != (address is None):
        given, missing = ("rank", "address") if address is None else ("address", "rank")
        raise ValueError(
            f"{given} was given to {owner} without {missing}; give both to start one of "
            f"{n_processes} processes here, or neither to start all of them."
        )
    if not hasattr(estimator, "fit"):
        raise TypeError(f"{estimator!r} was given to {owner}, which needs an estimator with fit.")
    if (name := backend_name()) != "jax":
        raise RuntimeError(
            f"{owner} is for the JAX backend, and the backend is {name!r}; choose JAX with "
            "KERAS_BACKEND=jax before Keras is imported, or call fit of the estimator."
        )


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _keras_config() -> dict[str, Any]:
    """Return the global settings of Keras, if it is imported: others have its defaults."""
    if "keras" not in sys.modules:
        return {}
    config = sys.modules["keras"].config
    names = ("floatx", "epsilon", "image_data_format", "dtype_policy")
    return {name: getattr(config, name)() for name in names}
