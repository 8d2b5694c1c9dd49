"""Streams of forecasters: equal to predict after an update, with gaps, and what is refused."""

import copy
import os
import pickle
import subprocess
import sys
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skrnn import GRUForecaster, SequenceForecaster, Stream, networks
from tests.saved.files import HERE
from tests.saved_models import panel

N = 48
TIMES = {
    "months": pd.date_range("2020", periods=2 * N, freq="MS"),
    "business days": pd.date_range("2024", periods=2 * N, freq="B"),
    "hours": pd.date_range("2024-03-29", periods=2 * N, freq="h", tz="Europe/Berlin"),
    "periods": pd.period_range("2020", periods=2 * N, freq="Q"),
    "integers": pd.RangeIndex(5, 5 + 2 * N),
}
HOW = {
    "nothing set": {},
    "differences": {"differences": (1, 6), "time_features": (12,)},
    "calendar": {"time_features": (7, 12)},
    "segments": {"segment_length": 3},
    "segments and calendar": {"segment_length": 3, "time_features": (12,)},
    "density": {"loss": "student_t", "normalization": "last"},
    "quantiles": {"loss": "quantile", "channel_independent": False},
    "beyond the horizon": {"horizon": 2, "calibration": None},
    "recursive": {"strategy": "recursive"},
    "several networks": {"n_networks": 2, "normalization": "global"},
    "logarithms": {"transform": "log"},
    "two layers": {"network": networks.GRU(units=(2, 3), layer_norm=True, pooling="attention")},
    "LSTM": {
        "network": networks.LSTM(units=2, conv_filters=2, pooling="mean"),
        "time_features": None,
    },
    "RNN": {
        "network": networks.RNN(units=2, initial_state="learned", pooling="max"),
        "differences": 1,
        "time_features": None,
    },
    "MinGRU": {"network": networks.MinGRU(units=2)},
    "SLSTM": {"network": networks.SLSTM(units=2, initial_state="learned")},
    "TCN": {"network": networks.TCN(filters=2, n_blocks=2), "time_features": None},
}


def frame(times):
    n = np.arange(len(times))
    noise = np.random.default_rng(0).normal(size=(len(times), 2))
    seasons = np.stack([np.sin(n * 2 * np.pi / 6), np.cos(n * 2 * np.pi / 4)], axis=1)
    return pd.DataFrame(5 + seasons + 0.2 * noise, index=times, columns=["flow", "level"])


def quick(network, **settings):
    """Return a forecaster that a single program fits."""
    settings = {"window_length": 12, "epochs": 1, "early_stopping": False} | settings
    return SequenceForecaster(network=network, random_state=0, **settings)


@cache
def fitted(times, how, n_rows=N):
    model = quick(**{"network": networks.GRU(units=3), **HOW[how]})
    model.fit(frame(TIMES[times])[:n_rows], fh=[1, 2, 4])
    # Networks that start at the simple forecast would hide mistakes in their parts.
    draw = np.random.default_rng(1).normal
    model.weights_ = [w + draw(scale=0.3, size=w.shape).astype("f4") for w in model.weights_]
    return model


def after(model, rows):
    """Return the forecasts of a copy that has seen further rows."""
    model = copy.deepcopy(model)
    return model.update(rows, update_params=False).predict().to_numpy()


@pytest.mark.parametrize("how", HOW)
@given(
    times=st.sampled_from(sorted(TIMES)),
    kept=st.sets(st.integers(0, 24), min_size=1, max_size=6),
    missing=st.sets(st.tuples(st.integers(0, 5), st.integers(0, 1)), max_size=3),
)
@settings(max_examples=6, deadline=None)
def test_a_stream_of_a_forecaster_equals_predict_after_an_update(how, times, kept, missing):
    model, rows = fitted("months", how), frame(TIMES["months"])
    if how in ("nothing set", "differences"):
        model, rows = fitted(times, how), frame(TIMES[times])
    rows = rows.iloc[[N + row for row in sorted(kept)]].copy()
    for row, column in missing:
        if row < len(rows):
            rows.iloc[row, column] = np.nan
    stream = Stream(model)
    for time, row in rows.iterrows():
        found = stream.step(row.to_dict(), time)
    np.testing.assert_allclose(found, after(model, rows), rtol=1e-4, atol=1e-4)


def test_every_step_of_a_series_of_one_column():
    y = frame(TIMES["months"])["flow"]
    model = GRUForecaster(units=3, epochs=2, window_length=12, early_stopping=False, random_state=0)
    model.fit(y[:N], fh=[1, 3])
    stream = Stream(model)
    for number in range(N, N + 30):  # longer than the window
        found = stream.step(y.iloc[number])
        assert found.shape == (2,)
    np.testing.assert_allclose(found, after(model, y[N : N + 30]), atol=1e-5)


@pytest.mark.filterwarnings("ignore:only .* complete:UserWarning")
def test_a_series_shorter_than_its_window():
    model = fitted("months", "nothing set", 8)
    rows = frame(TIMES["months"])[8:12]
    stream = Stream(model)
    for end in range(1, 5):
        found = stream.step(rows.iloc[end - 1])
        np.testing.assert_allclose(found, after(model, rows[:end]), atol=1e-4)


