"""Which of scikit-learn's checks each kind of estimator takes, and the list of them in docs.

``python -m tests.kinds > docs/conformance.md`` writes the list anew; a test compares both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.utils.estimator_checks import estimator_checks_generator

from skrnn import SequenceLabeller, networks
from tests.conftest import ESTIMATORS

#: Batches are drawn by row, so a row of weight 2 and two rows meet different batches.
FULL_BATCH = "check_sample_weight_equivalence_on_dense_data"


class LabellerOfRows(SequenceLabeller):
    """A labeller that takes one label for each row, as the suite has it, for all its steps."""

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


def name_of(check: Any) -> str:
    """Return the name of a check."""
    return getattr(check, "func", check).__name__


SMALL = {"network": networks.GRU(units=4), "epochs": 2}

KINDS = {
    "SequenceLabeller": Kind(
        lambda **params: LabellerOfRows(**SMALL | params),
        how="a subclass that gives the label of a row to all its steps: the suite has one for a "
        "row, a labeller wants one for a step",
    ),
}


def page() -> str:
    """Return the list of all checks, as a page."""
    lines = [
        "# Checks of scikit-learn and sktime",
        "Every check of scikit-learn's suite (`sklearn.utils.estimator_checks`), for each kind of "
        "estimator: run, or not applicable with the reason. A check that is called not "
        "applicable is run as well, and has to fail; so no reason outlives itself. This list is "
        "written by `python -m tests.kinds`.",
        f"The regressors and classifiers ({', '.join(f'`{name}`' for name in ESTIMATORS)}) take "
        "all checks of their suites with their defaults "
        "([`test_conformance.py`](../tests/test_conformance.py)), the forecasters all of "
        "sktime's (`python -m pytest -m sktime_suite`).",
        f"`{FULL_BATCH}` is run with `batch_size=None` everywhere: batches are drawn by row, so "
        "that in smaller ones a row of weight 2 and two rows meet different batches.",
    ]
    for name, kind in KINDS.items():
        lines.append(f"## {name}")
        if kind.how:
            lines.append(f"Given to the suite: {kind.how}.")
        names = [name_of(check) for check in kind.checks()]
        table = ["| check | |", "| --- | --- |"]
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
