"""A constant target is predicted exactly, until training continues with other values."""

import joblib
import numpy as np
import pytest

from skrnn import (
    GRURegressor,
    SequenceLabeler,
    SequenceTranslator,
    Stream,
    networks,
)
from skrnn.preprocessing.scaling import TargetScaling

X = np.random.default_rng(0).normal(size=(16, 5, 2))
SMALL = {"units": 2, "epochs": 1, "random_state": 0}
LAST = X[:, -1, 0]


def test_a_constant_is_predicted_exactly():
    model = GRURegressor(**SMALL).fit(X, np.full(16, 1.1))
    assert (model.predict(X) == 1.1).all()
    assert Stream(model).step(X[0, 0]) == 1.1


def test_a_constant_is_predicted_exactly_without_scaling():
    model = GRURegressor(scale_target=False, **SMALL).fit(X, np.full(16, 0.3))
    assert (model.predict(X) == 0.3).all()


def test_a_constant_column_leaves_the_others_as_they_are():
    y = np.stack([LAST, np.full(16, -7.0)], axis=1)
    predicted = GRURegressor(**SMALL).fit(X, y).predict(X)
    assert (predicted[:, 1] == -7.0).all()
    assert np.ptp(predicted[:, 0]) > 0


def test_rows_that_do_not_count_make_no_target_vary():
    y, weights = np.full(16, 2.0), np.ones(16)
    y[3], weights[3] = 9.0, 0.0
    assert (GRURegressor(**SMALL).fit(X, y, sample_weight=weights).predict(X) == 2.0).all()


def test_a_labeler_of_numbers_knows_a_constant():
    y = np.stack([X[:, :, 0], np.full((16, 5), 0.1)], axis=2)
    model = SequenceLabeler(
        network=networks.GRU(units=2), target_type="continuous", epochs=1, random_state=0
    ).fit(X, y)
    assert (model.predict(X)[..., 1] == 0.1).all()


def test_a_translator_to_numbers_knows_a_constant():
    model = SequenceTranslator(network=networks.GRU(units=2), epochs=1, random_state=0)
    model.fit(X, np.full((16, 3), 0.7))
    assert (model.predict(X) == 0.7).all()
    model.partial_fit(X, np.repeat(LAST[:, None], 3, axis=1))
    assert np.ptp(model.predict(X)) > 0


@pytest.mark.parametrize("unit", [1.0, 1e6])
def test_partial_fit_learns_once_the_target_varies(unit):
    model = GRURegressor(learning_rate=0.05, **SMALL)
    model.partial_fit(X, np.full(16, 5.0 * unit))
    y = unit * (5.0 + LAST)
    for _ in range(60):
        model.partial_fit(X, y)
    assert model.score(X, y) > 0.5


def test_a_warm_start_learns_once_the_target_varies():
    model = GRURegressor(units=4, epochs=60, warm_start=True, learning_rate=0.05, random_state=0)
    model.fit(X, np.full(16, 5.0))
    assert (model.predict(X) == 5.0).all()
    assert model.fit(X, 5.0 + LAST).score(X, 5.0 + LAST) > 0.5


def test_what_follows_a_constant_is_measured_on_all_that_was_seen():
    scaling = TargetScaling.learn(np.full((2, 2), [[1.0, 2.0]]), np.ones(2))
    more = scaling.with_more(np.array([[3.0, 2.0], [3.0, 2.0]]), np.ones(2))
    assert more.scaling.center.tolist() == [2.0, 2.0]
    assert more.scaling.scale.tolist() == [1.0, 1.0]
    assert more.decode(np.zeros((1, 2))).tolist() == [[2.0, 2.0]]
    assert more.decode(np.ones((1, 2))).tolist() == [[3.0, 2.0]]
    assert more.with_more(np.full((2, 2), 50.0), np.ones(2)).scaling.center[0] == 2.0


@pytest.mark.parametrize("size", [1e-200, 1e160, 1e300])
def test_targets_of_every_size_are_learned_alike(size):
    usual = GRURegressor(**SMALL).fit(X, LAST).predict(X)
    np.testing.assert_allclose(GRURegressor(**SMALL).fit(X, LAST * size).predict(X) / size, usual)


def test_a_prediction_beyond_float64_is_refused():
    scaling = TargetScaling.learn(np.array([[1.7e308], [-1.7e308]]), np.ones(2))
    assert scaling.decode(np.array([[0.5]]))[0, 0] == pytest.approx(0.85e308)
    with pytest.raises(ValueError, match="a prediction is beyond float64"):
        scaling.decode(np.array([[2.0]]))


def test_a_prediction_leaves_nothing_behind_in_the_estimator():
    model = GRURegressor(**SMALL).fit(X, LAST)
    before = joblib.hash(model)
    model.predict(X)
    assert joblib.hash(model) == before
