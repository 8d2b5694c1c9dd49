"""Networks and training on fast recurrences equal those on Keras' own layers."""

from types import SimpleNamespace

import numpy as np
import pytest

import skrnn
from skrnn import kernels, networks
from skrnn.engine.compiled_model import CompiledModel
from skrnn.engine.model_spec import ModelSpec
from skrnn.networks import layers
from skrnn.networks.base import resolved
from skrnn.networks.model import build_model
from tests.kernels.twins import (
    BACKEND,
    KERNELS,
    N_FEATURES,
    N_STEPS,
    NETWORKS,
    assert_equal_gradients,
    batch,
    each_kind,
    keras,
    plain_path,
    to_numpy,
    twins,
)

# ------------------------------------------------------------------ networks


SETTINGS = {
    "three layers": {"units": (5, 3, 4)},
    "bidirectional": {"n_layers": 2, "bidirectional": True},
    "learned states": {"n_layers": 2, "bidirectional": True, "initial_state": "learned"},
    "dropout": {"n_layers": 2, "dropout": 0.4, "layer_norm": True},
    "recurrent dropout": {"dropout": 0.3, "recurrent_dropout": 0.3},
    "convolution": {"conv_filters": 4, "conv_strides": 2, "pooling": "attention"},
}


def spec_of(network, n_steps=None):
    return ModelSpec(network, n_steps, N_FEATURES, 2, "mean_squared_error", "sgd", None)


def outputs_and_gradients(network):
    """Return what a program predicts, and, from a step at rate one, the gradients in training."""
    compiled = CompiledModel(spec_of(network))
    values = compiled.fresh_state(1, network.rates())
    compiled.start(values)
    outputs = next(iter(compiled.steps.predict_all([batch()[:2]])))
    compiled.start(values)  # Keras' layers draw masks when they predict, too
    compiled.steps.train_all([batch()], [1.0])
    after, _ = compiled.steps.read()
    trained = {id(variable) for variable in compiled.model.trainable_variables}
    return np.array(outputs), [
        before - now
        for variable, before, now in zip(compiled.variables, values, after, strict=True)
        if id(variable) in trained
    ]


#: Where there are no kernels, there is one path, and one network shows that it runs.
each_network = pytest.mark.parametrize("kind", KERNELS if kernels.kernels() else ["GRU"])


@pytest.mark.long
@each_network
@pytest.mark.parametrize("case", SETTINGS)
def test_networks_equal_those_on_the_plain_path(kind, case):
    network = NETWORKS[kind](**{"units": 4} | SETTINGS[case])
    outputs, of_weights = outputs_and_gradients(network)
    with plain_path():
        expected, expected_of_weights = outputs_and_gradients(network)
    np.testing.assert_allclose(outputs, expected, atol=1e-5)
    assert_equal_gradients(of_weights, expected_of_weights)


@pytest.mark.long
@each_kind
@pytest.mark.parametrize("bidirectional", [False, True])
def test_padded_sequences_equal_keras_on_each_alone(kind, bidirectional):
    inputs, lengths = keras.Input((None, N_FEATURES)), keras.Input((), dtype="int32")
    network = NETWORKS[kind](units=4, bidirectional=bidirectional)
    model = keras.Model([inputs, lengths], network.encode(inputs, lengths))
    plain = getattr(keras.layers, kind)(4)
    if bidirectional:
        plain = keras.layers.Bidirectional(plain)
    plain.build((None, None, N_FEATURES))
    generator = np.random.default_rng(0)
    recurrent = [layer for layer in model.layers if isinstance(layer, getattr(layers, kind))]
    recurrent.sort(key=lambda layer: (len(layer.name), layer.name))  # as they were made
    weights = [weight for layer in recurrent for weight in layer.trainable_weights]
    for one, other in zip(weights, plain.trainable_weights, strict=True):
        one.assign(generator.normal(0, 0.5, one.shape))
        other.assign(one.value)
    x, own, *_ = batch()
    alone = [to_numpy(plain(row[None, :length]))[0] for row, length in zip(x, own, strict=True)]
    np.testing.assert_allclose(to_numpy(model([x, own])), alone, atol=1e-5)


@each_network
def test_losses_of_five_epochs_equal_those_of_the_plain_path(kind):
    generator = np.random.default_rng(0)
    X = generator.normal(size=(96, 12, 3))
    y = X[:, -1, 0] + 0.5 * X[:, -3, 1]

    def losses():
        model = skrnn.SequenceRegressor(network=NETWORKS[kind](units=8), epochs=5, random_state=0)
        return np.array(model.fit(X, y).history_["loss"])

    fast = losses()
    with plain_path():
        plain = losses()
    assert plain[-1] < 0.95 * plain[0]
    np.testing.assert_allclose(fast, plain, rtol=1e-3)


@pytest.mark.long
@each_network
def test_a_saved_model_predicts_the_same(kind, tmp_path):
    X = np.random.default_rng(0).normal(size=(20, 6, N_FEATURES))
    network = NETWORKS[kind](units=4)
    fitted = skrnn.SequenceRegressor(network=network, epochs=1, random_state=0).fit(X, X[:, -1, 0])
    model = fitted.to_keras()
    inputs = [X.astype(np.float32), np.full(20, 6, dtype=np.int32)]
    expected = to_numpy(model(inputs))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert type(next(layer for layer in again.layers if layer.weights)) is getattr(layers, kind)
    np.testing.assert_allclose(to_numpy(again(inputs)), expected, atol=1e-6)
    with plain_path():
        np.testing.assert_allclose(to_numpy(again(inputs)), expected, atol=1e-5)


