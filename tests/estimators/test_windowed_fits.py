"""A fit on windows is the fit on the sequences that they are."""

import pickle

import keras
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import skrnn.engine.batches
import skrnn.engine.sizes
import skrnn.sequences.table
from skrnn import GRURegressor, SlidingWindow, make_windows
from skrnn.engine.batches import NetworkInputs
from skrnn.preprocessing.scaling import AffineScaling
from tests.estimators.windowed import (
    LENGTH,
    RATES,
    N,
    assert_same_weights,
    labels,
    make,
    series_of,
    sliding,
    windows_of,
)

# ------------------------------------------------------------------ the same sequences


@pytest.mark.parametrize(
    ("name", "rate", "params"),
    [
        ("GRURegressor", 1, {}),
        ("GRURegressor", 3, {}),
        ("GRURegressor", 3, {"batch_size": None}),
        ("TCNClassifier", 3, {"shuffle": False}),
    ],
)
def test_complete_windows_are_their_array(name, rate, params):
    windows, y = windows_of(sampling_rate=rate)
    y = labels(y) if name.endswith("Classifier") else y
    weights = np.linspace(0, 2, len(y))
    model = make(name, **params).fit(windows, y, sample_weight=weights)
    as_array = make(name, **params).fit(np.asarray(windows), y, sample_weight=weights)
    assert_same_weights(model, as_array)
    predict = "predict_proba" if name.endswith("Classifier") else "predict"
    expected = getattr(as_array, predict)(np.asarray(windows))
    for X in (windows, np.asarray(windows)):
        np.testing.assert_allclose(getattr(model, predict)(X), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "rate"), [("GRURegressor", 1), ("GRURegressor", 3), ("TCNRegressor", 3)]
)
def test_incomplete_windows_are_a_list_of_sequences(name, rate):
    windows, y = sliding(rate)
    sequences = list(windows)
    assert sorted({len(sequence) for sequence in sequences}) == list(range(1, LENGTH + 1))
    alone = {"linear_skip": False}  # which a list of several lengths does not have
    model = make(name, **alone).fit(windows, y)
    as_list = make(name, **alone).fit(sequences, y)
    assert_same_weights(model, as_list)
    expected = as_list.predict(sequences)
    np.testing.assert_allclose(model.predict(windows), expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(as_list.predict(windows), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("scale_input", [False, True])
def test_a_network_of_one_length_sees_absent_steps_as_zeros_at_the_front(rate, scale_input):
    windows, y = sliding(rate)
    steps = np.concatenate(list(windows))
    mean, scale = (steps.mean(axis=0), steps.std(axis=0)) if scale_input else (0, 1)
    padded = np.zeros(windows.shape)
    for row, window in zip(padded, windows, strict=True):
        row[LENGTH - len(window) :] = (window - mean) / scale
    params = {"network": "dense"}
    model = make("SequenceRegressor", scale_input=scale_input, **params).fit(windows, y)
    by_hand = make("SequenceRegressor", scale_input=False, **params).fit(padded, y)
    assert_same_weights(model, by_hand)
    expected = by_hand.predict(padded)
    np.testing.assert_allclose(model.predict(windows), expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(model.predict(windows[:3]), expected[:3], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("rate", RATES)
def test_missing_rows_are_left_out_of_each_window(rate):
    series = series_of()
    y = series[:, 0].copy()
    series[[7, 8, 9, 30]] = np.nan  # nothing observed
    series[41, 1] = np.nan  # a part of it
    windows = SlidingWindow(LENGTH, sampling_rate=rate).fit_transform(series)
    sequences = list(windows)
    params = {"missing": "mask"}
    model = make("GRURegressor", **params).fit(windows, y)
    as_list = make("GRURegressor", **params).fit(sequences, y)
    assert_same_weights(model, as_list)
    np.testing.assert_allclose(
        model.predict(windows), as_list.predict(sequences), rtol=1e-5, atol=1e-5
    )
    observed = [window[~np.isnan(window).all(axis=1)] for window in sequences]
    some = np.array([len(window) > 0 for window in observed])
    np.testing.assert_allclose(
        model.predict(windows[some]),
        as_list.predict([window for window in observed if len(window)]),
        rtol=1e-5,
        atol=1e-5,
    )
    with pytest.raises(ValueError, match="contains NaN: sequence 7 has it first"):
        make("GRURegressor").fit(windows, y)


@pytest.mark.parametrize("rate", RATES)
def test_a_channel_for_each_feature_says_what_is_missing(rate):
    windows, y = sliding(rate)
    windows.series[np.random.default_rng(0).random((N, 2)) < 0.3] = np.nan
    steps = np.concatenate(list(windows))
    mean, scale = np.nanmean(steps, axis=0), np.nanstd(steps, axis=0)
    sequences = []
    for window in windows:
        blank = np.isnan(window).all(axis=1)
        observed = window[-1:] if blank.all() else window[~blank]
        values = np.nan_to_num((observed - mean) / scale)
        sequences.append(np.hstack([values, np.isnan(observed)]))
    model = make("GRURegressor", missing="mask").fit(windows, y)
    by_hand = make("GRURegressor", scale_input=False).fit(sequences, y)
    assert_same_weights(model, by_hand)
    np.testing.assert_allclose(
        model.predict(windows), by_hand.predict(sequences), rtol=1e-5, atol=1e-5
    )


def sum_of_steps(inputs, lengths):
    """Return a sum over all steps, which padding adds nothing to."""
    return keras.ops.sum(inputs, axis=1)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("resident", [False, True])
def test_padding_is_zero_in_training_and_in_prediction(rate, resident, monkeypatch):
    if not resident:
        monkeypatch.setattr(skrnn.engine.batches, "RESIDENT_BYTES", 0)
    windows, y = sliding(rate)
    sums = np.array([window.sum(axis=0) for window in windows])[:, None]
    params = {"network": sum_of_steps, "scale_input": False, "linear_skip": False}
    params["learning_rate"] = 1e-4
    model = make("SequenceRegressor", **params).fit(windows, y)
    by_hand = make("SequenceRegressor", **params).fit(sums, y)
    assert_same_weights(model, by_hand)
    np.testing.assert_allclose(model.predict(windows), by_hand.predict(sums), rtol=1e-4)


def test_only_windows_that_are_equal_in_all_steps_count_as_one():
    series = np.zeros((N, 2))
    series[20:] = series_of()[20:]
    windows, _ = windows_of(series, sampling_rate=3)  # the first rows of many are equal
    y = (np.arange(len(windows)) > 20).astype(float)
    model = make("GRURegressor", batch_size=None).fit(windows, y)
    assert_same_weights(model, make("GRURegressor", batch_size=None).fit(np.asarray(windows), y))


def test_missing_rows_outside_all_windows_do_not_matter():
    series = series_of()
    series[[3, 40]] = np.nan
    windows, y = make_windows(series, np.arange(N), window_length=LENGTH)
    clean = np.array([not np.isnan(window).any() for window in windows])
    model = make("GRURegressor").fit(windows[clean], y[clean])
    assert_same_weights(model, make("GRURegressor").fit(np.asarray(windows)[clean], y[clean]))


@pytest.mark.parametrize("rate", RATES)
def test_partial_fit_takes_windows(rate):
    windows, y = windows_of(sampling_rate=rate)
    parts = [slice(0, 20), slice(20, None)]
    model, as_array = make("GRURegressor"), make("GRURegressor")
    for part in parts:
        model.partial_fit(windows[part], y[part])
        as_array.partial_fit(np.asarray(windows)[part], y[part])
    assert_same_weights(model, as_array)
    assert model.n_iter_ == 2


def test_a_continued_fit_takes_windows():
    windows, y = windows_of()
    model, as_array = make("GRURegressor", warm_start=True), make("GRURegressor", warm_start=True)
    for part in (slice(0, 20), slice(20, None)):
        model.fit(windows[part], y[part])
        as_array.fit(np.asarray(windows)[part], y[part])
    assert_same_weights(model, as_array)


@pytest.mark.parametrize("rate", RATES)
def test_a_prediction_depends_on_no_other_window_nor_on_order(rate):
    windows, y = sliding(rate)
    model = make("GRURegressor").fit(windows, y)
    expected = model.predict(windows)
    for rows in (slice(None, None, -1), [40], [3, 3, 0], np.arange(N) % 7 == 0):
        np.testing.assert_allclose(model.predict(windows[rows]), expected[rows], rtol=1e-6)


def test_windows_in_another_order_are_their_array_in_that_order():
    windows, y = windows_of(sampling_rate=3)
    order = np.random.default_rng(0).permutation(len(y))
    order = np.concatenate([order, order[:9]])
    model = make("GRURegressor").fit(windows[order], y[order])
    as_array = make("GRURegressor").fit(np.asarray(windows)[order], y[order])
    assert_same_weights(model, as_array)


def test_other_windows_than_those_of_the_fit_are_refused():
    frame = pd.DataFrame(series_of(), columns=["load", "wind"])
    windows, y = make_windows(frame, frame["load"], window_length=LENGTH)
    model = make("GRURegressor", epochs=1).fit(windows, y)
    shorter, _ = make_windows(frame, window_length=LENGTH - 1)
    with pytest.raises(ValueError, match="X has 5 steps but GRURegressor was fitted with 6"):
        model.predict(shorter)
    swapped, _ = make_windows(frame[["wind", "load"]], window_length=LENGTH)
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(swapped)
    with pytest.raises(ValueError, match="X has 1 features, but GRURegressor is expecting 2"):
        make("GRURegressor", epochs=1).fit(np.asarray(windows), y).predict(
            make_windows(frame["load"], window_length=LENGTH)[0]
        )
    with pytest.raises(ValueError, match=r"inconsistent numbers of samples: \[54, 53\]"):
        model.fit(windows, y[1:])


def test_no_windows_are_refused():
    windows, y = windows_of()
    model = make("GRURegressor", epochs=1)
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        model.fit(windows[:0], y[:0])
    model.fit(windows, y)
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        model.predict(windows[y > 1e6])


def test_a_fitted_estimator_holds_no_row_of_the_series():
    windows, y = windows_of(series_of(5000))
    model = make("GRURegressor").fit(windows[:40], y[:40])
    assert len(pickle.dumps(model)) < 20_000 < windows.series.nbytes


# ------------------------------------------------------------------ tables too large to keep


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(
    "params",
    [
        {},
        {"missing": "mask"},
        {"early_stopping": True, "purge": 3},
        {"name": "SequenceRegressor", "network": "dense"},
        {"name": "SequenceRegressor", "network": "dense", "missing": "mask"},
    ],
)
def test_a_streamed_fit_is_a_resident_one(monkeypatch, params, rate):
    params = {**params}
    name = params.pop("name", "GRURegressor")
    series = series_of()
    target = series[:, 1].copy()
    if params.get("missing"):
        series[[5, 6, 33]] = np.nan
        series[20, 0] = np.nan
    windows = SlidingWindow(LENGTH, sampling_rate=rate).fit_transform(series)
    resident = make(name, **params).fit(windows, target)
    expected = resident.predict(windows)
    monkeypatch.setattr(skrnn.engine.batches, "RESIDENT_BYTES", 0)
    streamed = make(name, **params).fit(windows, target)
    assert_same_weights(streamed, resident, 1e-6)
    np.testing.assert_allclose(resident.predict(windows), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("rate", RATES)
def test_a_table_read_in_blocks_is_the_whole_table(monkeypatch, rate):
    windows, y = sliding(rate)
    whole = make("GRURegressor").fit(windows, y)
    monkeypatch.setattr(skrnn.engine.batches, "BLOCK", 7)
    monkeypatch.setattr(skrnn.sequences.table, "BLOCK", 7)
    assert_same_weights(make("GRURegressor").fit(windows, y), whole, 1e-6)


def test_a_table_is_scaled_once_if_it_is_small_enough(monkeypatch):
    windows, y = sliding()
    model = make("GRURegressor", epochs=1).fit(windows, y)
    inputs = model.network_.encoder.inputs(windows.sequences())
    for most, is_scaled in [(4 * 2 * N, True), (4 * 2 * N - 1, False)]:
        monkeypatch.setattr(skrnn.engine.batches, "RESIDENT_BYTES", most)
        scaled = inputs.scaled()
        assert (scaled.table is not None) == is_scaled
        for got, expected in zip(scaled.batch([3], 8), inputs.batch([3], 8), strict=True):
            np.testing.assert_array_equal(got, expected)


@settings(deadline=None)
@given(n_rows=st.integers(LENGTH, 300), at_end=st.booleans())
def test_no_padded_window_reaches_over_the_edge_of_a_table(n_rows, at_end):
    windows = SlidingWindow(LENGTH).fit_transform(np.zeros((n_rows, 2)))
    inputs = NetworkInputs(windows.sequences(), AffineScaling.identity(2), False, at_end=at_end)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(skrnn.engine.sizes, "LEAST_ELEMENTS", 1)
        sequences = inputs.scaled().sequences
    for n_steps in (LENGTH, 8):
        first = sequences.starts - (n_steps - sequences.lengths if at_end else 0)
        assert first.min() >= 0
        assert first.max() + n_steps <= len(sequences.steps)


def test_tables_of_nearly_equal_size_have_the_same():
    def rows_for(n_rows):
        windows, _ = windows_of(np.zeros((n_rows, 2)))
        inputs = NetworkInputs(windows.sequences(), AffineScaling.identity(2), False)
        return len(inputs.scaled().sequences.steps)

    assert rows_for(10) == rows_for(1000)
    sizes = [rows_for(n_rows) for n_rows in range(2**19, 2**20, 2**15)]
    assert len(set(sizes)) <= 5
    assert max(np.array(sizes) / np.arange(2**19, 2**20, 2**15)) <= 1.3


def test_a_memory_map_is_read_like_an_array(tmp_path, monkeypatch):
    written = np.memmap(tmp_path / "series", dtype=np.float64, mode="w+", shape=(N, 2))
    written[:] = series_of()
    written.flush()
    mapped = np.memmap(tmp_path / "series", dtype=np.float64, mode="r", shape=(N, 2))
    windows, y = windows_of()
    expected = make("GRURegressor").fit(windows, y)
    monkeypatch.setattr(skrnn.engine.batches, "RESIDENT_BYTES", 0)
    from_file, _ = make_windows(mapped, window_length=LENGTH)
    assert np.shares_memory(from_file.series, mapped)
    assert_same_weights(make("GRURegressor").fit(from_file, y), expected, 1e-6)


# ------------------------------------------------------------------ pipelines


def test_a_fit_on_windows_takes_shorter_sequences_too():
    series = np.random.default_rng(0).normal(size=(30, 2))
    windows = SlidingWindow(5).fit_transform(series)
    model = GRURegressor(units=4, epochs=2, random_state=0).fit(windows, series[:, 0])
    np.testing.assert_allclose(
        model.predict([series[:3]]), model.predict(windows[2:3]), rtol=1e-6, atol=1e-7
    )
    with pytest.raises(ValueError, match="X has 6 steps but GRURegressor was fitted with 5"):
        model.predict([series[:6]])
