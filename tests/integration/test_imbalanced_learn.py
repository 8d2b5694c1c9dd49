"""imbalanced-learn (https://imbalanced-learn.org): samplers before a classifier in its pipeline.
Its samplers take arrays with two dimensions: sequences of one feature as they are, others by a
`FunctionSampler` of the rows."""

import numpy as np
import pytest
from imblearn import FunctionSampler
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline

from skrnn import GRUClassifier
from tests.integration.data import X, y

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]  # of its own

RECIPE = "balanced_rows"
RARE = np.where(y > 2.5, "rare", "common")


def balanced_rows(X, y):
    """Return sequences and labels, those of the rarer label repeated."""
    rows = np.arange(len(X))[:, None]
    rows, y = RandomOverSampler(random_state=0).fit_resample(rows, y)
    return X[rows[:, 0]], y


@pytest.mark.parametrize("n_features", [1, 2])
def test_a_sampler_balances_the_training_set_alone(n_features):
    if n_features == 1:
        data, sampler = X[:, :, 0], RandomOverSampler(random_state=0)
    else:
        data, sampler = X, FunctionSampler(func=balanced_rows, validate=False)
    model = GRUClassifier(epochs=2, random_state=0)
    sampled = make_pipeline(sampler, model).fit(data, RARE)
    by_hand = GRUClassifier(epochs=2, random_state=0).fit(*balanced_rows(data, RARE))
    np.testing.assert_array_equal(sampled.predict_proba(data), by_hand.predict_proba(data))
    assert (RARE == "rare").mean() < 0.2
