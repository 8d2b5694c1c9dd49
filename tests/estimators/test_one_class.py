"""A classifier of one class is not trained, and its loss, which Keras warns of, not computed."""

import warnings

import numpy as np

import skrnn


def test_early_stopping_with_one_class_warns_of_nothing():
    X, y = np.random.default_rng(0).normal(size=(12, 4, 2)), np.zeros(12, dtype=int)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        model = skrnn.LSTMClassifier(early_stopping=True, random_state=0).fit(X, y)
    assert model.predict(X).tolist() == [0] * 12
