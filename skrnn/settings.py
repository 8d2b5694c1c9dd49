"""What a user may set about JAX: the number of CPU devices, a folder for compiled programs."""

from __future__ import annotations

import os
from numbers import Integral
from pathlib import Path
from typing import Any

from skrnn._backend import backend_name

#: The environment variable that names the folder of `set_compilation_cache`.
CACHE_VARIABLE = "SKRNN_COMPILATION_CACHE"


def set_cpu_devices(n: int) -> None:
    """Train on ``n`` CPU devices of JAX, each of which takes its part of every batch.

    Call it once, at the top of a script, before anything computes with JAX. It holds for this
    process alone: the workers of ``n_jobs`` keep one device each, as it should be where they
    share the cores among themselves. For the JAX backend only.

    Parameters
    ----------
    n : int
        The number of devices, at most the number of cores to gain from it.

    Raises
    ------
    ValueError
        If ``n`` is not an int of at least 1.
    RuntimeError
        If the backend is not JAX, or JAX already runs with another number of devices.

    Examples
    --------
    At the top of a script::

        import skrnn

        skrnn.set_cpu_devices(2)
    """
    if isinstance(n, bool) or not isinstance(n, Integral) or n < 1:
        raise ValueError(f"set_cpu_devices takes an int of at least 1, not {n!r}.")
    jax = _jax("set_cpu_devices")
    try:
        jax.config.update("jax_num_cpu_devices", int(n))
    except RuntimeError as error:
        running = len(jax.devices("cpu"))
        if running != n:
            raise RuntimeError(
                f"JAX already runs, with {running} CPU device(s), which can no longer change; "
                f"call set_cpu_devices({n}) at the top of the script, before anything computes "
                "with JAX."
            ) from error


def set_compilation_cache(folder: str | os.PathLike[str]) -> None:
    """Keep compiled programs in a folder, where later processes find them.

    A process that fits what another has fitted before then compiles nothing. The call holds
    for this process. To have the workers of ``n_jobs`` use the folder too, name it in the
    environment variable ``SKRNN_COMPILATION_CACHE`` instead, which they inherit; it is read
    when the first network is built, does nothing on a backend other than JAX, and gives way
    to JAX's own ``JAX_COMPILATION_CACHE_DIR``.

    Everything that JAX compiles is kept, however small. Programs are kept apart by the version
    of JAX and by what the processor can do; nothing is ever deleted. Whoever can write into the
    folder can have their code run by your process: a folder that is made here is yours alone, and
    one that is there already should be.

    Parameters
    ----------
    folder : str or path
        Where to keep the programs; made if need be. The last call counts.

    Raises
    ------
    OSError
        If the folder is not there and cannot be made.
    RuntimeError
        If the backend is not JAX.

    Examples
    --------
    For this process, in Python::

        skrnn.set_compilation_cache("~/.cache/skrnn")

    For this process and its workers, in the shell::

        export SKRNN_COMPILATION_CACHE=~/.cache/skrnn
    """
    jax = _jax("set_compilation_cache")
    from jax.experimental.compilation_cache.compilation_cache import reset_cache

    place = Path(folder).expanduser().resolve()
    place.mkdir(mode=0o700, parents=True, exist_ok=True)  # no one else's code is run from it
    jax.config.update("jax_compilation_cache_dir", str(place))
    # JAX would keep only what took a second to compile, which most of our programs do not.
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    reset_cache()  # JAX looks for its folder once, at what it compiles first


def follow_environment() -> None:
    """Use the folder for compiled programs that the environment names, if JAX has none."""
    folder = os.environ.get(CACHE_VARIABLE)
    if folder and backend_name() == "jax":
        import jax

        if jax.config.jax_compilation_cache_dir is None:
            set_compilation_cache(folder)


def _jax(function: str) -> Any:
    """Import JAX, or raise RuntimeError if it is not the backend."""
    name = backend_name()
    if name != "jax":
        raise RuntimeError(
            f"{function} is for the JAX backend, and the backend is {name!r}; leave it out, or "
            "choose JAX with KERAS_BACKEND=jax before Keras is imported."
        )
    import jax

    return jax
