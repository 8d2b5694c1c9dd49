"""Memory that compiling a program leaves behind."""

from __future__ import annotations

import ctypes
import sys


def return_free_memory() -> None:
    """Give freed memory back to the system, where the C library can (glibc).

    XLA's compiler frees some 50 MB that the process would keep, and each worker of a
    parallel search with it.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
