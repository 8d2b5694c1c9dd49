"""
Learning curves and early stopping
==================================

``history_`` contains the losses of each epoch. With ``early_stopping=True``, some of the sequences
become a validation set, and the weights of the epoch with the smallest validation loss are kept.
"""

# %%
# The task is to predict the season from the power demand of Italy in the 24 hours of a day
# (ItalyPowerDemand, UCR archive). A fifth of the labels of the 150 training days are made wrong for
# this example, so that a network overfits if it is trained for too long.
import matplotlib.pyplot as plt
import numpy as np
from sktime.datasets import load_italy_power_demand

from skrnn import GRUClassifier

X, y = load_italy_power_demand(split="test", return_type="numpy3d")
X = np.swapaxes(X, 1, 2)
seasons = np.where(y == "1", "October to March", "April to September")
X_train, y_train, X_test, y_test = X[:150], seasons[:150].copy(), X[150:], seasons[150:]
wrong = np.random.default_rng(0).random(150) < 0.2
y_train[wrong] = np.where(
    y_train[wrong] == "October to March", "April to September", "October to March"
)

settings = {"units": 64, "learning_rate": 0.01, "epochs": 100, "random_state": 0}
settings |= {"validation_fraction": 0.3}
stopped = GRUClassifier(early_stopping=True, patience=15, **settings).fit(X_train, y_train)
longer = GRUClassifier(early_stopping=True, patience=100, **settings).fit(X_train, y_train)
best = int(np.argmin(stopped.history_["val_loss"])) + 1
print(f"stopped after {stopped.n_iter_} epochs; the best was epoch {best}")

# %%
figure, axis = plt.subplots()
epochs = np.arange(1, longer.n_iter_ + 1)
axis.plot(epochs, longer.history_["loss"], label="training loss")
axis.plot(epochs, longer.history_["val_loss"], label="validation loss")
axis.axvline(best, color="black", ls=":", label="epoch whose weights are kept")
axis.axvspan(stopped.n_iter_, 100, color="0.87", lw=0, label="not trained with early stopping")
axis.set(title="Loss of each epoch", xlabel="epoch", ylabel="cross-entropy (nats)", xlim=(0, 100))
axis.set_ylim(0, 1)
axis.legend()
plt.show()

# %%
# The accuracy on the test days, whose labels are all correct:
plain = GRUClassifier(early_stopping=False, **settings)
print(f"with early stopping {stopped.score(X_test, y_test):.3f}")
print(f"100 epochs          {plain.fit(X_train, y_train).score(X_test, y_test):.3f}")
