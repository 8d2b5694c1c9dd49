"""Numeric columns of a dataset of PyArrow, such as Parquet and Feather files, as an array."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

#: Rows that a Parquet file decodes at once.
_DECODED = 2**15

#: Bytes of each column of a Parquet file that are read at once.
_BUFFER = 2**16


class Batches(Protocol):
    """Reader of a part of a dataset."""

    def __call__(self, names: list[str], /) -> Iterable[Any]:
        """Yield record batches or tables with those of the columns ``names`` that there are."""


class Part(NamedTuple):
    """Rows that are read from their first one on: a row group, a record batch, or a file.

    Attributes
    ----------
    n_rows : int
        Number of rows.
    batches : Batches
        Reader of the rows.
    constants : dict
        Values of columns that the folder of the file tells.
    """

    n_rows: int
    batches: Batches
    constants: dict[str, Any]


class ArrowRows:
    """Numeric columns of a dataset as an array (n_rows, n_columns), read when it is sliced.

    ``rows[first:stop]`` and ``rows[first:stop, first_column:stop_column]`` return arrays.

    Parameters
    ----------
    parts : list of Part
        Parts of the dataset in order.
    names : list of str
        The columns.
    dtype : dtype
        Of the array.
    """

    ndim = 2

    def __init__(self, parts: list[Part], names: Sequence[str], dtype: np.dtype[Any]) -> None:
        self.names, self.dtype = list(names), dtype
        self._parts = parts
        sizes = [part.n_rows for part in parts]
        self._bounds = np.cumsum([0, *sizes])
        self.shape = int(self._bounds[-1]), len(self.names)
        self.chunks = tuple(sizes), self.shape[1:]

    @classmethod
    def of(cls, dataset: Any, names: Sequence[str], what: str) -> Self:
        """Return some columns of a dataset; raise ValueError for one without numbers.

        ``what`` is the name of the dataset in messages.
        """
        fields = [dataset.schema.field(name) for name in names]
        for field in fields:
            if not _is_numeric(field.type):
                raise ValueError(
                    f"column {field.name!r} of {what} is of type {field.type}, where numeric "
                    f"values are needed; name it with time={field.name!r} or groups={field.name!r} "
                    "if it tells the time or the series of a row, or leave it out: "
                    f"dataset.replace_schema(pyarrow.schema([...])) with the other columns."
                )
        kinds = [np.dtype(field.type.to_pandas_dtype()) for field in fields if _is_plain(field)]
        all_plain = len(kinds) == len(fields) and len(fields) > 0
        single = all_plain and np.result_type(*kinds) == np.float32
        dtype = np.dtype(np.float32 if single else np.float64)
        parts = [part for fragment in dataset.get_fragments() for part in _parts(fragment, dataset)]
        return cls(parts, names, dtype)

    def __getitem__(self, key: slice | tuple[slice, slice]) -> NDArray[Any]:
        rows, columns = key if isinstance(key, tuple) else (key, slice(None))
        first, stop, step = rows.indices(self.shape[0])
        names: list[str] = self.names[columns]
        values = np.empty((max(0, stop - first), len(names)), dtype=self.dtype)
        done = 0
        for number, own in overlaps(self._bounds, first, stop):
            done += self._fill(values[done:], number, own.start, names)
        return values[::step]

    def _fill(self, values: NDArray[Any], number: int, skipped: int, names: list[str]) -> int:
        """Fill in the rows of a part from row ``skipped`` on; return how many were."""
        part = self._parts[number]
        done = seen = 0
        for batch in part.batches(names):
            own = batch.slice(max(0, skipped - seen), len(values) - done)
            seen += len(batch)
            for column, name in enumerate(names):
                values[done : done + len(own), column] = _column(
                    own, name, part.constants, values.dtype
                )
            done += len(own)
            if done == len(values):
                break
        return done


def overlaps(bounds: NDArray[np.int64], first: int, stop: int) -> Iterator[tuple[int, slice]]:
    """Yield the blocks that have some of the rows from ``first`` to ``stop``, and which of theirs.

    ``bounds`` has the first row of each block, and the number of rows.
    """
    for block in range(int(np.searchsorted(bounds, first, side="right")) - 1, len(bounds) - 1):
        begins, ends = bounds[block : block + 2].tolist()
        if begins >= stop:
            break
        yield block, slice(max(first - begins, 0), min(stop, ends) - begins)


def is_dataset(X: Any) -> bool:
    """Return whether X is a dataset of PyArrow: files with a schema, whose rows can be counted."""
    attributes = ("get_fragments", "count_rows", "schema", "replace_schema")
    return not isinstance(X, type) and all(hasattr(X, name) for name in attributes)


def _is_numeric(kind: Any) -> bool:
    from pyarrow import types

    checks = (types.is_integer, types.is_floating, types.is_boolean, types.is_decimal)
    return any(check(kind) for check in checks)


def _is_plain(field: Any) -> bool:
    from pyarrow import types

    return not types.is_decimal(field.type)


def _parts(fragment: Any, dataset: Any) -> Iterator[Part]:
    """Yield the parts of a file, or of a table in memory, that can be read one by one."""
    from pyarrow.dataset import get_partition_keys

    constants = get_partition_keys(fragment.partition_expression)
    kind = getattr(getattr(fragment, "format", None), "default_extname", "")
    if kind == "parquet":
        for group in fragment.row_groups:
            yield Part(group.num_rows, partial(_row_group, fragment, group.id), constants)
    elif kind in ("ipc", "feather", "arrow"):
        for number, n_rows in enumerate(_sizes(fragment)):
            yield Part(n_rows, partial(_record_batch, fragment, number), constants)
    else:
        yield Part(fragment.count_rows(), partial(_whole, fragment, dataset.schema), constants)


def _row_group(fragment: Any, number: int, names: list[str]) -> Iterator[Any]:
    """Yield batches of a row group of a Parquet file.

    `pyarrow.parquet` decodes a batch at a time, where a scan of the fragment holds all of the row
    group several times.
    """
    from pyarrow.parquet import ParquetFile

    with fragment.open() as stream:
        file = ParquetFile(
            stream, metadata=fragment.metadata, buffer_size=_BUFFER, pre_buffer=False
        )
        columns = set(file.schema_arrow.names)
        own = [name for name in names if name in columns]
        yield from file.iter_batches(_DECODED, row_groups=[number], columns=own, use_threads=False)


def _record_batch(fragment: Any, number: int, names: list[str]) -> Iterator[Any]:
    from pyarrow.ipc import IpcReadOptions, open_file

    with fragment.open() as stream:
        columns = open_file(stream).schema.names
        own = [columns.index(name) for name in names if name in columns]
        options = IpcReadOptions(included_fields=own or [0], use_threads=False)
        yield open_file(stream, options=options).get_batch(number)


def _sizes(fragment: Any) -> list[int]:
    """Return the rows of each record batch of a file, of which only one column is read."""
    from pyarrow.ipc import IpcReadOptions, open_file

    with fragment.open() as stream:
        file = open_file(stream, options=IpcReadOptions(included_fields=[0], use_threads=False))
        return [file.get_batch(number).num_rows for number in range(file.num_record_batches)]


def _whole(fragment: Any, schema: Any, names: list[str]) -> Iterator[Any]:
    yield fragment.to_table(schema=schema, columns=names, use_threads=False)


def _column(batch: Any, name: str, constants: dict[str, Any], dtype: np.dtype[Any]) -> Any:
    """Return a column as floats, NaN for missing values."""
    from pyarrow import types

    if name not in batch.schema.names:
        return constants.get(name, np.nan)
    column = batch.column(name)
    if not types.is_floating(column.type):
        column = column.cast("float64" if dtype == np.float64 else "float32", safe=False)
    return column.to_numpy() if hasattr(column, "chunks") else column.to_numpy(zero_copy_only=False)
