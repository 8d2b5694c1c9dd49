"""
Events in sensor data: when a room is occupied
==============================================

Synthetic measurements of carbon dioxide and light in an office, every five minutes of 40 days:
people come and go at irregular times, and the gas follows slowly. ``SequenceLabeler`` predicts at
each step whether the room is occupied, and ``events`` combines these steps into meetings.
"""

# %%
# Carbon dioxide rises while people are in the room and falls by ventilation; sunlight disturbs the
# light sensor.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import f1_score

from skrnn import SequenceLabeler

rng = np.random.default_rng(0)


def day():
    """Return a day of CO2 (ppm) and light (lux), and whether the room is occupied."""
    people = np.zeros(288)
    start = rng.integers(80, 120)
    while start < 220:
        stop = start + rng.integers(6, 40)
        people[start:stop] = rng.integers(1, 5)
        start = stop + rng.integers(6, 30)
    co2 = np.full(288, 420.0)
    for step in range(1, 288):
        co2[step] = co2[step - 1] + 9 * people[step] - 0.04 * (co2[step - 1] - 420)
    sun = 250 * np.clip(np.sin(np.pi * (np.arange(288) - 84) / 132), 0, None) * rng.random()
    lamp = 180 * (people > 0) * (rng.random() < 0.6)
    noise = rng.normal(size=(288, 2)) * [12, 25]
    return np.column_stack([co2, sun + lamp]) + noise, (people > 0).astype(int)


days, states = zip(*(day() for _ in range(40)), strict=True)
X, y = np.stack(days), np.stack(states)
model = SequenceLabeler(epochs=30, random_state=0)
model.fit(X[:24], y[:24], X_val=X[24:30], y_val=y[24:30])
print(f"F1 of occupied steps {f1_score(y[30:].ravel(), model.predict(X[30:]).ravel()):.3f}")

# %%
# One of the ten test days, with probabilities and detected events:
number = 2
probability = model.predict_proba(X[30:])[number, :, 1]
events = model.events(X[30:])
events = events[events["sequence"] == number]

figure, axes = plt.subplots(3, 1, figsize=(9, 5.8), sharex=True, height_ratios=[2, 2, 1.6])
hours = np.arange(288) / 12
axes[0].plot(hours, X[30 + number, :, 0], label="CO2")
axes[0].set(ylabel="CO2 (ppm)", title="An office on one day")
axes[1].plot(hours, X[30 + number, :, 1], color="C4")
axes[1].set_ylabel("light (lux)")
axes[2].fill_between(hours, 0, y[30 + number], step="mid", color="0.8", lw=0, label="occupied")
axes[2].plot(hours, probability, color="C0", label="probability")
for n, (start, end) in enumerate(events[["start", "end"]].to_numpy() / 12):
    axes[2].plot([start, end], [-0.15, -0.15], color="C1", lw=4, label="event" if n == 0 else None)
axes[2].set(xlabel="hour", xlim=(5, 21), ylim=(-0.3, 1.1), yticks=[0, 1])
figure.legend(*axes[2].get_legend_handles_labels(), loc="outside lower center", ncols=3)
plt.show()
