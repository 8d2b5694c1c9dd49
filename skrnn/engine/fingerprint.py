"""Fingerprint of data, parameters and functions, which recognizes them in another process."""

from __future__ import annotations

import functools
import hashlib
import inspect
import pickle
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import joblib
import numpy as np
from numpy.typing import NDArray

from skrnn.parameters import Parametrized

#: Length of a digest.
N_BYTES = 16

#: Rows of an array that are read at a time, since it may be larger than memory.
N_ROWS = 2**16


def fingerprint(value: Any) -> str:
    """Return 32 hexadecimal digits that differ for values that differ.

    A function or class of the user's own files is told by its code, the values it encloses, and
    the functions, classes and constants that its code names; one of an installed package by its
    name and the version of the package.

    Raises
    ------
    ValueError
        If it holds an object that cannot be recognized in another process.
    """
    return _Fingerprint().digest(value).hex()


class _Fingerprint:
    """Digests of values, which may refer to each other in a circle."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, bytes]] = {}  # with the value, so that its id stays its
        self._open: set[int] = set()

    def digest(self, value: Any) -> bytes:
        """Return the digest of a value."""
        if isinstance(value, _SIMPLE):
            return _hash(type(value).__name__, repr(value))
        if id(value) in self._open:
            return _hash("in a circle")
        if id(value) not in self._known:
            self._open.add(id(value))
            try:
                self._known[id(value)] = value, self._digest(value)
            finally:
                self._open.remove(id(value))
        return self._known[id(value)][1]

    def _digest(self, value: Any) -> bytes:
        if isinstance(value, np.ndarray | np.generic):
            return self._of_array(np.asarray(value))
        if _is_tensor(value):
            return self._of(type(value), sys.modules["keras"].ops.convert_to_numpy(value))
        if isinstance(value, tuple | list):
            return self._of(type(value), *value)
        if isinstance(value, Mapping):
            return self._of("mapping", *sorted(self._of(*item) for item in value.items()))
        if isinstance(value, set | frozenset):
            return self._of("set", *sorted(map(self.digest, value)))
        if isinstance(value, CodeType):
            return self._of(value.co_code, value.co_consts, value.co_names, value.co_varnames)
        if isinstance(value, ModuleType):
            return self._of("module", value.__name__)
        return (
            self._of_class(value)
            if isinstance(value, type)
            else self._of_function(value) or self._of_object(value)
        )

    def _of(self, *parts: Any) -> bytes:
        """Return the digest of several values in order."""
        return _hash(*map(self.digest, parts))

    def _of_array(self, array: NDArray[Any]) -> bytes:
        if array.dtype.hasobject:
            return self._of(array.shape, array.tolist())
        kind = repr((array.dtype.str, array.shape)).encode()
        found = hashlib.blake2b(kind, digest_size=N_BYTES)
        rows = array.reshape(1) if array.ndim == 0 else array
        for first in range(0, len(rows), N_ROWS):
            found.update(rows[first : first + N_ROWS].tobytes())
        return found.digest()

    def _of_class(self, kind: type) -> bytes:
        name = "class", kind.__module__, kind.__qualname__
        if (version := _version(kind)) is not None:
            return self._of(*name, version)
        own = {n: v for n, v in vars(kind).items() if _has_code(v) or not n.startswith("__")}
        return self._of(*name, kind.__bases__, _told(own))

    def _of_function(self, value: Any) -> bytes | None:
        """Return the digest of a function, a method or a partial function; None for others."""
        if isinstance(value, functools.partial):
            return self._of("partial", value.func, value.args, value.keywords)
        if inspect.ismethod(value):
            return self._of("method", value.__self__, value.__func__)
        if isinstance(value, property):
            return self._of("property", value.fget)
        if isinstance(value, np.ufunc) or inspect.isbuiltin(value):
            return self._of("function", value.__name__)
        if not inspect.isfunction(value):
            return self._of(type(value), value.__wrapped__) if _has_code(value) else None
        cells = [cell.cell_contents for cell in value.__closure__ or ()]
        name = "function", value.__module__, value.__qualname__, cells
        if (version := _version(value)) is not None:
            return self._of(*name, version)
        named = _told(_named(value.__code__, value.__globals__))
        defaults = value.__defaults__, value.__kwdefaults__
        return self._of(*name, value.__code__, *defaults, named)

    def _of_object(self, value: Any) -> bytes:
        """Return the digest of any other object, by its class and its attributes."""
        if isinstance(value, Parametrized):
            return self._of(type(value), value.get_params(deep=False))
        if is_dataclass(value):
            names = [one.name for one in fields(value) if one.compare]
            return self._of(type(value), *(getattr(value, name) for name in names))
        if hasattr(value, "get_config"):  # of Keras, where it may be incomplete, as of Huber
            own = vars(value) if _is_own_loss(value) else _told(vars(value))
            config = own | value.get_config()
            config.pop("name", None)  # which Keras numbers
            return self._of(type(value), config)
        try:
            return self._of(type(value), vars(value))
        except (TypeError, ValueError):  # an object without attributes, or that holds one
            return self._of(type(value), _pickled(value))


#: Values whose ``repr`` tells all.
_SIMPLE = (bool, int, float, complex, str, bytes, type(None), type(Ellipsis))


def _has_code(value: Any) -> bool:
    """Return whether a value is a function, or one in the wrapping of a decorator."""
    return inspect.isfunction(value) or hasattr(value, "__wrapped__") or isinstance(value, property)


def _is_tensor(value: Any) -> bool:
    """Return whether a value is a tensor of the backend."""
    keras = sys.modules.get("keras")
    return keras is not None and bool(keras.ops.is_tensor(value))


def _is_own_loss(value: Any) -> bool:
    """Return whether a value is a loss of a user's class, whose attributes may be objects."""
    losses = sys.modules.get("keras.losses")
    return losses is not None and isinstance(value, losses.Loss) and _version(type(value)) is None


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that count among those that code names; objects, for one, do not."""
    return {name: value for name, value in values.items() if _is_told(value)}


def _is_told(value: Any) -> bool:
    """Return whether a value that code names counts: a function, a class, or a constant."""
    if isinstance(value, tuple | list | set | frozenset):
        return all(map(_is_told, value))
    if isinstance(value, dict):
        return all(map(_is_told, value.values()))
    if isinstance(value, functools.partial):
        return True
    constants = (*_SIMPLE, type, ModuleType, np.ndarray, np.generic)
    return isinstance(value, constants) or _has_code(value) or _is_tensor(value)


def _names(code: CodeType) -> Iterator[str]:
    """Yield the global names in the code of a function and of those inside it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _named(code: CodeType, scope: Mapping[str, Any]) -> dict[str, Any]:
    """Return what code names: global values, and those in the user's modules that it names."""
    names = set(_names(code))
    found = {name: scope[name] for name in names & set(scope)}
    imported = [sys.modules[name] for name in names - set(found) if name in sys.modules]
    modules = [one for one in (*found.values(), *imported) if isinstance(one, ModuleType)]
    for module in modules:  # to which those inside them are added
        if _version_of(module.__name__) is None:
            inside = {f"{module.__name__}.{name}": name for name in names & set(vars(module))}
            new = {full: vars(module)[name] for full, name in inside.items() if full not in found}
            modules += [one for one in new.values() if isinstance(one, ModuleType)]
            found |= new
    return found


