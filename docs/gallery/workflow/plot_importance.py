"""
Importance of channels and of time
==================================

Which channels of a smartwatch does a network need to tell badminton, running, standing and walking
apart, and when? ``sequence_importance`` exchanges a channel, or a stretch of time, between the
recordings, and measures the decrease of the score.
"""

# %%
# BasicMotions (UEA archive) has 40 recordings for training and 40 for testing, each of ten seconds
# with six channels. A list of data frames gives the channels names.
import matplotlib.pyplot as plt
import pandas as pd

from skrnn import TCNClassifier
from skrnn.datasets import load_basic_motions
from skrnn.inspection import ImportanceDisplay, sequence_importance

names = [f"{sensor} {axis}" for sensor in ("acceleration", "rotation") for axis in "xyz"]


def recordings(split):
    """Return recordings with named channels, and their activities."""
    X, y = load_basic_motions(split=split)
    return [pd.DataFrame(recording, columns=names) for recording in X], y


X_train, y_train = recordings("train")
X_test, y_test = recordings("test")
model = TCNClassifier(epochs=40, random_state=0).fit(X_train, y_train)

# %%
# The score is minus the log loss: it also falls where a prediction is right, but less certain.
settings = {"scoring": "neg_log_loss", "random_state": 0}
by_channel = sequence_importance(model, X_test, y_test, **settings)
by_time = sequence_importance(model, X_test, y_test, by="time", **settings)

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
ImportanceDisplay(by_channel).plot(left)
ImportanceDisplay(by_time).plot(right)
left.set(title="Channels", xlabel="decrease of the score (nats)")
right.set(
    title="Time", xlabel="steps of 0.1 s before the end", ylabel="decrease of the score (nats)"
)
plt.show()

# %%
# Both together, as a heat map. The values are small, because the network can do without a single
# stretch of a single channel.
display = ImportanceDisplay.from_estimator(model, X_test, y_test, by="both", **settings)
display.ax_.set(title="Channels in time", xlabel="steps of 0.1 s before the end")
display.figure_.axes[1].set_ylabel("decrease of the score (nats)")
plt.show()

# %%
# The same for the accuracy:
accuracies = sequence_importance(model, X_test, y_test, random_state=0)
print(f"all channels: {accuracies.score:.3f}")
for name, decrease in zip(names, accuracies.importances_mean, strict=True):
    print(f"without {name:14} {accuracies.score - decrease:.3f}")
