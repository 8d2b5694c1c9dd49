"""Representation of estimators in a notebook, for any values of parameters."""

import numpy as np
import pytest

import skrnn
from tests.conftest import ESTIMATORS, FORECASTERS
from tests.installed import SKLEARN

NAMED = [name for name in [*ESTIMATORS, *FORECASTERS] if not name.startswith(("Sequence", "TCN"))]


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("units", [[2, 2], (2, 2), None, "many"])
def test_an_estimator_is_shown_with_any_value_of_a_parameter(name, units):
    model = getattr(skrnn, name)(units=units)
    assert "units" in model._repr_html_()
    assert "fit" in dir(model)


def test_a_fitted_estimator_of_several_layers_is_shown():
    X = np.random.default_rng(0).normal(size=(8, 5, 2))
    model = skrnn.GRURegressor(units=[2, 2], epochs=1).fit(X, X[:, -1, 0])
    if SKLEARN >= (1, 8):  # older releases show no fitted attributes
        assert "n_iter_" in model._repr_html_()
    assert [weight.shape for weight in model.weights_][:2] == [(2, 6), (2, 6)]
