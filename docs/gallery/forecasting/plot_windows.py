"""
Windows in a pipeline: the motion of a wrist 0.3 seconds ahead
==============================================================

A smartwatch records acceleration and rotation ten times per second (BasicMotions, UEA archive).
``SlidingWindow`` turns each row into the window of rows that ends there, so that a network can be
the last step of an ordinary pipeline. It predicts the acceleration three rows ahead.
"""

# %%
# The recordings of each split are one table, with times a minute apart. The index thus has a gap
# between two recordings, which no window spans. The first windows of a recording are shorter;
# ``incomplete="ignore"`` accepts them without a warning.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.metrics import mean_absolute_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrnn import GRURegressor, SlidingWindow
from skrnn.datasets import load_basic_motions

channels = [f"{kind} {axis}" for kind in ("acceleration", "rotation") for axis in "xyz"]


def table(split):
    """Return the rows of a split, their targets, and the activities of their recordings."""
    recordings, activity = load_basic_motions(split=split)
    minutes = np.arange(len(recordings)) * np.timedelta64(1, "m")
    tenths = np.arange(100) * np.timedelta64(100, "ms")
    times = np.datetime64("2000-01-01", "ms") + (minutes[:, None] + tenths).ravel()
    series = pd.DataFrame(recordings.reshape(-1, 6), pd.DatetimeIndex(times), channels)
    target = series["acceleration x"].groupby(series.index.floor("min")).shift(-3)
    known = target.notna()
    return series[known], target[known], np.repeat(activity, 100)[known]


X, y, _ = table("train")
X_test, y_test, activity = table("test")
model = make_pipeline(
    StandardScaler().set_output(transform="pandas"),
    SlidingWindow(window_length=20, incomplete="ignore"),
    GRURegressor(loss="mean_absolute_error", epochs=15, batch_size=64, random_state=0),
)
predicted = model.fit(X, y).predict(X_test)

# %%
# Persistence predicts the current value:
figure, axes = plt.subplots(2, 1, figsize=(9, 5.5), sharex=True)
for axis, name in zip(axes, ["running", "badminton"], strict=True):
    rows = np.flatnonzero(activity == name)[97 * 3 : 97 * 4]
    seconds = np.arange(97) / 10 + 0.3
    axis.plot(seconds, X_test["acceleration x"].iloc[rows], color="0.75", label="persistence")
    axis.plot(seconds, y_test.iloc[rows], color="black", label="observed")
    axis.plot(seconds, predicted[rows], color="C1", label="GRU, predicted 0.3 s before")
    axis.set(title=name.capitalize(), ylabel="acceleration, x")
axes[1].set_xlabel("time (s)")
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
plt.show()

# %%
for name, forecast in {"persistence": X_test["acceleration x"], "GRU": predicted}.items():
    print(f"mean absolute error of {name}: {mean_absolute_error(y_test, forecast):.2f}")
