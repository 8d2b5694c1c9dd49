"""Configuration: the number of CPU devices and the folder for compiled programs, on JAX."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from joblib import cpu_count

from skrnn._backend import backend_name
from skrnn._compat.jax import reset_compilation_cache
from skrnn.parameters import NONE, integers, require, satisfying

#: The environment variable that names the folder for compiled programs.
CACHE_VARIABLE = "SKRNN_COMPILATION_CACHE"

DEVICES = integers(1) | NONE
FOLDER = (
    satisfying(
        "a str or path that is not empty",
        lambda value: isinstance(value, str | os.PathLike) and bool(os.fspath(value)),
        "str",
        "path",
    )
    | NONE
)

_config: dict[str, Any] = {"cpu_devices": None, "compilation_cache": None}

#: Most devices that JAX is given without a setting, and XLA's flag that sets their number.
MOST_DEVICES, HOST_DEVICES = 16, "xla_force_host_platform_device_count"

#: Whether JAX was given a device for each core without a setting.
_cores_used = False

#: What was set before each context that is open, in the order in which they were entered.
_before_contexts: list[dict[str, Any]] = []
_changing_contexts = threading.Lock()


def get_config() -> dict[str, Any]:
    """Return the current configuration.

    Returns
    -------
    dict
        ``cpu_devices``, an int, and ``compilation_cache``, an absolute path: what `set_config`,
        `config_context` or the environment variable ``SKRNN_COMPILATION_CACHE`` has set, or None
        for the default. Changing the dict changes no setting.

    See Also
    --------
    set_config : Change the configuration.
    config_context : Change it inside a with statement.

    Examples
    --------
    >>> import skrnn
    >>> sorted(skrnn.get_config())
    ['compilation_cache', 'cpu_devices']
    """
    return _config.copy()


def set_config(
    *, cpu_devices: int | None = None, compilation_cache: str | os.PathLike[str] | None = None
) -> None:
    """Change the configuration of this process.

    Both settings are JAX's and hold for all threads of the process.

    Parameters
    ----------
    cpu_devices : int, default=None
        Train on this number of CPU devices, each of which takes its part of every batch; more
        than there are cores gain nothing. JAX fixes the number at its first computation, so set
        it at the top of a script. Worker processes, such as those of ``n_jobs``, keep one device
        each, since they share the cores among themselves. None changes nothing; by default, JAX
        has a device for each core, at most 16, and large batches of recurrent networks without
        dropout are split among them.
    compilation_cache : str or path, default=None
        Keep compiled programs in this folder, which is made if need be, so that later processes
        compile nothing that an earlier one has compiled. None changes nothing; by default no
        program is kept.

    Raises
    ------
    ValueError
        If a setting is of another type, or ``cpu_devices`` is less than 1.
    OSError
        If the folder does not exist and cannot be made.
    RuntimeError
        If the backend is not JAX, or JAX already runs with another number of devices.

    See Also
    --------
    get_config : Return the configuration.
    config_context : Change it inside a with statement.

    Notes
    -----
    For worker processes to use the folder too, name it in the environment variable
    ``SKRNN_COMPILATION_CACHE``, which they inherit. It is read when the first network is built,
    does nothing on a backend other than JAX, and gives way to JAX's own
    ``JAX_COMPILATION_CACHE_DIR``.

    Every program is kept, however small, and none is ever deleted. Programs are kept apart by
    the version of JAX and the features of the processor. Anyone who can write into the folder
    can have their code run by your process: a folder that is made here is accessible to you
    alone, and one that exists already should be.

    Examples
    --------
    At the top of a script::

        import skrnn

        skrnn.set_config(cpu_devices=2, compilation_cache="~/.cache/skrnn")

    The folder for this process and its workers, in the shell::

        export SKRNN_COMPILATION_CACHE=~/.cache/skrnn
    """
    require(DEVICES, "cpu_devices", cpu_devices, "set_config")
    require(FOLDER, "compilation_cache", compilation_cache, "set_config")
    if cpu_devices is not None:
        _set_cpu_devices(int(cpu_devices))
    if compilation_cache is not None:
        config = _jax("set_config(compilation_cache=...)").config
        _set_compilation_cache(config, compilation_cache)


@contextmanager
def config_context(*, compilation_cache: str | os.PathLike[str] | None = None) -> Iterator[None]:
    """Change the configuration inside a with statement, and restore it afterwards.

    The folder for compiled programs is JAX's setting and that of the whole process: other threads
    have it too while the statement runs, and where contexts of several threads overlap, the one
    entered last counts. ``cpu_devices`` is no argument, since JAX cannot change
    it back; use `set_config`.

    Parameters
    ----------
    compilation_cache : str or path, default=None
        As in `set_config`; None changes nothing.

    Raises
    ------
    ValueError, OSError, RuntimeError
        As in `set_config`.

    See Also
    --------
    set_config : Change the configuration for the rest of the process.
    get_config : Return the configuration.

    Examples
    --------
    ::

        with skrnn.config_context(compilation_cache="~/.cache/skrnn"):
            model.fit(X, y)
    """
    require(FOLDER, "compilation_cache", compilation_cache, "config_context")
    if compilation_cache is None:
        yield
        return
    config = _jax("config_context(compilation_cache=...)").config
    with _changing_contexts:
        before = {name: getattr(config, name) for name in _KEPT_BY_JAX}
        before["compilation_cache"] = _config["compilation_cache"]
        _set_compilation_cache(config, compilation_cache)
        _before_contexts.append(before)
    try:
        yield
    finally:
        with _changing_contexts:
            _leave(config, before)


def _leave(config: Any, before: dict[str, Any]) -> None:
    """Restore what was set before a context, or let the next one restore it that is still open."""
    place = next(n for n, values in enumerate(_before_contexts) if values is before)
    del _before_contexts[place]
    if place < len(_before_contexts):
        _before_contexts[place].update(before)
        return
    for name in _KEPT_BY_JAX:
        config.update(name, before[name])
    reset_compilation_cache()
    _config["compilation_cache"] = before["compilation_cache"]


#: JAX would keep only what took a second to compile, which most of our programs do not.
_KEEPING_EVERYTHING = {
    "jax_persistent_cache_min_compile_time_secs": 0.0,
    "jax_persistent_cache_min_entry_size_bytes": -1,
}
_KEPT_BY_JAX = ("jax_compilation_cache_dir", *_KEEPING_EVERYTHING)


def follow_environment() -> None:
    """Use the folder for compiled programs that the environment names, if JAX has none."""
    folder = os.environ.get(CACHE_VARIABLE)
    if folder and backend_name() == "jax":
        import jax

        if jax.config.jax_compilation_cache_dir is None:
            _set_compilation_cache(jax.config, folder)


def use_cores() -> None:
    """Give JAX a CPU device for each core, unless it runs already or the user chose otherwise.

    Processes that were started by ``multiprocessing`` keep one device, as do those whose
    ``OMP_NUM_THREADS`` is 1, which joblib, Dask and Ray set in their workers.
    """
    global _cores_used
    if backend_name() != "jax" or _cores_used or multiprocessing.parent_process() is not None:
        return
    import jax

    threads = os.environ.get("OMP_NUM_THREADS", "")
    n = min(MOST_DEVICES, cpu_count(), int(threads) if threads.isdecimal() else MOST_DEVICES)
    is_chosen = jax.config.jax_num_cpu_devices != -1 or HOST_DEVICES in os.environ.get(
        "XLA_FLAGS", ""
    )
    if n > 1 and not is_chosen:
        with suppress(RuntimeError):  # JAX runs already
            jax.config.update("jax_num_cpu_devices", n)
            _cores_used = True


def devices_are_automatic() -> bool:
    """Return whether the number of devices of a fit is skrnn's choice."""
    return _cores_used and _config["cpu_devices"] is None


