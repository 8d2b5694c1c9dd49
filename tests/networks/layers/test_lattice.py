"""A TCN that computes its last output only equals one of plain Keras layers."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from skrnn import networks
from skrnn._backend import load_keras
from skrnn.networks import layers
from skrnn.networks.layers.pooling import LastStep
from tests.networks.references import weights_of_zeros

keras = load_keras()

N_FEATURES = 3


def lattice_model(network, n_steps=None):
    inputs, lengths = keras.Input((n_steps, N_FEATURES)), keras.Input((), dtype="int32")
    with weights_of_zeros():
        return keras.Model([inputs, lengths], network.encode(inputs, lengths))


def plain_model(network):
    """Return the same network of dilated convolutions at every step, with lengths."""
    inputs, lengths = keras.Input((None, N_FEATURES)), keras.Input((), dtype="int32")
    sequence = inputs
    for block in range(network.n_blocks):
        before = sequence
        for _ in range(2):
            sequence = keras.layers.Conv1D(
                network.filters,
                network.kernel_size,
                dilation_rate=network.dilation_base**block,
                padding="causal",
            )(sequence)
            if network.layer_norm:
                sequence = keras.layers.LayerNormalization()(sequence)
            sequence = keras.layers.ReLU()(sequence)
            if network.dropout:
                sequence = layers.Dropout(whole_channels=True)(sequence)
        if before.shape[-1] != network.filters:
            before = keras.layers.Conv1D(network.filters, 1)(before)
        sequence = keras.layers.ReLU()(keras.layers.Add()([sequence, before]))
    return keras.Model([inputs, lengths], LastStep()(sequence, lengths))


def values_for(model):
    """Return weights, rates and seeds for a model."""
    rng, values = np.random.default_rng(0), []
    for variable in model.variables:
        if "seed" in variable.path:
            values.append(rng.integers(0, 2**16, 2))
        elif variable.name == "dropout_rate":
            values.append(0.3)
        elif variable.name == "kernel":
            values.append(rng.normal(size=variable.shape) / np.sqrt(np.prod(variable.shape[:-1])))
        else:
            values.append(rng.uniform(0.1, 0.9, size=variable.shape))
    return values


def assign(model, values):
    for variable, value in zip(model.variables, values, strict=True):
        variable.assign(value)


def to_numpy(tensor):
    return np.asarray(tensor.detach() if hasattr(tensor, "detach") else tensor)


def differentiate(model, x, lengths, weight, training):
    """Return the outputs, and the gradient of their weighted sum by each trainable weight."""
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        def objective(trainable):
            other = [v.value for v in model.non_trainable_variables]
            output, _ = model.stateless_call(trainable, other, [x, lengths], training=training)
            return (output * weight).sum(), output

        trainable = [variable.value for variable in model.trainable_variables]
        (_, output), found = jax.jit(jax.value_and_grad(objective, has_aux=True))(trainable)
    elif backend == "tensorflow":
        import tensorflow as tf

        # Of unknown length, as programs are traced.
        @tf.function(
            input_signature=[
                tf.TensorSpec([None, None, N_FEATURES], tf.float32),
                tf.TensorSpec([None], tf.int32),
            ]
        )
        def compute(x, lengths):
            trainable = [variable.value for variable in model.trainable_variables]
            with tf.GradientTape() as tape:
                output = model([x, lengths], training=training)
                loss = tf.reduce_sum(output * weight)
            return output, tape.gradient(loss, trainable)

        output, found = compute(x, lengths)
    else:
        import torch

        output = model([torch.tensor(x), torch.tensor(lengths)], training=training)
        trainable = [variable.value for variable in model.trainable_variables]
        found = torch.autograd.grad((output * torch.tensor(weight)).sum(), trainable)
    return to_numpy(output), [to_numpy(value) for value in found]


def check_equal(network, lengths, n_steps, training=True):
    # A few whole sequences more, lest every rectifier be closed.
    lengths = np.array([*lengths, *[n_steps] * 3], dtype=np.int32)
    rng = np.random.default_rng(1)
    x = rng.normal(size=(len(lengths), n_steps, N_FEATURES)).astype(np.float32)
    # Padding of any value must not be seen.
    x[np.arange(n_steps) >= lengths[:, None]] = 1e3
    weight = rng.normal(size=(len(lengths), network.filters)).astype(np.float32)
    weight /= len(lengths)
    results = []
    for model in (lattice_model(network), plain_model(network)):
        assign(model, values_for(model))
        results.append(differentiate(model, x, lengths, weight, training))
    (output, gradients), (expected, expected_gradients) = results
    assert np.abs(expected).max() > 1e-2
    np.testing.assert_allclose(output, expected, rtol=1e-5, atol=1e-5)
    for found, wanted in zip(gradients, expected_gradients, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4)


# ------------------------------------------------------------------ equal to plain layers


@pytest.mark.long
@settings(max_examples=8, deadline=None)
@given(
    kernel_size=st.sampled_from([2, 3, 5]),
    dilation_base=st.integers(1, 3),
    n_blocks=st.integers(1, 4),
    layer_norm=st.booleans(),
    lengths=st.lists(st.integers(1, 40), min_size=1, max_size=4),
    padding=st.integers(0, 5),
)
@example(3, 2, 5, False, [120, 120], 0)  # as long as the window
@example(3, 2, 5, True, [120, 1, 64], 8)
@example(5, 3, 4, False, [3, 2], 0)  # far more blocks than the window needs
@example(2, 3, 3, False, [40, 17], 0)  # a stride wider than the kernel
def test_outputs_and_gradients_equal_those_of_plain_layers(
    kernel_size, dilation_base, n_blocks, layer_norm, lengths, padding
):
    network = networks.TCN(
        filters=4,
        kernel_size=kernel_size,
        dilation_base=dilation_base,
        n_blocks=n_blocks,
        layer_norm=layer_norm,
    )
    check_equal(network, lengths, max(lengths) + padding)


@pytest.mark.long
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(("filters", "layer_norm"), [(N_FEATURES, True), (8, False)])
def test_dropout_draws_the_masks_that_plain_layers_draw(filters, layer_norm, training):
    network = networks.TCN(filters=filters, n_blocks=3, dropout=0.3, layer_norm=layer_norm)
    check_equal(network, [30, 7, 1, 29, 30], 30, training)


@pytest.mark.parametrize("settings", [{}, {"dropout": 0.3, "layer_norm": True, "filters": 3}])
def test_variables_are_those_of_plain_layers_in_their_order(settings):
    network = networks.TCN(n_blocks=3, **settings)
    lattice, plain = (
        [(v.name, tuple(v.shape), v.trainable) for v in model.variables]
        for model in (lattice_model(network), plain_model(network))
    )
    assert lattice == plain


@pytest.mark.long
def test_what_is_pooled_over_all_steps_ends_with_the_same_output():
    network = networks.TCN(filters=4, n_blocks=3)
    inputs = keras.Input((None, N_FEATURES))
    everywhere = keras.Model(inputs, network.steps(inputs, None))
    last = lattice_model(network)
    assign(everywhere, values_for(everywhere))
    assign(last, values_for(last))
    x = np.random.default_rng(0).normal(size=(2, 20, N_FEATURES)).astype(np.float32)
    outputs = to_numpy(everywhere(x))
    for n_steps in (1, 13, 20):
        lengths = np.full(2, n_steps, dtype=np.int32)
        np.testing.assert_allclose(
            to_numpy(last([x, lengths])), outputs[:, n_steps - 1], rtol=1e-5, atol=1e-5
        )


# ------------------------------------------------------------------ nothing in vain


def positions_read(kernel_size, dilations, n_steps):
    """Return how many outputs of each convolution the last one depends on, first to last."""
    wanted, counts = {0}, []  # steps before the end
    for dilation in reversed(dilations):
        for _ in range(2):
            counts.append(len(wanted))
            taps = {step + tap * dilation for step in wanted for tap in range(kernel_size)}
            wanted = {step for step in taps if step < n_steps}
    return counts[::-1]


def positions_computed(network, n_steps):
    model = lattice_model(network, n_steps)
    kinds = (layer for layer in model.layers if isinstance(layer, layers.LatticeConv1D))
    return [layer.output.shape[1] for layer in kinds]


def test_five_blocks_on_120_steps_compute_half_the_steps_and_half_of_these():
    network = networks.TCN().resolve(120)
    assert positions_computed(network, 120) == [120, 60, 59, 29, 27, 13, 11, 5, 3, 1]


@settings(max_examples=60, deadline=None)
@given(
    n_steps=st.integers(1, 150),
    kernel_size=st.integers(3, 6),
    dilation_base=st.integers(1, 3),
    n_blocks=st.integers(1, 5),
)
def test_no_output_is_computed_that_is_not_read(n_steps, kernel_size, dilation_base, n_blocks):
    network = networks.TCN(
        filters=1, kernel_size=kernel_size, dilation_base=dilation_base, n_blocks=n_blocks
    )
    dilations = [dilation_base**block for block in range(n_blocks)]
    expected = positions_read(kernel_size, dilations, n_steps)
    assert positions_computed(network, n_steps) == expected


@pytest.mark.parametrize("n_steps", [1, 6, 50])
def test_layers_say_how_many_positions_they_return(n_steps):
    x = keras.ops.ones((2, n_steps, N_FEATURES))
    lengths = keras.ops.convert_to_tensor(np.array([n_steps, 1], dtype=np.int32))
    for layer, inputs in [
        (layers.AlignRight(9), (x, lengths)),
        (layers.Subsample(3, 4), (x,)),
        (layers.LatticeConv1D(4, 3, strides=2, spacing=2, most=7), (x, lengths)),
    ]:
        shapes = [tuple(value.shape) for value in inputs]
        assert tuple(layer.compute_output_shape(*shapes)) == tuple(layer(*inputs).shape)
        symbols = [keras.Input((None, N_FEATURES)), keras.Input((), dtype="int32")]
        assert layer(*symbols[: len(inputs)]).shape[1] is None
        again = type(layer).from_config(layer.get_config())
        assert again.get_config() == layer.get_config()
