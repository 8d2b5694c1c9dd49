"""Chunks predicted in threads: their order, their errors, and how many are held."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joblib import cpu_count

from skrnn.engine.parallel_chunks import predict_in_threads


def total(x, lengths):
    return x + lengths


@given(values=st.lists(st.integers(-9, 9), max_size=40))
def test_the_outputs_come_in_the_order_of_the_chunks(values):
    chunks = ((np.array([value]), np.array([1])) for value in values)
    found = [output.tolist() for output in predict_in_threads(total, chunks)]
    assert found == [[value + 1] for value in values]


@given(n_chunks=st.integers(2, 40), failing=st.integers(0, 39))
def test_the_error_of_a_chunk_is_raised_and_the_next_prediction_works(n_chunks, failing):
    failing %= n_chunks

    def predict(x, lengths):
        if x == failing:
            raise MemoryError(f"chunk {x}")
        return total(x, lengths)

    before = []
    with pytest.raises(MemoryError, match=f"chunk {failing}"):
        before.extend(predict_in_threads(predict, ((n, 0) for n in range(n_chunks))))
    assert before == list(range(failing))
    assert list(predict_in_threads(total, [(1, 2), (3, 4), (5, 6)])) == [3, 7, 11]


def test_few_chunks_are_held_at_once():
    n_read = 0

    def chunks():
        nonlocal n_read
        for n in range(100):
            n_read += 1
            yield n, 0

    for n_done, _ in enumerate(predict_in_threads(total, chunks())):
        assert n_read - n_done <= 2 * cpu_count() + 1
    assert n_read == 100


def test_no_chunk_is_still_computed_after_an_error():
    started, ended = [], []

    def predict(x, lengths):
        started.append(x)
        if x == 0:
            raise MemoryError
        time.sleep(0.05)
        ended.append(x)

    with pytest.raises(MemoryError):
        list(predict_in_threads(predict, ((n, 0) for n in range(8))))
    assert len(started) == len(ended) + 1
