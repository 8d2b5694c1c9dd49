"""Dask (https://www.dask.org): searches and cross-validation on a cluster, predictions for each
partition of an array or a data frame, and one model trained by several workers."""

import os
import signal
from urllib.parse import urlsplit

import dask.array
import dask.dataframe
import joblib
import numpy as np
import pandas as pd
import pytest
from distributed import Client, LocalCluster
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skrnn import GRURegressor, SlidingWindow, distributed
from tests.integration.data import SERIES, X, free_port, y
from tests.integration.panels import forecast_by_a_trained_one, long_table

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]  # of Dask's own
RECIPE = "train_together"


def train_together(client, model, X, y, port=29500):
    """Train one model, with a process on each worker of a Dask cluster."""
    workers = list(client.scheduler_info(n_workers=-1)["workers"])
    address = f"{urlsplit(workers[0]).hostname}:{port}"
    fits = [
        client.submit(
            distributed.fit,
            model,
            X,
            y,
            n_processes=len(workers),
            rank=rank,
            address=address,
            workers=[worker],
            pure=False,
        )
        for rank, worker in enumerate(workers)
    ]
    return client.gather(fits)[0]


@pytest.fixture(scope="module")
def cluster():
    """Yield a client of a cluster of two processes on this machine."""
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as local,
        Client(local) as client,
    ):
        yield client


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize("kind", ["sequences", "windows"])
def test_a_search_on_a_cluster_has_the_scores_of_a_serial_one(kind):
    model = GRURegressor(epochs=2, random_state=0)
    if kind == "windows":
        model = make_pipeline(SlidingWindow(8), model)
    data = (X, y) if kind == "sequences" else (SERIES[:-1], SERIES[1:, 0])
    name = "units" if kind == "sequences" else "gruregressor__units"
    search = GridSearchCV(model, {name: [2, 3]}, cv=2)
    serial = search.fit(*data).cv_results_["mean_test_score"]
    with joblib.parallel_config("dask"):
        distributed = search.fit(*data).cv_results_["mean_test_score"]
    np.testing.assert_allclose(distributed, serial, atol=1e-6)


@pytest.mark.usefixtures("cluster")
def test_a_search_has_the_same_scores_after_a_worker_was_killed(tmp_path):
    killed = tmp_path / "killed"

    def score(model, X, y):
        if not killed.exists():
            killed.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return model.score(X, y)

    # joblib sends arrays of up to 1,000 bytes with each fit; larger ones are lost with a worker.
    data = X[:6], y[:6]
    search = GridSearchCV(GRURegressor(epochs=2, random_state=0), {"units": [2, 3]}, cv=2)
    serial = search.fit(*data).cv_results_["mean_test_score"]
    with joblib.parallel_config("dask"):
        again = search.set_params(scoring=score).fit(*data).cv_results_["mean_test_score"]
    assert killed.exists()
    np.testing.assert_allclose(again, serial, atol=1e-6)


def test_two_workers_train_one_model(cluster):
    model = GRURegressor(epochs=2, random_state=0)
    found = train_together(cluster, model, X, y, free_port())
    model.fit(X, y)
    np.testing.assert_allclose(found.history_["loss"], model.history_["loss"], rtol=1e-5)
    np.testing.assert_allclose(found.predict(X), model.predict(X), atol=1e-4)


def test_blocks_of_an_array_are_predicted_one_by_one():
    model = GRURegressor(epochs=2, random_state=0).fit(X, y)
    blocks = dask.array.from_array(X, chunks=(13, 8, 2))
    parts = blocks.map_blocks(model.predict, drop_axis=(1, 2), dtype=np.float64)
    np.testing.assert_allclose(parts.compute(), model.predict(X), atol=1e-6)


def test_partitions_of_a_long_table_are_forecast_one_by_one():
    table, forecast = long_table(), forecast_by_a_trained_one()
    whole = forecast(table)
    parts = dask.dataframe.from_pandas(table.set_index("store"), npartitions=3)
    assert parts.npartitions == 3
    forecasts = parts.reset_index().map_partitions(forecast, meta=whole).compute()
    pd.testing.assert_frame_equal(forecasts.reset_index(drop=True), whole, atol=1e-6)
