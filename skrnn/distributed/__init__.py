"""Training of one model in several processes, of one machine or of many."""

from skrnn.distributed.fitting import fit

__all__ = ["fit"]
