"""Automatic batch size, epochs and early stopping, and the defaults of tasks."""

from dataclasses import replace

import numpy as np
import pytest

import skrnn
from skrnn.estimators.budget import Budget

BUDGET = Budget(1_500, 15, batch_sizes=(4, 64), enough=5_000)


def sequences(n, n_steps=6):
    generator = np.random.default_rng(0)
    X = generator.normal(size=(n, n_steps, 1))
    return X, X[:, -1, 0]


@pytest.mark.parametrize(
    ("n_examples", "expected"),
    [(1, 4), (40, 4), (41, 8), (106, 16), (107, 16), (160, 16), (640, 64), (33_000, 64)],
)
def test_a_batch_is_a_tenth_of_the_examples_rounded_up_to_a_power_of_two(n_examples, expected):
    assert BUDGET.batch_size(n_examples, 1_000) == expected


@pytest.mark.parametrize(("longest", "expected"), [(64, 64), (65, 32), (512, 8), (5_000, 4)])
def test_batches_of_long_sequences_are_smaller(longest, expected):
    budget = replace(BUDGET, batch_length=4_096)
    assert budget.batch_size(33_000, longest) == expected
    assert budget.batch_size(30, longest) == 4


@pytest.mark.parametrize(
    ("n_batches", "expected"),
    [(1, 1_500), (7, 215), (100, 15), (515, 15), (1_500, 13), (30_000, 1)],
)
def test_epochs_take_the_minimum_number_of_steps_within_bounds(n_batches, expected):
    assert BUDGET.epochs(n_batches) == expected


def test_only_large_sets_have_a_validation_set():
    assert not BUDGET.early_stopping(4_999)
    assert BUDGET.early_stopping(5_000)


def test_other_tasks_train_for_a_number_of_epochs():
    budget = Budget()
    assert budget.batch_size(10, 5) == budget.batch_size(10**6, 5) == 32
    assert (budget.epochs(1), budget.epochs(400), budget.epochs(10**6)) == (50, 50, 1)
    assert not budget.early_stopping(10**6)


@pytest.mark.parametrize("kind", [skrnn.GRURegressor, skrnn.TCNClassifier])
def test_a_fit_tells_what_auto_was(kind, monkeypatch):
    monkeypatch.setattr(kind, "_budget", Budget(30, 2, batch_sizes=(4, 64), enough=100))
    X, y = sequences(90)
    y = y if kind is skrnn.GRURegressor else y > 0
    model = kind(random_state=0).fit(X, y)
    assert (model.batch_size_, model.n_epochs_, model.n_iter_) == (16, 5, 5)
    assert "val_loss" not in model.history_
    model.partial_fit(X[:40], y[:40])
    assert (model.batch_size_, model.n_epochs_, model.n_iter_) == (4, 1, 6)
    X, y = np.concatenate([X, X]), np.concatenate([y, y])
    model.fit(X, y)
    assert len(model.history_["val_loss"]) == model.n_iter_ <= model.n_epochs_ == 5


def test_given_values_are_used():
    X, y = sequences(40)
    model = skrnn.GRURegressor(epochs=2, batch_size=8, random_state=0).fit(X, y)
    assert (model.batch_size_, model.n_epochs_, model.n_iter_) == (8, 2, 2)
    assert model.set_params(batch_size=None).fit(X, y).batch_size_ is None


def test_validation_data_stop_early_unless_told_otherwise():
    X, y = sequences(40)
    noise = np.random.default_rng(1).permutation(y)
    model = skrnn.GRURegressor(epochs=40, patience=1, learning_rate=0.05, random_state=0)
    stopped = model.fit(X, y, X_val=X, y_val=noise)
    assert stopped.n_iter_ < stopped.n_epochs_ == 40
    watched = model.set_params(early_stopping=False).fit(X, y, X_val=X, y_val=noise)
    assert watched.n_iter_ == len(watched.history_["val_loss"]) == 40


def test_a_larger_batch_counts_as_several_and_a_smaller_one_as_itself(monkeypatch):
    monkeypatch.setattr(skrnn.GRURegressor, "_budget", Budget(30, 2, batch_sizes=(4, 64)))
    X, y = sequences(90)
    found = {
        size: skrnn.GRURegressor(batch_size=size, random_state=0).fit(X, y).n_epochs_
        for size in ("auto", 16, 90, None, 8)
    }
    assert found == {"auto": 5, 16: 5, 90: 5, None: 5, 8: 3}


@pytest.mark.parametrize("parameter", ["epochs", "batch_size", "early_stopping"])
def test_another_word_than_auto_is_refused(parameter):
    X, y = sequences(10)
    with pytest.raises(ValueError, match=f"{parameter}='some' was given"):
        skrnn.GRURegressor(**{parameter: "some"}).fit(X, y)


@pytest.mark.parametrize(("n_steps", "strides"), [(64, 1), (65, 2), (128, 2), (129, 4), (500, 4)])
def test_long_sequences_are_shortened_by_the_convolution(n_steps, strides):
    network = skrnn.networks.GRU(conv_filters=4, conv_kernel_size=7, conv_strides="auto")
    assert network.resolve(n_steps).conv_strides == strides


def test_smoothed_labels_have_the_loss_of_their_distribution():
    X, y = sequences(40)
    y = y > 0
    settings = {"units": 2, "epochs": 1, "learning_rate": 1e-30, "random_state": 0}
    model = skrnn.GRUClassifier(label_smoothing=0.3, early_stopping=False, **settings)
    model.fit(X, y, X_val=X, y_val=y)
    target = np.where(model.classes_ == y[:, None], 0.85, 0.15)
    expected = -(target * model.predict_log_proba(X)).sum(axis=1).mean()
    assert model.history_["val_loss"][0] == pytest.approx(expected, rel=1e-5)
    sharp = skrnn.GRUClassifier(label_smoothing=0, **settings).fit(X, y)
    assert sharp.network_.spec.key != model.network_.spec.key
