"""Rows that stay in files, or in an array of another library, and are read in blocks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from skrnn._validation import Floats
from skrnn._wording import type_name
from skrnn.sequences.arrow_rows import ArrowRows, is_dataset, overlaps

#: Bytes of a block, about: whole chunks of a file, and as many of them as have that size.
BLOCK_BYTES = 2**22

#: Attributes of arrays whose values are in memory, or are read as a whole.
_IN_MEMORY = ("__array__", "__dlpack__", "toarray", "index")

#: From the first row, the one after the last, and a slice of columns to their values.
Read = Callable[[int, int, slice], NDArray[Any]]

Positions = NDArray[np.int64]


class StoredRows:
    """Rows of shape (n_rows, n_features), read in blocks, of which the latest is kept.

    Slices, integers and ``numpy.asarray`` return arrays of floats in memory.

    Parameters
    ----------
    read : callable
        Function from the first row, the one after the last, and a slice of columns to the values.
    shape : tuple of int
        Numbers of rows and of features.
    dtype : dtype
        Of the values: float32 or float64.
    bounds : ndarray of int of shape (n_blocks + 1,)
        First row of each block, and the number of rows.
    columns : slice, default=slice(None)
        The columns that are read.
    """

    def __init__(
        self,
        read: Read,
        shape: tuple[int, int],
        dtype: np.dtype[Any],
        bounds: Positions,
        columns: slice = slice(None),
    ) -> None:
        self.shape, self.dtype, self.bounds = shape, dtype, bounds
        self._read, self._columns = read, columns
        self._latest: tuple[int, Floats] | None = None

    ndim = 2

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def nbytes(self) -> int:
        """Return the bytes of all rows."""
        return self.shape[0] * self.row_bytes

    @property
    def row_bytes(self) -> int:
        """Return the bytes of a row."""
        return self.shape[1] * self.dtype.itemsize

    def block_of(self, rows: Positions) -> Positions:
        """Return the block that each row lies in."""
        return np.searchsorted(self.bounds, rows, side="right") - 1

    def __getitem__(self, rows: Any) -> Floats:
        """Return the rows of a slice, an integer, or an array of numbers or booleans."""
        if isinstance(rows, slice):
            first, stop, step = rows.indices(len(self))
            if step > 0:
                return self._between(first, max(first, stop))[::step]
        at = np.arange(len(self))[rows] if isinstance(rows, slice) else np.asarray(rows)
        at = np.flatnonzero(at) if at.dtype == bool else np.where(at < 0, at + len(self), at)
        values = np.empty((*at.shape, self.shape[1]), dtype=self.dtype)
        blocks = self.block_of(at)
        for block in np.unique(blocks).tolist():
            own = blocks == block
            values[own] = self._block(block)[at[own] - self.bounds[block]]
        return values

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError("rows on disk are copied when they become an array; pass copy=None.")
        values = np.empty(self.shape, dtype=self.dtype if dtype is None else dtype)
        for first, stop in zip(self.bounds[:-1], self.bounds[1:], strict=True):
            values[first:stop] = self.read(int(first), int(stop))
        return values

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_latest": None}

    def read(self, first: int, stop: int) -> Floats:
        """Return the rows from ``first`` to ``stop``, of which none is kept."""
        self._latest = None
        return np.ascontiguousarray(self._read(first, stop, self._columns), dtype=self.dtype)

    def part(self, first: int, stop: int) -> StoredRows:
        """Return some of the rows, which are not read."""
        bounds = np.unique(np.clip(self.bounds, first, stop)) - first
        read, shape = partial(_shifted, self._read, first), (stop - first, self.shape[1])
        return StoredRows(read, shape, self.dtype, bounds, self._columns)

    def column(self, number: int) -> StoredRows:
        """Return one of the columns; others are not read, if the format of the file allows it."""
        one = slice(number, number + 1)
        return StoredRows(self._read, (len(self), 1), self.dtype, self.bounds, one)

    def after(self, rows: Floats) -> StoredRows:
        """Return the rows after others that are in memory."""
        n = len(rows)
        bounds = np.concatenate([[0], self.bounds[1:] + n])
        read, shape = partial(_prefixed, self._read, rows), (n + len(self), self.shape[1])
        return StoredRows(read, shape, self.dtype, bounds, self._columns)

    def _between(self, first: int, stop: int) -> Floats:
        """Return the rows from ``first`` to ``stop``."""
        if stop <= first:
            return np.empty((0, self.shape[1]), dtype=self.dtype)
        parts = [self._block(block)[own] for block, own in overlaps(self.bounds, first, stop)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _block(self, number: int) -> Floats:
        """Return the rows of a block, which may be the latest one."""
        latest = self._latest
        if latest is None or latest[0] != number:
            latest = number, self.read(*self.bounds[number : number + 2].tolist())
            self._latest = latest
        return latest[1]


def is_stored(X: Any) -> bool:
    """Return whether X is read in blocks: a dataset of PyArrow, or an array that is not in memory.

    That is one with ``shape``, ``dtype``, ``ndim`` and slices that has chunks, as Zarr, h5py and
    Dask have them, or that numpy cannot convert; and a file of `numpy.memmap` whose numbers are not
    floats. Others of these are used as arrays.
    """
    if isinstance(X, np.memmap):
        return X.dtype.kind in "biuf" and not is_float(X.dtype)
    if isinstance(X, np.ndarray | type) or is_dataset(X):
        return is_dataset(X)
    if not all(hasattr(X, name) for name in ("shape", "dtype", "ndim", "__getitem__")):
        return False
    if getattr(X, "chunks", None) is not None or hasattr(X, "read_direct"):
        return True
    return not any(hasattr(X, name) for name in _IN_MEMORY)


def is_on_disk(rows: Any) -> bool:
    """Return whether rows are stored rows, or a file of `numpy.memmap`."""
    return isinstance(rows, StoredRows | np.memmap)


def is_float(dtype: np.dtype[Any]) -> bool:
    """Return whether numbers are float32 or float64 in the byte order of this machine."""
    return bool(dtype.isnative) and dtype in (np.dtype(np.float32), np.dtype(np.float64))


def stored_array(X: Any, name: str) -> Any:
    """Return what `is_stored` as an array that can be sliced; raise if it holds no numbers."""
    if is_dataset(X):
        return ArrowRows.of(X, X.schema.names, name)
    if not all(isinstance(size, int | np.integer) for size in X.shape):
        raise ValueError(
            f"{name} is {type_name(X)} of the shape {tuple(X.shape)}, whose number of rows is "
            "unknown; call its method compute_chunk_sizes() first, or make it with "
            "to_dask_array(lengths=True)."
        )
    dtype = X.dtype
    if getattr(dtype, "kind", "O") not in "biuf":
        raise ValueError(
            f"{name} is {type_name(X)} of dtype {dtype}, where numeric values are needed; give an "
            "array of floats, integers or booleans."
        )
    return X


def rows_of_table(X: Any, name: str) -> StoredRows:
    """Return the rows of a stored array (n_rows, n_features) or (n_rows,).

    Raises
    ------
    ValueError
        If it has other dimensions, no rows, or no numbers.
    """
    array = stored_array(X, name)
    if array.ndim not in (1, 2) or 0 in array.shape:
        _fail_shape(array, name)
    width = array.shape[1] if array.ndim == 2 else 1
    return stored_rows(array, partial(_read_table, array), (array.shape[0], width), 1)


def stored_rows(array: Any, read: Read, shape: tuple[int, int], n_steps: int) -> StoredRows:
    """Return rows of an array, ``n_steps`` for each of its first axis, read by a function."""
    dtype = np.dtype(np.float32 if array.dtype == np.float32 else np.float64)
    each = n_steps * shape[1] * dtype.itemsize
    bounds = _bounds(array.shape[0], getattr(array, "chunks", None), max(1, BLOCK_BYTES // each))
    return StoredRows(read, shape, dtype, bounds * n_steps)


def _bounds(n: int, chunks: Any, n_usual: int) -> Positions:
    """Return the ends of blocks of whole chunks, about ``n_usual`` elements of the first axis."""
    length = chunks[0] if chunks else 1
    edges = (
        np.cumsum(length) if isinstance(length, tuple) else np.arange(1, n // length + 1) * length
    )
    edges = np.append(edges[edges < n], n)
    ends = edges[np.searchsorted(edges, np.arange(n_usual, n + n_usual, n_usual).clip(max=n))]
    return np.unique(np.concatenate([[0], ends])).astype(np.int64)


def _read_table(array: Any, first: int, stop: int, columns: slice) -> NDArray[Any]:
    if array.ndim == 1:
        return np.asarray(array[first:stop])[:, None]
    whole = columns == slice(None)
    return np.asarray(array[first:stop] if whole else array[first:stop, columns])


def _shifted(read: Read, by: int, first: int, stop: int, columns: slice) -> NDArray[Any]:
    return read(first + by, stop + by, columns)


def _prefixed(read: Read, rows: Floats, first: int, stop: int, columns: slice) -> NDArray[Any]:
    n = len(rows)
    if first >= n:
        return read(first - n, stop - n, columns)
    before = rows[first:stop, columns]
    return before if stop <= n else np.concatenate([before, read(0, stop - n, columns)])


def _fail_shape(array: Any, name: str) -> NoReturn:
    raise ValueError(
        f"{name} has the shape {tuple(array.shape)}; the rows of a series are an array of shape "
        "(n_rows, n_features), with at least one row and one feature."
    )
