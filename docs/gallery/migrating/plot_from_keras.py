"""
Migration from plain Keras
==========================

The same network, trained with Keras' own ``Model.fit`` and with ``GRURegressor``. The example shows
which steps are no longer needed, and how to get a Keras model back.
"""

# %%
# The task is to predict the number of sunspots in a year (statsmodels, since 1700) from the 20
# years before.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from statsmodels.datasets import sunspots

import skrnn  # before Keras, so that it finds an installed backend

import keras  # isort: skip

series = sunspots.load_pandas().data["SUNACTIVITY"].to_numpy()
years = np.arange(1700, 1700 + len(series))
n_train = 240

# %%
# Keras
# -----
# Windows, scaling and the conversion of predictions to sunspots are written by hand.
keras.utils.set_random_seed(0)
mean, deviation = series[:n_train].mean(), series[:n_train].std()
scaled = (series - mean) / deviation
windows = np.lib.stride_tricks.sliding_window_view(scaled[:-1], 20)[..., None]
targets = scaled[20:]

model = keras.Sequential([keras.Input((20, 1)), keras.layers.GRU(32), keras.layers.Dense(1)])
model.compile(optimizer=keras.optimizers.Adam(0.003), loss="mse")
model.fit(windows[: n_train - 20], targets[: n_train - 20], epochs=60, batch_size=16, verbose=0)
by_keras = model.predict(windows[n_train - 20 :], verbose=0)[:, 0] * deviation + mean

# %%
# skrnn
# -----
# ``SlidingWindow`` and the estimator do this, in a pipeline that can be searched and pickled. A row
# contains the value of a year, and its target is the value of the next year. The rows before those
# passed to ``predict`` are their history.
from sklearn.pipeline import make_pipeline

rows = pd.DataFrame({"sunspots": series[:-1]}, index=pd.PeriodIndex(years[:-1], freq="Y"))
following = series[1:]
pipeline = make_pipeline(
    skrnn.SlidingWindow(window_length=20),
    skrnn.GRURegressor(units=32, epochs=60, batch_size=16, linear_skip=False, random_state=0),
)
pipeline.fit(rows[: n_train - 1], following[: n_train - 1])
by_skrnn = pipeline.predict(rows[n_train - 1 :])

# %%
figure, axis = plt.subplots(figsize=(9, 4.2))
axis.plot(years[n_train:], series[n_train:], color="black", label="observed")
for name, predicted in {"Keras": by_keras, "skrnn": by_skrnn}.items():
    error = np.sqrt(np.mean((predicted - series[n_train:]) ** 2))
    axis.plot(years[n_train:], predicted, label=f"{name}: error {error:.1f} (root mean square)")
axis.plot(years[n_train - 30 : n_train], series[n_train - 30 : n_train], color="0.6")
axis.set(title="Sunspots, one year ahead", ylabel="sunspots", xlabel="year")
figure.legend(loc="outside lower center", ncols=3)
plt.show()

# %%
# ``to_keras`` returns a Keras model with the fitted weights.
exported = pipeline[-1].to_keras()
exported.summary()
