"""sktime (https://www.sktime.net): its benchmarks, and backtests on each parallel backend."""

import pytest
from sktime.benchmarking.forecasting import ForecastingBenchmark
from sktime.datasets import load_airline
from sktime.forecasting.model_evaluation import evaluate
from sktime.performance_metrics.forecasting import MeanAbsolutePercentageError
from sktime.split import ExpandingWindowSplitter

from skrnn import GRUForecaster

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]  # of sktime's own

MEASURE = "test_MeanAbsolutePercentageError"


@pytest.fixture(scope="module")
def cutoffs():
    return ExpandingWindowSplitter(initial_window=120, fh=[1, 2, 3], step_length=12)


@pytest.fixture(scope="module")
def model():
    return GRUForecaster(epochs=2, random_state=0)


@pytest.fixture(scope="module")
def errors(model, cutoffs):
    return evaluate(model, cutoffs, load_airline())[MEASURE].tolist()


@pytest.mark.parametrize("backend", ["loky", "threading", "dask", "ray"])
def test_a_backtest_on_a_parallel_backend_has_the_errors_of_a_serial_one(
    backend, model, cutoffs, errors
):
    parallel = evaluate(model, cutoffs, load_airline(), backend=backend)[MEASURE]
    assert parallel.tolist() == pytest.approx(errors, rel=1e-6)


def test_a_benchmark_has_the_errors_of_a_backtest(model, cutoffs, errors, tmp_path):
    benchmark = ForecastingBenchmark()
    benchmark.add_estimator(model, "gru")
    benchmark.add_task(load_airline, cutoffs, [MeanAbsolutePercentageError()])
    results = benchmark.run(str(tmp_path / "results.csv"))
    assert results["MeanAbsolutePercentageError_mean"].item() == pytest.approx(
        sum(errors) / len(errors), rel=1e-6
    )
