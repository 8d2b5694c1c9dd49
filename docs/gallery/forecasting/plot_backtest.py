"""
Backtests: the error at each step ahead
=======================================

A single test period says little about a forecaster. ``backtest`` makes forecasts of the fitted
model from many cutoffs in one pass, without refitting: here from 37 consecutive months of the
airline passengers, each for the following year.
"""

# %%
# The model is fitted once, to the first eight years. Every later month is a cutoff.
import matplotlib.pyplot as plt
import numpy as np

from skrnn import GRUForecaster
from skrnn.datasets import load_airline

y = load_airline()
n_train, horizon = 96, 12
model = GRUForecaster(random_state=0).fit(y[:n_train], fh=range(1, horizon + 1))
tested = model.backtest(y).iloc[:, 0].to_numpy().reshape(-1, horizon)
cutoffs = np.arange(n_train - 1, n_train - 1 + len(tested))
print(f"{len(tested)} cutoffs")

# %%
# The seasonal naive forecast from the same cutoffs is the value of the year before:
ahead = cutoffs[:, None] + np.arange(1, horizon + 1)
values = y.to_numpy()
errors = {
    "seasonal naive": np.abs(values[ahead - 12] - values[ahead]),
    "GRUForecaster": np.abs(tested - values[ahead]),
}

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), width_ratios=[1.3, 1])
left.plot(y.index.to_timestamp(), y, color="black", lw=1, label="observed")
for row, cutoff in zip(tested[::6], cutoffs[::6], strict=True):
    times = y.index[cutoff + 1 : cutoff + 1 + horizon].to_timestamp()
    left.plot(
        times, row, color="C0", label="forecasts, every sixth cutoff" if cutoff == 95 else None
    )
left.set(
    title="Forecasts", ylabel="passengers (thousands)", xlim=(y.index[72].to_timestamp(), None)
)
left.legend(loc="upper left")
for (name, error), color in zip(errors.items(), ["0.5", "C0"], strict=True):
    right.plot(np.arange(1, 13), error.mean(axis=0), "o-", color=color, label=name)
right.set(
    title="Mean absolute error by step", xlabel="months ahead", ylabel="passengers (thousands)"
)
right.set(ylim=(0, None), xticks=range(1, 13))
right.legend()
plt.show()

# %%
for name, error in errors.items():
    print(f"{name:15} {error.mean():.1f}")
