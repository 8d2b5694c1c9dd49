"""Every forecaster passes sktime's own suite, nothing skipped and nothing excluded.

It takes minutes, so it runs where it is asked for: ``python -m pytest -m sktime_suite``.
"""

import warnings

import numpy as np
import pandas as pd
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


class CategoricalForecaster(skrnn.GRUForecaster):
    """A forecaster that takes the numbers of X as categories, and adds one of each series.

    Examples
    --------
    >>> from tests.conformance.test_sktime import CategoricalForecaster
    >>> CategoricalForecaster().get_params()["categorical_covariates"]
    'from_dtype'
    """

    def _read_data(self, X=None, y=None, **options):
        if isinstance(X, pd.DataFrame) and "kind" not in X:  # sktime passes it on to other methods
            bounds = [-np.inf, -0.5, 0.5, np.inf]
            known = X.apply(pd.cut, bins=bounds, labels=["low", "middle", "high"])
            instances = X.index.get_level_values(0) if X.index.nlevels > 1 else "the only one"
            X = known.assign(kind=instances).astype({"kind": str})
        return super()._read_data(X=X, y=y, **options)

    def _learn(self, y, X, fh):
        self.static_covariates = None if X is None else ["kind"]
        try:
            return super()._learn(y, X, fh)
        finally:
            self.static_covariates = None


@pytest.mark.sktime_suite
@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("name", [*FORECASTERS, "CategoricalForecaster"])
def test_sktime_suite(name, check):
    forecaster = CategoricalForecaster if name not in FORECASTERS else getattr(skrnn, name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the suite meets sktime's own deprecations
        results = check_estimator(forecaster, tests_to_run=check, verbose=False)
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


def test_numbers_become_categories_of_times_and_of_series():
    index = pd.MultiIndex.from_product([["a", "b"], range(20)])
    numbers = np.random.default_rng(0).normal(size=(40, 2))
    y, X = pd.DataFrame(numbers[:, :1], index), pd.DataFrame(numbers[:, 1:], index, ["x"])
    params = CategoricalForecaster.get_test_params()[0]
    model = CategoricalForecaster(**params).fit(y, X, fh=[1])
    encoder = model.network_.encoder
    assert (encoder.roles.known, encoder.roles.static) == (("x",), ("kind",))
    sizes = encoder.categories.places(encoder.roles.known), encoder.categories.places(("kind",))
    assert sizes == ({0: 3}, {0: 2})
