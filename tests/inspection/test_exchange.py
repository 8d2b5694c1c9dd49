"""Exchange and occlusion: one channel, or one stretch of time, is replaced and all else kept."""

import numpy as np
import pandas as pd
import polars
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skrnn import SlidingWindow, Windows, make_windows
from skrnn.inspection import sequence_importance

RNG = np.random.default_rng(0)
CUBE = RNG.normal(size=(7, 12, 3))
RAGGED = [RNG.normal(size=(length, 2)) for length in (5, 9, 12, 20, 7)]


def copies_scored(X, **settings):
    """Return the result, and copies of the X that the scorer gets: X first, then changed ones."""
    seen = []

    def scorer(estimator, X, y=None):
        seen.append(X)
        return 0.0

    settings = {"n_repeats": 1, "random_state": 0} | settings
    return sequence_importance(None, X, scoring=scorer, **settings), seen


def donors_of(changed, X):
    """Return the sequence that each changed one was taken from, told by its values."""
    return [[np.array_equal(own, other) for other in X].index(True) for own in changed]


# ------------------------------------------------------------------ permutation


@pytest.mark.parametrize("layout", ["channels_last", "channels_first"])
def test_a_channel_is_that_of_another_sequence(layout):
    last_axes = (0, 1, 2) if layout == "channels_last" else (0, 2, 1)
    result, (_, *seen) = copies_scored(CUBE.transpose(last_axes), layout=layout, n_repeats=2)
    assert result.importances.shape == (3, 2)
    for number, changed in enumerate(one.transpose(last_axes) for one in seen):
        channel = number % 3
        donors = donors_of(changed[:, :, channel], CUBE[:, :, channel])
        assert sorted(donors) == list(range(7))
        assert donors != list(range(7))
        others = np.delete(changed, channel, axis=2)
        np.testing.assert_array_equal(others, np.delete(CUBE, channel, axis=2))


def test_a_stretch_of_time_is_that_of_another_sequence_with_all_channels():
    result, (_, *seen) = copies_scored(CUBE, by="time", n_segments=5)
    np.testing.assert_array_equal(result.segment_edges, [0, 2, 5, 7, 10, 12])
    ends = result.segment_edges
    for changed, begin, end in zip(seen, ends[:-1], ends[1:], strict=True):
        donors = donors_of(changed[:, begin:end], CUBE[:, begin:end])
        assert sorted(donors) == list(range(7))
        rest = np.delete(changed, range(begin, end), axis=1)
        np.testing.assert_array_equal(rest, np.delete(CUBE, range(begin, end), axis=1))


def test_both_is_a_channel_in_a_stretch_of_time():
    result, (_, *seen) = copies_scored(CUBE, by="both", n_segments=3)
    assert result.importances.shape == (3, 3, 1)
    for number, changed in enumerate(seen):
        channel, segment = divmod(number, 3)
        is_kept = np.ones((12, 3), dtype=bool)
        is_kept[4 * segment : 4 * segment + 4, channel] = False
        np.testing.assert_array_equal(changed[:, is_kept], CUBE[:, is_kept])
        assert (changed[:, ~is_kept] != CUBE[:, ~is_kept]).any()


@pytest.mark.parametrize("by", ["channel", "time", "both"])
def test_a_repeat_has_one_permutation_for_all(by):
    identity = np.repeat(np.arange(7.0), 12 * 3).reshape(CUBE.shape)
    _, (_, *seen) = copies_scored(identity, by=by)
    donors = {tuple(changed.max(axis=(1, 2)) + changed.min(axis=(1, 2))) for changed in seen}
    assert len(donors) == 1


@given(st.integers(0, 2**31), st.integers(1, 12))
@settings(max_examples=25, deadline=None)
def test_segments_cover_each_step_once_and_values_only_move(seed, n_segments):
    X = np.random.default_rng(seed).normal(size=(5, 12, 2))
    X[X > 1] = np.nan
    _, (_, *seen) = copies_scored(X, by="time", n_segments=n_segments, random_state=seed)
    for changed in seen:
        np.testing.assert_array_equal(np.sort(changed, axis=0), np.sort(X, axis=0))
    n_changed = sum(~np.isclose(changed, X, equal_nan=True) for changed in seen)
    assert n_changed.max() <= 1


def test_sequences_of_different_lengths_exchange_at_relative_positions():
    result, (_, *seen) = copies_scored(RAGGED)
    assert result.importances.shape == (2, 1)
    for channel, changed in enumerate(seen):
        donors = []
        for own, before in zip(changed, RAGGED, strict=True):
            assert own.shape == before.shape
            middles = (np.arange(len(own)) + 0.5) / len(own)
            taken = [np.floor(middles * len(other)).astype(int) for other in RAGGED]
            alike = [
                np.array_equal(own[:, channel], other[rows, channel])
                for other, rows in zip(RAGGED, taken, strict=True)
            ]
            donors.append(alike.index(True))
            np.testing.assert_array_equal(own[:, 1 - channel], before[:, 1 - channel])
        assert sorted(donors) == list(range(5))


def test_segments_of_different_lengths_are_fractions_of_each_sequence():
    result, (_, *seen) = copies_scored(RAGGED, by="time", n_segments=4)
    np.testing.assert_array_equal(result.segment_edges, [0, 0.25, 0.5, 0.75, 1])
    for segment, changed in enumerate(seen):
        for own, before in zip(changed, RAGGED, strict=True):
            is_outside = np.arange(len(own)) * 4 // len(own) != segment
            np.testing.assert_array_equal(own[is_outside], before[is_outside])


