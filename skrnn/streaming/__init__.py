"""Streams: predictions step by step, as observations arrive."""

from skrnn.streaming.stream import Stream

__all__ = ["Stream"]
