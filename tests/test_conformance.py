"""Every estimator passes scikit-learn's own suite, with its default parameters."""

import numpy as np
import pytest
from sklearn.utils.estimator_checks import (
    check_estimator,
    check_sample_weight_equivalence_on_dense_data,
)

import skrnn
from tests.conftest import ESTIMATORS

#: Batches are drawn by row, so a row of weight 2 and two rows meet different batches.
MINI_BATCH = "check_sample_weight_equivalence_on_dense_data"


@pytest.mark.parametrize("name", ESTIMATORS)
def test_scikit_learn_suite(name):
    results = check_estimator(getattr(skrnn, name)(), on_fail=None, on_skip=None)
    not_passed = {
        result["check_name"]: result["exception"]
        for result in results
        if result["status"] != "passed"
    }
    not_passed.pop(MINI_BATCH, None)
    assert not_passed == {}
    assert len(results) > 55


@pytest.mark.parametrize("name", ESTIMATORS)
def test_a_weight_is_a_number_of_repeats_in_full_batches(name):
    check_sample_weight_equivalence_on_dense_data(name, getattr(skrnn, name)(batch_size=None))


@pytest.mark.parametrize("name", ESTIMATORS)
def test_no_tag_excuses_an_estimator(name):
    tags = getattr(skrnn, name)().__sklearn_tags__()
    assert not tags.non_deterministic
    assert not tags.no_validation
    assert not (tags.regressor_tags or tags.classifier_tags).poor_score


@pytest.mark.parametrize("name", ESTIMATORS)
def test_predictions_are_arrays_under_global_set_output(name):
    from sklearn import config_context

    X = np.random.default_rng(0).normal(size=(12, 4))
    y = np.arange(12) % 2
    with config_context(transform_output="pandas"):
        model = getattr(skrnn, name)(epochs=1).fit(X, y)
        assert isinstance(model.predict(X), np.ndarray)
