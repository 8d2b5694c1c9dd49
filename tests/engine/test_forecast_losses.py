"""Losses of forecasts are the likelihoods of scipy, and blind to what was not observed."""

import numpy as np
import pytest
import scipy.special
import scipy.stats

from skrnn.engine import forecast_losses
from skrnn.engine.compiled_model import CompiledModel
from skrnn.engine.forecast_losses import ForecastLoss
from skrnn.networks.wrappers.forecast import ForecastHead, WindowLayout
from tests.forecasting.parts import (
    GAUSSIAN,
    HEADS,
    POINT,
    QUANTILE,
    STUDENT,
    call,
    keras,
    network_of,
    normal,
    spec_of,
)


def losses_of(head, target, parameters, **keywords):
    flat = np.asarray(parameters).reshape(len(target), -1)
    return call(ForecastLoss(head, **keywords), target, flat)


def test_the_gaussian_loss_is_the_likelihood():
    target, mean = 3 * normal(5, 4), normal(5, 4, seed=1)
    deviation = np.exp(normal(5, 4, seed=2))
    density = scipy.stats.norm.logpdf(target, mean, deviation) + 0.5 * np.log(2 * np.pi)
    got = losses_of(GAUSSIAN, target, np.stack([mean, deviation], axis=-1))
    np.testing.assert_allclose(got, -density.mean(axis=1), rtol=1e-4, atol=1e-5)


def test_the_student_t_loss_is_the_likelihood():
    target, location = 3 * normal(8, 4), normal(8, 4, seed=1)
    scale, freedom = np.exp(normal(8, 4, seed=2)), 2 + np.exp(2 * normal(8, 4, seed=3))
    density = scipy.stats.t.logpdf(target, freedom, location, scale) + 0.5 * np.log(np.pi)
    got = losses_of(STUDENT, target, np.stack([location, scale, freedom], axis=-1))
    np.testing.assert_allclose(got, -density.mean(axis=1), rtol=1e-3, atol=1e-3)


def test_the_quantile_loss_is_the_pinball_loss():
    target, quantiles = normal(5, 3), normal(5, 3, 4, seed=1)
    expected = np.zeros(5)
    for row in range(5):
        for step in range(3):
            for number, level in enumerate(QUANTILE.quantiles):
                error = target[row, step] - quantiles[row, step, number]
                expected[row] += 2 * (level * error if error > 0 else (level - 1) * error) / 12
    np.testing.assert_allclose(losses_of(QUANTILE, target, quantiles), expected, rtol=1e-4)
    # At the median alone it is the absolute error.
    median = losses_of(ForecastHead("quantile", (0.5,)), target, quantiles[..., :1])
    np.testing.assert_allclose(median, np.abs(target - quantiles[..., 0]).mean(axis=1), rtol=1e-4)


@pytest.mark.parametrize("function", ["mean_squared_error", "mean_absolute_error", "huber"])
def test_the_loss_of_a_point_is_that_of_keras(function):
    target, output = normal(5, 3), normal(5, 3, seed=1)
    expected = call(getattr(keras.losses, function), target, output)
    got = losses_of(POINT, target, output, function=function)
    np.testing.assert_allclose(got, expected, rtol=1e-6)


@pytest.mark.parametrize("name", HEADS)
def test_what_was_not_observed_is_no_error(name):
    head = HEADS[name]
    target = normal(6, 5)
    parameters = np.abs(normal(6, 5, head.n_parameters, seed=1)) + 0.5
    missing = normal(6, 5, seed=2) > 0.3
    missing[0] = True
    lacking = np.where(missing, np.nan, target)
    alone = losses_of(head, target.reshape(30, 1), parameters.reshape(30, 1, -1)).reshape(6, 5)
    got = losses_of(head, lacking, parameters)
    assert got[0] == 0
    np.testing.assert_allclose(got, (alone * ~missing).mean(axis=1), rtol=1e-4, atol=1e-6)


def test_log_gamma_is_scipys():
    x = np.concatenate([np.geomspace(0.5, 1e4, 400), np.linspace(0.5, 20, 400)])
    got = call(forecast_losses._log_gamma, x)
    expected = scipy.special.gammaln(x.astype(np.float32).astype(np.float64))
    np.testing.assert_allclose(got, expected, rtol=3e-6, atol=2e-5)


@pytest.mark.parametrize("name", ["point", "student_t"])
def test_gradients_are_blind_to_what_was_not_observed(name):
    head = HEADS[name]
    layout = WindowLayout(window_length=3, horizon=2, n_targets=1)
    network = network_of(layout, head)
    compiled = CompiledModel(spec_of(network))
    start = compiled.fresh_state(0, network.rates())
    x, lengths = normal(4, 5, 2).astype(np.float32), np.full(4, 5, dtype=np.int32)
    target = normal(4, 2, seed=1).astype(np.float32)

    def after(target, weight):
        compiled.start(start)
        batch = (x, lengths, target, np.array(weight, dtype=np.float32))
        compiled.steps.train_all([batch], [0.1])
        return compiled.steps.read()[0]

    nothing = np.full_like(target, np.nan)
    for before, value in zip(start, after(nothing, [1, 1, 1, 1]), strict=True):
        np.testing.assert_array_equal(value, before)
    some = target.copy()
    some[2:] = np.nan
    got, wanted = after(some, [1, 1, 1, 1]), after(target, [1, 1, 0, 0])
    moved = 0.0
    for before, value, expected in zip(start, got, wanted, strict=True):
        assert np.isfinite(value).all()
        np.testing.assert_allclose(value, expected, atol=1e-6)
        moved = max(moved, np.abs(value - before).max())
    assert moved > 1e-4
