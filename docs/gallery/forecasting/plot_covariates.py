"""
Covariates known in advance: promotions
=======================================

Synthetic daily sales of three shops depend on the day of the week and on promotions, whose dates
are planned. A forecaster that knows the plan anticipates the peaks.
"""

# %%
# ``X`` has a column for each covariate, indexed by the times of ``y``. ``predict`` needs its rows
# for the days to forecast.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from skrnn import GRUForecaster

rng = np.random.default_rng(0)
days = pd.date_range("2024-01-01", periods=240, freq="D")
week = np.array([0, -5, -8, 0, 10, 35, 25])[days.dayofweek]
sales, plans = {}, {}
for shop, size in {"corner": 1.0, "station": 2.0, "center": 3.0}.items():
    promotion = (rng.random(240) < 0.12).astype(float)
    sold = size * (100 + week + 60 * promotion) + 6 * rng.normal(size=240)
    sales[shop] = pd.DataFrame({"sold": sold}, index=days)
    plans[shop] = pd.DataFrame({"promotion": promotion}, index=days)
y = pd.concat(sales, names=["shop", "day"])
X = pd.concat(plans, names=["shop", "day"])

known = y.index.get_level_values("day") < days[-21]  # three weeks are to be forecast
steps = range(1, 22)
without_plan = GRUForecaster(random_state=0).fit(y[known], fh=steps).predict()
model = GRUForecaster(random_state=0).fit(y[known], X=X[known], fh=steps)
with_plan = model.predict(X=X[~known])

# %%
# Sales of one shop in these three weeks, with the days of its promotions:
shop = "center"
figure, axis = plt.subplots(figsize=(8.5, 4.2))
ahead = days[-21:]
axis.plot(days[-49:-21], y.loc[shop, "sold"].iloc[-49:-21], color="0.5", label="observed before")
axis.plot(ahead, y.loc[shop, "sold"].iloc[-21:], "k--", label="observed later")
axis.plot(ahead, without_plan.loc[shop, "sold"], color="C1", label="forecast without the plan")
axis.plot(ahead, with_plan.loc[shop, "sold"], color="C0", label="forecast with the plan")
for day in ahead[X.loc[shop, "promotion"].iloc[-21:] > 0]:
    axis.axvspan(day - pd.Timedelta("12h"), day + pd.Timedelta("12h"), color="C4", alpha=0.25, lw=0)
axis.axvspan(days[0], days[0], color="C4", alpha=0.25, label="promotion")
axis.set(title="Sales with planned promotions", ylabel="sold per day", xlim=(days[-49], days[-1]))
axis.xaxis.set_major_formatter(plt.matplotlib.dates.DateFormatter("%d %b"))
figure.legend(loc="outside lower center", ncols=3)
plt.show()

# %%
# The mean absolute error over all shops:
for name, forecast in {"without the plan": without_plan, "with the plan": with_plan}.items():
    print(f"{name:17} {(forecast - y[~known])['sold'].abs().mean():.1f}")
