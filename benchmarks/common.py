"""Arguments, tables and pages of results that the benchmark scripts share."""

from __future__ import annotations

import argparse
import ast
import csv
import datetime
import os
import platform
import statistics
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "docs" / "figures"))  # of style.py, the style of all figures

#: Environment variable with the folder of the data sets, besides ``--data``.
DATA_VARIABLE = "SKRNN_DATA"

#: Environment of processes with one core each: JAX's own threads do not help small networks.
ONE_THREAD = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"


# ------------------------------------------------------------------ arguments


def setting(text: str) -> tuple[str, Any]:
    """Return the name and the value of ``name=value``, a Python literal."""
    name, value = text.split("=", 1)
    return name, ast.literal_eval(value)


#: Options that several scripts share; `Parser` adds the requested ones.
SHARED_OPTIONS: dict[str, dict[str, Any]] = {
    "data": {
        "type": Path,
        "metavar": "FOLDER",
        "help": f"folder of the data sets; without it, that of the variable {DATA_VARIABLE}",
    },
    "results": {
        "type": Path,
        "metavar": "FOLDER",
        "default": ROOT / "benchmarks" / "results",
        "help": "folder of the page, the table and the figure; benchmarks/results without it",
    },
    "keep": {"type": Path, "metavar": "FOLDER", "help": "folder of fits, to resume after a break"},
    "rounds": {"type": int, "help": "rounds of each comparison (default: %(default)s)"},
    "seeds": {"type": int, "help": "fits of each, seeded 0, 1, ... (default: %(default)s)"},
    "jobs": {"type": int, "default": os.cpu_count(), "help": "fits at a time; one a core without"},
    "epochs": {"type": int, "help": "epochs of each fit; nothing is written"},
    "quick": {"action": "store_true", "help": "small work; nothing is written"},
    "validate": {"action": "store_true", "help": "leave the test part alone; nothing is written"},
    "set": {
        "nargs": "+",
        "type": setting,
        "default": [],
        "help": "name=value of parameters of the estimators; nothing is written",
    },
    "draw": {"action": "store_true", "help": "measure nothing, write the page anew"},
}


class Parser(argparse.ArgumentParser):
    """Parser of a script's command line, with options that scripts share.

    Parameters
    ----------
    doc : str
        Docstring of the script. Its first line is the description.
    *shared : str
        Keys of `SHARED_OPTIONS`.
    **defaults
        Defaults of further shared options.
    """

    def __init__(self, doc: str, *shared: str, **defaults: Any) -> None:
        super().__init__(description=doc.strip().splitlines()[0])
        for name in (*shared, *defaults):
            self.add_argument(f"--{name}", **SHARED_OPTIONS[name])
        self.set_defaults(**defaults)

    def data_folder(self, args: argparse.Namespace, *needed: str) -> Path:
        """Return the folder of the data sets; without it, or a file in it, exit with an error."""
        given = args.data or os.environ.get(DATA_VARIABLE)
        if not given:
            self.error(f"the data sets are needed: give --data FOLDER, or set {DATA_VARIABLE}")
        folder = Path(given).expanduser().resolve()
        for path in (folder, *(folder / name for name in needed)):
            if not path.exists():
                names = f"--data or {DATA_VARIABLE} names the folder of the data sets"
                self.error(f"there is no {path}; {names}")
        return folder


# ------------------------------------------------------------------ pages and tables


