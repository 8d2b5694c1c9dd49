"""Claims of docs/stability.md: gradients that vanish or explode, and the remedies."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from skrnn import RNNRegressor, networks
from tests.conftest import all_optimizations

PATH = Path(__file__).resolve().parents[1] / "docs" / "examples" / "stability.py"
SPEC = importlib.util.spec_from_file_location("stability", PATH)
stability = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(stability)

N_STEPS = 60


def norms(model, scale=1.0, n_steps=N_STEPS):
    return stability.gradient_norms(model, stability.noise(n_steps, scale))


def weights_of(model):
    from keras import ops

    return [ops.convert_to_numpy(weight).astype("float64") for weight in model.weights]


# ------------------------------------------------------------------ gradients


def test_the_gradients_are_those_of_backpropagation_through_time_written_out():
    model, X = stability.simple_network(1.2), stability.noise(N_STEPS)
    kernel, recurrent, bias, out, _ = weights_of(model)
    states = [np.zeros((len(X), len(bias)))]
    for t in range(N_STEPS):
        states.append(np.tanh(X[:, t] @ kernel + states[-1] @ recurrent + bias))
    by_state, expected = out.T, []
    for state in states[:0:-1]:
        by_sum = by_state * (1 - state**2)
        expected.append(np.linalg.norm(by_sum @ kernel.T, axis=1).mean())
        by_state = by_sum @ recurrent.T
    np.testing.assert_allclose(stability.gradient_norms(model, X), expected[::-1], rtol=1e-3)


@pytest.mark.parametrize("factor", [0.5, 0.8])
def test_small_recurrent_weights_let_the_gradient_fall_geometrically(factor):
    model = stability.simple_network(factor)
    kernel, recurrent, _, out, _ = weights_of(model)
    np.testing.assert_allclose(np.linalg.norm(recurrent, 2), factor, rtol=1e-4)
    before = np.arange(N_STEPS)[::-1]
    bound = np.linalg.norm(kernel, 2) * np.linalg.norm(out) * factor**before
    assert (norms(model) <= 1.001 * bound).all()


def test_large_recurrent_weights_let_the_gradient_grow():
    found = norms(stability.simple_network(2.5), scale=0.1)
    assert found[0] > 1e3 * found[-1]


def test_saturated_units_pass_no_gradient_on():
    model = stability.simple_network()
    assert norms(model, scale=0.01)[0] > 0.01
    assert norms(model, scale=1.0)[0] < 1e-5


@pytest.mark.parametrize("network", [networks.LSTM(), networks.GRU()], ids=["LSTM", "GRU"])
def test_gates_keep_a_gradient_once_they_keep_the_state(network):
    half_open, open_ = stability.untrained(network), stability.open_gates(network, 5.0)
    assert norms(half_open)[0] < 1e-4
    assert norms(open_)[0] > 1e-3


def test_a_tcn_reaches_the_first_step_in_a_few_layers():
    assert norms(stability.untrained(networks.TCN(n_blocks=5)))[0] > 1e-3


# ------------------------------------------------------------------ the remedies


def test_clipping_lets_a_rate_learn_at_which_descent_breaks_without():
    X, y = stability.leaky_sums()
    descent = RNNRegressor(
        units=64,
        optimizer="sgd",
        learning_rate=0.3,
        learning_rate_schedule=None,
        epochs=20,
        random_state=0,
    )
    with pytest.raises(FloatingPointError, match="smaller global_clipnorm"):
        descent.set_params(global_clipnorm=None).fit(X, y)
    assert descent.set_params(global_clipnorm=0.1).fit(X, y).history_["loss"][-1] < 0.1


def test_layer_normalization_keeps_the_gradient_through_many_layers():
    without, with_it = (stability.gradient_through_layers(4, flag) for flag in (False, True))
    assert with_it > 30 * without


def test_a_front_that_strides_learns_where_all_steps_are_too_many():
    small = {"n_steps": 320, "n": 600}
    assert stability.fit_levels(32, **small) > 0.9
    with all_optimizations():
        assert stability.fit_levels(0, **small) < 0.1
