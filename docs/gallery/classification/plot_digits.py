"""
Handwritten digits, row by row
==============================

The network reads a digit from top to bottom, one row of eight pixels at a time, and after each row
predicts which digit it is. The digits come with scikit-learn.
"""

# %%
# To recognize digits after a few rows, the network is also trained on their upper parts: a list of
# sequences of different lengths.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import train_test_split

from skrnn import GRUClassifier, Stream
from skrnn.datasets import load_digits_sequences

X, y = load_digits_sequences()
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)
rows = range(2, 9)
beginnings = [digit[:n] for n in rows for digit in X_train]
model = GRUClassifier(
    units=64, bidirectional=False, conv_filters=None, pooling="last", epochs=15, random_state=0
)
model.fit(beginnings, np.tile(y_train, len(rows)))
print(f"accuracy on {len(X_test)} test digits: {model.score(X_test, y_test):.3f}")

# %%
# A stream takes one row and returns the probabilities of the ten digits:
figure, axes = plt.subplots(2, 6, figsize=(10, 4.6), height_ratios=[1, 1.3])
stream = Stream(model, method="predict_proba")
for column, digit in enumerate([0, 2, 3, 4, 7, 9]):
    image = X_test[y_test == digit][1]
    stream.reset()
    probabilities = np.array([stream.step(row) for row in image])
    axes[0, column].imshow(image, cmap="gray_r")
    axes[1, column].imshow(probabilities, vmin=0, vmax=1, aspect="auto")
    axes[0, column].set_axis_off()
    axes[1, column].set(xticks=range(0, 10, 3), yticks=range(0, 8, 2), xlabel="digit")
    axes[1, column].set_yticklabels(["1", "3", "5", "7"] if column == 0 else [])
    axes[1, column].grid(visible=False)
axes[1, 0].set_ylabel("rows read")
picture = axes[1, -1].images[0]
figure.colorbar(picture, ax=axes[1, :], label="probability", shrink=0.9)
figure.suptitle("Predicted digit after each row", weight="bold")
plt.show()

# %%
# The accuracy by the number of rows:
for n in rows:
    print(f"{n} rows: {model.score(X_test[:, :n], y_test):.2f}")
