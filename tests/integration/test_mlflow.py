"""MLflow (https://mlflow.org): models logged as skops files or pickles, and by `autolog` around a
search, loaded in a new process."""

import os
import subprocess
import sys

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

import skrnn

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]  # of MLflow's own

X = np.random.default_rng(0).normal(size=(20, 6, 2))
LOAD = """
import sys
import mlflow
import numpy as np
mlflow.set_tracking_uri(sys.argv[1])
X = np.random.default_rng(0).normal(size=(20, 6, 2))
np.save(sys.argv[3], mlflow.sklearn.load_model(sys.argv[2]).predict(X))
"""


@pytest.fixture
def store(tmp_path, monkeypatch):
    """Return MLflow and the address of an empty file store."""
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    import mlflow
    import mlflow.sklearn

    address = f"file://{tmp_path}/store"
    mlflow.set_tracking_uri(address)
    yield mlflow, address
    mlflow.sklearn.autolog(disable=True)
    mlflow.set_tracking_uri(None)


@pytest.fixture(scope="module")
def model():
    return skrnn.GRURegressor(units=2, epochs=1, random_state=0).fit(X, X[:, -1, 0])


def loaded_elsewhere(address, uri, folder):
    """Return the predictions of a model that a new process loads."""
    command = [sys.executable, "-W", "ignore", "-c", LOAD, address, uri, str(folder / "y.npy")]
    subprocess.run(command, env=os.environ, check=True, capture_output=True)
    return np.load(folder / "y.npy")


@pytest.mark.parametrize(
    "how",
    [{"skops_trusted_types": skrnn.trusted_types()}, {"serialization_format": "cloudpickle"}],
    ids=["skops", "cloudpickle"],
)
def test_a_logged_model_predicts_the_same_in_a_new_process(store, model, how, tmp_path):
    mlflow, address = store
    with mlflow.start_run():
        logged = mlflow.sklearn.log_model(model, name="model", pip_requirements=[], **how)
    found = loaded_elsewhere(address, logged.model_uri, tmp_path)
    np.testing.assert_array_equal(found, model.predict(X))


def test_autolog_keeps_the_best_model_and_the_parameters_of_a_search(store, model, tmp_path):
    mlflow, address = store
    mlflow.sklearn.autolog()
    search = GridSearchCV(model, {"units": [2, 3]}, cv=2)
    with mlflow.start_run() as run:
        search.fit(X, X[:, -1, 0])
    params = mlflow.get_run(run.info.run_id).data.params
    assert int(params["best_units"]) == search.best_params_["units"]
    logged = mlflow.search_logged_models(output_format="list")
    best = next(one for one in logged if one.name == "best_estimator")
    found = loaded_elsewhere(address, best.model_uri, tmp_path)
    np.testing.assert_array_equal(found, search.predict(X))
