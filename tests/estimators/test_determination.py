"""R2 is scale-free: numbers whose squares leave float64 score like others."""

import numpy as np
import pytest
from sklearn.metrics import r2_score

from skrnn import GRURegressor
from skrnn.estimators.determination import r2

RNG = np.random.default_rng(0)
TRUE, PREDICTED = RNG.normal(size=(2, 20, 2))
WEIGHTS = RNG.uniform(1, 2, size=20)


@pytest.mark.parametrize("unit", [2.0**1000, 2.0**-1000, [2.0**900, 2.0**-900], [1.0, 2.0**-700]])
def test_r2_is_the_same_in_every_unit(unit):
    expected = r2_score(TRUE, PREDICTED, sample_weight=WEIGHTS)
    assert r2(TRUE * unit, PREDICTED * unit, WEIGHTS) == expected


def test_targets_that_were_never_near_the_predictions_have_a_finite_score():
    X = RNG.normal(size=(6, 5, 2))
    model = GRURegressor(units=2, epochs=1, random_state=0).fit(X, X[:, -1, 0])
    far = 1e300 * X[:, -1, 0]
    expected = r2_score(X[:, -1, 0], np.zeros(6))
    assert model.score(X, far) == pytest.approx(expected, rel=1e-12)
