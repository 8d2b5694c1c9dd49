"""Identify nine speakers by two vowels: sequences of different lengths.

JapaneseVowels (Kudo, Toyama and Shimbo, 1999, doi:10.1016/S0167-8655(99)00077-X) comes with
sktime: 270 training and 370 test utterances, each with 7 to 29 steps of 12 cepstral coefficients.
A grid search chooses the network on the training set alone; the test set is used once.
"""

import time

import numpy as np
from sklearn.model_selection import GridSearchCV, StratifiedKFold

from skrnn import GRUClassifier
from skrnn.datasets import load_japanese_vowels

began = time.perf_counter()
X, y = load_japanese_vowels(split="train")
X_test, y_test = load_japanese_vowels(split="test")
lengths = [len(sequence) for sequence in X]
print(
    f"JapaneseVowels: {len(X)} sequences of {min(lengths)} to {max(lengths)} steps x "
    f"{X[0].shape[1]} features, {len(np.unique(y))} speakers"
)

search = GridSearchCV(
    GRUClassifier(pooling="mean", bidirectional=True, dropout=0.3, random_state=0),
    {"units": [32, 64], "learning_rate": [0.003, 0.01]},
    cv=StratifiedKFold(3, shuffle=True, random_state=0),
)
n_fits = len(search.param_grid["units"]) * len(search.param_grid["learning_rate"]) * 3 + 1
print(f"Searching over units and learning rate: {n_fits} fits of a bidirectional GRU ...")
search.fit(X, y)
for params, score in zip(
    search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True
):
    print(f"  {params}: {score:.3f} in cross-validation")

print(f"Best: {search.best_params_}, on backend {search.best_estimator_.backend_}")
print(f"Accuracy on the {len(X_test)} test sequences: {search.score(X_test, y_test):.3f}")
print(f"Took {time.perf_counter() - began:.0f} s")
