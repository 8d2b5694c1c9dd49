"""
Regression: death rates from case counts
========================================

A number is predicted from each sequence: the share of deaths among the COVID-19 cases of a country,
from its case counts on 84 days (Covid3Month, timeseriesclassification.com, with WHO data of 2020).
"""

# %%
# The counts of different countries differ by a factor of up to 100,000, so they are converted to
# logarithms first.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import RidgeCV
from sklearn.metrics import root_mean_squared_error
from sktime.datasets import load_covid_3month

from skrnn import GRURegressor


def countries(split):
    """Return the logarithms of the daily cases, (n_countries, 84, 1), and the death rates."""
    table, rates = load_covid_3month(split=split)
    cases = np.stack([series.to_numpy() for series in table.iloc[:, 0]])
    return np.log1p(np.clip(cases, 0, None))[..., None], rates


X_train, y_train = countries("train")
X_test, y_test = countries("test")

figure, axis = plt.subplots()
colors = plt.colormaps["cividis"]
for cases, rate in sorted(zip(X_train[..., 0], y_train, strict=True), key=lambda pair: pair[1]):
    axis.plot(np.expm1(cases), color=colors(min(rate / 0.1, 1)), lw=1)
axis.set(yscale="symlog", title="140 countries", xlabel="day", ylabel="daily cases")
picture = plt.cm.ScalarMappable(plt.Normalize(0, 10), colors)
figure.colorbar(picture, ax=axis, label="deaths (% of the cases)", extend="max")
plt.show()

# %%
# The network compared with the mean and with ridge regression on the 84 numbers:
models = {
    "mean of the training set": DummyRegressor(),
    "ridge regression": RidgeCV(np.logspace(-3, 5, 20)),
    "GRURegressor": GRURegressor(random_state=0),
}
for name, model in models.items():
    flat = name != "GRURegressor"
    model.fit(X_train[..., 0] if flat else X_train, y_train)
    predicted = model.predict(X_test[..., 0] if flat else X_test)
    print(f"{name:26} error {100 * root_mean_squared_error(y_test, predicted):.2f} % of the cases")

# %%
# The counts explain little of the rate: no method is much better than the mean.
figure, axis = plt.subplots(figsize=(5, 4.6))
axis.scatter(100 * y_test, 100 * predicted, alpha=0.7)
axis.plot([0, 20], [0, 20], color="0.5", ls="--", label="equal")
axis.set(title="61 test countries", xlabel="observed deaths (% of the cases)", ylabel="predicted")
axis.set(xlim=(-0.5, 20), ylim=(-0.5, 20))
axis.legend()
plt.show()
