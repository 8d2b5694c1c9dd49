"""Checks of scikit-learn's suite that each kind of estimator takes, and their list in docs.

``python -m tests.conformance.kinds > docs/conformance.md`` regenerates the list; a test compares
both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from unittest import SkipTest

import numpy as np
import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator

from skrnn import (
    SequenceAnomalyDetector,
    SequenceGenerator,
    SequenceLabeler,
    SequenceTranslator,
    networks,
)
from tests.conftest import ESTIMATORS

#: Batches are drawn by row, so a row of weight 2 and two rows meet different batches.
FULL_BATCH = "check_sample_weight_equivalence_on_dense_data"


class LabelerOfRows(SequenceLabeler):
    """A labeler that takes one label for each row, as the suite has it, for all its steps."""

    def fit(self, X, y, sample_weight=None):
        return super().fit(X, self._at_every_step(X, y), sample_weight)

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        return super().partial_fit(X, self._at_every_step(X, y), classes, sample_weight)

    def score(self, X, y, sample_weight=None):
        return super().score(X, self._at_every_step(X, y), sample_weight)

    @staticmethod
    def _at_every_step(X, y):
        rows = None if y is None else np.asarray(y)
        if rows is None or rows.ndim != 1 or len(np.shape(np.asarray(X))) < 2:
            return y
        return np.repeat(rows[:, None], np.asarray(X).shape[1], axis=1)


class GeneratorOfRows(SequenceGenerator):
    """A generator that says to take tables of numbers, so that the suite is not cut short."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        return tags


@dataclass(frozen=True)
class Kind:
    """A kind of estimator before scikit-learn's suite.

    Attributes
    ----------
    make : callable
        Returns an estimator of a small network.
    how : str
        What the suite is given, where that is not the class as it stands.
    not_applicable : dict of str to str
        Checks that ask for what this kind does not have, and what that is.
    """

    make: Callable[..., Any]
    how: str = ""
    not_applicable: Mapping[str, str] = field(default_factory=dict)

    def checks(self) -> list[Any]:
        """Return the checks of the suite."""
        return [check for _, check in estimator_checks_generator(self.make())]


def passes(check: Any, estimator: Any) -> None:
    """Run a check, which may not skip itself."""
    try:
        check(estimator)
    except SkipTest as reason:
        pytest.fail(f"{name_of(check)} skipped itself: {reason}")


def name_of(check: Any) -> str:
    """Return the name of a check."""
    return getattr(check, "func", check).__name__


def labeler(**params: Any) -> Any:
    """Return a small labeler."""
    return LabelerOfRows(network=networks.RNN(units=4), epochs=2, **params)


def detector(**params: Any) -> Any:
    """Return a detector, with the network and the epochs that are its default."""
    return SequenceAnomalyDetector(**params)


def translator(**params: Any) -> Any:
    """Return a small translator."""
    small = {"network": networks.RNN(units=4), "embedding_dim": 2, "epochs": 1}
    return SequenceTranslator(**small | params)


def generator(**params: Any) -> Any:
    """Return a small generator."""
    small = {"network": networks.GRU(units=3), "embedding_dim": 2, "epochs": 1}
    return GeneratorOfRows(**small | params)


_LISTS = (
    "integer y are tokens, and predictions are lists of different lengths, which the check "
    "converts to an array"
)
_NO_TABLE = (
    "X is a table of numbers in this check, and a generator takes texts, tokens or piano rolls"
)

KINDS = {
    "SequenceLabeler": Kind(
        labeler,
        how="a subclass that repeats the label of a row at all its steps, because the suite has "
        "one label per row and a labeler needs one per step",
    ),
    "SequenceAnomalyDetector": Kind(detector),
    "SequenceTranslator": Kind(
        translator,
        not_applicable=dict.fromkeys(
            (
                "check_estimators_pickle",
                "check_fit_idempotent",
                "check_methods_sample_order_invariance",
                "check_methods_subset_invariance",
                FULL_BATCH,
            ),
            _LISTS,
        ),
    ),
    "SequenceGenerator": Kind(
        generator,
        how="a subclass whose tags declare tables of numbers as input, because the suite stops "
        "early for the class itself, which does not accept them",
        not_applicable=dict.fromkeys(
            (
                "check_all_zero_sample_weights_error",
                "check_array_api_input",
                "check_complex_data",
                "check_dict_unchanged",
                "check_dont_overwrite_parameters",
                "check_dtype_object",
                "check_estimator_sparse_array",
                "check_estimator_sparse_matrix",
                "check_estimator_sparse_tag",
                "check_estimators_dtypes",
                "check_estimators_empty_data_messages",
                "check_estimators_fit_returns_self",
                "check_estimators_nan_inf",
                "check_estimators_overwrite_params",
                "check_estimators_pickle",
                "check_f_contiguous_array_estimator",
                "check_fit1d",
                "check_fit2d_1feature",
                "check_fit2d_1sample",
                "check_fit2d_predict1d",
                "check_fit_check_is_fitted",
                "check_fit_idempotent",
                "check_fit_score_takes_y",
                "check_methods_sample_order_invariance",
                "check_methods_subset_invariance",
                "check_n_features_in",
                "check_n_features_in_after_fitting",
                "check_pipeline_consistency",
                "check_positive_only_tag_during_fit",
                "check_readonly_memmap_input",
                FULL_BATCH,
                "check_sample_weights_list",
                "check_sample_weights_not_overwritten",
                "check_sample_weights_pandas_series",
            ),
            _NO_TABLE,
        ),
    ),
}


def page() -> str:
    """Return the list of all checks, as a page."""
    lines = [
        "# Conformance",
        "This page lists every check of scikit-learn's suite (`sklearn.utils.estimator_checks`) "
        "for each kind of estimator: run, or not applicable with the reason. Checks listed as not "
        "applicable are run as well and must fail, so exemptions cannot go stale. The page is "
        "generated by `python -m tests.conformance.kinds`.",
        f"The regressors and classifiers ({', '.join(f'`{name}`' for name in ESTIMATORS)}) pass "
        "all checks of their suites with default parameters "
        "([`test_scikit_learn.py`](../tests/conformance/test_scikit_learn.py)), and the "
        "forecasters all of sktime's (`python -m pytest -m sktime_suite`).",
        f"`{FULL_BATCH}` is always run with `batch_size=None`: mini-batches are drawn by row, so "
        "a row of weight 2 and two rows are in different batches.",
    ]
    for name, kind in KINDS.items():
        lines.append(f"## {name}")
        if kind.how:
            lines.append(f"Checked: {kind.how}.")
        names = [name_of(check) for check in kind.checks()]
        table = ["| check | status |", "| --- | --- |"]
        for check in dict.fromkeys(names):
            times = f", {names.count(check)} times" if names.count(check) > 1 else ""
            reason = kind.not_applicable.get(check)
            table.append(
                f"| `{check}` | {f'not applicable: {reason}' if reason else 'run' + times} |"
            )
        lines.append("\n".join(table))
    return "\n\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")
