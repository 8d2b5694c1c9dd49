"""Ray (https://www.ray.io): searches and cross-validation by its joblib backend, predictions of
`ray.data` for each batch of sequences or each group of a long table, and one model trained by
several actors."""

import joblib
import numpy as np
import pandas as pd
import pytest
import ray
from ray.util.joblib import register_ray
from sklearn.model_selection import GridSearchCV

from skrnn import GRURegressor, distributed
from tests.integration.data import X, free_port, y
from tests.integration.panels import forecast_by_a_trained_one, long_table

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]  # of Ray's own
RECIPE = "train_together"


def train_together(n, model, X, y, port=29500):
    """Train one model by ``n`` actors of Ray."""

    @ray.remote(num_cpus=1)
    class Member:
        def host(self):
            return ray.util.get_node_ip_address()

        def fit(self, *data, **place):
            return distributed.fit(*data, **place)

    members = [Member.remote() for _ in range(n)]
    address = f"{ray.get(members[0].host.remote())}:{port}"
    fits = [
        member.fit.remote(model, X, y, n_processes=n, rank=rank, address=address)
        for rank, member in enumerate(members)
    ]
    return ray.get(fits)[0]


@pytest.fixture(scope="module", autouse=True)
def two_processes():
    """Start Ray on this machine."""
    ray.init(num_cpus=2, include_dashboard=False, logging_level="ERROR")
    ray.data.DataContext.get_current().enable_progress_bars = False
    yield
    ray.shutdown()


def test_a_search_has_the_scores_of_a_serial_one():
    register_ray()
    search = GridSearchCV(GRURegressor(epochs=2, random_state=0), {"units": [2, 3]}, cv=2)
    serial = search.fit(X, y).cv_results_["mean_test_score"]
    with joblib.parallel_config("ray"):
        distributed = search.fit(X, y).cv_results_["mean_test_score"]
    np.testing.assert_allclose(distributed, serial, atol=1e-6)


def test_two_actors_train_one_model():
    model = GRURegressor(epochs=2, random_state=0)
    found = train_together(2, model, X, y, free_port())
    model.fit(X, y)
    np.testing.assert_allclose(found.history_["loss"], model.history_["loss"], rtol=1e-5)
    np.testing.assert_allclose(found.predict(X), model.predict(X), atol=1e-4)


def test_batches_of_a_dataset_are_predicted_one_by_one():
    model = GRURegressor(epochs=2, random_state=0).fit(X, y)
    batches = ray.data.from_numpy(X).map_batches(
        lambda batch: {"row": batch["data"][:, 0, 0], "y": model.predict(batch["data"])},
        batch_size=13,
    )
    table = batches.to_pandas().set_index("row").loc[X[:, 0, 0]]  # the order is not kept
    np.testing.assert_allclose(table["y"], model.predict(X), atol=1e-6)


def test_groups_of_a_long_table_are_forecast_one_by_one():
    table, forecast = long_table(), forecast_by_a_trained_one()
    grouped = ray.data.from_pandas(table).groupby("store")
    forecasts = grouped.map_groups(forecast, batch_format="pandas").to_pandas()
    forecasts = forecasts.sort_values(["store", "month"], ignore_index=True)
    pd.testing.assert_frame_equal(forecasts, forecast(table), atol=1e-6, check_dtype=False)