def _version(thing: Any) -> str | None:
    """Return the version of the installed package of a function or class; None for a user's."""
    return _version_of(thing.__module__ or "__main__")


def _version_of(name: str) -> str | None:
    """Return the version of the package of an installed module; None for a user's."""
    if name == "__main__":
        return None
    package = name.split(".")[0]
    file = Path(getattr(sys.modules.get(name), "__file__", None) or "")
    is_installed = package in ("skrnn", *sys.builtin_module_names)
    is_installed |= not {"site-packages", "dist-packages"}.isdisjoint(file.parts)
    is_installed |= file.is_relative_to(sysconfig.get_path("stdlib"))
    return str(getattr(sys.modules[package], "__version__", "")) if is_installed else None


def _pickled(value: Any) -> str:
    """Return the hash of the pickle of an object.

    Raises
    ------
    ValueError
        If it cannot be pickled.
    """
    try:
        return str(joblib.hash(value))
    except (AttributeError, TypeError, pickle.PicklingError) as error:
        raise ValueError(
            f"checkpoint needs to recognize {value!r} in another process, and it cannot be "
            f"pickled ({error}); set checkpoint=None, or leave this object out of the parameters."
        ) from error


def _hash(*parts: str | bytes) -> bytes:
    """Return the digest of texts, each with its length."""
    found = hashlib.blake2b(digest_size=N_BYTES)
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        found.update(len(content).to_bytes(8, "big") + content)
    return found.digest()
