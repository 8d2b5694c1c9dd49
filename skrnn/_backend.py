"""Choice of the Keras backend (``KERAS_BACKEND``), made once, before Keras is imported."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

TRAINABLE_BACKENDS = ("jax", "torch", "tensorflow")


class BackendError(ImportError, ValueError):
    """Error for a missing backend, or for one that cannot train."""


def load_keras() -> Any:
    """Import Keras on the backend the user chose, else on the first one installed.

    An explicit choice has precedence: Keras already imported, ``KERAS_BACKEND`` set, or a
    ``keras.json`` that names an installed JAX or PyTorch (Keras itself writes
    "tensorflow" there, which is therefore no choice). Otherwise the first installed of
    JAX, PyTorch and TensorFlow is written to ``KERAS_BACKEND``.

    Raises
    ------
    BackendError
        If no backend is installed, or the one chosen cannot train.
    """
    choose_backend()
    import keras

    name = backend_name()
    if name not in TRAINABLE_BACKENDS:
        raise BackendError(
            f"the Keras backend is {name!r}, which cannot train; "
            f"set KERAS_BACKEND to one of {', '.join(TRAINABLE_BACKENDS)} "
            "before the first import of Keras."
        )
    return keras


def choose_backend() -> None:
    """Write the backend to ``KERAS_BACKEND``, which Keras reads, unless Keras is imported.

    Raises
    ------
    BackendError
        If no backend is installed.
    """
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = backend_name()


def choose_backend_for_keras() -> None:
    """Choose a backend if ``import keras`` would use one that is not installed.

    Keras uses TensorFlow by default. Nothing is imported, and any choice that Keras
    can follow is kept.
    """
    if "keras" in sys.modules or "KERAS_BACKEND" in os.environ:
        return
    if not _installed(_named_in_file() or "tensorflow"):
        with contextlib.suppress(BackendError):  # the first fit raises the error
            choose_backend()


def when_keras_is_imported(act: Callable[[], object]) -> None:
    """Call a function now if Keras is imported, else right after its import."""
    if "keras" in sys.modules:
        act()
    else:
        sys.meta_path[:] = [one for one in sys.meta_path if not isinstance(one, _AfterKeras)]
        sys.meta_path.insert(0, _AfterKeras(act))


class _AfterKeras:
    """Import hook that calls a function after the import of Keras."""

    def __init__(self, act: Callable[[], object]) -> None:
        self.act = act

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Return the spec of Keras with the callback; None for all other modules."""
        if name != "keras":
            return None
        others = (one for one in sys.meta_path if one is not self)
        found = (one.find_spec(name, path, target) for one in others)
        spec = next((one for one in found if one is not None), None)
        if spec is None or spec.loader is None:
            return None
        load = spec.loader.exec_module

        def load_and_act(module: ModuleType) -> None:
            load(module)
            with contextlib.suppress(ValueError):  # the list may have been replaced
                sys.meta_path.remove(self)
            self.act()

        spec.loader.exec_module = load_and_act  # type: ignore[method-assign]
        return spec


class Absent:
    """Placeholder for a missing package, so that modules that use it can be imported.

    Tools that scan a package import all of its modules; nothing in them runs without
    their backend.
    """

    def __getattr__(self, name: str) -> Absent:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *_: Any, **__: Any) -> Absent:
        return self

    def __mro_entries__(self, _: tuple[Any, ...]) -> tuple[type, ...]:
        return ()


def backend_name() -> str:
    """Return the current backend, or the one Keras would use, without importing Keras.

    Raises
    ------
    BackendError
        If no backend is installed.
    """
    if "keras" in sys.modules:
        return str(sys.modules["keras"].backend.backend())
    return os.environ.get("KERAS_BACKEND") or _configured_backend() or _first_installed()


def _installed(name: str) -> bool:
    with contextlib.suppress(ImportError, ValueError):  # of a name that is not a module
        return importlib.util.find_spec(name) is not None
    return False


def _configured_backend() -> str | None:
    """Return the backend that keras.json names, if that is an installed JAX or PyTorch."""
    chosen = _named_in_file()
    return chosen if chosen in ("jax", "torch") and _installed(chosen) else None


def _named_in_file() -> str | None:
    """Return the backend that keras.json names, or None."""
    import json

    home = os.environ.get("KERAS_HOME") or os.path.join(os.path.expanduser("~"), ".keras")
    try:
        with open(os.path.join(home, "keras.json"), encoding="utf-8") as file:
            chosen = json.load(file).get("backend")
    except (OSError, ValueError, AttributeError):
        return None
    return chosen if isinstance(chosen, str) else None


def _first_installed() -> str:
    for name in TRAINABLE_BACKENDS:
        if _installed(name):
            return name
    raise BackendError(
        "no Keras backend is installed; install one of jax, torch or tensorflow, "
        "for example with: pip install jax"
    )
