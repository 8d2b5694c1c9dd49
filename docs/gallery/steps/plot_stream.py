"""
Predictions while data arrive
=============================

A ``Stream`` takes one step at a time. Since it keeps the state of the network, each step takes the
same time. In this example, it recognizes the activity of the wearer of a smartwatch, who changes it
every ten seconds: recordings of BasicMotions are played one after another.
"""

# %%
# A causal labeler uses no later steps. The training data are series of four activities each, so
# that the network also learns the changes.
import time

import matplotlib.pyplot as plt
import numpy as np

from skrnn import SequenceLabeler, Stream, networks
from skrnn.datasets import load_basic_motions

rng = np.random.default_rng(0)


def series(split, n_series):
    """Return series of one recording of each activity, and the activity at each step."""
    recordings, activities = load_basic_motions(split=split)
    rows_of = [np.flatnonzero(activities == name) for name in np.unique(activities)]
    chosen = [rng.permutation([rng.choice(rows) for rows in rows_of]) for _ in range(n_series)]
    return (
        [recordings[rows].reshape(-1, 6) for rows in chosen],
        [np.repeat(activities[rows], 100) for rows in chosen],
    )


X, y = series("train", 40)
model = SequenceLabeler(network=networks.GRU(units=32), causal=True, epochs=30, random_state=0)
model.fit(X, y)

# %%
# Forty seconds of the test recordings, step by step:
X_test, y_test = series("test", 1)
stream = Stream(model, method="predict_proba")
began = time.perf_counter()
probabilities = np.array([stream.step(step) for step in X_test[0]])
print(f"{(time.perf_counter() - began) / 400 * 1e6:.0f} microseconds per step")
print(f"accuracy {np.mean(model.classes_[probabilities.argmax(axis=1)] == y_test[0]):.2f}")

figure, (upper, lower) = plt.subplots(2, 1, figsize=(10, 5), sharex=True)
seconds = np.arange(400) / 10
upper.plot(seconds, X_test[0][:, :3], lw=0.9)
upper.set(title="Acceleration along three axes", ylabel="sensor (no unit)")
for second, activity in zip(range(0, 40, 10), y_test[0][::100], strict=True):
    upper.text(second + 0.3, upper.get_ylim()[1] * 0.85, activity, weight="bold")
    upper.axvline(second, color="0.6", lw=1)
lower.stackplot(seconds, probabilities.T, labels=model.classes_, alpha=0.9)
lower.set(title="Probability after each step", ylabel="probability", xlabel="time (s)")
lower.set(xlim=(0, 40), ylim=(0, 1))
figure.legend(*lower.get_legend_handles_labels(), loc="outside lower center", ncols=4)
plt.show()
