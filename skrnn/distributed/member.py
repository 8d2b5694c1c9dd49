"""One of the processes that train a model together, started for a single fit."""

from __future__ import annotations

import os
import sys
import threading
import traceback
import warnings
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cloudpickle

from skrnn.distributed.transfer import load
from skrnn.settings import set_config

#: Seconds after which a process that gives no sign is taken to have ended. JAX's default is 100; on
#: a busy machine, a process may give none for ten.
HEARTBEAT = 45


@dataclass(frozen=True)
class Job:
    """One fit, as all processes get it.

    Attributes
    ----------
    estimator : estimator
        Unfitted estimator, or a fitted one that continues.
    data, fit_params : tuple, dict
        Arguments of its ``fit``.
    address : str
        Host and port of process 0.
    n_processes : int
        Number of processes.
    config : dict
        Configuration of skrnn.
    sklearn_config, keras_config : dict
        Those of scikit-learn and Keras.
    """

    estimator: Any
    data: tuple[Any, ...]
    fit_params: dict[str, Any]
    address: str
    n_processes: int
    config: dict[str, Any]
    sklearn_config: dict[str, Any]
    keras_config: dict[str, Any]


@dataclass(frozen=True)
class Failure:
    """Exception that ended a process.

    Attributes
    ----------
    error : Exception
        The exception.
    is_first : bool
        False if it only says that another process has ended.
    """

    error: Exception
    is_first: bool = True


class EndedProcessError(RuntimeError):
    """A process has ended before the fit, or another one has noticed it."""


def main(job: str, result: str, rank: int) -> None:
    """Fit, write the fitted estimator or the exception to a file, and end.

    Parameters
    ----------
    job, result : str
        Paths of the files of the job and of the result.
    rank : int
        Number of this process, from 0.
    """
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _keep_output_for_python()
    if rank > 0:  # process 0 warns
        warnings.simplefilter("ignore")
    try:
        fitted = _fitted(load(Path(job)), rank)
    except Exception as error:
        error.add_note(f"in process {rank}: {traceback.format_exc()}")
        _end(result, Failure(error, is_first=not isinstance(error, EndedProcessError)))
    _end(result, fitted)


def _fitted(job: Job, rank: int) -> Any:
    """Return the estimator, fitted together with the other processes."""
    import jax

    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    set_config(**job.config)
    try:
        jax.distributed.initialize(
            job.address, job.n_processes, rank, heartbeat_timeout_seconds=HEARTBEAT
        )
        _configure(job)
        return job.estimator.fit(*job.data, **job.fit_params)
    except jax.errors.JaxRuntimeError as error:
        raise EndedProcessError(f"process {rank} lost another one, {error}") from error


def _keep_output_for_python() -> None:
    """Discard what C++ code prints to the standard output: Gloo tells the number of processes."""
    sys.stdout = os.fdopen(os.dup(1), "w", buffering=1, encoding=sys.stdout.encoding)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)


def _configure(job: Job) -> None:
    """Configure scikit-learn and Keras as they are in the process with the job."""
    import keras
    import sklearn

    sklearn.set_config(**job.sklearn_config)
    for name, value in job.keras_config.items():
        getattr(keras.config, f"set_{name}")(value)


def _end(path: str, result: Any) -> None:
    """Write a result, wait for the other processes after a success, and end this one.

    Python's own end would wait for processes that have ended.
    """
    import jax

    part = Path(f"{path}.part")
    part.write_bytes(_pickled(result))
    part.replace(path)
    failed = isinstance(result, Failure)
    if not failed:
        with suppress(jax.errors.JaxRuntimeError):  # of another process; the result is there
            jax.distributed.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(failed)


def _pickled(result: Any) -> bytes:
    """Return the pickle of a result, or of an error in place of one that cannot be pickled."""
    if not isinstance(result, Failure):
        return bytes(cloudpickle.dumps(result))
    try:
        pickled = cloudpickle.dumps(result)
        cloudpickle.loads(pickled)
    except Exception:  # many exceptions cannot be made again from their arguments
        error = RuntimeError(f"{type(result.error).__name__}: {result.error}")
        error.add_note("".join(result.error.__notes__))
        pickled = cloudpickle.dumps(Failure(error, result.is_first))
    return bytes(pickled)


def _end_with_parent() -> None:
    """End this process when its standard input closes, as it does when the parent ends."""
    sys.stdin.buffer.read()
    os._exit(1)
