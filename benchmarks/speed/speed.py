"""Waiting times in skrnn and in other libraries: the same work, in turn, in one run.

Every contestant has a process of its own, with its libraries, its backend and its number of
threads. It prepares its work and does it once; then all do it again and again in turn, ours
before each of theirs, while the others are stopped. A ratio is theirs to ours right before it,
and the median of these ratios is what is compared with a bar. Each row that is measured takes
its place in ``speed.csv``, from which the page and the figure are drawn.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # folder of common.py

import report
from common import Parser, command, today
from data import FILE
from process import Contestant, FailedError, Runner
from records import Record, read, write
from rows import ROWS, Order, Row, Settings


def names_once(order: Order) -> dict[str, Contestant]:
    """Return the contestants of a round by name, each once."""
    return {contestant.name: contestant for contestant in order}


class Case:
    """One case of a row: its processes, and what they measured."""

    def __init__(self, row: str, name: str, order: Order, args: argparse.Namespace) -> None:
        self._row, self._name, self._order, self._args = row, name, order, args
        self._runners: dict[str, Runner] = {}
        self._today = today()
        self._position = 0

    def measure(self, rounds: int) -> Iterator[Record]:
        """Yield what is measured, first the first runs, then the rounds."""
        try:
            for contestant in names_once(self._order).values():
                yield from self._start(contestant)
            for _ in range(rounds):
                for contestant in self._order:
                    if contestant.name in self._runners:
                        yield self._run(contestant.name)
        finally:
            for runner in self._runners.values():
                runner.close()

    def _start(self, contestant: Contestant) -> Iterator[Record]:
        try:
            runner = Runner(contestant, self._args.threads, self._args.other_python)
            try:
                first = runner.first()
            except BaseException:
                runner.close()
                raise
        except FailedError as failure:
            yield self._record(contestant.name, 0, None, str(failure), "")
            return
        self._runners[contestant.name] = runner
        if first is not None:
            yield self._record(contestant.name, 0, first, runner.note, runner.versions)

    def _run(self, name: str) -> Record:
        runner = self._runners[name]
        self._position += 1
        try:
            return self._record(name, self._position, runner.run(), runner.note, runner.versions)
        except FailedError as failure:
            self._runners.pop(name).close()
            return self._record(name, self._position, None, str(failure), runner.versions)

    def _record(
        self, name: str, position: int, value: float | None, note: str, versions: str
    ) -> Record:
        return Record(self._row, self._name, name, position, value, note, versions, self._today)


def has_gpu() -> bool:
    """Tell whether PyTorch or JAX sees a GPU."""
    code = (
        "import torch, jax, sys; "
        "sys.exit(not (torch.cuda.is_available() or jax.default_backend() == 'gpu'))"
    )
    return subprocess.run([sys.executable, "-c", code], stderr=subprocess.DEVNULL).returncode == 0


def measure(key: str, row: Row, settings: Settings, args: argparse.Namespace) -> list[Record]:
    """Return what a row measures."""
    if row.needs_gpu and not has_gpu():
        print("no GPU at hand")
        return [Record(key, "all", "all", 0, None, "no GPU at hand", "", today())]
    records: list[Record] = []
    for case, order in row.cases(settings).items():
        print(f"\n{row.title}: {case}", flush=True)
        for record in Case(key, case, order, args).measure(0 if row.only_once else args.rounds):
            records.append(record)
            value = record.value and f"{record.value * row.factor:.2f} {row.unit}"
            print(f"  {record.position:3d} {record.contestant}: {value or record.note}", flush=True)
    return records


def main() -> None:
    parser = Parser(__doc__, "data", "results", "quick", "draw", rounds=5)
    parser.add_argument("--rows", nargs="+", choices=list(ROWS), default=list(ROWS))
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of each contestant")
    parser.add_argument(
        "--other-python",
        default=os.environ.get("SKRNN_OTHER_PYTHON"),
        help="interpreter of the environment of other_libraries.txt (or SKRNN_OTHER_PYTHON)",
    )
    args = parser.parse_args()
    # Ended from outside, it must still end its workers, which would wait forever.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    notes = [
        f"Threads: {args.threads} for each library; libraries run one at a time",
        command(__file__, "--other-python PYTHON"),
        "Sections have dates of their own, three or five rounds, and machines of different speed: "
        "compare ratios, not times, between them",
    ]
    path = args.results / "speed.csv"
    done = read(path)
    if not args.draw:
        data = parser.data_folder(args, FILE)
        with tempfile.TemporaryDirectory() as folder:
            settings = Settings(str(data), folder, args.quick)
            for key in args.rows:
                records = measure(key, ROWS[key], settings, args)
                print(report.section(key, records), flush=True)
                if not args.quick:
                    done = [record for record in done if record.row != key] + records
                    write(path, done)
    if not args.quick:
        report.write(done, args.results, notes)


if __name__ == "__main__":
    main()
