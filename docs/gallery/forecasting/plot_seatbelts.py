"""
The effect of an intervention: the seat-belt law
================================================

The data are the numbers of drivers killed or seriously injured on the roads of Great Britain, by
month from 1969 to 1984. Seat belts became compulsory in February 1983 (Harvey and Durbin, 1986,
doi:10.2307/2981553). A forecast from the years before estimates what would have happened without
the law.
"""

# %%
# The model is trained on the first 14 years, and forecasts the two years after as if there were no
# law.
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import sktime

from skrnn import GRUForecaster

folder = Path(sktime.__file__).parent / "datasets" / "data" / "seatbelts"
y = pd.read_csv(folder / "seatbelts.csv", index_col=0, parse_dates=True)["KSI"].astype(float)
y = y.to_period("M")
before, after = y[:"1983-01"], y["1983-02":]

model = GRUForecaster(random_state=0)
model.fit(before, fh=range(1, len(after) + 1))
without_law = model.predict()
lower, upper = model.predict_interval(coverage=0.9).to_numpy().T

figure, axis = plt.subplots()
months = after.index.to_timestamp()
axis.plot(
    before["1978":].index.to_timestamp(), before["1978":], color="0.45", label="before the law"
)
axis.plot(months, after, color="C1", label="with the law")
axis.plot(months, without_law, color="C0", label="forecast without the law, 90 % interval")
axis.fill_between(months, lower, upper, color="C0", alpha=0.2, lw=0)
axis.axvline(months[0], color="black", lw=1, ls=":")
axis.set(
    title="The seat-belt law of February 1983", ylabel="killed or seriously injured", ylim=(0, None)
)
axis.legend(loc="lower left")
plt.show()

# %%
# The difference is the estimated effect of everything that changed, including the law:
saved = without_law - after
share = saved.sum() / without_law.sum()
print(f"{saved.sum():.0f} fewer than forecast in {len(after)} months, {share:.0%}")
