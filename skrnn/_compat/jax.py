"""Private names of JAX and XLA: compiler options, and the cache of compiled programs."""

from __future__ import annotations

from typing import Any

#: Options of ``jax.jit`` for XLA's older CPU compiler, with fewer optimizations.
#: JAX documents the argument, but XLA does not document the options.
QUICK_COMPILATION: dict[str, Any] = {
    "xla_cpu_use_fusion_emitters": False,
    "xla_backend_optimization_level": 1,
}

#: Options for a user who has told JAX to leave out most optimizations.
QUICKEST_COMPILATION: dict[str, Any] = {
    "xla_cpu_use_fusion_emitters": False,
    "xla_backend_optimization_level": 0,
    "xla_cpu_parallel_codegen_split_count": 1,
}


def compiler_options(*, quickly: bool) -> dict[str, Any] | None:
    """Return the options of ``jax.jit`` for a program, compiled quickly or to run fast."""
    import jax

    if jax.default_backend() != "cpu":
        return None
    if disables_most_optimizations():
        return QUICKEST_COMPILATION
    return QUICK_COMPILATION if quickly else None


def disables_most_optimizations() -> bool:
    """Return whether the user has told JAX to leave out most optimizations."""
    import jax

    return bool(jax.config.read("jax_disable_most_optimizations"))


def reset_compilation_cache() -> None:
    """Make JAX read the folder of its compilation cache again, which it otherwise does once.

    The public option ``jax_compilation_cache_dir`` alone changes nothing after a compilation.
    """
    from jax.experimental.compilation_cache.compilation_cache import reset_cache

    reset_cache()
