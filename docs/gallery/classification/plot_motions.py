"""
Activities from a smartwatch
============================

Ten seconds of acceleration and rotation, recorded by a smartwatch, are enough to distinguish
badminton, running, standing and walking (BasicMotions, UEA archive). The training set and the test
set contain 40 recordings each.
"""

# %%
# One recording of each activity, with its six channels:
import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import ConfusionMatrixDisplay

from skrnn import TCNClassifier
from skrnn.datasets import load_basic_motions

X_train, y_train = load_basic_motions(split="train")
X_test, y_test = load_basic_motions(split="test")

figure, axes = plt.subplots(2, 2, figsize=(9, 5), sharex=True, sharey=True)
seconds = np.arange(100) / 10
for axis, activity in zip(axes.flat, np.unique(y_train), strict=True):
    recording = X_train[y_train == activity][0]
    for number, name in enumerate(["acceleration x, y, z", "rotation x, y, z"]):
        lines = axis.plot(seconds, recording[:, 3 * number : 3 * number + 3], f"C{number}", lw=1)
        lines[0].set_label(name)
    axis.set_title(activity.capitalize())
for axis in axes[1]:
    axis.set_xlabel("time (s)")
figure.supylabel("sensor (no unit stated)")
figure.legend(*axis.get_legend_handles_labels(), loc="outside upper right", ncols=2)
plt.show()

# %%
# The network reads the 100 steps directly: no features are computed, and nothing is scaled by hand.
model = TCNClassifier(epochs=40, random_state=0).fit(X_train, y_train)
print(f"accuracy {model.score(X_test, y_test):.3f}")

figure, axis = plt.subplots(figsize=(5.5, 4.6))
ConfusionMatrixDisplay.from_estimator(model, X_test, y_test, ax=axis, cmap="Blues", colorbar=False)
axis.set(title="40 test recordings", xlabel="predicted", ylabel="activity")
axis.grid(visible=False)
plt.show()
