"""
Backtests: the error at each step ahead
=======================================

One test period says little about a forecaster. ``backtest`` forecasts from many cutoffs of the
fitted model in one pass: here, from each of the last 37 months of the airline passengers that have
a year to come, without refitting.
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
# The seasonal naive forecast from the same cutoffs is the value of a year before:
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
right.set(title="Mean error at each step", xlabel="months ahead", ylabel="passengers (thousands)")
right.set(ylim=(0, None), xticks=range(1, 13))
right.legend()
plt.show()

# %%
for name, error in errors.items():
    print(f"{name:15} {error.mean():.1f}")
