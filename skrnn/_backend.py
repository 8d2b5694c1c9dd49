"""Which Keras backend runs, chosen once, before Keras is imported."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

TRAINABLE_BACKENDS = ("jax", "torch", "tensorflow")


class BackendError(ImportError, ValueError):
    """Raised when no backend that can train is installed or chosen."""


def load_keras() -> Any:
    """Import Keras on the backend the user chose, else on the first one installed.

    An explicit choice stands: Keras already imported, ``KERAS_BACKEND`` set, or a
    ``keras.json`` that names an installed JAX or PyTorch (Keras itself writes
    "tensorflow" there, so that word says nothing). Otherwise the first installed of
    JAX, PyTorch and TensorFlow is put into ``KERAS_BACKEND``.

    Raises
    ------
    BackendError
        If no backend is installed, or the one chosen cannot train.
    """
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = backend_name()
    import keras

    name = backend_name()
    if name not in TRAINABLE_BACKENDS:
        raise BackendError(
            f"the Keras backend is {name!r}, which cannot train; "
            f"set KERAS_BACKEND to one of {', '.join(TRAINABLE_BACKENDS)} "
            "before the first import of Keras."
        )
    return keras


def backend_name() -> str:
    """Return the backend that runs, or would run, without importing Keras to know it.

    Raises
    ------
    BackendError
        If no backend is installed.
    """
    if "keras" in sys.modules:
        return str(sys.modules["keras"].backend.backend())
    return os.environ.get("KERAS_BACKEND") or _configured_backend() or _first_installed()


def _installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def _configured_backend() -> str | None:
    """Return the backend that keras.json names, if that is an installed JAX or PyTorch."""
    home = os.environ.get("KERAS_HOME") or Path.home() / ".keras"
    try:
        chosen = json.loads((Path(home) / "keras.json").read_text()).get("backend")
    except (OSError, ValueError, AttributeError):
        return None
    return chosen if chosen in ("jax", "torch") and _installed(chosen) else None


def _first_installed() -> str:
    for name in TRAINABLE_BACKENDS:
        if _installed(name):
            return name
    raise BackendError(
        "no Keras backend is installed; install one of jax, torch or tensorflow, "
        "for example with: pip install jax"
    )
