"""Memory, speed and loss of a fit on windows of rows on disk, in each format, and in memory.

Rows of 14 float32 columns, with a period of their own each, levels that drift and noise, are
written to a file or folder for each format, 8 GB without other options, which is removed after its
fit. The task is the first column 24 rows ahead, from windows of 120 rows. A fit of one epoch, from
the reading of the rows on, has a process of its own with one thread, and follows a fit on 20,000
rows in memory, so that everything is imported and compiled. Reported are the maximum private
(anonymous) memory during the fit above that before it; the speed, which is the CPU time of a fit in
memory, measured anew beside each format, divided by that of the fit from the file; and the loss
after the epoch. Pages of mapped files are not private, since the system drops them when it wants
to.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # folder of common.py

from common import Parser, command, page, table, write_page
from windows_memory import Peak

N_FEATURES, WINDOW, STRIDE, DELAY, SMALL = 14, 120, 500, 24, 20_000
BLOCK = 2**18
NAMES = [f"x{number}" for number in range(N_FEATURES)]


def blocks_of_rows(n_rows: int) -> Iterator[np.ndarray]:
    """Yield the rows in blocks: waves around levels that drift over the whole file, and noise."""
    generator = np.random.default_rng(0)
    periods = np.geomspace(20, 400, N_FEATURES)
    phases = np.arange(N_FEATURES)
    for first in range(0, n_rows, BLOCK):
        rows = np.arange(first, min(first + BLOCK, n_rows))[:, None]
        level = np.sin(2 * np.pi * (3 * rows / n_rows + phases / N_FEATURES))
        noise = 0.5 * generator.standard_normal((len(rows), N_FEATURES), dtype=np.float32)
        yield (level + np.sin(2 * np.pi * rows / periods + phases) + noise).astype(np.float32)


# ------------------------------------------------------------------ formats


def write_plain(path: Path, n_rows: int) -> None:
    """Write the numbers alone."""
    with path.open("wb") as file:
        for block in blocks_of_rows(n_rows):
            file.write(block.tobytes())


def read_memmap(path: Path) -> Any:
    """Return the file, mapped."""
    return np.memmap(path, dtype=np.float32, mode="r").reshape(-1, N_FEATURES)


def read_whole(path: Path) -> Any:
    """Return the rows in memory."""
    return np.fromfile(path, dtype=np.float32).reshape(-1, N_FEATURES)


def _arrow_batches(n_rows: int) -> Iterator[Any]:
    import pyarrow as pa

    for block in blocks_of_rows(n_rows):
        columns = [pa.array(np.ascontiguousarray(column)) for column in block.T]
        yield pa.record_batch(columns, names=NAMES)


def write_parquet(path: Path, n_rows: int) -> None:
    """Write files of up to four million rows, in row groups of up to 100,000."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path.mkdir()
    writer = None
    for number, batch in enumerate(_arrow_batches(n_rows)):
        if number % 16 == 0:
            if writer is not None:
                writer.close()
            name = f"part_{number // 16:04}.parquet"
            writer = pq.ParquetWriter(path / name, batch.schema, use_dictionary=False)
        writer.write_table(pa.Table.from_batches([batch]), row_group_size=100_000)
    writer.close()


def write_feather(path: Path, n_rows: int) -> None:
    """Write one file in record batches of 2**16 rows, compressed as Feather files are."""
    import pyarrow as pa

    options = pa.ipc.IpcWriteOptions(compression="lz4")
    schema = pa.schema([(name, pa.float32()) for name in NAMES])
    with pa.ipc.new_file(str(path), schema, options=options) as writer:
        for batch in _arrow_batches(n_rows):
            writer.write_table(pa.Table.from_batches([batch]), max_chunksize=2**16)


def read_parquet(path: Path) -> Any:
    """Return the dataset of a folder."""
    import pyarrow.dataset as ds

    return ds.dataset(path)


def read_feather(path: Path) -> Any:
    """Return the dataset of a file."""
    import pyarrow.dataset as ds

    return ds.dataset(path, format="feather")


def write_zarr(path: Path, n_rows: int) -> None:
    """Write an array in chunks of 2**16 rows, with the default compression."""
    import zarr

    array = zarr.create_array(
        path, shape=(n_rows, N_FEATURES), chunks=(2**16, N_FEATURES), dtype="float32"
    )
    for number, block in enumerate(blocks_of_rows(n_rows)):
        array[number * BLOCK : number * BLOCK + len(block)] = block


def read_zarr(path: Path) -> Any:
    """Return the array."""
    import zarr

    return zarr.open_array(path, mode="r")


def read_dask(path: Path) -> Any:
    """Return a Dask array of the Zarr array."""
    import dask.array

    return dask.array.from_zarr(str(path))


def write_hdf5(path: Path, n_rows: int) -> None:
    """Write a dataset in chunks of 2**14 rows, without compression."""
    import h5py

    with h5py.File(path, "w") as file:
        rows = file.create_dataset(
            "rows", (n_rows, N_FEATURES), np.float32, chunks=(2**14, N_FEATURES)
        )
        for number, block in enumerate(blocks_of_rows(n_rows)):
            rows[number * BLOCK : number * BLOCK + len(block)] = block


