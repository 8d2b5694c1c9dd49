"""
Coherent forecasts of a hierarchy
=================================

Synthetic monthly sales of four shops in two regions. One network forecasts the shops, the regions
and the total, and reconciliation makes the forecasts of all levels coherent: the parts add up to
the total.
"""

# %%
# Ice cream sells in summer and tea in winter, so the regions differ from the total.
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sktime.forecasting.reconcile import ReconcilerForecaster
from sktime.transformations.hierarchical.aggregate import Aggregator

from skrnn import GRUForecaster

warnings.filterwarnings("ignore", module="sktime")  # of defaults that will change
rng = np.random.default_rng(0)
months = pd.period_range("2016-01", periods=96, freq="M")
summer = -np.cos(2 * np.pi * np.arange(96) / 12)
shops = {
    ("coast", "ice cream"): 300 + 180 * summer + np.linspace(0, 120, 96),
    ("coast", "tea"): 150 - 40 * summer,
    ("hills", "ice cream"): 120 + 60 * summer,
    ("hills", "tea"): 260 - 120 * summer + np.linspace(0, 80, 96),
}
tables = {
    name: pd.DataFrame({"sales": values + 15 * rng.normal(size=96)}, index=months)
    for name, values in shops.items()
}
sales = pd.concat(tables, names=["region", "shop", "month"])

# %%
# ``ReconcilerForecaster`` adds the totals as further series, fits the forecaster to all of them,
# and projects the forecasts onto coherent ones. The last year is the test set.
train = sales[sales.index.get_level_values("month") <= months[-13]]
model = ReconcilerForecaster(GRUForecaster(random_state=0), method="ols")
forecast = model.fit(train, fh=range(1, 13)).predict()["sales"]
observed = Aggregator().fit_transform(sales)["sales"]

# %%
# The forecasts of all series of the hierarchy:
places = {
    ("__total", "__total"): (0, slice(0, 4)),
    ("coast", "__total"): (1, slice(0, 2)),
    ("hills", "__total"): (1, slice(2, 4)),
    **{shop: (2, slice(n, n + 1)) for n, shop in enumerate(shops)},
}
figure = plt.figure(figsize=(9, 6.5))
grid = figure.add_gridspec(3, 4)
for node, (row, columns) in places.items():
    axis = figure.add_subplot(grid[row, columns])
    history, ahead = observed[node][-48:], forecast[node]
    axis.plot(history.index.to_timestamp(), history, color="0.45", lw=1.3, label="observed")
    axis.plot(ahead.index.to_timestamp(), ahead, color="C1", label="forecast")
    named = [part for part in node if part != "__total"] or ["total"]
    axis.set_title(", ".join(named), fontsize=10)
    axis.xaxis.set_major_locator(plt.matplotlib.dates.YearLocator(2 if row == 2 else 1))
    axis.xaxis.set_major_formatter(plt.matplotlib.dates.DateFormatter("%Y"))
figure.supylabel("sales (units per month)")
figure.legend(*axis.get_legend_handles_labels(), loc="outside upper right", ncols=2)
plt.show()

# %%
# The parts add up to the total in every month:
regions = forecast["coast", "__total"] + forecast["hills", "__total"]
print(f"largest difference: {(regions - forecast['__total', '__total']).abs().max():.1e}")
