"""Fits on rows on disk keep to their memory, their speed and their loss."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "memory" / "larger_than_memory.py"


@pytest.mark.long
@pytest.mark.parametrize("kind", ["parquet", "hdf5", "memmap"])
def test_a_fit_on_rows_on_disk_takes_little_memory_and_learns_as_much(tmp_path, kind):
    options = ["--gigabytes", "0.4", "--stride", "300", "--formats", kind]
    output = subprocess.run(
        [sys.executable, SCRIPT, tmp_path, *options], stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    *_, cells = (line.strip("| ").split(" | ") for line in output.splitlines() if kind in line)
    assert float(cells[3]) <= 250, "MB"
    assert float(cells[5]) >= 0.6, "of the speed of the rows in memory"
    assert abs(float(cells[7].removesuffix(" %"))) <= 1
    assert list(tmp_path.iterdir()) == []
