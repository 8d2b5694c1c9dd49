"""A batch of sequences, read from every form a user may pass."""

from skrnn.sequences.reading import SequenceShape, check_shape, read_sequences
from skrnn.sequences.table import BLOCK, Sequences, pieces
from skrnn.sequences.windowing import make_windows
from skrnn.sequences.windows import Windows

__all__ = [
    "BLOCK",
    "SequenceShape",
    "Sequences",
    "Windows",
    "check_shape",
    "make_windows",
    "pieces",
    "read_sequences",
]
