"""Canaries for the private names in skrnn/_compat/jax.py."""

from pathlib import Path
from tempfile import TemporaryDirectory

import jax
import numpy as np

from skrnn._compat import jax as compat
from tests.compat.canary import canary

CANARIES = []
OPTIONS = {
    "jax_persistent_cache_min_compile_time_secs": 0.0,
    "jax_persistent_cache_min_entry_size_bytes": -1,
}


@canary(
    CANARIES,
    "jax",
    lambda: compat.QUICK_COMPILATION,
    "xla_cpu_use_fusion_emitters",
    "Leave the option out of both dictionaries, or compile all sizes alike",
)
def options_of_the_compiler():
    on_cpu = jax.device_put(np.ones(3, np.float32), jax.devices("cpu")[0])
    for options in (compat.QUICK_COMPILATION, compat.QUICKEST_COMPILATION):
        double = jax.jit(lambda x: x * 2.0, compiler_options=options)
        assert np.asarray(double(on_cpu)).tolist() == [2.0, 2.0, 2.0]


@canary(
    CANARIES,
    "jax",
    lambda: type(jax.config),
    "read",
    "Leave out QUICKEST_COMPILATION",
)
def a_user_who_wants_few_optimizations():
    name = "jax_disable_most_optimizations"
    before = jax.config.read(name)
    try:
        jax.config.update(name, True)
        few = compat.compiler_options(quickly=False)
        jax.config.update(name, False)
        assert not compat.disables_most_optimizations()
        assert (few, compat.compiler_options(quickly=False)) == (compat.QUICKEST_COMPILATION, None)
    finally:
        jax.config.update(name, before)


@canary(
    CANARIES,
    "jax",
    "jax.experimental.compilation_cache.compilation_cache",
    "reset_cache",
    "Set the folder before anything is compiled, and refuse another compilation_cache afterwards",
)
def another_folder_for_compiled_programs():
    before = {name: getattr(jax.config, name) for name in ("jax_compilation_cache_dir", *OPTIONS)}
    with TemporaryDirectory() as folder:
        try:
            for name, value in OPTIONS.items():
                jax.config.update(name, value)
            for factor, part in enumerate(("first", "second"), start=2):
                place = Path(folder, part)
                place.mkdir()
                jax.config.update("jax_compilation_cache_dir", str(place))
                compat.reset_compilation_cache()
                jax.jit(lambda x, factor=factor: x * factor)(np.ones(3)).block_until_ready()
                assert any(place.iterdir())
        finally:
            for name, value in before.items():
                jax.config.update(name, value)
    compat.reset_compilation_cache()
