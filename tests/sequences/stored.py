"""Arrays and files of several formats that are read in blocks, for several tests."""

import dask.array
import h5py
import numpy as np
import pyarrow as pa
import pyarrow.dataset
import pyarrow.feather
import pyarrow.parquet
import pytest

import skrnn.sequences.block_reader
import skrnn.sequences.stored_rows


class OnDisk:
    """The least that is read in blocks: shape, dtype, ndim and slices, which it records."""

    def __init__(self, array):
        self._array = array
        self.shape, self.dtype, self.ndim = array.shape, array.dtype, array.ndim
        self.read = []

    def __getitem__(self, key):
        rows = key[0] if isinstance(key, tuple) else key
        assert isinstance(rows, slice), "only slices are read"
        self.read.append((rows.start, rows.stop))
        return self._array[key]


def table_of(array, names=None):
    """Return the columns of an array as a table of PyArrow, called x0, x1, and so on."""
    names = names or [f"x{number}" for number in range(array.shape[1])]
    return pa.table([np.ascontiguousarray(column) for column in array.T], names=names)


def parquet(folder, array, n_rows=13):
    """Write two files in small row groups and return their dataset."""
    folder.mkdir(exist_ok=True)
    half = len(array) // 2
    for name, part in (("a", array[:half]), ("b", array[half:])):
        pa.parquet.write_table(table_of(part), folder / f"{name}.parquet", row_group_size=n_rows)
    return pa.dataset.dataset(folder)


def feather(folder, array, n_rows=13):
    pa.feather.write_feather(table_of(array), folder / "rows.feather", chunksize=n_rows)
    return pa.dataset.dataset(folder / "rows.feather", format="feather")


def hdf5(folder, array, chunks=None):
    file = h5py.File(folder / f"rows_{chunks}.h5", "w")
    return file.create_dataset("rows", data=array, chunks=chunks)


def mapped(folder, array):
    path = folder / "rows.bin"
    array.tofile(path)
    return np.memmap(path, dtype=array.dtype, mode="r", shape=array.shape)


#: Functions from a folder and an array (n_rows, n_features) to the rows on disk.
TABLES = {
    "array": lambda folder, array: OnDisk(array),
    "memmap": mapped,
    "hdf5": hdf5,
    "hdf5 in chunks": lambda folder, array: hdf5(folder, array, (7, *array.shape[1:])),
    "dask": lambda folder, array: dask.array.from_array(array, chunks=(11, *array.shape[1:])),
    "parquet": parquet,
    "feather": feather,
}

#: Those for arrays of any number of dimensions.
ARRAYS = {name: make for name, make in TABLES.items() if name not in ("parquet", "feather")}


@pytest.fixture
def in_small_blocks(monkeypatch):
    """Read blocks of about 10 rows of two float64 columns, and keep three of them."""
    monkeypatch.setattr(skrnn.sequences.stored_rows, "BLOCK_BYTES", 10 * 16)
    monkeypatch.setattr(skrnn.sequences.block_reader, "KEPT_BYTES", 3 * 14 * 16)