def test_times_beyond_those_computed_at_once(monkeypatch):
    from skrnn.streaming import forecast_times

    monkeypatch.setattr(forecast_times, "BLOCK", 3)
    model, rows = fitted("months", "calendar"), frame(TIMES["months"])[N:]
    rows = rows.iloc[[0, 1, 2, 3, 4, 9, 10, 20]]
    stream = Stream(model)
    for end in range(1, len(rows) + 1):
        found = stream.step(rows.iloc[end - 1])
        np.testing.assert_allclose(found, after(model, rows[:end]), atol=1e-4)


def test_a_stream_is_copied_pickled_and_reset():
    model, rows = fitted("months", "nothing set"), frame(TIMES["months"])[N:]
    stream = Stream(model)
    first = stream.step(rows.iloc[0])
    others = [copy.deepcopy(stream), pickle.loads(pickle.dumps(stream))]
    expected = stream.step(rows.iloc[1])
    for other in others:
        np.testing.assert_array_equal(other.step(rows.iloc[1]), expected)
    stream.reset()
    np.testing.assert_array_equal(stream.step(rows.iloc[0]), first)


def test_an_updated_forecaster_is_taken_over():
    model, rows = fitted("months", "differences"), frame(TIMES["months"])[N:]
    stream = Stream(model)
    stream.step(rows.iloc[0])
    trained = copy.deepcopy(model).update(rows[:1])
    stream.update(trained)
    expected = after(trained, rows[1:2])
    np.testing.assert_allclose(stream.step(rows.iloc[1]), expected, atol=1e-4)
    with pytest.raises(ValueError, match="make a new Stream"):
        stream.update(
            fitted("months", "nothing set")
            .clone()
            .set_params(window_length=8)
            .fit(frame(TIMES["months"])[:N], fh=[1, 2, 4])
        )


@pytest.mark.parametrize(
    ("x", "time", "match"),
    [
        ([1.0], None, "shape"),
        ([np.inf, 1.0], None, "infinite"),
        ([-1.0, 1.0], None, "no such value before"),
        ([1e60, 1.0], None, "too far from the other values"),
        ({"flow": 1.0}, None, "missing"),
        ([1.0, 1.0], pd.Timestamp("2023-12-01"), "in order of time"),
        ([1.0, 1.0], pd.Timestamp("2024-01-02"), "not a time of y"),
        ([1.0, 1.0], pd.Timestamp("2224-01-01"), "leaves a gap of"),
    ],
)
def test_a_refused_step_leaves_the_state_as_it_was(x, time, match):
    model, rows = fitted("months", "differences"), frame(TIMES["months"])[N:]
    model = copy.deepcopy(model)
    stream = Stream(model)
    with pytest.raises(ValueError, match=match):
        stream.step(x, time)
    np.testing.assert_allclose(
        stream.step(rows.iloc[0]), after(model, rows[:1]), rtol=1e-4, atol=1e-4
    )


def test_times_of_another_kind_are_refused():
    with pytest.raises(TypeError, match="give dates"):
        Stream(fitted("months", "nothing set")).step([1.0, 1.0], 5)


def test_forecasters_that_cannot_stream_say_what_can_be_done():
    GRU = networks.GRU(units=2)
    both_ways = networks.GRU(units=2, bidirectional=True)
    y = frame(TIMES["months"])[:N]
    for model, fh, match in (
        (quick(GRU).fit(panel(y.index)), [1], "2 series.*update_params=False"),
        (quick(GRU).fit(y[["flow"]], y[["level"]]), [1], "covariates.*without X"),
        (quick(GRU, strategy="seq2seq").fit(y), [1], "strategy='direct'"),
        (quick(both_ways).fit(y), [1], "looks at later steps"),
        (copy.deepcopy(fitted("months", "nothing set")), None, "give steps to fit"),
        (copy.deepcopy(fitted("months", "nothing set")), [0, 1], "has to be steps ahead"),
    ):
        model._remembered_horizon = None
        if fh is not None:
            from sktime.forecasting.base import ForecastingHorizon

            model._remembered_horizon = ForecastingHorizon(fh, is_relative=True)
        with pytest.raises(ValueError, match=match):
            Stream(model)
    with pytest.raises(ValueError, match="leave n_streams out"):
        Stream(fitted("months", "nothing set"), n_streams=2)
    with pytest.raises(ValueError, match="it may be predict"):
        Stream(fitted("months", "nothing set"), method="predict_proba")


WITHOUT_KERAS = """
import sys
import skops.io
import skrnn
for file, n_features in zip(sys.argv[1::2], sys.argv[2::2]):
    model = skops.io.load(file, trusted=skrnn.trusted_types())
    skrnn.Stream(model).step([0.5] * int(n_features))
    print(sorted({"keras", "jax"} & set(sys.modules)))
"""


def test_saved_models_stream_without_keras_and_jax():
    n_features = {"pipeline": 1, "forecaster_of_dates": 1, "detector": 2, "classifier": 2}
    files = [text for name, n in n_features.items() for text in (HERE / f"{name}.skops", str(n))]
    command = [sys.executable, "-W", "ignore", "-c", WITHOUT_KERAS, *files]
    environment = os.environ | {"PYTHONPATH": str(HERE.parents[1])}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert dict(zip(n_features, done.stdout.splitlines(), strict=True)) == dict.fromkeys(
        n_features, "[]"
    )
