"""Forecast the temperature in Jena a day ahead: windows of five days, three models.

The study of Chollet, Deep Learning with Python (2nd edition, 2021, chapter 10), on hourly rows
of the weather station of the Max Planck Institute for Biogeochemistry in Jena, 2009 to 2016.
The first half of the series is the training set, the next quarter the validation set; the test
set, the last quarter, is not used here. The models are trained for few epochs; docs/jena.md links
to the full comparison.
"""

import argparse
import time
from pathlib import Path

import pandas as pd
from sklearn.metrics import mean_absolute_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrnn import GRURegressor, SequenceRegressor, SlidingWindow, networks

ROOT = Path(__file__).resolve().parents[2]
TEMPERATURE = "T (degC)"
AHEAD = 24  # rows, an hour each
WINDOW = 120  # five days
TRAINING = {
    "epochs": 4,
    "batch_size": 256,
    "learning_rate": 3e-3,
    "purge": AHEAD - 1,
    "random_state": 0,
}


def load(path):
    """Return training and validation rows, each with the temperature a day later."""
    series = pd.read_csv(path, index_col="Date Time", parse_dates=True)
    target = series[TEMPERATURE].shift(-AHEAD)
    half, three_quarters = len(series) // 2, len(series) // 2 + len(series) // 4
    train, validation = slice(0, half), slice(half, three_quarters)
    return (series[train], target[train]), (series[validation], target[validation])


def forecast(regressor):
    """Return the pipeline of both networks: scaler, sliding window, regressor."""
    scaler = StandardScaler().set_output(transform="pandas")
    return make_pipeline(scaler, SlidingWindow(WINDOW), regressor)


def main():
    """Fit the models and print their errors on the validation set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT / ".." / "shared" / "data")
    path = parser.parse_args().data / "jena_hourly.csv.gz"
    if not path.is_file():
        print(f"There is no {path}; pass its folder: --data FOLDER")
        return

    (X, y), (X_val, y_val) = load(path)
    print(f"{len(X)} training rows x {X.shape[1]} variables, {len(X_val)} validation rows")
    print(f"Mean absolute error {AHEAD} hours ahead, in degrees Celsius, on the validation set:")
    error = mean_absolute_error(y_val, X_val[TEMPERATURE])
    print(f"  persistence: {error:.3f}")
    models = {
        "dense 16": SequenceRegressor(network=networks.Dense(units=16), **TRAINING),
        "GRU 32": GRURegressor(units=32, **TRAINING),
    }
    for name, regressor in models.items():
        began = time.perf_counter()
        model = forecast(regressor).fit(X, y)
        error = mean_absolute_error(y_val, model.predict(X_val))
        seconds = time.perf_counter() - began
        print(f"  {name}, {TRAINING['epochs']} epochs: {error:.3f}, after {seconds:.0f} s")


if __name__ == "__main__":
    main()