def _set_cpu_devices(n: int) -> None:
    jax = _jax("set_config(cpu_devices=...)")
    try:
        jax.config.update("jax_num_cpu_devices", n)
    except RuntimeError as error:
        running = len(jax.devices("cpu"))
        if running != n:
            raise RuntimeError(
                f"JAX already runs, with {running} CPU device(s), which can no longer change; "
                f"call set_config(cpu_devices={n}) at the top of the script, before anything "
                "computes with JAX."
            ) from error
    _config["cpu_devices"] = n


def _set_compilation_cache(config: Any, folder: str | os.PathLike[str]) -> None:
    place = Path(folder).expanduser().resolve()
    place.mkdir(mode=0o700, parents=True, exist_ok=True)  # no one else's code is run from it
    config.update("jax_compilation_cache_dir", str(place))
    for name, value in _KEEPING_EVERYTHING.items():
        config.update(name, value)
    reset_compilation_cache()
    _config["compilation_cache"] = place


def _jax(call: str) -> Any:
    """Import JAX, or raise RuntimeError if it is not the backend."""
    name = backend_name()
    if name != "jax":
        raise RuntimeError(
            f"{call} is for the JAX backend, and the backend is {name!r}; leave it out, or "
            "choose JAX with KERAS_BACKEND=jax before Keras is imported."
        )
    import jax

    return jax
