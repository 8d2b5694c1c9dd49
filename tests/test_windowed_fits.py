"""A fit on windows is the fit on the sequences that they are, and on no other row."""

import pickle

import keras
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import skrnn.engine.feed
import skrnn.engine.sizes
import skrnn.sequences.table
from skrnn import GRURegressor, SlidingWindow, Windows, make_windows
from skrnn.engine.feed import Inputs
from skrnn.estimators.holding_out import hold_out_latest, without_purged
from skrnn.preprocessing.scaling import Standardiser
from tests import conftest

N = 60
LENGTH = 6
RATES = (1, 3)


def series_of(n_rows=N, seed=0):
    """Return a random walk and noise, far from mean 0 and deviation 1."""
    noise = np.random.default_rng(seed).normal(size=(n_rows, 2))
    return np.column_stack([50 + np.cumsum(noise[:, 0]), 3 * noise[:, 1]])


def windows_of(series=None, **shape):
    series = series_of() if series is None else series
    return make_windows(series, series[:, 0], **{"window_length": LENGTH, **shape})


def sliding(rate=1, series=None):
    """Return a window for each row, the first ones incomplete, and a target for each."""
    series = series_of() if series is None else series
    windows = SlidingWindow(LENGTH, sampling_rate=rate).fit_transform(series)
    return windows, series[:, 0] - series[:, 1]


def make(name, **params):
    """Return a small estimator; batches of one size, so that little has to be compiled."""
    return conftest.make(name, **{"batch_size": 8, **params})


def labels(y):
    return np.where(y > np.median(y), "up", "down")


