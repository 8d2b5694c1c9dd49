"""Categorical features of estimators: the parameter, and the categories of a fit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn.estimators.sequence_estimator import BaseSequenceEstimator
from skrnn.parameters import NONE, Domain, combination_check, one_of, parameter, plain
from skrnn.sequences.steps import feature_names

#: Documentation of the attribute of `CategoricalFeaturesMixin`.
CATEGORIES = """

    categories_ : dict of str or int to ndarray
        Sorted categories of each categorical feature, by its name, or by its position if X has no
        names. The input of an exported network has the code of a category in its place, which is
        its index plus 1, and 0 for another category.
"""


def _selects(value: Any) -> bool:
    """Return whether a value is a list of names, of positions, or a mask."""
    if not isinstance(value, list | tuple | np.ndarray):
        return False
    each = plain(value)
    if not isinstance(each, tuple):
        return False
    if all(isinstance(one, bool) for one in each) or all(isinstance(one, str) for one in each):
        return True
    return all(isinstance(one, int) and not isinstance(one, bool) and one >= 0 for one in each)


class CategoricalFeaturesMixin(BaseSequenceEstimator, place=2):
    """Let the network read categorical features, each as a learned vector."""

    categorical_features: Any = parameter(
        default="from_dtype",
        domain=one_of("from_dtype")
        | Domain(
            "a list of names, positions or booleans",
            _selects,
            types=("array-like of str, int or bool",),
        )
        | NONE,
        doc="""Features of a step that are categorical: the network reads a learned vector, an
        embedding, in place of each (Guo and Berkhahn, 2016, arXiv:1604.06737). "from_dtype"
        chooses the columns of frames that hold texts or have a categorical dtype; a list has
        names of columns, positions, or a boolean for each feature; None has none. A category that
        the fit did not have, or with ``missing="mask"`` a missing one, is a vector of zeros.""",
    )

    @combination_check
    def _refuse_categories_of_tokens(self) -> None:
        """Refuse categorical features beside tokens."""
        chosen = plain(self.categorical_features)
        if self.embedding_dim is not None and chosen not in ("from_dtype", None):
            raise ValueError(
                f"categorical_features={chosen!r} was given with embedding_dim, whose X holds "
                "token ids alone; leave one of them out."
            )

    @property
    def categories_(self) -> dict[str | int, NDArray[Any]]:
        """Return the sorted categories of each categorical feature, by name or position."""
        categories = self.network_.encoder.categories
        if categories is None:
            return {}
        names = feature_names(self, categories.n_features) or range(categories.n_features)
        pairs = zip(categories.columns, categories.values, strict=True)
        return {names[column]: values.copy() for column, values in pairs}
