"""
A search in one compiled program
================================

A grid search over learning rates and dropout rates, on the digits of scikit-learn read row by row.
Fits that differ in learning rate, dropout rate or seed share one compiled program, so only the
first of them takes the time of compilation.
"""

# %%
# The search is scikit-learn's ``GridSearchCV``: 20 settings in three folds are 60 fits. With a
# dropout rate of zero, the network has no dropout layer and needs a program of its own.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import GridSearchCV

from skrnn import GRUClassifier
from skrnn.datasets import load_digits_sequences

X, y = load_digits_sequences()
grid = {
    "learning_rate": [0.003, 0.01, 0.03, 0.1, 0.3],
    "dropout": [0.0, 0.2, 0.4, 0.6],
}
model = GRUClassifier(units=16, epochs=15, bidirectional=False, conv_filters=None, random_state=0)
search = GridSearchCV(model, grid, cv=3).fit(X[:600], y[:600])
print(search.best_params_, f"{search.best_score_:.3f}")
print(f"accuracy on the other digits: {search.score(X[600:], y[600:]):.3f}")

# %%
# The accuracy of each setting, and the fit times in the order of the search:
results = search.cv_results_
scores = results["mean_test_score"].reshape(4, 5)
figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 4.2))
picture = left.imshow(scores, aspect="auto")
for (row, column), score in np.ndenumerate(scores):
    dark = score < scores.mean()
    left.text(column, row, f"{score:.2f}", ha="center", va="center", color="w" if dark else "k")
left.set_xticks(range(5), grid["learning_rate"])
left.set_yticks(range(4), grid["dropout"])
left.set(title="Accuracy in three folds", xlabel="learning rate", ylabel="dropout")
left.grid(visible=False)
right.bar(range(1, 21), results["mean_fit_time"])
right.set(title="Mean fit time of each setting", xlabel="setting", ylabel="time (s)")
right.set_xticks([1, 5, 10, 15, 20])
plt.show()