def read_hdf5(path: Path) -> Any:
    """Return the dataset."""
    import h5py

    return h5py.File(path, "r")["rows"]


FORMATS = {
    "memory": (write_plain, read_whole),
    "memmap": (write_plain, read_memmap),
    "parquet": (write_parquet, read_parquet),
    "feather": (write_feather, read_feather),
    "zarr": (write_zarr, read_zarr),
    "dask": (write_zarr, read_dask),
    "hdf5": (write_hdf5, read_hdf5),
}


# ------------------------------------------------------------------ measurement


def fit_once(kind: str, path: Path, stride: int) -> dict[str, float]:
    """Fit one epoch in this process and return its memory, CPU seconds and loss."""
    from skrnn import GRURegressor, make_windows, set_config

    set_config(cpu_devices=1)

    def fit(rows: Any, stride: int) -> tuple[Any, Any]:
        target = "x0" if kind in ("parquet", "feather") and rows is not few else 0
        X, y = make_windows(rows, target, window_length=WINDOW, stride=stride, delay=DELAY)
        model = GRURegressor(epochs=1, batch_size=256, early_stopping=False, random_state=0)
        return model.fit(X, y), X

    few = next(blocks_of_rows(SMALL))
    fit(few, 10)
    rows = FORMATS[kind][1](path)
    with Peak() as memory:
        began = time.process_time()
        model, X = fit(rows, stride)
        seconds = time.process_time() - began
    return {
        "windows": len(X),
        "growth": memory.peak - memory.before,
        "seconds": seconds,
        "loss": model.history_["loss"][-1],
    }


def measured(kind: str, path: Path, stride: int) -> dict[str, float]:
    """Return the measurements of a fit in a process of its own, with one thread."""
    worker = [sys.executable, __file__, "--one", kind, str(path), "--stride", str(stride)]
    flags = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    environment = {"KERAS_BACKEND": "jax", "OMP_NUM_THREADS": "1", "XLA_FLAGS": flags}
    done = subprocess.run(
        worker, env=os.environ | environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def size_of(path: Path) -> int:
    """Return the bytes of a file, or of the files of a folder."""
    return sum(one.stat().st_size for one in [path, *path.rglob("*")] if one.is_file())


def remove(path: Path) -> None:
    """Remove a file or a folder."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def rows_of_results(
    kinds: list[str], folder: Path, n_rows: int, stride: int
) -> Iterator[list[Any]]:
    """Yield a row of the table for each format, which is written, fitted and removed."""
    whole = folder / "memory"
    write_plain(whole, n_rows)
    base = None
    for kind in kinds:
        path = whole if FORMATS[kind][0] is write_plain else folder / kind
        if path != whole:
            FORMATS[kind][0](path, n_rows)
        beside = measured("memory", whole, stride)
        base = base or beside
        found = beside if kind == "memory" else measured(kind, path, stride)
        row = [kind, f"{size_of(path) / 1e9:.2f}", f"{found['windows']:,.0f}"]
        row += [f"{found['growth']:.0f}", f"{found['seconds']:.0f}"]
        row += [f"{beside['seconds'] / found['seconds']:.2f}", f"{found['loss']:.4f}"]
        print(*row, flush=True)
        yield [*row, f"{100 * (found['loss'] / base['loss'] - 1):+.2f} %"]
        if path != whole:
            remove(path)


def main() -> None:
    parser = Parser(__doc__, "results")
    parser.add_argument("folder", type=Path, nargs="?", help="where the files may lie meanwhile")
    parser.add_argument("--gigabytes", type=float, default=8, help="size of the rows (default: 8)")
    parser.add_argument("--stride", type=int, default=STRIDE, help="rows between windows")
    parser.add_argument("--formats", nargs="+", choices=list(FORMATS), default=list(FORMATS))
    parser.add_argument("--one", nargs=2, metavar=("FORMAT", "FILE"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(fit_once(args.one[0], Path(args.one[1]), args.stride)))
        return
    if args.folder is None:
        parser.error("name a folder with room for the rows twice: files in it are removed later")
    n_rows = int(args.gigabytes * 1e9) // (4 * N_FEATURES)
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        rows = list(rows_of_results(args.formats, Path(folder), n_rows, args.stride))
    header = ["format", "size, GB", "windows", "memory growth, MB", "CPU seconds"]
    result = table([*header, "speed", "loss", "loss difference"], rows)
    print(f"\n{result}")
    if len(args.formats) == len(FORMATS):
        options = ["FOLDER", f"--gigabytes {args.gigabytes:g}", f"--stride {args.stride}"]
        text = page("Fits on rows larger than memory", [command(__file__, *options)], result)
        write_page(args.results / "larger_than_memory.md", text)


if __name__ == "__main__":
    main()
