"""
Categorical features: districts that the network groups
=======================================================

Synthetic delivery rounds: at each stop, the district as text and the distance from the stop
before. Districts are of three kinds, which nobody tells the network. ``GRURegressor`` reads each
district as a learned vector (``categorical_features``), and predicts the length of a round in
minutes. The vectors of districts of one kind end up close to each other.
"""

# %%
# A kilometer takes longer in the center, and parking does, too. The names of the districts say
# nothing about their kind.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.decomposition import PCA

from skrnn import GRURegressor

rng = np.random.default_rng(0)
kinds = {"center": (6.0, 5.0), "suburb": (2.5, 2.0), "country": (1.0, 0.5)}
districts = pd.Series(
    rng.permutation(np.repeat(list(kinds), 6)), index=[f"D{n:02d}" for n in range(18)]
)


def delivery_round():
    """Return the stops of a round, and its minutes."""
    n_stops = rng.integers(5, 15)
    stops = pd.DataFrame(
        {"district": rng.choice(districts.index, n_stops), "km": rng.exponential(2.0, n_stops)}
    )
    per_km, parking = np.array([kinds[kind] for kind in districts[stops["district"]]]).T
    return stops, float((per_km * stops["km"] + parking).sum())


X, y = map(list, zip(*(delivery_round() for _ in range(800)), strict=True))
X[0].head(3)

# %%
# The column of texts is recognized by its dtype. For comparison, the same estimator reads one-hot
# columns, and the number of the district.
one_hot = [
    pd.get_dummies(stops.astype({"district": pd.CategoricalDtype(districts.index)}), dtype=float)
    for stops in X
]
ordinal = [stops.assign(district=stops["district"].str[1:].astype(int)) for stops in X]
settings = {"pooling": "mean", "units": 16, "random_state": 0}
models, errors = {}, {}
for name, given in {"embeddings": X, "one-hot": one_hot, "ordinal": ordinal}.items():
    model = GRURegressor(**settings).fit(given[:600], y[:600])
    errors[name] = float(np.abs(model.predict(given[600:]) - y[600:]).mean())
    models[name] = model
    print(f"{name}: error {errors[name]:.1f} minutes, {model.n_parameters_} weights")

# %%
# The vectors of the districts, in the directions of their greatest variance:
model = models["embeddings"]
vectors = next(weight for weight in model.weights_ if len(weight) == 18)
places = PCA(2).fit_transform(vectors)

figure, axes = plt.subplots(1, 2, figsize=(9, 3.8), width_ratios=[2, 3])
bars = axes[0].barh(list(errors), list(errors.values()), color="C0")
axes[0].bar_label(bars, fmt="%.1f", padding=3)
axes[0].invert_yaxis()
axes[0].set(
    xlabel="mean absolute error (minutes)",
    xlim=(0, 1.2 * max(errors.values())),
    title="Districts as",
)
for number, kind in enumerate(kinds):
    own = np.flatnonzero(districts[model.categories_["district"]] == kind)
    axes[1].scatter(*places[own].T, color=f"C{number}", label=kind)
axes[1].set(
    xlabel="first principal component",
    ylabel="second principal component",
    title="Learned vectors of the districts",
)
axes[1].legend(title="kind")
plt.show()
