"""MAPIE (https://mapie.readthedocs.io): `CrossConformalRegressor`, `CrossConformalClassifier` and
`TimeSeriesRegressor` around estimators and pipelines. Its `SplitConformalRegressor` and
`SplitConformalClassifier` test a fitted model on a row of zeros, which is no sequence of the
fitted length, and refuse it."""

import numpy as np
import pytest
from mapie.classification import CrossConformalClassifier
from mapie.regression import CrossConformalRegressor, TimeSeriesRegressor
from mapie.subsample import BlockBootstrap
from sklearn.pipeline import make_pipeline

from skrnn import GRUClassifier, GRURegressor, SlidingWindow
from tests.integration.data import LABELS, SERIES, X, y

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]  # of MAPIE's own

LEVEL = 0.8


def coverage(intervals, y):
    """Return the share of y inside intervals (n, 2, 1)."""
    return ((intervals[:, 0, 0] <= y) & (y <= intervals[:, 1, 0])).mean()


def test_cross_conformal_intervals_of_sequences_cover():
    conformal = CrossConformalRegressor(
        GRURegressor(epochs=3, random_state=0), confidence_level=LEVEL, cv=3
    )
    _, intervals = conformal.fit_conformalize(X, y).predict_interval(X)
    assert coverage(intervals, y) >= LEVEL


def test_cross_conformal_sets_of_sequences_hold_the_label():
    conformal = CrossConformalClassifier(
        GRUClassifier(epochs=3, random_state=0), confidence_level=LEVEL, cv=3, random_state=0
    )
    _, sets = conformal.fit_conformalize(X, LABELS).predict_set(X)
    column = np.searchsorted(np.unique(LABELS), LABELS)
    assert sets[np.arange(len(X)), column, 0].mean() >= LEVEL


def test_intervals_of_a_pipeline_on_a_time_series_cover():
    model = make_pipeline(SlidingWindow(8), GRURegressor(epochs=3, random_state=0))
    blocks = BlockBootstrap(n_resamplings=4, length=20, random_state=0)
    conformal = TimeSeriesRegressor(model, method="enbpi", cv=blocks)
    conformal.fit(SERIES[:150], SERIES[1:151, 0])
    points, intervals = conformal.predict(SERIES[150:-1], confidence_level=LEVEL)
    assert points.shape == (49,)
    assert coverage(intervals, SERIES[151:, 0]) >= 0.6
