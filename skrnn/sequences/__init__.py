"""Sequences of steps, read from every accepted form of X."""

from skrnn.sequences.reading import (
    LAYOUT,
    N_CHANNELS,
    InputFormat,
    SequenceShape,
    check_finite,
    check_shape,
    checked_blocks,
    read_sequences,
)
from skrnn.sequences.table import BLOCK, Sequences, pieces
from skrnn.sequences.windowing import make_windows
from skrnn.sequences.windows import Windows

__all__ = [
    "BLOCK",
    "LAYOUT",
    "N_CHANNELS",
    "InputFormat",
    "SequenceShape",
    "Sequences",
    "Windows",
    "check_finite",
    "check_shape",
    "checked_blocks",
    "make_windows",
    "pieces",
    "read_sequences",
]
