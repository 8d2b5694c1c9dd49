"""Checkpoints: files with the state of training after an epoch, from which a fit goes on."""

from __future__ import annotations

import errno
import json
import os
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, NoReturn

import numpy as np
import sklearn
from numpy.typing import NDArray

from skrnn._version import __version__
from skrnn.engine.compiled_model import CompiledModel
from skrnn.engine.fingerprint import fingerprint
from skrnn.engine.model_spec import global_settings
from skrnn.engine.training import Best, State

Arrays = Sequence[NDArray[Any]]

#: A checkpoint is written at most every second, and, however slow the disk is, in at most a tenth
#: of the time of a fit: the next one is due after nine times the seconds that the last one took.
SECONDS, TIMES_AS_LONG = 1.0, 9.0

#: Attempts to write a file, whose folder another process with the same fit may be removing.
N_ATTEMPTS = 10

_NAME = "network-"


@dataclass
class Checkpoints:
    """Checkpoints of one fit, in a folder of its own.

    Attributes
    ----------
    root : Path
        Folder for the folders of all fits.
    of : object
        The estimator's class and parameters.
    fit : str
        Fingerprint of the fit, which is the name of its folder; empty before `open`.
    writes : bool
        Whether this process writes and removes them, which of several processes the first does.
    """

    root: Path
    of: Any
    fit: str = ""
    writes: bool = True

    @property
    def folder(self) -> Path:
        """Return the folder of the fit."""
        return self.root / self.fit

    def open(self, compiled: CompiledModel, start: Any) -> None:
        """Make the folder of a fit, so that a wrong path is an error before training.

        Parameters
        ----------
        compiled : CompiledModel
            Compiled model of the fit.
        start : object
            Data, seeds, weights and settings, on which training depends.
        """
        import keras

        versions = {
            "skrnn": __version__,
            "keras": keras.version(),
            "numpy": np.__version__,
            "sklearn": sklearn.__version__,
            "python": platform.python_version(),
            "machine": platform.machine(),
            "backend": compiled.steps.runtime,
        }
        self.writes = compiled.steps.rank == 0
        self.fit = fingerprint((versions, global_settings(), self.of, start))
        self.folder.mkdir(parents=True, exist_ok=True)

    def of_network(self, number: int) -> Checkpoint:
        """Return the checkpoint of one of the networks of the fit."""
        return Checkpoint(self.folder / f"{_NAME}{number}.checkpoint", self.fit, self.writes)

    def remove(self) -> None:
        """Remove the checkpoints and the folder."""
        if not (self.fit and self.writes):
            return
        try:
            for path in self.folder.iterdir():
                if path.name.startswith(_NAME):
                    path.unlink(missing_ok=True)
            self.folder.rmdir()
        except FileNotFoundError:
            return  # another process with the same fit has removed it
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise  # else another process is writing into it


@dataclass
class Checkpoint:
    """File with the state of training of a network after an epoch.

    A line with the SHA-256 checksum of the rest, a line of JSON, and the arrays as numpy saves
    them (``.npz``).

    Attributes
    ----------
    path : Path
        The file.
    fit : str
        Fingerprint of the fit.
    writes : bool
        Whether this process writes the file.
    due : float
        Time, by the monotonic clock, from which the next state is saved.
    """

    path: Path
    fit: str
    writes: bool = True
    due: float = field(default_factory=lambda: time.monotonic() + SECONDS)

    @property
    def is_due(self) -> bool:
        """Return whether it is time to save."""
        return self.writes and time.monotonic() >= self.due

    def save(self, state: State) -> None:
        """Replace the file by that of a state, in one step."""
        start = time.monotonic()
        content = self._content(state)
        for left in reversed(range(N_ATTEMPTS)):
            try:
                _replace(self.path, content)
                break
            except FileNotFoundError:  # another process is removing the folder
                if not left:
                    raise
        end = time.monotonic()
        self.due = end + max(SECONDS, TIMES_AS_LONG * (end - start))

    def load(self, like: State) -> State | None:
        """Return the saved state, whose arrays are like those of another state, or None.

        Raises
        ------
        ValueError
            If the file is damaged, or of another fit.
        """
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return None
        checksum, _, rest = content.partition(b"\n")
        if sha256(rest).hexdigest().encode() != checksum:
            self._refuse(f"is damaged: its {len(content)} bytes do not have its checksum")
        head, _, saved = rest.partition(b"\n")
        about = json.loads(head)
        if about["fit"] != self.fit:
            self._refuse(f"is of another fit, {about['fit']}, by skrnn {about['skrnn']}")
        with np.load(BytesIO(saved), allow_pickle=False) as file:
            arrays = dict(file)
        like_optimizer = like.optimizer or []
        best = Best(**about["best"]) if about["best"] else None
        if best and "best_values-0" in arrays:
            best.values = self._part(arrays, "best_values", like.values)
            best.optimizer = self._part(arrays, "best_optimizer", like_optimizer)
        return State(
            self._part(arrays, "values", like.values),
            self._part(arrays, "optimizer", like_optimizer),
            about["history"],
            best,
            about["has_stopped"],
        )

    def resumed(self, start: State, compiled: CompiledModel) -> State:
        """Return the saved state of training from ``start``, which itself if none is saved.

        Raises
        ------
        ValueError
            As in `load`.
        """
        if not self.path.exists():
            return start
        compiled.start(start.values, start.optimizer)
        return self.load(State(*compiled.steps.read())) or start

    def _content(self, state: State) -> bytes:
        """Return the content of the file of a state."""
        best = state.best
        about = {
            "fit": self.fit,
            "skrnn": __version__,
            "n_epochs": state.n_epochs,
            "has_stopped": state.has_stopped,
            "best": best and {"limit": best.limit, "loss": best.loss, "waited": best.waited},
            "history": state.history,
        }
        parts = {"values": state.values, "optimizer": state.optimizer or []}
        if best:
            parts |= {"best_values": best.values, "best_optimizer": best.optimizer}
        named: dict[str, Any] = {
            f"{name}-{number}": _of_numpy(array)
            for name, arrays in parts.items()
            for number, array in enumerate(arrays)
        }
        file = BytesIO()
        np.savez(file, **named)
        rest = json.dumps(about).encode() + b"\n" + file.getvalue()
        return sha256(rest).hexdigest().encode() + b"\n" + rest

    def _part(self, arrays: dict[str, NDArray[Any]], name: str, like: Arrays) -> list[NDArray[Any]]:
        """Return the arrays of one part of the state, with the shapes and types of others."""
        found = [array for key, array in arrays.items() if key.rpartition("-")[0] == name]
        shapes, expected = [one.shape for one in found], [one.shape for one in like]
        if shapes != expected:
            self._refuse(f"has {name} of the shapes {shapes}, and those of this fit are {expected}")
        return [one.view(other.dtype) for one, other in zip(found, like, strict=True)]

    def _refuse(self, fault: str) -> NoReturn:
        raise ValueError(
            f"the checkpoint {self.path} {fault}; delete the folder {self.path.parent} to train "
            "from the start."
        )


def _of_numpy(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array with a type of numpy's own, unlike bfloat16."""
    return array if array.dtype.isbuiltin == 1 else array.view(f"V{array.dtype.itemsize}")


def _replace(path: Path, content: bytes) -> None:
    """Write a file beside its final place, wait for the disk, and move it there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=f"{path.name}.", delete=False) as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            file.close()
            os.replace(file.name, path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
