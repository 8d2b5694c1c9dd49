"""Refusal of forked processes, in which a started backend would hang."""

from __future__ import annotations

import os

from skrnn._backend import backend_name

#: Process that first used the engine.
_owner: int | None = None


def refuse_forked() -> None:
    """Raise RuntimeError in a forked child whose parent has used JAX or TensorFlow.

    A fork copies one thread only. The child would wait forever for the threads of the backend.
    """
    global _owner
    process = os.getpid()
    if _owner is None:
        _owner = process
    elif _owner != process and (name := backend_name()) != "torch":
        raise RuntimeError(
            f"process {process} was forked from process {_owner} after skrnn had run there, and "
            f"{_TITLES[name]} does not survive a fork: it would wait for threads that only the "
            "parent has. Start workers anew, with joblib (n_jobs, whose default is loky), "
            'multiprocessing.get_context("spawn") or "forkserver", or fork before the first fit '
            "or predict."
        )


_TITLES = {"jax": "JAX", "tensorflow": "TensorFlow"}
