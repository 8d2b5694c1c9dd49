"""A fit on windows uses neither rows of the validation set nor purged rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skrnn import SequenceTranslator
from skrnn.estimators.validation_split import hold_out_latest, without_purged
from tests.conftest import unlabeled
from tests.estimators.windowed import (
    RATES,
    N,
    assert_equal_weights,
    assert_same_weights,
    labels,
    make,
    series_of,
    sliding,
    windows_of,
)

# ------------------------------------------------------------------ training set


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
    """Return the training windows and the validation windows, one row at a time.

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
def test_no_row_of_a_training_window_is_within_reach_of_the_validation_set(shape, permuted):
    series = series_of()
    windows, _ = windows_of(series, **shape)
    if permuted:
        windows = windows[np.random.default_rng(1).permutation(len(windows))]
    reach = shape.get("delay", 1) + shape.get("horizon", 1) - 1
    expected = latest_part(windows, reach, 0.2)
    model = make("GRURegressor", early_stopping=True, validation_fraction=0.2)
    kept, held_out = model._split(unlabeled(windows))
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
    reference = make("GRURegressor", **params).fit(
        windows[kept], y[kept], X_val=windows[held_out], y_val=y[held_out]
    )
    assert_same_weights(model, reference)
    np.testing.assert_allclose(
        model.history_["val_loss"], reference.history_["val_loss"], rtol=1e-5
    )
    cube = np.asarray(windows)
    as_arrays = make("GRURegressor", **params).fit(
        cube[kept], y[kept], X_val=cube[held_out], y_val=y[held_out]
    )
    assert_same_weights(model, as_arrays)


@pytest.mark.parametrize("purge", [0, 7])
def test_purged_targets_are_not_in_the_gap_before_the_validation_set(purge):
    windows, y = windows_of(window_length=3)
    model = make("GRURegressor", early_stopping=True, validation_fraction=0.2, purge=purge)
    n_held_out = int(np.ceil(0.2 * (len(y) - purge)))
    last = len(y) - purge
    kept = np.arange(last - n_held_out - max(2, purge))
    held_out = np.arange(last - n_held_out, last)
    reference = make("GRURegressor", early_stopping=True).fit(
        windows[kept], y[kept], X_val=windows[held_out], y_val=y[held_out]
    )
    assert_same_weights(model.fit(windows, y), reference)


def test_nothing_left_to_learn_from_says_so():
    windows, y = windows_of(window_length=25)
    with pytest.raises(
        ValueError, match=r"latest 2 of 20 sequences to train on, and none .* than 24 rows"
    ):
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


def test_a_purge_of_all_sequences_with_a_weight_names_the_weights_too():
    X, y = np.random.default_rng(0).normal(size=(10, 5, 1)), np.arange(10.0)
    weights = np.where(y < 6, 0.0, 1.0)
    message = "purge=4 leaves 6 of the 10 sequences .* sample_weight is 0 for each of these; give"
    with pytest.raises(ValueError, match=message):
        make("GRURegressor", purge=4).fit(X, y, weights)
    with pytest.raises(ValueError, match=message):
        SequenceTranslator(purge=4).fit(X, X, weights)
    with pytest.raises(ValueError, match=r"X has 1 sample\(s\) to train on"):
        make("GRURegressor", purge=3, early_stopping=True).fit(X, y, weights)


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
def test_scaling_is_measured_on_the_training_windows(rate):
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
    np.testing.assert_allclose(model.network_.encoder.scaling.center, mean, rtol=1e-10)
    np.testing.assert_allclose(model.network_.encoder.scaling.scale, deviation, rtol=1e-10)
    center = np.average(y[rows], weights=weights[rows])
    np.testing.assert_allclose(model.network_.target.scaling.scaling.center, center, rtol=1e-10)


@pytest.mark.parametrize("rate", RATES)
def test_scaling_does_not_see_the_validation_set(rate):
    windows, y = sliding(rate)
    kept, _ = latest_part(windows, 0, 0.2)
    changed = series_of()
    changed[max(windows.ends[kept]) + 1 :] += 1000
    others, _ = sliding(rate, changed)
    target = np.where(np.isin(np.arange(N), kept), y, y + 1000)
    params = {"epochs": 1, "early_stopping": True, "validation_fraction": 0.2}
    model = make("GRURegressor", **params).fit(windows, y)
    other = make("GRURegressor", **params).fit(others, target)
    np.testing.assert_array_equal(
        model.network_.encoder.scaling.center, other.network_.encoder.scaling.center
    )
    np.testing.assert_array_equal(
        model.network_.encoder.scaling.scale, other.network_.encoder.scaling.scale
    )
    assert model.history_["loss"] == other.history_["loss"]
    assert model.history_["val_loss"] != other.history_["val_loss"]


# ------------------------------------------------------------------ pipelines


def test_a_repeated_window_is_purged_as_often_as_it_occurs():
    times = np.array([15, 15, 16, 17, 17, 17])
    assert without_purged(times, np.ones(6), 1).tolist() == [1, 1, 1, 0, 0, 0]
    assert without_purged(times, np.full(6, 2.0), 2).tolist() == [2, 2, 0, 0, 0, 0]
    with pytest.raises(ValueError, match="purge=3 leaves none"):
        without_purged(times, np.ones(6), 3)
