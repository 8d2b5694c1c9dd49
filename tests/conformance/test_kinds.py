"""Every kind of estimator beside regressors and classifiers passes what applies of scikit-learn's
suite, and the list of that in docs is true."""

from pathlib import Path
from unittest import SkipTest

import pytest

from tests.conformance.kinds import FULL_BATCH, KINDS, name_of, page, passes
from tests.installed import SKLEARN

LIST = Path(__file__).parents[2] / "docs" / "conformance.md"
CHECKS = [
    pytest.param(name, number, id=f"{name}-{name_of(check)}-{number}")
    for name, kind in KINDS.items()
    for number, check in enumerate(kind.checks())
]


# Nothing is learned of random numbers in an epoch or two, not even where a target ends.
@pytest.mark.filterwarnings("ignore:.*did not end within max_length_")
@pytest.mark.parametrize(("name", "number"), CHECKS)
def test_scikit_learn_suite(name, number):
    kind = KINDS[name]
    check = kind.checks()[number]
    estimator = kind.make(**{"batch_size": None} if name_of(check) == FULL_BATCH else {})
    if name == "SequenceAnomalyDetector" and "outliers" not in name_of(check):
        estimator.set_params(epochs=3)  # fewer where no score is asked for
    if name_of(check) in kind.not_applicable:
        with pytest.raises((Exception, SkipTest)):
            check(estimator)
        return
    passes(check, estimator)


#: Other releases of scikit-learn have other checks.
NEWEST = pytest.mark.skipif(SKLEARN < (1, 9), reason="the list is of the checks of 1.9")


@NEWEST
@pytest.mark.parametrize("name", KINDS)
def test_what_is_called_not_applicable_is_a_check_of_the_suite(name):
    assert KINDS[name].not_applicable.keys() <= {name_of(c) for c in KINDS[name].checks()}


@NEWEST
def test_the_list_in_docs_is_true():
    assert LIST.read_text(encoding="utf-8") == page()
