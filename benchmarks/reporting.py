"""What the benchmarks share: markdown tables and the circumstances of a run."""

from __future__ import annotations

import datetime
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"

#: For processes that each have one core: JAX's own threads do not help networks this small.
ONE_THREAD = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"


def table(header: list[str], rows: list[list[Any]]) -> str:
    """Return a markdown table; None is shown as a dash, a float to three places."""

    def cell(value: Any) -> str:
        return "-" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)

    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join(f"| {' | '.join(map(cell, line))} |" for line in lines)


def circumstances(*further: str) -> str:
    """Return the date, the machine, the versions and what else is given, as a markdown list."""
    packages = ("keras", "jax", "scikit-learn", "numpy")
    versions = [f"Python {platform.python_version()}", *(f"{p} {version(p)}" for p in packages)]
    backend = os.environ.get("KERAS_BACKEND", "jax (the default)")
    lines = (
        f"Date: {datetime.datetime.now(datetime.UTC).date()}",
        f"Machine: {os.cpu_count()} CPU cores, {platform.system()} {platform.machine()}",
        f"Versions: {', '.join(versions)}; Keras backend: {backend}",
        *further,
    )
    return "\n".join(f"- {line}" for line in lines)
