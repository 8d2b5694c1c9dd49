"""skore (https://skore.probabl.ai): reports of an estimator and of cross-validation."""

import pytest
from sklearn.metrics import r2_score
from sklearn.model_selection import cross_val_score
from skore import CrossValidationReport, EstimatorReport

from skrnn import GRUClassifier, GRURegressor
from tests.integration.data import LABELS, X, y

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]  # of skore's own


def test_the_report_of_an_estimator_has_its_scores():
    report = EstimatorReport(
        GRURegressor(epochs=2, random_state=0),
        X_train=X[:40],
        y_train=y[:40],
        X_test=X[40:],
        y_test=y[40:],
    )
    own = GRURegressor(epochs=2, random_state=0).fit(X[:40], y[:40])
    assert report.metrics.r2() == pytest.approx(r2_score(y[40:], own.predict(X[40:])), abs=1e-6)


def test_the_report_of_cross_validation_has_its_scores():
    model = GRUClassifier(epochs=2, random_state=0)
    report = CrossValidationReport(model, X=X, y=LABELS, splitter=3)
    scores = cross_val_score(model, X, LABELS, cv=3)
    assert report.metrics.accuracy(aggregate=None).to_numpy().ravel() == pytest.approx(scores)