def test_windows_exchange_steps_counted_from_their_ends():
    series = RNG.normal(size=(30, 2))
    windows = SlidingWindow(6, sampling_rate=2).fit_transform(series)
    before = windows.series.copy()
    result, (_, *seen) = copies_scored(windows, by="time", n_segments=3)
    np.testing.assert_array_equal(result.segment_edges, [0, 2, 4, 6])
    cube = np.asarray(windows)
    is_complete = ~np.isnan(cube).any(axis=(1, 2))
    assert 0 < is_complete.sum() < len(cube)
    for segment, changed in enumerate(seen):
        assert isinstance(changed, Windows)
        assert changed.shape == windows.shape
        new, inside = np.asarray(changed), slice(2 * segment, 2 * segment + 2)
        np.testing.assert_array_equal(np.isnan(new), np.isnan(cube))
        outside = np.delete(new, inside, axis=1)
        np.testing.assert_array_equal(outside, np.delete(cube, inside, axis=1))
        donors = donors_of(new[is_complete][:, inside], cube[is_complete][:, inside])
        assert sorted(donors) == list(range(is_complete.sum()))
        for own in new[~is_complete][:, inside]:
            is_there = ~np.isnan(own)
            taken = np.where(is_there, cube[is_complete][:, inside], np.nan)
            assert any(np.array_equal(own, other, equal_nan=True) for other in taken)
    np.testing.assert_array_equal(windows.series, before)


# ------------------------------------------------------------------ occlusion


def test_occlusion_takes_the_mean_of_the_observed_values_of_a_channel():
    X = CUBE.copy()
    X[2, 3:5, 1] = np.nan
    result, (_, *seen) = copies_scored(X, method="occlusion", n_repeats=9)
    assert result.importances.shape == (3, 1)
    for channel, changed in enumerate(seen):
        np.testing.assert_allclose(changed[:, :, channel], np.nanmean(X[:, :, channel]))
        others = np.delete(changed, channel, axis=2)
        np.testing.assert_array_equal(others, np.delete(X, channel, axis=2))


@pytest.mark.parametrize("baseline", [0.0, np.nan, [1.0, 2.0, 3.0], np.array([4.0])])
def test_occlusion_takes_a_baseline(baseline):
    _, (_, *seen) = copies_scored(CUBE, method="occlusion", baseline=baseline, by="both")
    each = np.broadcast_to(baseline, 3)
    for number, changed in enumerate(seen):
        channel, step = divmod(number, 10)
        begin, end = np.round(np.linspace(0, 12, 11)).astype(int)[step : step + 2]
        expected = CUBE.copy()
        expected[:, begin:end, channel] = each[channel]
        np.testing.assert_array_equal(changed, expected)


def test_the_mean_of_a_channel_without_values_is_missing():
    X = CUBE.copy()
    X[..., 0] = np.nan
    _, (_, *seen) = copies_scored(X, method="occlusion")
    np.testing.assert_array_equal(seen[0], X)


# ------------------------------------------------------------------ forms of X


def panel():
    """Return sequences of different lengths as a panel."""
    parts = {f"s{n}": pd.DataFrame(one, columns=["a", "b"]) for n, one in enumerate(RAGGED)}
    return pd.concat(parts, names=["instance", "time"])


FORMS = {
    "array": (CUBE, ["x0", "x1", "x2"]),
    "float32": (CUBE.astype(np.float32), ["x0", "x1", "x2"]),
    "nested lists": (CUBE.tolist(), ["x0", "x1", "x2"]),
    "list": (RAGGED, ["x0", "x1"]),
    "frames": ([pd.DataFrame(one, columns=["a", "b"]) for one in RAGGED], ["a", "b"]),
    "panel": (panel(), ["a", "b"]),
    "flat frame": (pd.DataFrame(CUBE[:, :, 0]).add_prefix("step_"), ["x0"]),
    "windows": (
        make_windows(pd.DataFrame(CUBE[:, :, 0], columns=list("abcdefghijkl")), window_length=2)[0],
        list("abcdefghijkl"),
    ),
}


@pytest.mark.parametrize(("X", "names"), FORMS.values(), ids=FORMS)
def test_the_scorer_gets_the_form_of_X_and_X_is_left_alone(X, names):
    before = [np.array(one) for one in X] if isinstance(X, list) else np.array(X)
    result, (first, *seen) = copies_scored(X)
    assert first is X
    assert result.feature_names == names
    assert len(seen) == len(names)
    for changed in seen:
        if isinstance(X, pd.DataFrame):
            pd.testing.assert_frame_equal(changed.map(np.isnan), X.map(np.isnan))
        elif isinstance(X, list) and isinstance(X[0], pd.DataFrame):
            assert [list(one) for one in changed] == [list(one) for one in X]
        elif isinstance(X, np.ndarray):
            assert changed.dtype == X.dtype
            assert changed.shape == X.shape
        else:
            assert len(changed) == len(X)
    after = [np.array(one) for one in X] if isinstance(X, list) else np.array(X)
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_flat_table_has_the_channels_of_its_steps():
    flat = CUBE.reshape(7, 36)
    _, (_, *seen) = copies_scored(flat, n_channels=3)
    _, (_, *expected) = copies_scored(CUBE)
    for changed, cube in zip(seen, expected, strict=True):
        np.testing.assert_array_equal(changed, cube.reshape(7, 36))


def test_a_polars_frame_of_one_step_has_the_names_of_its_columns():
    X = polars.DataFrame({"a": [1.0, 2.0, 3.0], "b": [4.0, 5.0, 6.0]})
    result, (_, *seen) = copies_scored(X, n_channels=2)
    assert result.feature_names == ["a", "b"]
    assert sorted(seen[0]["a"]) == [1.0, 2.0, 3.0]
