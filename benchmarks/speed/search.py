"""Randomized search of speed.py: the parameters of a candidate, and the search itself."""

from __future__ import annotations

from typing import Any

import data
from choice import Work
from sklearn.base import BaseEstimator, RegressorMixin


class Candidate(RegressorMixin, BaseEstimator):
    """The least that makes a network a scikit-learn estimator; a subclass fits and predicts."""

    def __init__(
        self,
        units: int = 16,
        dropout: float = 0.0,
        learning_rate: float = 0.01,
        epochs: int = 30,
    ) -> None:
        self.units = units
        self.dropout = dropout
        self.learning_rate = learning_rate
        self.epochs = epochs


def grid_search(model: Any, n_jobs: int | None = None) -> Work:
    """Return the search over the grid, ``n_jobs`` processes at a time."""
    from sklearn.model_selection import GridSearchCV

    X, y = data.small_sequences()
    grid = GridSearchCV(model, data.GRID, cv=data.N_FOLDS, n_jobs=n_jobs)
    return lambda: grid.fit(X, y)
