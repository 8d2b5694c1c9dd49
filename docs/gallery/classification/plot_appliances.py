"""
Appliances from their electric current
======================================

Eleven kinds of household appliances are identified by the current that they draw when they are
switched on, in recordings of 100 to 1344 steps (PLAID; Gao et al., 2014). The training set and the
test set contain 537 recordings each.
"""

# %%
# The labels in the file are numbers; their names come from the archive
# (timeseriesclassification.com).
import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import ConfusionMatrixDisplay
from sktime.datasets import load_plaid

from skrnn import TCNClassifier


def recordings(split):
    """Return the currents of a split, and their labels."""
    table, labels = load_plaid(split=split)
    return [series.to_numpy() for series in table.iloc[:, 0]], labels.astype(int)


def features(currents):
    """Return two features of the latest 300 steps of each: magnitude and shape, (n_steps_i, 2)."""
    latest = [current[-300:] for current in currents]
    return [
        np.column_stack([np.log(np.abs(x) + 0.01), (x - x.mean()) / (x.std() + 1e-6)])
        for x in latest
    ]


X_train, y_train = recordings("train")
X_test, y_test = recordings("test")
names = [
    "air conditioner",
    "fluorescent lamp",
    "fan",
    "fridge",
    "hairdryer",
    "heater",
    "light bulb",
    "laptop",
    "microwave",
    "vacuum cleaner",
    "washing machine",
]

figure, axes = plt.subplots(2, 3, figsize=(9.5, 4.6))
for axis, kind in zip(axes.flat, [0, 1, 3, 6, 7, 9], strict=True):
    axis.plot(X_train[np.flatnonzero(y_train == kind)[0]], lw=1)
    axis.set_title(names[kind].capitalize(), fontsize=11)
figure.supxlabel("step")
figure.supylabel("current (no unit stated)")
plt.show()

# %%
# A vacuum cleaner draws two hundred times the current of a lamp, so the network reads the logarithm
# of the current in one channel and its standardized shape in another.
model = TCNClassifier(epochs=20, batch_size=16, random_state=0)
model.fit(features(X_train), y_train)
print(f"accuracy {model.score(features(X_test), y_test):.3f}")

figure, axis = plt.subplots(figsize=(7, 6))
ConfusionMatrixDisplay.from_predictions(
    y_test,
    model.predict(features(X_test)),
    display_labels=names,
    normalize="true",
    values_format=".0%",
    text_kw={"fontsize": 8},
    cmap="Blues",
    colorbar=False,
    xticks_rotation=40,
    ax=axis,
)
plt.setp(axis.get_xticklabels(), ha="right")
axis.set(title="537 test recordings", xlabel="predicted", ylabel="appliance")
axis.grid(visible=False)
plt.show()
