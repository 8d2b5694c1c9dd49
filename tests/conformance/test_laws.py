"""Laws of every estimator, whatever the data: batches, order, padding, seeds."""

import functools
import random

import keras
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import ESTIMATORS, make, targets

N = 24
rows_of = st.lists(st.integers(0, N - 1), min_size=1, max_size=40)
every_estimator = pytest.mark.parametrize("name", ESTIMATORS)


@functools.cache
def sequences():
    generator = np.random.default_rng(1)
    return [generator.normal(size=(n, 2)) for n in generator.integers(3, 13, size=N)]


@functools.cache
def fitted(name):
    return make(name).fit(sequences(), targets(name, sequences()))


def numbers(model, X):
    """Return what a model predicts as numbers."""
    return model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)


def assert_same(a, b):
    np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)


@every_estimator
@settings(max_examples=25, deadline=None)
@given(rows=rows_of)
def test_a_prediction_depends_on_no_other_sequence_nor_on_order(name, rows):
    X = sequences()
    together = numbers(fitted(name), X)
    assert_same(numbers(fitted(name), [X[row] for row in rows]), together[rows])


@every_estimator
@settings(max_examples=5, deadline=None)
@given(longest=st.integers(13, 40))
def test_a_prediction_does_not_depend_on_padding(name, longest):
    X = sequences()
    beside = np.zeros((longest, 2))
    assert_same(numbers(fitted(name), [*X, beside])[:-1], numbers(fitted(name), X))


@every_estimator
@settings(max_examples=5, deadline=None)
@given(batch_size=st.integers(1, 100) | st.none())
def test_a_prediction_does_not_depend_on_batch_size(name, batch_size):
    model, X = fitted(name), sequences()
    expected = numbers(model, X)
    np.testing.assert_array_equal(numbers(model.set_params(batch_size=batch_size), X), expected)


@every_estimator
def test_the_same_seed_gives_the_same_weights_whatever_ran_before(name):
    X = sequences()
    y = targets(name, X)
    first = make(name, dropout=0.3) if "network" not in make(name).get_params() else make(name)
    again = type(first)(**first.get_params(deep=False))
    first.fit(X, y)
    make(name, random_state=5, learning_rate=0.1).fit(X[:9], y[:9])
    again.fit(X, y)
    for a, b in zip(first.weights_, again.weights_, strict=True):
        np.testing.assert_array_equal(a, b)
    other = type(first)(**first.get_params(deep=False) | {"random_state": 1}).fit(X, y)
    assert any((a != b).any() for a, b in zip(first.weights_, other.weights_, strict=True))


@every_estimator
def test_an_integer_seed_touches_no_global_random_state(name):
    X = sequences()
    before = global_random_states()
    make(name, early_stopping=True).fit(X, targets(name, X)).predict(X)
    assert repr(global_random_states()) == repr(before)


def global_random_states():
    states = [random.getstate(), np.random.get_state()]
    from keras.src.backend.common import global_state

    seeds = global_state.get_global_attribute("global_seed_generator")
    states.append(None if seeds is None else np.array(seeds.state))
    if keras.backend.backend() == "torch":
        import torch

        states.append(torch.get_rng_state().tolist())
    return states


@every_estimator
def test_no_seed_draws_from_numpys_global_generator(name):
    X = sequences()
    y = targets(name, X)
    runs = []
    for _ in range(2):
        np.random.seed(3)
        runs.append(make(name, random_state=None, epochs=1).fit(X, y).weights_)
    for a, b in zip(*runs, strict=True):
        np.testing.assert_array_equal(a, b)


@every_estimator
def test_predict_changes_nothing(name):
    model = fitted(name)
    before = dict(vars(model))
    model.predict(sequences())
    assert vars(model) == before


@every_estimator
@pytest.mark.parametrize("as_panel", [False, True])
def test_every_form_of_the_same_sequences_predicts_the_same(name, as_panel):
    model, X = fitted(name), sequences()
    frames = [pd.DataFrame(sequence) for sequence in X]
    objects = np.empty(len(X), dtype=object)
    objects[:] = frames
    given_as = pd.concat(dict(enumerate(frames))) if as_panel else objects
    np.testing.assert_array_equal(numbers(model, given_as), numbers(model, X))
