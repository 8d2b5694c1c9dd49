"""Every estimator passes scikit-learn's own suite, with its default parameters.

But for the long tests, it trains for 50 epochs, and where a check asks for no score for 3.
"""

from contextlib import nullcontext

import numpy as np
import pytest
from sklearn.utils.estimator_checks import (
    check_sample_weight_equivalence_on_dense_data,
    estimator_checks_generator,
)

import skrnn
from tests.conformance.kinds import FULL_BATCH, name_of, passes
from tests.conftest import CLASSIFIERS, ESTIMATORS, REGRESSORS, all_optimizations

#: Checks that ask for accurate predictions, by a word of their name.
SCORED = ("_train", "_classes", "class_weight", "regressors_int")


def checks_of(names):
    """Return each check of the suite once for each estimator, but for that of full batches."""
    pairs = [
        pytest.param(name, number, id=f"{name}-{name_of(check)}-{number}")
        for name in names
        for number, check in enumerate(suite(name))
        if name_of(check) != FULL_BATCH
    ]
    assert len(pairs) >= 55 * len(names)
    return pairs


def suite(name):
    return [check for _, check in estimator_checks_generator(getattr(skrnn, name)())]


every_check = pytest.mark.parametrize(("name", "number"), checks_of([*REGRESSORS, *CLASSIFIERS]))


@every_check
def test_scikit_learn_suite(name, number):
    check = suite(name)[number]
    estimator = getattr(skrnn, name)()
    is_scored = any(word in name_of(check) for word in SCORED)
    estimator.set_params(epochs=50 if is_scored else 3)
    with all_optimizations() if is_scored else nullcontext():
        passes(check, estimator)


@pytest.mark.long
@every_check
def test_scikit_learn_suite_with_defaults_alone(name, number):
    with all_optimizations():
        passes(suite(name)[number], getattr(skrnn, name)())


@pytest.mark.parametrize("name", ESTIMATORS)
def test_a_weight_is_a_number_of_repeats_in_full_batches(name):
    check_sample_weight_equivalence_on_dense_data(
        name, getattr(skrnn, name)(batch_size=None, epochs=50)
    )


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
