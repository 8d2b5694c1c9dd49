"""Count the files that a call of skrnn, or of scikit-learn for comparison, enters in its package.

A file is entered when one of its Python functions is called, in any thread. Code that modules
and classes run at import does not count. A first fit builds and compiles a network; the
others are repeated with new estimators on data of the same shape, and the second call is counted. A
pool starts threads as it needs them, so their number may vary from run to run.
``--list`` prints the files of each call in the order of first entry.
"""

from __future__ import annotations

import inspect
import os
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from common import Parser, command, page, table


@dataclass(frozen=True)
class Route:
    """Files that a call entered, in the order of first entry, and the threads it started."""

    files: tuple[str, ...]
    n_threads: int


class Tracer:
    """Profiler of calls in its own thread and in all threads started while it is open.

    It is a context manager. A thread that was started before a call, such as one of a pool, is
    seen in that call as well.
    """

    def __init__(self) -> None:
        self._thread = threading.local()
        self._watched: str | None = None
        self._files: dict[str, None] = {}
        self._n_threads = 0

    def __enter__(self) -> Tracer:
        self._previous = sys.getprofile(), threading.getprofile()
        threading.setprofile(self._note)
        sys.setprofile(self._note)
        return self

    def __exit__(self, *_: object) -> None:
        own, others = self._previous
        sys.setprofile(own)
        threading.setprofile(others)

    def route(self, call: Callable[[], object], package: Path) -> Route:
        """Do a call and return its route through the files of a package."""
        self._files, self._n_threads = {}, 0
        self._watched = f"{package}{os.sep}"
        try:
            call()
        finally:
            self._watched = None
        files = (Path(file).relative_to(package.parent).as_posix() for file in self._files)
        return Route(tuple(files), self._n_threads)

    def _note(self, frame: FrameType, event: str, _: object) -> None:
        code, watched = frame.f_code, self._watched
        if code.co_name == "<module>":
            n_imports = getattr(self._thread, "n_imports", 0) + (event == "call")
            self._thread.n_imports = max(0, n_imports - (event == "return"))
        elif event == "call" and watched and not getattr(self._thread, "n_imports", 0):
            if code is threading.Thread.start.__code__:
                self._n_threads += 1
            # The bodies of modules and classes are code without this flag.
            if code.co_flags & inspect.CO_OPTIMIZED and code.co_filename.startswith(watched):
                self._files[code.co_filename] = None


def own_classes(cls: type, package: str) -> list[type]:
    """Return the classes of a package in the method resolution order of a class."""
    return [base for base in cls.__mro__ if base.__module__.split(".")[0] == package]


# ------------------------------------------------------------------ the calls


@dataclass(frozen=True)
class Subject:
    """Estimator whose calls are counted, with the arguments of its methods."""

    package: ModuleType
    make: Callable[[], Any]
    fit: tuple[Any, ...]
    predict: tuple[Any, ...]


def subjects() -> Iterator[Subject]:
    """Yield the estimators and small data for them."""
    import numpy as np
    import pandas as pd
    import sklearn
    from sklearn.neural_network import MLPRegressor

    import skrnn

    X = np.random.default_rng(0).normal(size=(64, 12, 2))
    settings: dict[str, Any] = {"epochs": 2, "random_state": 0}
    series = pd.Series(np.sin(np.arange(120) / 4))
    yield Subject(skrnn, lambda: skrnn.GRURegressor(**settings), (X, X[:, -1, 0]), (X,))
    yield Subject(skrnn, lambda: skrnn.SequenceLabeler(**settings), (X, X[..., 0] > 0), (X,))
    yield Subject(
        skrnn,
        lambda: skrnn.GRUForecaster(window_length=12, **settings),
        (series, None, [1, 2, 3]),
        (),
    )
    flat = X.reshape(len(X), -1)
    # Few iterations would warn that it has not converged, which enters further files.
    yield Subject(
        sklearn, lambda: MLPRegressor(tol=10.0, random_state=0), (flat, flat[:, 0]), (flat,)
    )


def routes(tracer: Tracer, subject: Subject) -> dict[str, Route]:
    """Return the routes of the first fit, the second one, and the second prediction."""
    folder = Path(str(subject.package.__file__)).parent
    found = {}
    for words in ("first fit", "fit"):
        model = subject.make()
        found[words] = tracer.route(partial(model.fit, *subject.fit), folder)
    model.predict(*subject.predict)
    found["predict"] = tracer.route(partial(model.predict, *subject.predict), folder)
    return {f"{type(model).__name__}, {words}": route for words, route in found.items()}


def main() -> None:
    parser = Parser(__doc__)
    parser.add_argument("--list", action="store_true", help="print the files of each call")
    args = parser.parse_args()
    found: dict[str, Route] = {}
    with Tracer() as tracer:
        for subject in subjects():
            found |= routes(tracer, subject)
    import skrnn

    rows = [[name, len(route.files), route.n_threads] for name, route in found.items()]
    own = own_classes(skrnn.GRURegressor, "skrnn")
    parts = [
        table(["call", "files entered", "threads started"], rows),
        f"GRURegressor has {len(own)} classes of skrnn in its method resolution order.",
    ]
    if args.list:
        for name, route in found.items():
            files = "\n".join(f"{n}. {file}" for n, file in enumerate(route.files, start=1))
            parts += [f"## {name}", files]
        names = "\n".join(f"{n}. {cls.__module__}.{cls.__name__}" for n, cls in enumerate(own, 1))
        parts += ["## Classes of GRURegressor", names]
    print(page("Files that a call enters", [command(__file__)], *parts), end="")


if __name__ == "__main__":
    main()
