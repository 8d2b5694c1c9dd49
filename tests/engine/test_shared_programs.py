"""Keys under which programs are shared, and release of the programs that the cache drops."""

import functools
import gc
import weakref

import keras
import numpy as np
import pytest

import skrnn
from skrnn.engine.compiled_model import compiled_models, lease
from skrnn.engine.initializers import forget_gate_bias, zeros
from tests.conftest import make

BACKEND = keras.backend.backend()


@pytest.fixture
def settings():
    """Put the global settings of Keras back."""
    config = keras.config
    before = config.dtype_policy(), config.floatx(), config.epsilon(), config.image_data_format()
    yield config
    config.set_dtype_policy(before[0])
    config.set_floatx(before[1])
    config.set_epsilon(before[2])
    config.set_image_data_format(before[3])


def losses(cube, y):
    return make("GRURegressor").fit(cube, y).history_["loss"]


# JAX computes in 32 bits at most.
OTHER = "float16" if BACKEND == "jax" else "float64"


@pytest.mark.parametrize("policy", ["mixed_bfloat16", OTHER])
def test_a_fit_follows_the_dtype_policy_in_force(settings, cube, y, policy):
    compiled_models.resize(32)
    settings.set_dtype_policy(policy)
    fresh = make("GRURegressor").fit(cube, y)
    settings.set_dtype_policy("float32")
    compiled_models.resize(32)
    single = make("GRURegressor").fit(cube, y)
    expected = single.predict(cube)
    settings.set_dtype_policy(policy)
    after = make("GRURegressor").fit(cube, y)
    assert settings.dtype_policy().name == policy
    assert after.history_ == fresh.history_
    assert (
        after.weights_[0].tobytes() == fresh.weights_[0].tobytes() != single.weights_[0].tobytes()
    )
    assert [w.dtype for w in after.weights_] == [w.dtype for w in fresh.weights_]
    np.testing.assert_array_equal(after.predict(cube), fresh.predict(cube))
    # What was fitted before is computed under the policy in force.
    np.testing.assert_allclose(single.predict(cube), expected, atol=0.05)
    settings.set_dtype_policy("float32")
    assert make("GRURegressor").fit(cube, y).history_ == single.history_


def program_of(model):
    with lease(model.network_.spec) as compiled:
        return compiled


@pytest.mark.parametrize(
    ("change", "value"),
    [("set_floatx", "float16"), ("set_epsilon", 1e-3), ("set_image_data_format", "channels_first")],
)
def test_a_program_is_shared_under_the_same_settings_only(settings, cube, y, change, value):
    model = make("RNNRegressor").fit(cube, y)
    before = program_of(model)
    assert program_of(model) is before
    getattr(settings, change)(value)
    assert program_of(model) is not before


def test_losses_of_keras_share_a_program_if_all_their_arguments_are_equal(cube, y):
    def fitted(loss):
        return make("GRURegressor", loss=loss).fit(cube, y)

    wide, narrow, again = (fitted(keras.losses.Huber(delta)) for delta in (1.0, 0.1, 1.0))
    for model, delta in [(wide, 1.0), (narrow, 0.1)]:
        expected = fitted(functools.partial(keras.losses.huber, delta=delta))
        assert model.history_["loss"] == pytest.approx(expected.history_["loss"], rel=1e-5)
    assert narrow.history_["loss"][0] < 0.5 * wide.history_["loss"][0]
    assert program_of(again) is program_of(wide) is not program_of(narrow)


def test_a_convolution_reads_features_last_whatever_images_have_first(settings, cube, y):
    models = [make("TCNRegressor"), make("GRURegressor", conv_filters=3)]
    expected = [model.fit(cube, y).predict(cube) for model in models]
    settings.set_image_data_format("channels_first")
    for model, values in zip(models, expected, strict=True):
        np.testing.assert_allclose(model.fit(cube, y).predict(cube), values, rtol=1e-6, atol=1e-7)


def test_the_bias_of_an_lstm_is_that_of_keras(cube, y):
    plain = keras.layers.LSTM(3)
    plain.build((None, 7, 2))
    np.testing.assert_array_equal(forget_gate_bias((12,), "float32"), plain.get_weights()[2])
    model = make("LSTMRegressor", units=3, learning_rate=1e-12, epochs=1).fit(cube, y)
    assert any(np.allclose(weight, plain.get_weights()[2], atol=1e-6) for weight in model.weights_)


@pytest.mark.parametrize("initializer", ["ones", "random_normal"])
def test_another_bias_of_an_lstm_is_drawn_by_keras(cube, y, initializer):
    def network(inputs):
        return keras.layers.LSTM(3, bias_initializer=initializer)(inputs)

    model = make("SequenceRegressor", network=network, learning_rate=1e-12).fit(cube, y)
    bias = next(weight for weight in model.weights_ if weight.shape == (12,))
    np.testing.assert_allclose(bias[3:6], 1, atol=1e-6)
    assert (np.abs(np.delete(bias, slice(3, 6))) > 1e-6).all()


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16", "int32"])
def test_zeros_have_the_shape_and_the_dtype_requested(dtype):
    values = zeros((2, 3), dtype)
    assert keras.backend.standardize_dtype(values.dtype) == dtype
    assert tuple(values.shape) == (2, 3)
    assert not keras.ops.convert_to_numpy(keras.ops.any(values))


def test_programs_that_the_cache_drops_are_freed(cube, y):
    compiled_models.resize(2)
    try:
        held = []
        for units in (5, 6, 7):
            model = make("GRURegressor", units=units).fit(cube, y)
            with lease(model.network_.spec) as compiled:
                held.append(weakref.ref(compiled.model))
            del compiled
        gc.collect()
        assert [model() is None for model in held] == [True, False, False]
    finally:
        compiled_models.resize(32)


if BACKEND == "jax":

    def executables():
        import jax

        gc.collect()
        return len(jax.devices()[0].client.live_executables())

    @pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU", "TCN"])
    def test_a_network_leaves_no_executable_behind(cube, y, kind):
        size = "filters" if kind == "TCN" else "units"

        def use(n):
            model = getattr(skrnn, f"{kind}Regressor")(**{size: n}, epochs=1, random_state=0)
            callbacks = [keras.callbacks.Callback()]
            model.set_params(callbacks=callbacks).fit(cube, y, X_val=cube, y_val=y)
            model.partial_fit(cube, y).predict(cube)
            model.to_keras()

        compiled_models.resize(1)
        try:
            use(20)  # what does not depend on the network is compiled once
            before = executables()
            use(21)  # whose programs take the place of the others in the cache
            assert executables() == before
        finally:
            compiled_models.resize(32)