def assert_same_weights(model, other, tolerance=1e-5):
    for a, b in zip(model.weights_, other.weights_, strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def assert_equal_weights(model, other):
    for a, b in zip(model.weights_, other.weights_, strict=True):
        np.testing.assert_array_equal(a, b)


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
    model = make(name).fit(windows, y)
    as_list = make(name).fit(sequences, y)
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
        monkeypatch.setattr(skrnn.engine.feed, "RESIDENT_BYTES", 0)
    windows, y = sliding(rate)
    sums = np.array([window.sum(axis=0) for window in windows])[:, None]
    params = {"network": sum_of_steps, "scale_input": False, "learning_rate": 1e-4}
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


def test_a_fit_that_goes_on_takes_windows():
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


# ------------------------------------------------------------------ what is not learnt from


def test_rows_after_the_last_window_do_not_matter():
    changed = series_of()
    changed[40:] = 1e6
    models = []
    for series in (series_of(), changed):
        windows, y = windows_of(series, delay=0, sampling_rate=3)
        before = windows.ends < 40
        models.append(make("GRURegressor").fit(windows[before], y[before]))
    assert_equal_weights(*models)


def test_rows_between_the_steps_of_all_windows_do_not_matter():
    changed = series_of()
    changed[np.arange(N) % 3 != 0] = 1e6
    models = []
    for series in (series_of(), changed):
        windows, _ = windows_of(series, sampling_rate=3, stride=3)
        models.append(make("GRURegressor").fit(windows, np.arange(len(windows))))
    assert_equal_weights(*models)


@settings(deadline=None)
@given(n=st.integers(2, 30), data=st.data(), gap=st.integers(0, 6), fraction=st.floats(0.01, 0.99))
def test_the_latest_part_is_the_latest_and_the_rest_ends_before_the_gap(n, data, gap, fraction):
    times = np.array(data.draw(st.lists(st.integers(0, 40), min_size=n, max_size=n)))
    n_held_out = min(n - 1, int(np.ceil(fraction * n)))
    first = sorted(times)[n - n_held_out]
    expected = [row for row in range(n) if times[row] + gap < first]
    if not expected:
        with pytest.raises(ValueError, match=rf"latest {n_held_out} of {n} .* than {gap} rows"):
            hold_out_latest(times, fraction=fraction, gap=gap)
        return
    kept, held_out = hold_out_latest(times, fraction=fraction, gap=gap)
    assert kept.tolist() == expected
    assert len(held_out) == n_held_out
    assert sorted(times[held_out]) == sorted(times)[n - n_held_out :]
    assert (np.diff(held_out) > 0).all()


def latest_part(windows, y_reach, fraction):
    """Return the windows that may be learnt from and those held out, one row at a time.

    A target of a window reaches ``y_reach`` rows beyond its last one.
    """
    n_held_out = int(np.ceil(fraction * len(windows)))
    held_out = sorted(range(len(windows)), key=lambda i: windows.ends[i])[-n_held_out:]
    span = (windows.window_length - 1) * windows.sampling_rate
    first = min(windows.ends[held_out])
    seen = {row for i in held_out for row in range(windows.ends[i] - span, windows.ends[i] + 1)}
    kept = [
        i
        for i, end in enumerate(windows.ends)
        if i not in held_out
        and not seen.intersection(range(end - span, end + 1))
        and end + y_reach <= first
    ]
    return kept, sorted(held_out)


SHAPES = [
    {},
    {"sampling_rate": 3, "window_length": 4},
    {"stride": 2, "window_length": 3, "delay": 0},
    {"window_length": 2, "delay": 5, "horizon": 4},
    {"window_length": 1},
]


@pytest.mark.parametrize("permuted", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_no_row_of_a_training_window_is_within_reach_of_the_part_held_out(shape, permuted):
    series = series_of()
    windows, _ = windows_of(series, **shape)
    if permuted:
        windows = windows[np.random.default_rng(1).permutation(len(windows))]
    reach = shape.get("delay", 1) + shape.get("horizon", 1) - 1
    expected = latest_part(windows, reach, 0.2)
    model = make("GRURegressor", early_stopping=True, validation_fraction=0.2)
    kept, held_out = model._hold_out(windows.sequences(), None)
    assert kept.tolist() == expected[0]
    assert held_out.tolist() == expected[1]


@pytest.mark.parametrize("validation", ["random", "latest"])
@pytest.mark.parametrize("permuted", [False, True])
def test_early_stopping_holds_out_the_latest_windows(permuted, validation):
    windows, y = windows_of(sampling_rate=3)
    if permuted:
        order = np.random.default_rng(1).permutation(len(y))
        windows, y = windows[order], y[order]
    kept, held_out = latest_part(windows, 1, 0.2)
    assert len(kept) == len(y) - len(held_out) - 15
    params = {"early_stopping": True, "epochs": 3}
    model = make("GRURegressor", validation=validation, validation_fraction=0.2, **params)
    model.fit(windows, y)
    told = make("GRURegressor", **params).fit(
        windows[kept], y[kept], X_val=windows[held_out], y_val=y[held_out]
    )
    assert_same_weights(model, told)
    np.testing.assert_allclose(model.history_["val_loss"], told.history_["val_loss"], rtol=1e-5)
    cube = np.asarray(windows)
    as_arrays = make("GRURegressor", **params).fit(
        cube[kept], y[kept], X_val=cube[held_out], y_val=y[held_out]
    )
    assert_same_weights(model, as_arrays)


@pytest.mark.parametrize("purge", [0, 7])
def test_purged_targets_are_not_in_the_gap_before_the_part_held_out(purge):
    windows, y = windows_of(window_length=3)
    model = make("GRURegressor", early_stopping=True, validation_fraction=0.2, purge=purge)
    n_held_out = int(np.ceil(0.2 * (len(y) - purge)))
    last = len(y) - purge
    kept = np.arange(last - n_held_out - max(2, purge))
    held_out = np.arange(last - n_held_out, last)
    told = make("GRURegressor", early_stopping=True).fit(
        windows[kept], y[kept], X_val=windows[held_out], y_val=y[held_out]
    )
    assert_same_weights(model.fit(windows, y), told)


def test_nothing_left_to_learn_from_says_so():
    windows, y = windows_of(window_length=25)
    with pytest.raises(ValueError, match=r"latest 2 of 20 sequences, and none .* than 24 rows"):
        make("GRURegressor", early_stopping=True).fit(windows[-20:], y[-20:])
    with pytest.raises(ValueError, match=r"and none .* than 33 rows .* or a smaller .*purge"):
        make("GRURegressor", early_stopping=True, validation="latest", purge=33).fit(
            series_of(60), np.arange(60)
        )


@pytest.mark.parametrize("form", [lambda X: X, np.asarray, list])
@pytest.mark.parametrize("permuted", [False, True])
def test_purged_sequences_are_left_out(form, permuted):
    windows, y = windows_of(sampling_rate=3)
    kept = np.arange(len(y)) < len(y) - 9
    if permuted and form(windows) is windows:  # only windows know their times
        order = np.random.default_rng(1).permutation(len(y))
        windows, y, kept = windows[order], y[order], kept[order]
    model = make("GRURegressor", purge=9).fit(form(windows), y)
    without = make("GRURegressor").fit(np.asarray(windows)[kept], y[kept])
    assert_same_weights(model, without)


def test_targets_of_purged_windows_do_not_matter():
    windows, y = sliding()
    changed = np.where(np.arange(N) >= N - 4, 1e6, y)
    models = [make("GRURegressor", purge=4).fit(windows, target) for target in (y, changed)]
    assert_equal_weights(*models)
    models = [
        make("GRUClassifier", purge=4, class_weight="balanced").fit(windows, target)
        for target in (labels(y), np.where(np.arange(N) >= N - 4, "up", labels(y)))
    ]
    assert_equal_weights(*models)


@pytest.mark.parametrize("purge", [54, 100])
def test_a_purge_of_all_sequences_is_refused(purge):
    windows, y = windows_of()
    for X in (windows, np.asarray(windows)):
        model = make("GRURegressor", purge=purge)
        with pytest.raises(ValueError, match=f"purge={purge} leaves none of the 54 sequences of X"):
            model.fit(X, y)
        assert not hasattr(model, "weights_")
    with pytest.raises(ValueError, match="purge=-1 was given"):
        make("GRURegressor", purge=-1).fit(windows, y)


@pytest.mark.parametrize("rate", RATES)
def test_scaling_is_measured_on_the_windows_learnt_from(rate):
    windows, y = sliding(rate)
    weights = np.random.default_rng(0).integers(0, 3, size=N).astype(float)
    model = make("GRURegressor", epochs=1, early_stopping=True, validation_fraction=0.2, purge=5)
    model.fit(windows, y, sample_weight=weights)
    counted = np.flatnonzero(weights * (np.arange(N) < N - 5))
    part = windows[counted]
    kept, _ = latest_part(part, 0, 0.2)
    rows = counted[kept]
    steps = np.concatenate([part[i] for i in kept])
    each = np.concatenate([np.full(len(windows[row]), weights[row]) for row in rows])
    mean = np.average(steps, axis=0, weights=each)
    deviation = np.sqrt(np.average((steps - mean) ** 2, axis=0, weights=each))
    np.testing.assert_allclose(model._scaling.mean, mean, rtol=1e-10)
    np.testing.assert_allclose(model._scaling.scale, deviation, rtol=1e-10)
    center = np.average(y[rows], weights=weights[rows])
    np.testing.assert_allclose(model._target_scaling.mean, center, rtol=1e-10)


@pytest.mark.parametrize("rate", RATES)
def test_scaling_does_not_see_the_part_held_out(rate):
    windows, y = sliding(rate)
    kept, _ = latest_part(windows, 0, 0.2)
    changed = series_of()
    changed[max(windows.ends[kept]) + 1 :] += 1000
    others, _ = sliding(rate, changed)
    target = np.where(np.isin(np.arange(N), kept), y, y + 1000)
    params = {"epochs": 1, "early_stopping": True, "validation_fraction": 0.2}
    model = make("GRURegressor", **params).fit(windows, y)
    other = make("GRURegressor", **params).fit(others, target)
    np.testing.assert_array_equal(model._scaling.mean, other._scaling.mean)
    np.testing.assert_array_equal(model._scaling.scale, other._scaling.scale)
    assert_equal_weights(model, other)
    assert model.history_["val_loss"] != other.history_["val_loss"]


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
    monkeypatch.setattr(skrnn.engine.feed, "RESIDENT_BYTES", 0)
    streamed = make(name, **params).fit(windows, target)
    assert_same_weights(streamed, resident, 1e-6)
    np.testing.assert_allclose(resident.predict(windows), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("rate", RATES)
def test_a_table_read_in_blocks_is_the_whole_table(monkeypatch, rate):
    windows, y = sliding(rate)
    whole = make("GRURegressor").fit(windows, y)
    monkeypatch.setattr(skrnn.engine.feed, "BLOCK", 7)
    monkeypatch.setattr(skrnn.sequences.table, "BLOCK", 7)
    assert_same_weights(make("GRURegressor").fit(windows, y), whole, 1e-6)


def test_a_table_is_scaled_once_if_it_is_small_enough(monkeypatch):
    windows, y = sliding()
    model = make("GRURegressor", epochs=1).fit(windows, y)
    inputs = model._inputs(windows.sequences())
    for most, is_scaled in [(4 * 2 * N, True), (4 * 2 * N - 1, False)]:
        monkeypatch.setattr(skrnn.engine.feed, "RESIDENT_BYTES", most)
        scaled = inputs.scaled()
        assert (scaled.table is not None) == is_scaled
        for got, expected in zip(scaled.batch([3], 8), inputs.batch([3], 8), strict=True):
            np.testing.assert_array_equal(got, expected)


@settings(deadline=None)
@given(n_rows=st.integers(LENGTH, 300), at_end=st.booleans())
def test_no_padded_window_reaches_over_the_edge_of_a_table(n_rows, at_end):
    windows = SlidingWindow(LENGTH).fit_transform(np.zeros((n_rows, 2)))
    inputs = Inputs(windows.sequences(), Standardiser.identity(2), False, at_end=at_end)
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
        inputs = Inputs(windows.sequences(), Standardiser.identity(2), False)
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
    monkeypatch.setattr(skrnn.engine.feed, "RESIDENT_BYTES", 0)
    from_file, _ = make_windows(mapped, window_length=LENGTH)
    assert np.shares_memory(from_file.series, mapped)
    assert_same_weights(make("GRURegressor").fit(from_file, y), expected, 1e-6)


# ------------------------------------------------------------------ pipelines


def frame_and_target():
    index = pd.date_range("2024-03-30", periods=N, freq="h", tz="Europe/Berlin")
    frame = pd.DataFrame(series_of(), columns=["load", "wind"], index=index)
    return frame, frame["load"].shift(-1).ffill()


def pipeline(**params):
    """Return a pipeline of three steps; the network scales nothing, so that the first matters."""
    return Pipeline(
        [
            ("scale", StandardScaler().set_output(transform="pandas")),
            ("window", SlidingWindow(LENGTH)),
            ("gru", make("GRURegressor", scale_input=False, **params)),
        ]
    )


def sequences_of(rows, window_length):
    """Return the rows that each row sees, itself last."""
    return [rows[max(0, t + 1 - window_length) : t + 1] for t in range(len(rows))]


def by_hand(frame, y, train, test, *, scale, window_length, **params):
    """Return the prediction of the test rows, each with the rows before it as history."""
    both = np.concatenate([train, test])
    rows = frame.to_numpy()[both]
    mean = rows[: len(train)].mean(axis=0) if scale else 0.0
    sequences = sequences_of((rows - mean) / rows[: len(train)].std(axis=0), window_length)
    model = make("GRURegressor", scale_input=False, **params)
    model.fit(sequences[: len(train)], y.to_numpy()[train])
    return model.predict(sequences[len(train) :])


def test_a_search_over_all_steps_of_a_pipeline():
    frame, y = frame_and_target()
    splits = TimeSeriesSplit(n_splits=2)
    grid = {
        "scale__with_mean": [True, False],
        "window__window_length": [1, 4],
        "gru__learning_rate": [0.01, 0.03],
    }
    search = GridSearchCV(pipeline(epochs=1), grid, cv=splits).fit(frame, y)
    for params, score in zip(
        search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True
    ):
        scores = [
            r2_score(
                y.iloc[test],
                by_hand(
                    frame,
                    y,
                    train,
                    test,
                    scale=params["scale__with_mean"],
                    window_length=params["window__window_length"],
                    learning_rate=params["gru__learning_rate"],
                    epochs=1,
                ),
            )
            for train, test in splits.split(frame)
        ]
        assert score == pytest.approx(np.mean(scores), rel=1e-3)
    assert len(set(search.cv_results_["mean_test_score"])) == 8
    assert search.predict(frame).shape == (N,)


def test_two_jobs_give_the_scores_of_one():
    frame, y = frame_and_target()
    alone, shared = (
        cross_val_score(pipeline(epochs=1), frame, y, cv=TimeSeriesSplit(2), n_jobs=n_jobs)
        for n_jobs in (1, 2)
    )
    np.testing.assert_allclose(shared, alone, rtol=1e-6)


def test_the_first_rows_of_a_test_fold_have_their_real_history():
    frame, y = frame_and_target()
    model = pipeline().fit(frame[:40], y[:40])
    scaled = model["scale"].transform(frame)
    whole = model["gru"].predict(SlidingWindow(LENGTH).fit_transform(scaled))
    np.testing.assert_allclose(model.predict(frame[40:]), whole[40:], rtol=1e-6)
    np.testing.assert_allclose(model.predict(frame[:40]), whole[:40], rtol=1e-6)
    alone = model["gru"].predict(SlidingWindow(LENGTH).fit_transform(scaled[40:]))
    assert (alone[: LENGTH - 1] != whole[40 : 40 + LENGTH - 1]).all()


def test_purged_rows_of_a_pipeline_remain_history():
    frame, y = frame_and_target()
    model = pipeline(purge=8).fit(frame[:40], y[:40])
    scaled = model["scale"].transform(frame).to_numpy()
    sequences = sequences_of(scaled, LENGTH)
    without = make("GRURegressor", scale_input=False).fit(sequences[:32], y[:32])
    assert_same_weights(model["gru"], without)
    expected = without.predict(sequences[40:])
    np.testing.assert_allclose(model.predict(frame[40:]), expected, rtol=1e-5)


@pytest.mark.parametrize("how", ["global", "pipeline"])
def test_pandas_output_set_for_all_breaks_no_pipeline(how):
    frame, y = frame_and_target()
    expected = pipeline(epochs=1).fit(frame[:40], y[:40]).predict(frame[40:])
    steps = [
        ("scale", StandardScaler()),
        ("window", SlidingWindow(LENGTH)),
        ("gru", make("GRURegressor", scale_input=False, epochs=1)),
    ]
    if how == "pipeline":
        model = Pipeline(steps).set_output(transform="pandas").fit(frame[:40], y[:40])
        np.testing.assert_allclose(model.predict(frame[40:]), expected, rtol=1e-6)
        return
    with config_context(transform_output="pandas"):
        model = Pipeline(steps).fit(frame[:40], y[:40])
        np.testing.assert_allclose(model.predict(frame[40:]), expected, rtol=1e-6)


def test_an_array_has_its_history_where_it_is_said_to_continue():
    rows, y = series_of(), series_of()[:, 1]
    model = Pipeline(
        [("window", SlidingWindow(LENGTH, continues=True)), ("gru", make("GRURegressor"))]
    ).fit(rows[:40], y[:40])
    expected = make("GRURegressor").fit(sequences_of(rows, LENGTH)[:40], y[:40])
    np.testing.assert_allclose(
        model.predict(rows[40:]), expected.predict(sequences_of(rows, LENGTH)[40:]), rtol=1e-5
    )


def test_windows_are_split_into_windows():
    windows, y = windows_of()
    seen = []

    class Watched(type(make("GRURegressor"))):
        def fit(self, X, y):
            seen.append(X)
            return super().fit(X, y)

    model = Watched(**make("GRURegressor", epochs=1).get_params())
    scores = cross_val_score(model, windows, y, cv=TimeSeriesSplit(2))
    expected = cross_val_score(
        make("GRURegressor", epochs=1), np.asarray(windows), y, cv=TimeSeriesSplit(2)
    )
    np.testing.assert_allclose(scores, expected, rtol=1e-4)
    assert all(isinstance(X, Windows) and X.series is windows.series for X in seen)


def test_other_estimators_take_windows_flat():
    frame, y = frame_and_target()
    model = Pipeline(
        [
            ("window", SlidingWindow(3)),
            ("flat", FunctionTransformer(lambda windows: np.nan_to_num(windows.flat()))),
            ("ridge", Ridge()),
        ]
    )
    lags = [frame.shift(lag).fillna(0.0).to_numpy() for lag in (2, 1, 0)]
    expected = Ridge().fit(np.hstack(lags)[:40], y[:40]).predict(np.hstack(lags)[40:])
    np.testing.assert_allclose(clone(model).fit(frame[:40], y[:40]).predict(frame[40:]), expected)


def test_a_fit_on_windows_takes_shorter_sequences_too():
    series = np.random.default_rng(0).normal(size=(30, 2))
    windows = SlidingWindow(5).fit_transform(series)
    model = GRURegressor(units=4, epochs=2, random_state=0).fit(windows, series[:, 0])
    np.testing.assert_allclose(
        model.predict([series[:3]]), model.predict(windows[2:3]), rtol=1e-6, atol=1e-7
    )
    with pytest.raises(ValueError, match="X has 6 steps but GRURegressor was fitted with 5"):
        model.predict([series[:6]])


def test_a_repeated_window_is_purged_as_often_as_it_occurs():
    times = np.array([15, 15, 16, 17, 17, 17])
    assert without_purged(times, np.ones(6), 1).tolist() == [1, 1, 1, 0, 0, 0]
    assert without_purged(times, np.full(6, 2.0), 2).tolist() == [2, 2, 0, 0, 0, 0]
    with pytest.raises(ValueError, match="purge=3 leaves none"):
        without_purged(times, np.ones(6), 3)