def table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a markdown table; None and NaN are shown as a dash, a float to three places."""

    def cell(value: Any) -> str:
        if value is None or value != value:
            return "-"
        return f"{value:.3f}" if isinstance(value, float) else str(value)

    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join(f"| {' | '.join(map(cell, line))} |" for line in lines)


def page(title: str, notes: Iterable[str], *parts: str) -> str:
    """Return a page: the title, the circumstances of the run with notes, and its parts."""
    return "\n\n".join([f"# {title}", circumstances(*notes), *parts]) + "\n"


def circumstances(*notes: str) -> str:
    """Return the date, the machine, the versions and the notes as a markdown list."""
    packages = ("keras", "jax", "scikit-learn", "numpy")
    versions = [f"Python {platform.python_version()}", *(f"{p} {version(p)}" for p in packages)]
    backend = os.environ.get("KERAS_BACKEND", "jax (the default)")
    lines = (
        f"Date: {today()}",
        f"Machine: {os.cpu_count()} CPU cores, {platform.system()} {platform.machine()}",
        f"Versions: {', '.join(versions)}; Keras backend: {backend}",
        *notes,
    )
    return "\n".join(f"- {line}" for line in lines)


def command(script: str, *options: str) -> str:
    """Return the note that names a script, given by its ``__file__``, and its options."""
    path = Path(script).resolve().relative_to(ROOT).as_posix()
    return f"Command: `{' '.join(['python', path, *options])}`"


def seeds_note(seeds: int) -> str:
    """Return the note that names the seeds 0, 1, ..."""
    return f"Seeds: {', '.join(map(str, range(seeds)))}"


def today() -> str:
    """Return the date in ISO form."""
    return str(datetime.datetime.now(datetime.UTC).date())


def mean_and_deviation(values: Sequence[float], places: int = 3) -> str:
    """Return the mean, and with several values their standard deviation."""
    deviation = f" ± {statistics.stdev(values):.{places}f}" if len(values) > 1 else ""
    return f"{statistics.fmean(values):.{places}f}{deviation}"


def write_page(path: Path, text: str) -> None:
    """Write a page, and create its folder if necessary."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


# ------------------------------------------------------------------ csv files

Row = Mapping[str, Any]


def read_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a csv file, none if there is no file."""
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write_rows(path: Path, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Write rows to a csv file; a column that a row lacks stays empty."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def replace_rows(
    path: Path,
    columns: Sequence[str],
    rows: Sequence[Row],
    key: Callable[[Row], Any],
    order: Iterable[Any],
) -> list[dict[str, str]]:
    """Put rows into a csv file in place of those with the same keys, and return all of them.

    Rows are sorted by the place of their key in ``order``.
    """
    new, places = {key(row) for row in rows}, {one: n for n, one in enumerate(order)}
    kept = [row for row in read_rows(path) if key(row) not in new]
    write_rows(path, columns, sorted([*kept, *rows], key=lambda row: places[key(row)]))
    return read_rows(path)


def add_rows(
    path: Path,
    columns: Sequence[str],
    n_names: int,
    results: Iterable[tuple[tuple[Any, ...], Row]],
) -> list[Row]:
    """Put each row into a csv file once it is measured, and return all rows of the file.

    Parameters
    ----------
    path : Path
        The file.
    columns : sequence of str
        Its columns; the first ``n_names`` of them name a row, which replaces one of these names.
    n_names : int
        Number of these columns.
    results : iterable
        Arguments and row of each measurement, as `in_processes` yields them.
    """

    def names(row: Row) -> tuple[str, ...]:
        return tuple(str(row[name]) for name in columns[:n_names])

    rows: dict[tuple[str, ...], Row] = {names(row): row for row in read_rows(path)}
    for _, row in results:
        print(*row.values(), flush=True)
        rows[names(row)] = row
        write_rows(path, columns, [rows[key] for key in sorted(rows)])
    return list(rows.values())


# ------------------------------------------------------------------ processes


def in_processes(
    function: Callable[..., Any], calls: Iterable[tuple[Any, ...]], jobs: int
) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield the arguments and the result of each call once done, ``jobs`` processes at a time.

    Each process has one thread.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("XLA_FLAGS", ONE_THREAD)
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        pending = {pool.submit(function, *arguments): arguments for arguments in calls}
        try:
            for future in as_completed(pending):
                yield pending[future], future.result()
        finally:  # after an error, without the calls that wait
            pool.shutdown(wait=False, cancel_futures=True)
