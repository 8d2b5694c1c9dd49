"""The rows of speed.py: for each case, who takes part and in which order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from common import ONE_THREAD
from process import Contestant

BACKENDS = ("jax", "tensorflow", "torch")
BATCH = 256
NETWORKS: dict[str, dict[str, Any]] = {
    "GRU 32": {"cell": "GRU", "units": 32, "layers": 1},
    "LSTM 32": {"cell": "LSTM", "units": 32, "layers": 1},
    "2 x GRU 64": {"cell": "GRU", "units": 64, "layers": 2},
    "TCN 32": {"cell": "TCN", "units": 32, "layers": 5},
}
GRID_OF_SEARCHES = "8 candidates x 3 folds"
DEFAULT, ONE = "skrnn, JAX", "skrnn, JAX, 1 device"
LIMIT = "matrix products alone"
BASE = "import keras"  #: what the first fit is measured beyond
KERAS_NAMES = {"jax": "JAX", "tensorflow": "TensorFlow", "torch": "PyTorch"}
LIBRARIES = {
    "torch": ("PyTorch", ("torch",)),
    "skorch": ("skorch", ("skorch", "torch")),
    "darts": ("darts", ("darts", "torch")),
    "neuralforecast": ("neuralforecast", ("neuralforecast", "torch")),
}

Order = list[Contestant]


@dataclass(frozen=True)
class Settings:
    """What a user of the script may change."""

    data: str
    folder: str
    quick: bool

    def __call__(self, whole: int, quick: int) -> int:
        """Return the size of a whole run, or of a quick one."""
        return quick if self.quick else whole


@dataclass(frozen=True)
class Row:
    """A row: what it measures, in which unit, and the order of its contestants, case by case."""

    title: str
    unit: str
    factor: float
    cases: Callable[[Settings], dict[str, Order]]
    needs_gpu: bool = False
    only_once: bool = False


# ------------------------------------------------------------------ the contestants


def ours(backend: str = "jax", **task: Any) -> Contestant:
    """Return skrnn on a backend, on the devices that it chooses."""
    packages = ("skrnn", "keras", "tensorflow-cpu" if backend == "tensorflow" else backend)
    name = f"skrnn, {KERAS_NAMES[backend]}"
    return Contestant(name, task | {"by": "skrnn"}, 1, backend, packages)


def on_one_device(**task: Any) -> Contestant:
    """Return skrnn on one device of JAX."""
    return replace(ours(**task, devices=1), name=ONE)


def keras(backend: str, **task: Any) -> Contestant:
    """Return plain Keras on a backend."""
    theirs = ours(backend, **task)
    name = f"Keras, {KERAS_NAMES[backend]}"
    return replace(theirs, name=name, task=task | {"by": "keras"}, packages=theirs.packages[1:])


def library(by: str, **task: Any) -> Contestant:
    """Return bare PyTorch, or a library of the other environment."""
    name, packages = LIBRARIES[by]
    return Contestant(name, task | {"by": by}, packages=packages, elsewhere=by != "torch")


def in_turn(task: dict[str, Any], others: tuple[str, ...], parts: int = 1) -> Order:
    """Return the order of a round: ours before each of theirs, on its backend as well."""
    jax = [ours(**task)]
    if task["work"] != "search":
        jax.append(on_one_device(**task))
    order: Order = []
    for backend in BACKENDS:
        own = [] if backend == "jax" else [ours(backend, **task)]
        order += [*jax, *own, keras(backend, **task)]
    for by in others:
        order += [*jax, library(by, **task)]
    return [replace(contestant, parts=parts) for contestant in order]


# ------------------------------------------------------------------ the rows


def search_task(settings: Settings, epochs: int = 30) -> dict[str, Any]:
    return {"work": "search", "epochs": settings(epochs, 2)}


def searches(settings: Settings) -> dict[str, Order]:
    return {GRID_OF_SEARCHES: in_turn(search_task(settings), ("torch", "skorch"))}


def fresh_searches(settings: Settings) -> dict[str, Order]:
    # Keras on JAX and TensorFlow compiles for each fit, and takes minutes there as here.
    task = search_task(settings)
    mine = ours(**task)
    others = [keras("torch", **task), library("torch", **task), library("skorch", **task)]
    order = [contestant for other in others for contestant in (mine, other)]
    return {GRID_OF_SEARCHES: [replace(contestant, fresh=True) for contestant in order]}


def epoch_task(settings: Settings, network: str, n_batches: int) -> dict[str, Any]:
    return {
        "work": "epoch",
        "data": settings.data,
        "network": NETWORKS[network],
        "n_windows": n_batches * BATCH,
        "batch_size": BATCH,
    }


def epochs(settings: Settings) -> dict[str, Order]:
    cases = {}
    sizes = {"GRU 32": 30, "LSTM 32": 30, "2 x GRU 64": 10}
    for network, whole in sizes.items():
        n_batches = settings(whole, 2)
        task = epoch_task(settings, network, n_batches)
        order = in_turn(task, tuple(LIBRARIES), n_batches)
        shape = {"by": "limit", "n_steps": 120, "n_features": 14}
        limit = Contestant(LIMIT, task | shape, n_batches, packages=("numpy", "torch", "jax"))
        cases[network] = [*order, *order[:2], limit]
    return cases


def tcn_epochs(settings: Settings) -> dict[str, Order]:
    n_batches = settings(20, 2)
    task = epoch_task(settings, "TCN 32", n_batches)
    return {"TCN 32": in_turn(task, tuple(LIBRARIES), n_batches)}


def one_prediction(settings: Settings) -> dict[str, Order]:
    task = epoch_task(settings, "GRU 32", 1)
    task |= {"work": "predict_one", "calls": settings(200, 5)}
    return {"GRU 32": in_turn(task, ("torch", "skorch"))}


def many_predictions(settings: Settings) -> dict[str, Order]:
    import data
    import numpy as np

    n, path = settings(100_000, 2_000), f"{settings.folder}/windows.npy"
    np.save(path, data.window_array({"data": settings.data}, n)[0])
    task = epoch_task(settings, "GRU 32", 1) | {"work": "predict_many", "windows": path}
    return {"GRU 32": in_turn(task, ("torch", "skorch"))}


def starts(settings: Settings) -> dict[str, Order]:
    def process(name: str, code: str, **task: Any) -> Contestant:
        return Contestant(name, task | {"by": "skrnn"}, 1, "jax", fresh=True, code=code)

    cache = f"{settings.folder}/compiled"
    keras_alone = process(BASE, "import keras")
    first = process("skrnn, first fit", "", work="first_fit")
    filled = process("skrnn, first fit, cache filled", "", work="first_fit", cache=cache)
    order = [process("python", "pass"), process("skrnn, import", "import skrnn")]
    return {"processes": [*order, keras_alone, first, keras_alone, filled]}


def curves(settings: Settings) -> dict[str, Order]:
    n_batches = settings(16, 2)
    cases = {}

    def add(kind: str, number: int, **changes: Any) -> None:
        task = epoch_task(settings, "GRU 32", n_batches) | changes
        task["n_windows"] = n_batches * task["batch_size"]
        cases[f"{kind} {number}"] = [replace(on_one_device(**task), parts=n_batches)]

    for length in (60, 120, 240, 480, 960, 1920)[: settings(6, 2)]:
        add("steps", length, n_steps=length)
    for size in (32, 64, 128, 256, 512, 1024)[: settings(6, 2)]:
        add("batch", size, batch_size=size)
    for units in (16, 32, 64, 128, 256)[: settings(5, 2)]:
        add("units", units, network=NETWORKS["GRU 32"] | {"units": units})
    return cases


def many_fits(settings: Settings) -> dict[str, Order]:
    task = {"work": "memory", "fits": settings(200, 20)}
    return {"GRU 16": [ours(backend, **task) for backend in BACKENDS]}


def two_jobs(settings: Settings) -> dict[str, Order]:
    # Longer fits than those of the search: what is divided is the fitting.
    task = search_task(settings, 300)
    one_core = {
        "XLA_FLAGS": ONE_THREAD,
        "JAX_CPU_ENABLE_ASYNC_DISPATCH": "false",  # nor a thread that waits for the other
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    pair = [
        replace(ours(**task, n_jobs=n), name=name, environment=one_core)
        for n, name in ((2, "skrnn, n_jobs=2"), (1, "n_jobs=1"))
    ]
    return {
        "warm workers": pair,
        "cold, a whole process": [replace(contestant, fresh=True) for contestant in pair],
    }


def on_gpu(settings: Settings) -> dict[str, Order]:
    cases = {}
    for network in NETWORKS:
        for batch_size in (256, 1024, 4096):
            n_windows = settings(10, 2) * 4096
            task = epoch_task(settings, network, 1)
            task |= {"n_windows": n_windows, "batch_size": batch_size, "device": "cuda"}
            order: Order = []
            for backend in BACKENDS:
                own = [ours(backend, **task)]
                order += [*own, keras(backend, **task), *own, library("torch", **task)]
            parts = n_windows // batch_size
            cases[f"{network}, batch {batch_size}"] = [replace(c, parts=parts) for c in order]
    return cases


ROWS = {
    "search": Row("Grid search after the first fit of each spec", "s", 1, searches),
    "search_fresh": Row("Grid search, a whole process", "s", 1, fresh_searches),
    "epoch": Row("One epoch of recurrent networks, time per batch", "ms", 1e3, epochs),
    "tcn": Row("One epoch of a TCN, time per batch", "ms", 1e3, tcn_epochs),
    "predict_one": Row("Predict one sequence", "ms", 1e3, one_prediction),
    "predict_many": Row("Predict 100,000 sequences", "s", 1, many_predictions),
    "start": Row("Fresh processes, from start to end", "s", 1, starts),
    "curves": Row("Time per batch by length, batch size and units", "ms", 1e3, curves),
    "memory": Row("Growth of memory over 200 fits", "MB", 1, many_fits, only_once=True),
    "jobs": Row("Two processes against one, one core each", "s", 1, two_jobs),
    "gpu": Row("On a GPU, time per batch", "ms", 1e3, on_gpu, needs_gpu=True),
}
