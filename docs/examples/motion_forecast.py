"""Forecast the acceleration of a wrist 0.3 seconds ahead: windows in a tuned pipeline.

BasicMotions comes with sktime: 80 recordings of ten seconds, ten rows per second, of a smartwatch
whose wearer stands, walks, runs or plays badminton, with three channels of acceleration and
three of rotation. The recordings are concatenated, a minute apart; no window spans two of them,
because the time index has a gap there. A grid search tunes all steps of the pipeline on the first
40 recordings, in time order; the other 40 are the test set, used once.
"""

import sys
import time

import matplotlib

matplotlib.use("Agg")  # the plot goes to a file

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from skrnn import GRURegressor, SlidingWindow
from skrnn.datasets import load_basic_motions

AHEAD = 3  # rows, 0.1 s each
TARGET = "acceleration x"
CHANNELS = [f"{kind} {axis}" for kind in ("acceleration", "rotation") for axis in "xyz"]


def load(split):
    """Return the rows of a part as one series, and the target of each row."""
    recordings, motions = load_basic_motions(split=split)
    n_steps = recordings.shape[1]
    # The file is sorted by motion; take the motions in turn, so that each fold has them all.
    turn = pd.Series(motions).groupby(motions).cumcount()
    recordings = recordings[turn.argsort(kind="stable")]
    minutes = np.arange(len(recordings)) * np.timedelta64(1, "m")
    tenths = np.arange(n_steps) * np.timedelta64(100, "ms")
    times = np.datetime64("2000-01-01", "ms") + (minutes[:, None] + tenths).ravel()
    series = pd.DataFrame(recordings.reshape(-1, 6), pd.DatetimeIndex(times), CHANNELS)
    target = series[TARGET].groupby(series.index.floor("min")).shift(-AHEAD)
    known = target.notna()
    return series[known], target[known]


def main(picture):
    """Search, compare with persistence on the test set, and save a plot."""
    began = time.perf_counter()
    X, y = load("train")
    X_test, y_test = load("test")
    print(f"BasicMotions: {len(X)} rows x {X.shape[1]} channels for training")

    pipeline = Pipeline(
        [
            ("scale", StandardScaler().set_output(transform="pandas")),
            ("window", SlidingWindow(window_length=20)),
            (
                "network",
                GRURegressor(
                    loss="mean_absolute_error",
                    epochs=12,
                    batch_size=64,
                    purge=AHEAD - 1,
                    random_state=0,
                ),
            ),
        ]
    )
    search = GridSearchCV(
        pipeline,
        {
            "scale__with_mean": [True, False],
            "window__window_length": [10, 30],
            "network__units": [16, 32],
        },
        cv=TimeSeriesSplit(3),
        scoring="neg_mean_absolute_error",
    )
    print("Searching over all three steps of the pipeline, in time order: 25 fits ...")
    search.fit(X, y)
    best = search.best_params_
    print(f"Best: {best}, error {-search.best_score_:.2f} in cross-validation")

    forecast = search.predict(X_test)
    errors = {
        "persistence": mean_absolute_error(y_test, X_test[TARGET]),
        "the median": mean_absolute_error(y_test, np.full(len(y_test), y.median())),
        "GRU": mean_absolute_error(y_test, forecast),
    }
    print(f"Mean absolute error {AHEAD / 10} s ahead on {len(y_test)} test rows:")
    for name, error in errors.items():
        print(f"  {name}: {error:.2f}")

    save_plot(picture, y_test, forecast, X_test[TARGET])
    print(f"Plot of forecast against truth: {picture}")
    print(f"Took {time.perf_counter() - began:.0f} s")


def save_plot(picture, truth, forecast, now):
    """Draw one recording of each of the two livelier motions, forecast against truth."""
    figure, axes = plt.subplots(2, 1, figsize=(9, 6), layout="constrained", sharex=True)
    minutes = truth.index.floor("min").unique()
    for axis, (motion, number) in zip(axes, {"Running": 5, "Badminton": 7}.items(), strict=True):
        rows = truth.index.floor("min") == minutes[number]
        seconds = np.arange(rows.sum()) / 10 + AHEAD / 10
        axis.plot(seconds, now[rows], color="0.75", label="persistence")
        axis.plot(seconds, truth[rows], color="black", label="truth")
        axis.plot(seconds, forecast[rows], color="C1", label=f"GRU, {AHEAD / 10} s before")
        axis.set(title=motion, ylabel="acceleration along x")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    axes[1].set_xlabel("time in seconds")
    figure.savefig(picture, dpi=120)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "motion_forecast.png")
