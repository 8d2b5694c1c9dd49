"""Two threads that fit one estimator never mix its attributes."""

import copy
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, clone

from skrnn import GRUForecaster
from skrnn._rollback import after_success, rollback_on_error, rollback_prediction_on_error
from tests.conftest import make, targets


class Slow(BaseEstimator):
    """Set one attribute, wait for the others to have done so, and set the next one."""

    def __init__(self, alpha=1):
        self.alpha = alpha

    @rollback_on_error
    def fit(self, name, wait, optional=False):
        self.first_ = name
        if optional:
            self.optional_ = name
        wait()
        self.second_ = name
        return self

    @rollback_prediction_on_error
    def predict(self, name, wait):
        self.latest_ = name
        wait()
        return self.first_


@pytest.mark.parametrize("optional", ["a", "b"])
def test_what_two_threads_leave_is_one_whole_fit(optional):
    model, barrier = Slow(), threading.Barrier(2, timeout=60)
    with ThreadPoolExecutor(2) as pool:
        fits = [pool.submit(model.fit, n, barrier.wait, n == optional) for n in "ab"]
        assert all(fit.result() is model for fit in fits)
    assert model.first_ == model.second_
    assert hasattr(model, "optional_") == (model.first_ == optional)


def test_nothing_of_a_fit_is_seen_before_its_end():
    model = Slow().fit("old", lambda: None, optional=True)
    seen = []
    model.fit("new", lambda: seen.append(dict(vars(model))))
    assert seen == [{"alpha": 1, "first_": "old", "optional_": "old", "second_": "old"}]
    assert vars(model) == {"alpha": 1, "first_": "new", "optional_": "old", "second_": "new"}


def test_what_a_fit_defers_is_done_once_it_has_succeeded():
    class Deferring(BaseEstimator):
        @rollback_on_error
        def fit(self, seen, fails=False):
            after_success(self, lambda: seen.append(dict(vars(model))))
            self.first_ = "a"
            if fails:
                raise KeyboardInterrupt
            return self

    model, seen = Deferring(), []
    with pytest.raises(KeyboardInterrupt):
        model.fit(seen, fails=True)
    assert seen == []
    model.fit(seen)
    assert seen == [{"first_": "a"}] == [vars(model)]


def test_a_parameter_set_while_a_fit_runs_stays():
    model = Slow()
    model.fit("a", lambda: model.set_params(alpha=2))
    assert vars(model) == {"alpha": 2, "first_": "a", "second_": "a"}


def test_an_attribute_of_the_users_own_that_is_set_while_a_fit_runs_stays():
    model = Slow()
    model.fit("a", lambda: setattr(model, "epochs_seen", 3))
    assert vars(model) == {"alpha": 1, "first_": "a", "second_": "a", "epochs_seen": 3}


def test_a_prediction_leaves_a_fit_that_ends_meanwhile_in_place():
    model = Slow().fit("old", lambda: None)
    assert model.predict("step", lambda: model.fit("new", lambda: None)) == "old"
    assert vars(model) == {"alpha": 1, "first_": "new", "second_": "new", "latest_": "step"}


def test_a_prediction_that_fails_is_not_seen():
    model = Slow().fit("old", lambda: None)
    before = dict(vars(model))
    with pytest.raises(KeyboardInterrupt):
        model.predict("step", lambda: (_ for _ in ()).throw(KeyboardInterrupt))
    assert vars(model) == before


def test_a_forecast_leaves_a_fit_that_ends_meanwhile_in_place():
    y = pd.Series(np.sin(np.arange(30.0)))
    model = GRUForecaster(units=2, window_length=4, epochs=1, random_state=0).fit(y[:20], fh=[1])
    expected = model.clone().fit(y, fh=[1]).predict()

    class During(GRUForecaster):
        def _predict(self, fh, X=None):
            forecasts = super()._predict(fh, X)
            model.fit(y, fh=[1])
            return forecasts

    model.__class__ = During
    assert model.predict(fh=[2]).index.tolist() == [21]
    model.__class__ = GRUForecaster
    assert model.cutoff[0] == 29
    pd.testing.assert_series_equal(model.predict(fh=[1]), expected)


def test_a_fit_that_fails_is_not_seen():
    model = Slow().fit("old", lambda: None)
    before = dict(vars(model))
    with pytest.raises(KeyboardInterrupt):
        model.fit("new", lambda: (_ for _ in ()).throw(KeyboardInterrupt))
    assert vars(model) == before


def test_two_shapes_fitted_at_once_leave_an_estimator_that_predicts_one_of_them(cube):
    y = targets("GRURegressor", cube)
    data = {2: cube, 1: cube[..., :1]}
    expected = {n: make("GRURegressor").fit(X, y) for n, X in data.items()}
    model = make("GRURegressor")
    with ThreadPoolExecutor(4) as pool:
        for fit in [pool.submit(model.fit, data[1 + n % 2], y) for n in range(8)]:
            assert fit.result() is model
    won = expected[model.n_features_in_]
    for one, other in zip(model.weights_, won.weights_, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)
    X = data[model.n_features_in_]
    copies = [copy.deepcopy(model), pickle.loads(pickle.dumps(model)), clone(model).fit(X, y)]
    for one in (model, *copies):
        np.testing.assert_allclose(one.predict(X), won.predict(X), rtol=1e-6, atol=1e-7)
