"""Categorical covariates: columns of X whose categories are replaced by codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import pandas as pd

from skrnn._conversion import refuse_repeated_names
from skrnn.parameters import plain, validate
from skrnn.sequences.categories import Categories


class CodedFrame(pd.DataFrame):
    """X with codes in place of categories.

    sktime calls public methods with an X that a public method has read before; its class, which
    slices keep, tells that it has codes already.
    """

    @property
    def _constructor(self) -> type[CodedFrame]:
        return CodedFrame


@dataclass(frozen=True, eq=False)
class CategoricalCovariates:
    """Categorical columns of X, with the categories of each.

    Attributes
    ----------
    names : tuple
        Names of the columns.
    categories : Categories
        Their categories.
    """

    names: tuple[Any, ...]
    categories: Categories

    @classmethod
    def learn(cls, given: Any, X: Any) -> Self:
        """Return those of the X of a fit, none for another container than a DataFrame.

        Raises
        ------
        ValueError
            If a selected column does not exist, or holds values of different kinds.
        """
        if given is None or not isinstance(X, pd.DataFrame) or isinstance(X, CodedFrame):
            return cls((), Categories(given, 0, (), ()))
        found = Categories.of_frame(given, X)
        return cls(tuple(X.columns[list(found.columns)]), found)

    @property
    def sizes(self) -> dict[Any, int]:
        """Return the number of categories of each column."""
        return dict(zip(self.names, self.categories.sizes, strict=True))

    def places(self, columns: Sequence[Any]) -> dict[int, int]:
        """Return the positions of the categorical ones among columns, with their numbers."""
        sizes = self.sizes
        return {place: sizes[name] for place, name in enumerate(columns) if name in sizes}

    def encode(self, X: Any) -> Any:
        """Return X with codes; 0 for other categories than those of the fit, NaN if missing.

        Raises
        ------
        ValueError
            If a column has numbers where the fit had texts, or the other way round.
        """
        if isinstance(X, CodedFrame):
            return pd.DataFrame(X)  # sktime accepts no other class
        if not self.names or not isinstance(X, pd.DataFrame):
            return X
        codes = {
            name: self.categories.codes(number, X[name], f"column {name!r} of X")
            for number, name in enumerate(self.names)
            if name in X.columns
        }
        coded = X.copy(deep=False)
        for name, own in codes.items():
            coded[name] = own
        return coded

    def coded(self, X: Any) -> Any:
        """Return X with codes, marked so that these are not encoded again."""
        return self.marked(self.encode(X))

    def marked(self, X: Any) -> Any:
        """Return an X that was read, marked if it has codes."""
        return CodedFrame(X) if self.names and isinstance(X, pd.DataFrame) else X


def learn_categories(forecaster: Any, X: Any) -> CategoricalCovariates:
    """Return the categorical columns of the X of a first fit.

    Raises
    ------
    ValueError
        If a parameter is not valid, or `CategoricalCovariates.learn` refuses X.
    """
    validate(forecaster)
    if isinstance(X, pd.DataFrame):
        refuse_repeated_names(X, "X")
    return CategoricalCovariates.learn(plain(forecaster.categorical_covariates), X)
