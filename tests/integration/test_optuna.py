"""Optuna (https://optuna.org): `OptunaSearchCV`, and studies that prune a fit after any epoch."""

import keras
import numpy as np
import optuna
import pytest
from optuna_integration import OptunaSearchCV
from sklearn.model_selection import cross_val_score

from skrnn import GRURegressor
from tests.integration.data import X, y

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]  # of Optuna's own


RECIPE = "Pruning"


@pytest.fixture(autouse=True)
def silence():
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(verbosity)


def test_a_search_has_the_scores_of_cross_validation():
    model = GRURegressor(epochs=2, random_state=0)
    units = {"units": optuna.distributions.IntDistribution(1, 4)}
    search = OptunaSearchCV(model, units, n_trials=4, cv=3, random_state=0).fit(X, y)
    for trial in search.trials_:
        scores = cross_val_score(model.set_params(**trial.params), X, y, cv=3)
        assert trial.value == pytest.approx(scores.mean(), abs=1e-6)
    assert search.best_score_ == max(trial.value for trial in search.trials_)
    assert search.predict(X).shape == y.shape


class Pruning(keras.callbacks.Callback):
    """Reports the validation loss of each epoch to a trial, which may end the fit."""

    def __init__(self, trial):
        super().__init__()
        self.trial = trial

    def on_epoch_end(self, epoch, logs=None):
        self.trial.report(logs["val_loss"], epoch)
        if self.trial.should_prune():
            raise optuna.TrialPruned()


def test_a_study_prunes_fits_that_its_pruner_gives_up():
    learned = []

    def objective(trial):
        rate = trial.suggest_categorical("learning_rate", [1e-2, 1e-7])
        model = GRURegressor(
            learning_rate=rate,
            epochs=12,
            early_stopping=False,
            linear_skip=False,
            callbacks=[Pruning(trial)],
            random_state=0,
        )
        model.fit(X[:40], y[:40], X_val=X[40:], y_val=y[40:])
        learned.append(rate)
        return model.history_["val_loss"][-1]

    study = optuna.create_study(
        sampler=optuna.samplers.GridSampler({"learning_rate": [1e-2, 1e-7]}, seed=1),
        pruner=optuna.pruners.ThresholdPruner(upper=0.5, n_warmup_steps=8),
    )
    study.optimize(objective, n_trials=2)
    states = {trial.params["learning_rate"]: trial.state for trial in study.trials}
    assert states == {1e-2: optuna.trial.TrialState.COMPLETE, 1e-7: optuna.trial.TrialState.PRUNED}
    assert learned == [1e-2]


def test_a_pruned_fit_leaves_the_estimator_as_it_was():
    trial = optuna.create_study(pruner=optuna.pruners.ThresholdPruner(upper=0.0)).ask()
    model = GRURegressor(epochs=3, random_state=0).fit(X, y)
    before = model.predict(X)
    model.set_params(callbacks=[Pruning(trial)])
    with pytest.raises(optuna.TrialPruned):
        model.fit(X[:40], y[:40] + 5, X_val=X[40:], y_val=y[40:])
    np.testing.assert_array_equal(model.predict(X), before)
