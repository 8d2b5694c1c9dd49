"""How long people wait, in ours and in the neighbours: the same work, in turn, in one run.

Every contestant has a process of its own, with its libraries, its backend and its number of
threads. It prepares its work and does it once; then all do it again and again in turn, ours
before each of theirs, while the others are stopped. A ratio is theirs to ours right before it,
and the median of these ratios is what is compared with a bar. Each row that is measured takes
its place in ``results/speed.csv``, from which the page and the figure are drawn.
"""

from __future__ import annotations

import argparse
import datetime
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import speed_report
from reporting import RESULTS, ROOT, circumstances
from speed_data import FILE
from speed_process import Contestant, FailedError, Runner
from speed_records import Record, read, write
from speed_rows import ROWS, Order, Row, Settings


def names_once(order: Order) -> dict[str, Contestant]:
    """Return the contestants of a round by name, each once."""
    return {contestant.name: contestant for contestant in order}


class Case:
    """One case of a row: its processes, and what they measured."""

    def __init__(self, row: str, name: str, order: Order, args: argparse.Namespace) -> None:
        self._row, self._name, self._order, self._args = row, name, order, args
        self._runners: dict[str, Runner] = {}
        self._today = str(datetime.datetime.now(datetime.UTC).date())
        self._position = 0

    def measure(self, repeats: int) -> Iterator[Record]:
        """Yield what is measured, first the first runs, then the rounds."""
        try:
            for contestant in names_once(self._order).values():
                yield from self._start(contestant)
            for _ in range(repeats):
                for contestant in self._order:
                    if contestant.name in self._runners:
                        yield self._run(contestant.name)
        finally:
            for runner in self._runners.values():
                runner.close()

    def _start(self, contestant: Contestant) -> Iterator[Record]:
        try:
            runner = Runner(contestant, self._args.threads, self._args.neighbours)
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
        today = str(datetime.datetime.now(datetime.UTC).date())
        return [Record(key, "all", "all", 0, None, "no GPU at hand", "", today)]
    records: list[Record] = []
    for case, order in row.cases(settings).items():
        print(f"\n{row.title}: {case}", flush=True)
        for record in Case(key, case, order, args).measure(0 if row.only_once else args.repeats):
            records.append(record)
            value = record.value and f"{record.value * row.factor:.2f} {row.unit}"
            print(f"  {record.position:3d} {record.contestant}: {value or record.note}", flush=True)
    return records


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", nargs="+", choices=list(ROWS), default=list(ROWS))
    parser.add_argument("--repeats", type=int, default=5, help="rounds of each case")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of each contestant")
    parser.add_argument("--data", type=Path, default=ROOT / ".." / "shared" / "data")
    parser.add_argument(
        "--neighbours",
        default=os.environ.get("SKRNN_NEIGHBOURS"),
        help="the interpreter of the environment of benchmarks/environments/neighbours.txt",
    )
    parser.add_argument("--quick", action="store_true", help="small work, nothing is written")
    parser.add_argument("--draw", action="store_true", help="only draw page and figure anew")
    args = parser.parse_args()
    # Ended from outside, it must still end its workers, which would wait forever.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if not (args.data / FILE).is_file():
        print(f"Nothing measured: no {FILE} in {args.data}; give --data.")
        return
    done = read(RESULTS / "speed.csv")
    notes = circumstances(
        f"Threads: {args.threads} for each contestant, which run one at a time",
        f"Command: `python benchmarks/speed.py --neighbours PYTHON --repeats {args.repeats}`",
    )
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(str(args.data.resolve()), folder, args.quick)
        for key in [] if args.draw else args.rows:
            records = measure(key, ROWS[key], settings, args)
            if args.quick:
                print(speed_report.section(key, records))
                continue
            done = [record for record in done if record.row != key] + records
            write(RESULTS / "speed.csv", done)
            print(speed_report.section(key, records), flush=True)
    if not args.quick:
        speed_report.write(done, notes)


if __name__ == "__main__":
    main()