# ------------------------------------------------------------------ steps


def test_many_steps_in_one_call_are_the_steps_one_after_the_other():
    network = networks.GRU(units=4, dropout=0.3)
    compiled = CompiledModel(
        ModelSpec(network, None, N_FEATURES, 2, "mean_squared_error", "adam", 1.0)
    )
    x, lengths, y, weight = batch()
    batches = [(scale * x, lengths, y, weight) for scale in (1, 2, 0.5, 3)]
    rates = [0.1, 0.05, 0.2, 0.01]

    def run(groups):
        compiled.start(compiled.fresh_state(0, network.rates()))
        losses = [compiled.steps.train_all(batches[g], rates[g]) for g in groups]
        return np.concatenate(losses), compiled.steps.read()

    losses, (values, slots) = run([slice(0, 4)])
    one_by_one, (expected, expected_slots) = run([slice(n, n + 1) for n in range(4)])
    assert len(set(losses)) == 4
    np.testing.assert_allclose(losses, one_by_one, rtol=1e-5)
    for one, other in zip([*values, *slots], [*expected, *expected_slots], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


if BACKEND == "torch":
    import torch

    from skrnn.engine.torch import straightened
    from skrnn.kernels import torch as fast

    @each_kind
    def test_what_runs_on_a_gpu_equals_what_runs_on_a_cpu(kind):
        ours, _ = twins(kind, 6, 3, return_sequences=True)
        x = torch.randn(4, 7, 3)
        weights = [weight.value for weight in ours.trainable_weights]
        name = KERNELS[kind]
        start = [torch.randn(1, 6).expand(4, 6) for _ in ours.state_size]
        expected, states = getattr(fast, name)(x, *weights, *start)
        elsewhere = x.as_subclass(_Elsewhere)
        got, states_got = getattr(fast, name)(elsewhere, *weights, *start)
        torch.testing.assert_close(got.as_subclass(torch.Tensor), expected, atol=1e-5, rtol=0)
        for one, other in zip(states_got, states, strict=True):
            torch.testing.assert_close(one.as_subclass(torch.Tensor), other, atol=1e-5, rtol=0)
        of_got, of_expected = (
            torch.autograd.grad(outputs.as_subclass(torch.Tensor).square().sum(), weights)
            for outputs in (got, expected)
        )
        assert_equal_gradients(of_got, of_expected)

    class _Elsewhere(torch.Tensor):
        """A tensor that says it is on a GPU."""

        @property
        def device(self):
            return SimpleNamespace(type="cuda")

    def test_going_back_twice_through_a_kernel_is_an_error():
        ours, _ = twins("GRU", 3, 2, return_sequences=True)
        loss = ours(torch.ones(2, 4, 2)).sum()
        weights = [weight.value for weight in ours.trainable_weights]
        torch.autograd.grad(loss, weights, retain_graph=True)
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            torch.autograd.grad(loss, weights)

    MODELS = {
        **{name: kind() for name, kind in networks.BY_NAME.items()},
        "dropout": networks.GRU(units=(4, 3), bidirectional=True, dropout=0.5),
        "convolutional": networks.LSTM(units=4, conv_filters=3, recurrent_dropout=0.5),
        "transformer with dropout": networks.Transformer(dropout=0.2, pooling="attention"),
        "tcn with dropout": networks.TCN(dropout=0.2, layer_norm=True),
    }

    def both_ways(model, training):
        """Return a model's outputs from its layers' calls, and from its own call."""
        inputs = [torch.as_tensor(part) for part in batch()[:2]]
        straight = straightened(model)
        assert straight.__name__ == "forward"
        outputs = []
        for form in (straight, lambda inputs, training: model(inputs, training=training)):
            for seed in (v for v in model.variables if v.name == "seed_generator_state"):
                seed.assign([5, 0])
            outputs.append(to_numpy(form(inputs, training)))
        return outputs

    @pytest.mark.parametrize("training", [False, True])
    @pytest.mark.parametrize("name", MODELS)
    def test_the_calls_of_a_models_layers_are_the_model(name, training):
        network = resolved(MODELS[name], N_STEPS)
        n_steps = N_STEPS if network.needs_fixed_length else None
        model = build_model(network, n_steps, N_FEATURES, 2)
        np.testing.assert_array_equal(*both_ways(model, training))

    def regularized(inputs, lengths):
        del lengths
        sequence = layers.GRU(3, return_sequences=True, activity_regularizer="l2")(inputs)
        return layers.Dense(2)(sequence[:, -1])

    def foreign(inputs, lengths):
        del lengths
        return keras.layers.GRU(2)(keras.layers.Masking()(inputs))

    @pytest.mark.parametrize("function", [regularized, foreign])
    def test_a_model_with_layers_of_another_kind_runs_as_a_whole(function):
        from skrnn.networks.wrappers.from_function import FromFunction

        model = build_model(FromFunction(function), N_STEPS, N_FEATURES, 2)
        forward = straightened(model)
        assert forward.__name__ == "<lambda>"
        inputs = [torch.as_tensor(part) for part in batch()[:2]]
        np.testing.assert_array_equal(to_numpy(forward(inputs, True)), to_numpy(model(inputs)))
        assert bool(model.losses) == (function is regularized)
