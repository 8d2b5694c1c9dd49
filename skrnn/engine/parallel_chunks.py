"""Parallel predictions of chunks of sequences, in a thread for each core."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache
from itertools import islice, starmap
from typing import Any

from joblib import cpu_count
from numpy.typing import NDArray


def predict_in_threads(
    predict: Callable[[Any, Any], NDArray[Any]], chunks: Iterable[tuple[Any, Any]]
) -> Iterator[NDArray[Any]]:
    """Yield the outputs for each chunk, in order; a single chunk is predicted in this thread.

    Parameters
    ----------
    predict : callable
        Function that returns the outputs for x and lengths, safe to call in several threads.
    chunks : iterable of tuple
        x and lengths of each chunk; at most two for each core, and one more, are held in memory.
    """
    chunks = iter(chunks)
    first = list(islice(chunks, 2))
    if len(first) < 2:
        yield from starmap(predict, first)
        return
    n_threads = cpu_count()
    threads, pending = _threads(n_threads), deque[Future[NDArray[Any]]]()
    try:
        pending.extend(threads.submit(predict, *chunk) for chunk in first)
        for chunk in chunks:
            pending.append(threads.submit(predict, *chunk))
            if len(pending) > 2 * n_threads:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        for future in pending:
            future.cancel()
        wait(pending)  # after an error, no thread still computes when the caller goes on


@cache
def _threads(n_threads: int) -> ThreadPoolExecutor:
    """Return the threads, the same for all predictions, since TensorFlow never frees their state.

    A forked process, which would lack them, is refused before it predicts.
    """
    return ThreadPoolExecutor(n_threads)
