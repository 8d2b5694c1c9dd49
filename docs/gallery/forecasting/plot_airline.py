"""
A first forecast: airline passengers
====================================

A forecaster with default parameters, compared with the seasonal naive forecast and AutoETS on the
last two years of the airline passengers (Box and Jenkins, series G). The forecaster infers the
season, the window length and the use of logarithms from the series.
"""

# %%
# The last 24 months are the test set. ``ForecastDisplay`` draws the median and the intervals of 50
# and 90 %.
import warnings

import matplotlib.pyplot as plt
from sktime.forecasting.ets import AutoETS
from sktime.forecasting.naive import NaiveForecaster

from skrnn import ForecastDisplay, GRUForecaster
from skrnn.datasets import load_airline

y = load_airline()
y_train, y_test = y[:-24], y[-24:]

model = GRUForecaster(random_state=0)
model.fit(y_train, fh=range(1, 25))
display = ForecastDisplay.from_forecaster(model, y_train, y_test=y_test)
display.ax_.set(title="Two years ahead", xlabel="", ylabel="passengers (thousands)")
display.ax_.legend(loc="upper left")

# %%
# The season and the window length that it found:
print(model.seasons_, model.window_length_)

# %%
# The same two years, forecast by the two usual baselines:
with warnings.catch_warnings(record=True):  # of a default of sktime that will change
    forecasts = {
        "GRUForecaster": model.predict(),
        "AutoETS": AutoETS(auto=True, sp=12).fit(y_train, fh=range(1, 25)).predict(),
        "seasonal naive": NaiveForecaster(sp=12).fit(y_train, fh=range(1, 25)).predict(),
    }
figure, axis = plt.subplots()
months = y_test.index.to_timestamp()
axis.plot(months, y_test, color="black", label="observed")
for name, forecast in forecasts.items():
    error = (forecast - y_test).abs().mean()
    axis.plot(months, forecast, label=f"{name}: mean absolute error {error:.0f}")
axis.set(title="Comparison with two baselines", ylabel="passengers (thousands)")
figure.legend(loc="outside lower center", ncols=2)
plt.show()

# %%
# A single test period says little: :ref:`sphx_glr_auto_gallery_forecasting_plot_backtest.py` uses
# many.
