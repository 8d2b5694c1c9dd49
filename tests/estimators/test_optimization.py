"""Losses, optimizers, clipping and schedules do what their formulas say."""

import keras
import numpy as np
import pytest

from tests.conftest import make


def test_losses_of_one_class_with_other_settings_share_nothing(cube, y):
    class Quantile(keras.losses.Loss):
        def __init__(self, q):
            super().__init__()
            self.q = q

        def call(self, target, output):
            gap = target - output
            return keras.ops.mean(keras.ops.maximum(self.q * gap, (self.q - 1) * gap), axis=-1)

    low, high = (make("RNNRegressor", loss=Quantile(q), epochs=60).fit(cube, y) for q in (0.1, 0.9))
    assert (y < low.predict(cube)).mean() < 0.5 < (y < high.predict(cube)).mean()


def absolute(gap):
    return np.abs(gap)


def huber(gap):
    return np.where(np.abs(gap) <= 1, gap**2 / 2, np.abs(gap) - 0.5)


def log_cosh(gap):
    return np.log(np.cosh(gap))


@pytest.mark.parametrize(
    ("loss", "formula"),
    [
        ("mae", absolute),
        ("huber", huber),
        (keras.losses.LogCosh(), log_cosh),
        (keras.losses.huber, huber),
    ],
)
def test_a_loss_is_that_of_its_formula(cube, y, loss, formula):
    settings = {"loss": loss, "batch_size": None, "learning_rate_schedule": None}
    once = make("RNNRegressor", epochs=1, **settings).fit(cube, y)
    twice = make("RNNRegressor", epochs=2, **settings).fit(cube, y)
    # With all sequences in one batch, the second loss is that after one epoch.
    expected = formula((y - once.predict(cube)) / y.std()).mean()
    np.testing.assert_allclose(twice.history_["loss"][1], expected, rtol=1e-4)


@pytest.mark.parametrize(
    "optimizer", ["sgd", "rmsprop", "adamw", keras.optimizers.Adam(beta_1=0.8, amsgrad=True)]
)
def test_optimizers(cube, y, optimizer):
    model = make("RNNRegressor", optimizer=optimizer, epochs=60, learning_rate=0.03).fit(cube, y)
    assert model.history_["loss"][-1] < 0.8 * model.history_["loss"][0]


def test_clipping_bounds_a_step_of_plain_gradient_descent(cube, y):
    settings = {
        "optimizer": "sgd",
        "learning_rate": 1.0,
        "learning_rate_schedule": None,
        "batch_size": None,
    }
    start = make("RNNRegressor", epochs=1, **settings | {"learning_rate": 1e-12}).fit(cube, y)
    for clip in (0.1, 0.01):
        end = make("RNNRegressor", epochs=1, global_clipnorm=clip, **settings).fit(cube, y)
        moved = [a - b for a, b in zip(end.weights_, start.weights_, strict=True)]
        norm = np.sqrt(sum((step**2).sum() for step in moved))
        np.testing.assert_allclose(norm, clip, rtol=1e-3)


def test_the_rate_follows_the_schedule(cube, y):
    rates = []

    class Record(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            rates.append(float(self.model.optimizer.learning_rate))

    settings = {"epochs": 2, "batch_size": 12, "learning_rate": 0.01}
    make("RNNRegressor", callbacks=[Record()], **settings).fit(cube, y)
    np.testing.assert_allclose(rates, 0.005 * (1 + np.cos(np.pi * np.arange(4) / 4)), rtol=1e-5)
    rates.clear()
    settings["learning_rate_schedule"] = lambda step: 0.1 / (1 + step)
    make("RNNRegressor", callbacks=[Record()], **settings).fit(cube, y)
    np.testing.assert_allclose(rates, 0.1 / np.arange(1, 5), rtol=1e-5)


@pytest.mark.parametrize("setting", [{"use_ema": True}, {"loss_scale_factor": 2.0}])
def test_settings_of_an_optimizer_that_the_loop_does_not_follow(cube, y, setting):
    with pytest.raises(ValueError, match=f"has {next(iter(setting))}, which is not supported"):
        make("RNNRegressor", optimizer=keras.optimizers.SGD(**setting)).fit(cube, y)
