"""Files by which objects reach another process: large arrays are mapped there, and not copied."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
from numpy.typing import NDArray

#: Size, in bytes, from which an array gets a file of its own.
LARGE = 2**20

#: Changes of an array are those of one process.
COPY_ON_WRITE = "c"


def dump(value: Any, path: Path) -> None:
    """Write an object to a file, and its large arrays to files beside it.

    Functions and classes of the running script are written, too. An array that is part of a file
    (``np.memmap``) is written as the place in that file.
    """
    with open(path, "wb") as file:
        _Pickler(file, path).dump(value)


def load(path: Path) -> Any:
    """Return an object that `dump` has written."""
    with open(path, "rb") as file:
        return _Unpickler(file).load()


class _Pickler(cloudpickle.Pickler):
    def __init__(self, file: Any, path: Path) -> None:
        super().__init__(file)
        self._path = path
        self._known: dict[int, tuple[Any, Any]] = {}  # with the array, so that its id stays its

    def persistent_id(self, value: Any) -> Any:
        """Return the arguments of ``np.memmap`` or ``np.load`` for a large array; else None."""
        if type(value) not in (np.ndarray, np.memmap) or value.dtype.hasobject:
            return None
        if value.nbytes < LARGE:
            return None
        if id(value) not in self._known:
            self._known[id(value)] = value, place_in_file(value) or self._saved(value)
        return self._known[id(value)][1]

    def _saved(self, array: NDArray[Any]) -> Any:
        path = f"{self._path}-{len(self._known)}.npy"
        np.save(path, array)
        return "load", {"file": path, "mmap_mode": COPY_ON_WRITE}


class _Unpickler(pickle.Unpickler):
    def persistent_load(self, place: Any) -> NDArray[Any]:
        """Return the array at a place, with the bytes of the file as its memory."""
        function, arguments = place
        return np.memmap(**arguments) if function == "memmap" else np.load(**arguments)


def place_in_file(array: NDArray[Any]) -> Any:
    """Return the place of an array that is a contiguous part of a mapped file; else None."""
    part: Any = array
    while isinstance(part, np.ndarray) and not _is_whole(part):
        part = part.base
    if not isinstance(part, np.memmap) or part.mode == COPY_ON_WRITE:
        return None  # the array is in memory, or has changes that are not in the file
    if not array.flags.c_contiguous or part.filename is None:
        return None
    arguments = {
        "filename": str(Path(part.filename).resolve()),
        "dtype": array.dtype,
        "mode": COPY_ON_WRITE,
        "offset": part.offset + array.ctypes.data - part.ctypes.data,
        "shape": array.shape,
    }
    return "memmap", arguments


def _is_whole(array: NDArray[Any]) -> bool:
    """Return whether an array is a map of a file, and no view of another one."""
    return isinstance(array, np.memmap) and not isinstance(array.base, np.ndarray)
