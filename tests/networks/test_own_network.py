"""A recurrent network written by a user, in some thirty lines, does all that ours do."""

import keras
import numpy as np
import pytest
from keras import ops

import skrnn
from skrnn import networks
from skrnn.networks import cells
from skrnn.numpy_runtime.build import build


class IndRNNLayerCell(keras.layers.SimpleRNNCell):
    """``h_t = relu(W x_t + u * h_(t-1) + b)``: each unit sees its own past alone."""

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units), name="kernel")
        self.recurrent = self.add_weight(
            shape=(self.units,), initializer=keras.initializers.RandomUniform(0, 1), name="u"
        )
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")

    def call(self, inputs, states, training=False):
        hidden, mask = states[0], self.get_recurrent_dropout_mask(states[0])
        kept = hidden * mask if training and mask is not None else hidden
        hidden = ops.relu(ops.matmul(inputs, self.kernel) + kept * self.recurrent + self.bias)
        return hidden, [hidden]


class IndRNNCell(cells.Cell):
    """The same in numpy, a step at a time."""

    @classmethod
    def shapes(cls, units):
        return (None, units), (units,), (units,)

    def __call__(self, x):
        kernel, recurrent, bias = self.weights
        (hidden,) = self.state
        return np.maximum(x @ kernel + hidden * recurrent + bias, 0, out=hidden)


class IndRNN(networks.Recurrent):
    """{parameters}"""

    cell = IndRNNCell

    def layer(self, units):
        cell = IndRNNLayerCell(units, recurrent_dropout=self.recurrent_dropout, seed=0)
        return keras.layers.RNN(cell, return_sequences=True)


SMALL = {"epochs": 2, "random_state": 0}
RNG = np.random.default_rng(0)
RAGGED = [RNG.normal(size=(n, 2)) for n in RNG.integers(3, 9, size=12)]
SUMS = [sequence[:, :1].cumsum(axis=0) for sequence in RAGGED]
MEANS = [sequence[:, 0].mean() for sequence in RAGGED]


def recurrence(kernel, u, bias, sequence):
    hidden, outputs = np.zeros(len(u)), []
    for x in sequence:
        hidden = np.maximum(x @ kernel + u * hidden + bias, 0)
        outputs.append(hidden)
    return np.stack(outputs)


def test_its_predictions_of_ragged_sequences_are_the_formula():
    model = skrnn.SequenceRegressor(
        network=IndRNN(units=3), scale_input=False, scale_target=False, **SMALL
    ).fit(RAGGED, MEANS)
    *weights, head, offset = model.weights_
    expected = [(recurrence(*weights, x)[-1] @ head + offset)[0] for x in RAGGED]
    np.testing.assert_allclose(model.predict(RAGGED), expected, atol=1e-5)


@pytest.mark.parametrize(
    "settings",
    [
        {"units": (3, 4), "layer_norm": True, "dropout": 0.1, "recurrent_dropout": 0.1},
        {"units": 3, "conv_filters": 2, "conv_kernel_size": 2, "pooling": "attention"},
        {"units": 3, "initial_state": "learned", "pooling": "mean"},
    ],
)
def test_its_streams_are_its_predictions(settings):
    model = skrnn.SequenceRegressor(network=IndRNN(**settings), **SMALL).fit(RAGGED, MEANS)
    stream = skrnn.Stream(model)
    streamed = [stream.step(x) for x in RAGGED[0]]
    beginnings = [RAGGED[0][: n + 1] for n in range(len(RAGGED[0]))]
    np.testing.assert_allclose(streamed, model.predict(beginnings), atol=1e-5)


@pytest.mark.parametrize("bptt_length", [None, 3])
def test_it_labels_every_step_and_streams_the_labels(bptt_length):
    model = skrnn.SequenceLabeler(
        network=IndRNN(units=3), causal=True, bptt_length=bptt_length, **SMALL
    ).fit(RAGGED, SUMS)
    predicted = model.predict(RAGGED)
    stream = skrnn.Stream(model)
    for row, sequence in enumerate(RAGGED[:3]):
        stream.reset()
        streamed = [stream.step(x) for x in sequence]
        np.testing.assert_allclose(streamed, predicted[row], atol=1e-5)


def test_it_reads_both_ways():
    model = skrnn.SequenceLabeler(network=IndRNN(units=3, bidirectional=True), **SMALL)
    assert len(model.fit(RAGGED, SUMS).weights_) == 8
    with pytest.raises(ValueError, match="looks at later steps"):
        skrnn.Stream(model)


def test_it_generates():
    generator = skrnn.SequenceGenerator(network=IndRNN(units=8), chunk_length=20, **SMALL)
    generator.fit("to be or not to be, " * 10)
    assert len(generator.generate(7, "to be", random_state=0)) == 7
    (probabilities,) = generator.predict_proba("to be")
    stream = skrnn.Stream(generator)
    np.testing.assert_allclose([stream.step(c) for c in "to be"], probabilities, atol=1e-5)


def test_it_finds_anomalies_and_forecasts():
    series = np.sin(np.arange(60.0))
    detector = skrnn.SequenceAnomalyDetector(network=IndRNN(units=3), **SMALL)
    assert np.isfinite(detector.fit(RAGGED).score_samples(RAGGED)).all()
    forecaster = skrnn.SequenceForecaster(network=IndRNN(units=3), window_length=8, **SMALL)
    assert np.isfinite(forecaster.fit(series, fh=[1, 2]).predict()).all()


# ------------------------------------------------------------------ mistakes


class WrongCell(IndRNNCell):
    """A cell of other weights than those of the layer."""

    @classmethod
    def shapes(cls, units):
        return (None, units), (units, units), (units,)


class FewerWeights(IndRNNCell):
    """A cell that leaves a weight out."""

    @classmethod
    def shapes(cls, units):
        return (None, units), (units,)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (WrongCell, r"number 0 on have the shapes \[\(2, 3\), \(3,\), \(3,\)\].*expect"),
        (FewerWeights, r"number 2 on have the shapes.*in the order in which the layers"),
    ],
)
def test_stages_that_do_not_fit_the_weights_are_an_error(cell, message):
    class Wrong(IndRNN):
        pass

    Wrong.cell = cell
    model = skrnn.SequenceRegressor(network=Wrong(units=3), **SMALL).fit(RAGGED, MEANS)
    with pytest.raises(ValueError, match=message):
        skrnn.Stream(model)


def test_weights_that_are_left_over_are_an_error():
    model = skrnn.SequenceRegressor(network=IndRNN(units=3), **SMALL).fit(RAGGED, MEANS)
    with pytest.raises(ValueError, match=r"weights of the shapes \[\(7,\)\] are left over"):
        build(model.network_.spec.network, (*model.weights_, np.zeros(7)), 1)
