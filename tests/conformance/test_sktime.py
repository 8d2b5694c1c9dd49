"""Every forecaster passes sktime's own suite, nothing skipped and nothing excluded.

It takes minutes, so it runs where it is asked for: ``python -m pytest -m sktime_suite``.
"""

import warnings

import pytest
from sktime.forecasting.tests import test_all_forecasters as for_forecasters
from sktime.tests import test_all_estimators as for_all
from sktime.tests._config import EXCLUDED_TESTS
from sktime.utils.estimator_checks import check_estimator

import skrnn
from tests.conftest import FORECASTERS

# By their modules, or pytest would collect them here.
SUITES = (for_all.TestAllObjects, for_all.TestAllEstimators, for_forecasters.TestAllForecasters)
CHECKS = sorted({name for suite in SUITES for name in dir(suite) if name.startswith("test_")})


@pytest.mark.sktime_suite
@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("name", FORECASTERS)
def test_sktime_suite(name, check):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the suite meets sktime's own deprecations
        results = check_estimator(getattr(skrnn, name), tests_to_run=check, verbose=False)
    # What skips itself is not "PASSED" either.
    failed = {case: result for case, result in results.items() if result != "PASSED"}
    assert not failed, next(iter(failed.items()))
    assert results


@pytest.mark.parametrize("name", FORECASTERS)
def test_no_tag_or_list_excuses_a_forecaster(name):
    forecaster = getattr(skrnn, name)
    assert name not in EXCLUDED_TESTS
    assert not forecaster.get_class_tag("tests:skip_all", False)
    assert not forecaster.get_class_tag("tests:skip_by_name", None)


@pytest.mark.parametrize("name", FORECASTERS)
def test_the_settings_tried_cover_each_strategy_and_kind_of_forecast(name):
    tried = getattr(skrnn, name).get_test_params()
    assert {one.get("strategy", "direct") for one in tried} == {"direct", "recursive", "seq2seq"}
    assert {one.get("loss", "mae") for one in tried} == {"mae", "quantile", "gaussian"}


def test_the_suite_is_as_large_as_it_was_known_to_be():
    assert len(CHECKS) >= 76
