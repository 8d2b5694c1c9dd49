"""fev (https://github.com/autogluon/fev): tasks of forecasting benchmarks, with points and
quantiles of a forecaster for each of their windows."""

import datasets
import fev
import numpy as np
import pandas as pd
import pytest

from skrnn import GRUForecaster
from skrnn.datasets import load_airline

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]  # of fev's own

HORIZON, SEASON = 12, 12


@pytest.fixture
def task(tmp_path):
    datasets.disable_progress_bars()
    passengers = load_airline().to_timestamp()
    rows = [
        {"id": name, "timestamp": list(passengers.index), "target": list(passengers * factor)}
        for name, factor in (("all", 1.0), ("half", 0.5))
    ]
    datasets.Dataset.from_list(rows).to_parquet(str(tmp_path / "data.parquet"))
    return fev.Task(
        dataset_path=str(tmp_path / "data.parquet"),
        horizon=HORIZON,
        num_windows=2,
        seasonality=SEASON,
        quantile_levels=[0.1, 0.9],
        extra_metrics=["WQL"],
    )


def test_a_task_scores_points_and_quantiles(task):
    forecasts, errors = [], []
    for window in task.iter_windows():
        past, *_ = fev.convert_input_data(window, adapter="pandas")
        y = past.set_index(["id", "timestamp"])[["target"]]
        model = GRUForecaster(epochs=2, random_state=0).fit(y, fh=range(1, HORIZON + 1))
        quantiles = model.predict_quantiles(alpha=[0.1, 0.9]).to_numpy()
        table = pd.DataFrame(
            {
                "predictions": model.predict()["target"],
                "0.1": quantiles[:, 0],
                "0.9": quantiles[:, 1],
            }
        )
        parts = [part.to_dict("list") for _, part in table.groupby(level=0)]
        forecasts.append(datasets.Dataset.from_list(parts))
        errors.append(mase(y, window.get_ground_truth(), parts))
    summary = task.evaluation_summary(forecasts, model_name="GRUForecaster")
    assert summary["test_error"] == pytest.approx(np.mean(errors), rel=1e-6)
    assert 0 < summary["WQL"] < 0.1


def mase(y, truth, parts):
    """Return the mean absolute scaled error over all series."""
    errors = []
    for row, part in zip(truth, parts, strict=True):
        past = y.loc[row["id"], "target"].to_numpy()
        naive = np.abs(past[SEASON:] - past[:-SEASON]).mean()
        errors.append(np.abs(np.array(row["target"]) - part["predictions"]).mean() / naive)
    return np.mean(errors)
