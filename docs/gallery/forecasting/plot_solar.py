"""
Solar power with prediction intervals
=====================================

The solar power of Great Britain in every half hour of six days in May 2021, as a share of the
installed capacity (Sheffield Solar, PV_Live). From the first five days, the network has to learn
the daily pattern, including dark nights.
"""

# %%
# The forecaster finds the season of 48 half hours. Since no value is negative, no bound is, either.
import matplotlib.pyplot as plt
from sktime.datasets import load_solar

from skrnn import GRUForecaster

y = load_solar(api_version=None).iloc[:-1] * 100  # the sample that sktime ships, in percent
y.index = y.index.tz_localize(None)  # all in UTC
y_train, y_test = y[:-48], y[-48:]

model = GRUForecaster(random_state=0)
model.fit(y_train, fh=range(1, 49))
print(model.seasons_)

# %%
# Intervals at four levels, from the errors of the network at earlier times:
levels = [0.5, 0.7, 0.9, 0.98]
intervals = model.predict_interval(coverage=levels)
figure, axis = plt.subplots()
for level in reversed(levels):
    lower, upper = intervals.xs(level, axis=1, level=1).to_numpy().T
    axis.fill_between(y_test.index, lower, upper, color="C0", alpha=0.15, lw=0)
axis.plot(y_train.index[-96:], y_train[-96:], color="0.5", label="observed before")
axis.plot(y_test.index, y_test, "k--", lw=1.3, label="observed later")
axis.plot(y_test.index, model.predict(), color="C0", label="forecast, intervals of 50 to 98 %")
axis.set(title="Solar power, one day ahead", ylabel="share of the capacity (%)")
axis.xaxis.set_major_formatter("{x}")
axis.xaxis.set_major_formatter(plt.matplotlib.dates.DateFormatter("%d %b\n%H:%M"))
axis.legend(loc="upper left")
plt.show()

# %%
# The share of half hours inside each interval, on a single day:
for level in levels:
    lower, upper = intervals.xs(level, axis=1, level=1).to_numpy().T
    inside = ((lower <= y_test) & (y_test <= upper)).mean()
    print(f"{level:.0%} interval: {inside:.0%} of the values")
