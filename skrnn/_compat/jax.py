"""Private names of JAX and XLA: compiler options, and the cache of compiled programs."""

from __future__ import annotations

from typing import Any

#: Options of ``jax.jit`` for XLA's older CPU compiler, with fewer optimizations.
#: JAX documents the argument, but XLA does not document the options.
QUICK_COMPILATION: dict[str, Any] = {
    "xla_cpu_use_fusion_emitters": False,
    "xla_backend_optimization_level": 1,
}


def reset_compilation_cache() -> None:
    """Make JAX read the folder of its compilation cache again, which it otherwise does once.

    The public option ``jax_compilation_cache_dir`` alone changes nothing after a compilation.
    """
    from jax.experimental.compilation_cache.compilation_cache import reset_cache

    reset_cache()
