"""The number of weights and the table of layers of a fitted network."""

from itertools import pairwise

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from skrnn import SequenceForecaster
from skrnn.datasets import load_airline
from tests.conftest import make


@pytest.mark.parametrize("units", [3, (3, 5)])
def test_the_number_of_weights_is_that_of_the_formula(cube, y, units):
    model = make("GRURegressor", epochs=1, units=units, linear_skip=False).fit(cube, y)
    sizes = [2, *np.atleast_1d(units)]
    layers = [3 * n * (before + n + 2) for before, n in pairwise(sizes)]
    assert model.n_parameters_ == sum(layers) + sizes[-1] + 1
    text = model.summary()
    assert f"Total params: {model.n_parameters_:,}" in text
    assert all(f" {size:,} " in text for size in (*layers, sizes[-1] + 1))
    assert text.count("(GRU)") == len(layers)


def test_of_several_networks_it_is_one(cube, y):
    one, two = (make("GRURegressor", epochs=1, n_networks=n).fit(cube, y) for n in (1, 2))
    assert one.n_parameters_ == two.n_parameters_
    assert f"Total params: {two.n_parameters_:,}" in two.summary()


def test_a_summary_leaves_the_fit_as_it_was(cube, y):
    model = make("GRURegressor", epochs=1).fit(cube, y)
    before = model.predict(cube)
    model.summary()
    np.testing.assert_array_equal(model.predict(cube), before)


def test_a_forecaster_has_a_summary():
    model = SequenceForecaster(network="dense", epochs=1).fit(load_airline(), fh=[1])
    assert "(Dense)" in model.summary()
    assert f"Total params: {model.n_parameters_:,}" in model.summary()


def test_an_estimator_without_a_fit_has_none():
    with pytest.raises(NotFittedError, match="GRURegressor has no layers before it is fitted"):
        make("GRURegressor").summary()
    assert not hasattr(make("GRURegressor"), "n_parameters_")
