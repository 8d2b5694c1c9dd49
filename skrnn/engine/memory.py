"""Release of the memory that compilation leaves behind."""

from __future__ import annotations

import ctypes
import sys


def return_free_memory() -> None:
    """Return freed memory to the operating system, with glibc only.

    XLA's compiler leaves some 50 MB in the process, and in each worker of a parallel search.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
