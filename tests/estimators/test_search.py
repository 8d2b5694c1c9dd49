"""Searches, ensembles and cross-validation of scikit-learn, on 3-D and on ragged X."""

import os
import signal

import numpy as np
import pytest
from joblib.externals.loky.process_executor import TerminatedWorkerError
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import StackingRegressor, VotingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    cross_val_predict,
)
from sklearn.multioutput import MultiOutputClassifier

import skrnn
from tests.conftest import make, targets

GRID = {"units": [3, 4], "learning_rate": [0.01, 0.03]}


@pytest.fixture(params=["cube", "ragged"])
def X(request, cube):
    """Return sequences of 7 steps, or of 3 to 7, which run in the same programs."""
    return cube if request.param == "cube" else [x[: 3 + n % 5] for n, x in enumerate(cube)]


def scores(search):
    return search.cv_results_["mean_test_score"]


@pytest.mark.long
def test_grid_search_gives_the_same_scores_with_two_jobs(X):
    y = targets("GRURegressor", X)
    alone = GridSearchCV(make("GRURegressor"), GRID, cv=2).fit(X, y)
    shared = GridSearchCV(make("GRURegressor"), GRID, cv=2, n_jobs=2).fit(X, y)
    np.testing.assert_array_equal(scores(shared), scores(alone))
    assert len(set(scores(alone))) > 1
    assert alone.predict(X).shape == (24,)


@pytest.mark.long
def test_a_killed_worker_ends_a_search_with_the_error_of_joblib(cube):
    def score(model, X, y):
        os.kill(os.getpid(), signal.SIGKILL)

    search = GridSearchCV(make("GRURegressor"), GRID, cv=2, scoring=score, n_jobs=2)
    with pytest.raises(TerminatedWorkerError):
        search.fit(cube, targets("GRURegressor", cube))
    assert not hasattr(search, "cv_results_")


def test_randomized_search_draws_numpy_numbers(X):
    space = {"units": np.arange(2, 5), "dropout": np.linspace(0, 0.5, 4)}
    search = RandomizedSearchCV(make("LSTMRegressor"), space, n_iter=3, cv=2, random_state=0)
    assert search.fit(X, targets("LSTMRegressor", X)).best_params_["units"] in (2, 3, 4)


@pytest.mark.parametrize("resource", ["n_samples", "epochs"])
def test_halving_search(X, resource):
    search = HalvingGridSearchCV(
        make("TCNRegressor", epochs=1),
        {"learning_rate": [0.01, 0.03, 0.1]},
        resource=resource,
        max_resources=4 if resource == "epochs" else "auto",
        min_resources=1 if resource == "epochs" else 8,
        cv=2,
        random_state=0,
    ).fit(X, targets("TCNRegressor", X))
    if resource == "epochs":
        assert search.best_estimator_.n_iter_ == search.n_resources_[-1]
    assert search.n_iterations_ > 1


def test_a_search_reaches_the_parameters_of_a_network_object(X):
    model = make("SequenceClassifier", network=skrnn.networks.LSTM(units=2))
    search = GridSearchCV(model, {"network__units": [2, 5]}, cv=2)
    search.fit(X, targets("SequenceClassifier", X))
    widths = {search.best_params_["network__units"], 2, 5}
    assert widths == {2, 5}
    assert search.best_estimator_.weights_[1].shape[0] == search.best_params_["network__units"]


def test_cross_val_predict(X):
    probabilities = cross_val_predict(
        make("RNNClassifier"), X, targets("RNNClassifier", X), cv=3, method="predict_proba"
    )
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


def test_transformed_target(X):
    y = np.exp(targets("GRURegressor", X))
    model = TransformedTargetRegressor(make("GRURegressor"), func=np.log, inverse_func=np.exp)
    assert (model.fit(X, y).predict(X) > 0).all()


def test_stacking(X):
    y = targets("GRURegressor", X)
    members = [("gru", make("GRURegressor")), ("tcn", make("TCNRegressor"))]
    stack = StackingRegressor(members, LinearRegression(), cv=2).fit(X, y)
    assert stack.transform(X).shape == (24, 2)
    assert stack.predict(X).shape == (24,)


def test_calibration_and_voting(X):
    y = targets("GRUClassifier", X)
    calibrated = CalibratedClassifierCV(make("GRUClassifier"), cv=2).fit(X, y)
    np.testing.assert_allclose(calibrated.predict_proba(X).sum(axis=1), 1)
    members = [("gru", make("GRUClassifier")), ("rnn", make("RNNClassifier"))]
    vote = VotingClassifier(members, voting="soft").fit(X, y)
    expected = np.mean([m.predict_proba(X) for m in vote.estimators_], axis=0)
    np.testing.assert_allclose(vote.predict_proba(X), expected)


def test_several_labels_through_multioutput(X):
    y = np.column_stack([targets("GRUClassifier", X), np.arange(24) % 3])
    model = MultiOutputClassifier(make("GRUClassifier")).fit(X, y)
    assert model.predict(X).shape == (24, 2)


def test_sample_weight_is_routed(X):
    from sklearn import config_context

    y = targets("GRURegressor", X)
    with config_context(enable_metadata_routing=True):
        model = make("GRURegressor").set_fit_request(sample_weight=True)
        model.set_score_request(sample_weight=False)
        search = GridSearchCV(model, {"units": [2]}, cv=2)
        weights = np.linspace(0, 1, 24)
        weighted = search.fit(X, y, sample_weight=weights).predict(X)
        assert (weighted != search.fit(X, y).predict(X)).any()
