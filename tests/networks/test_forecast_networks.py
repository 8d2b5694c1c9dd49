"""Whole networks of forecasts: what they predict, see, and are taught."""

import numpy as np
import pandas as pd
import pytest

from skrnn import SequenceForecaster, networks
from skrnn.networks import layers
from skrnn.networks.model import build_model
from skrnn.networks.wrappers.forecast import WindowLayout
from tests.forecasting.parts import GAUSSIAN, POINT, keras, network_of, normal, numpy_of
from tests.networks.references import weights_of_zeros

MONTHS = pd.period_range("2010-01", periods=40, freq="M")
WHOLE = {
    "direct": {
        "normalization": "window",
        "differences": (1, 3),
        "time_features": ("month_of_year", 6),
    },
    "seq2seq": {"network": "rnn", "strategy": "seq2seq", "loss": "gaussian", "differences": 1},
    "segments": {"segment_length": 4, "loss": "quantile", "normalization": "last"},
}


@pytest.mark.parametrize("name", WHOLE)
def test_the_keras_model_predicts_what_the_forecaster_does(name):
    values = np.exp(0.1 * normal(40).cumsum())
    values[35] = np.nan
    y = pd.Series(values, index=MONTHS, name="sales")
    X = pd.DataFrame({"past": normal(40, seed=1), "known": 9 * normal(40, seed=2)}, index=MONTHS)
    params = {"network": "dense", "window_length": 8, "differences": None, "epochs": 1}
    params |= {"time_features": None, "early_stopping": False} | WHOLE[name]
    model = SequenceForecaster(horizon=3, past_covariates=["past"], random_state=0, **params)
    model.fit(y[:-3], X[:-3])
    X_ahead = X[["known"]][-3:]
    mean, scale = np.nanmean(values[:-3]), np.nanstd(values[:-3])
    lags = model.differences or 1
    season = max(lags) if isinstance(lags, tuple) else lags
    shown = values.copy()
    shown[35] = shown[35 - season]
    window = np.zeros((1, 11, model.network_.encoder.network.layout.n_columns), dtype=np.float32)
    window[0, :8, 0] = (shown[29:37] - mean) / scale
    window[0, :8, 1] = ~np.isnan(values[29:37])
    scaled = (X - X[:-3].mean()) / X[:-3].std(ddof=0)
    window[0, :8, 2] = scaled["past"][29:37]
    window[0, :, 3] = scaled["known"][29:]
    if params.get("time_features"):
        numbers = np.array([period.ordinal for period in MONTHS[29:]])
        for column, cycle in ((4, 12), (6, 6)):
            angles = 2 * np.pi * (numbers % cycle) / cycle
            window[0, :, column], window[0, :, column + 1] = np.sin(angles), np.cos(angles)
    output = model.to_keras().predict_on_batch([window, np.array([11], dtype=np.int32)])
    parameters = output.reshape(3, -1)
    points = model.predict(fh=[1, 2, 3], X=X_ahead).to_numpy()
    center = model.network_.encoder.network.head.center
    np.testing.assert_allclose(points.ravel(), parameters[:, center] * scale + mean, rtol=1e-4)


class Seen(networks.Dense):
    """An encoder whose features are the steps that it sees."""

    def encode(self, inputs, lengths):
        return keras.layers.Flatten()(inputs)


def test_the_encoder_sees_values_what_is_missing_and_the_covariates():
    layout = WindowLayout(window_length=2, horizon=8, n_targets=1, n_past=2)
    network = network_of(layout, POINT, normalization=None)
    network.encoder = Seen()
    model = build_model(network, layout.n_steps, layout.n_columns, 8)
    kernel, bias = model.trainable_weights
    kernel.assign(np.eye(8))
    bias.assign(np.zeros(8))
    windows = normal(3, 10, 4).astype(np.float32)
    windows[:, :, 1] = [1, 0] * 5  # observed, and not
    shown = windows[:, :2].copy()
    shown[:, 1, 0] = 0
    shown[:, :, 1] = [0, 1]
    output = numpy_of(model([windows, np.full(3, 10, dtype=np.int32)]))
    np.testing.assert_allclose(output.reshape(3, 2, 4), shown, atol=1e-6)


@pytest.mark.parametrize("differences", [(), (1, 2)])
def test_a_decoder_taught_its_own_forecasts_makes_them_again(differences):
    layout = WindowLayout(window_length=5, horizon=4, n_targets=2, n_known=1)
    settings = {"differences": differences, "teacher_forcing": True}
    network = network_of(layout, GAUSSIAN, **settings)
    with weights_of_zeros():
        model = build_model(network, layout.n_steps, layout.n_columns, 16)
    for number, weight in enumerate(model.trainable_weights):
        weight.assign(0.5 * normal(*weight.shape, seed=number))
    windows, lengths = normal(3, 9, 5).astype(np.float32), np.full(3, 9, dtype=np.int32)
    windows[:, :, 2:4] = 1
    own = numpy_of(model([windows, lengths], training=False))
    windows[:, 5:, :2] = own.reshape(3, 4, 2, 2)[..., 0]
    taught = numpy_of(model([windows, lengths], training=True))
    np.testing.assert_allclose(taught, own, atol=1e-4)
    windows[:, 5, 0] += 1
    otherwise = numpy_of(model([windows, lengths], training=True))
    np.testing.assert_allclose(otherwise[:, :4], own[:, :4], atol=1e-4)
    assert np.abs(otherwise[:, 4:8] - own[:, 4:8]).max() > 1e-3


class NamedLSTM(networks.LSTM):
    """An LSTM of another name."""


class Own(networks.GRU):
    """A recurrent network with layers of its own."""

    def layer(self, units):
        return keras.layers.SimpleRNN(units, return_sequences=True)


@pytest.mark.parametrize("strategy", ["seq2seq", "direct", "recursive"])
def test_a_step_by_step_decoder_has_the_layers_of_the_network_or_refuses_it(strategy):
    y = pd.Series(normal(40), index=MONTHS)
    params = {"strategy": strategy, "window_length": 4, "horizon": 2, "epochs": 1}
    params |= {"differences": None, "early_stopping": False}
    model = SequenceForecaster(network=NamedLSTM(units=3), **params).fit(y)
    if strategy != "seq2seq":
        SequenceForecaster(network=Own(units=3), **params).fit(y)
        return
    usual = SequenceForecaster(network=networks.LSTM(units=3), **params).fit(y)
    assert [w.shape for w in model.weights_] == [w.shape for w in usual.weights_]
    with pytest.raises(
        ValueError, match=r"decodes with an RNN, LSTM, GRU, MinGRU or SLSTM, and network=Own\(uni"
    ):
        SequenceForecaster(network=Own(units=3), **params).fit(y)


def test_every_recurrent_network_has_a_decoder_with_its_layers_and_is_named_by_the_refusal():
    kinds = {
        n: kind for n, kind in networks.BY_NAME.items() if issubclass(kind, networks.Recurrent)
    }
    assert len(kinds) == 5
    for name in kinds:
        assert layers.RecurrentDecoder(name, 2, 1, 1).kind == name
    y = pd.Series(normal(40), index=MONTHS)
    with pytest.raises(ValueError, match="decodes with") as refusal:
        SequenceForecaster(network=Own(units=3), strategy="seq2seq", window_length=4).fit(y, fh=2)
    for kind in kinds.values():
        assert kind.__name__ in str(refusal.value)
