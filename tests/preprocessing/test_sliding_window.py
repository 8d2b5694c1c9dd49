"""A window for each row, with the history that its row has and never one of later rows."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skrnn import SlidingWindow
from tests.preprocessing.indexed import (
    INDEXES,
    LENGTHS,
    RATES,
    N,
    assert_windows,
    every_index,
    every_name,
    expected_windows,
    frame_of,
    rows_of,
    sliding,
    splits,
)

# ------------------------------------------------------------------ a window for each row


@settings(deadline=None)
@given(
    more=st.integers(0, 12),
    n_features=st.integers(1, 3),
    window_length=LENGTHS,
    rate=RATES,
    dtype=st.sampled_from([np.float64, np.float32]),
)
def test_each_row_becomes_the_window_that_ends_there(more, n_features, window_length, rate, dtype):
    rows = rows_of((window_length - 1) * rate + 1 + more, n_features).astype(dtype)
    window = SlidingWindow(window_length, sampling_rate=rate)
    expected = expected_windows(rows, window_length, rate)
    got = window.fit_transform(rows)
    assert_windows(got, expected)
    assert got.dtype == dtype
    assert len(got) == len(rows)
    assert_windows(window.fit(rows).transform(rows), expected)
    assert window.n_features_in_ == n_features


@every_index
@settings(deadline=None, max_examples=8)
@given(window_length=LENGTHS, rate=RATES, row=st.integers(0, N - 1))
def test_the_window_of_a_row_does_not_change_with_later_rows(kind, window_length, rate, row):
    rows = rows_of()
    changed = np.where(np.arange(N)[:, None] > row, 1e6, rows)
    window = SlidingWindow(window_length, sampling_rate=rate)
    before, after = (np.asarray(window.fit_transform(frame_of(kind, X))) for X in (rows, changed))
    np.testing.assert_array_equal(before[: row + 1], after[: row + 1])
    fewer = window.fit(frame_of(kind, rows)).transform(frame_of(kind, rows).iloc[: row + 1])
    np.testing.assert_array_equal(np.asarray(fewer), before[: row + 1])


def test_the_rows_are_neither_copied_nor_changed():
    rows = rows_of()
    before = rows.copy()
    window = SlidingWindow(4)
    assert np.shares_memory(window.fit_transform(rows).series, rows)
    assert np.shares_memory(window.transform(rows).series, rows)
    np.testing.assert_array_equal(rows, before)


def test_the_history_outlives_a_change_of_the_fitted_rows():
    rows = rows_of()
    expected = expected_windows(rows, 4)[10:]
    window = SlidingWindow(4, continues=True).fit(rows[:10])
    later = rows[10:].copy()
    rows[:] = 0
    assert_windows(window.transform(later), expected)


def test_missing_values_pass_through():
    rows = rows_of()
    rows[[3, 20], 1] = np.nan
    window = SlidingWindow(3, continues=True).fit(rows[:22])
    assert_windows(window.transform(rows[22:]), expected_windows(rows, 3)[22:])


def test_a_pickle_keeps_the_history_and_no_other_row():
    rows = rows_of(5000)
    window = SlidingWindow(3, sampling_rate=2, continues=True).fit(rows[:4990])
    pickled = pickle.dumps(window)
    assert len(pickled) < 2000
    assert_windows(
        pickle.loads(pickled).transform(rows[4990:]), expected_windows(rows, 3, 2)[4990:]
    )


# ------------------------------------------------------------------ history


@every_index
@settings(deadline=None, max_examples=15)
@given(split=splits())
def test_rows_that_continue_the_fitted_ones_have_them_as_history(kind, split):
    window_length, rate, n_fitted = split
    X = frame_of(kind)
    window = SlidingWindow(window_length, sampling_rate=rate)
    expected = expected_windows(X.to_numpy(), window_length, rate)
    assert_windows(window.fit_transform(X.iloc[:n_fitted]), expected[:n_fitted])
    assert_windows(window.transform(X.iloc[n_fitted:]), expected[n_fitted:])
    assert_windows(window.transform(X.iloc[:n_fitted]), expected[:n_fitted])
    assert_windows(window.fit(X).transform(X), expected)


@every_index
@settings(deadline=None, max_examples=15)
@given(split=splits(), first=st.integers(0, N - 1))
def test_rows_that_overlap_the_fitted_ones_have_no_row_twice_and_none_from_later(
    kind, split, first
):
    window_length, rate, n_fitted = split
    X = frame_of(kind)
    got = (
        sliding(window_length, sampling_rate=rate).fit(X.iloc[:n_fitted]).transform(X.iloc[first:])
    )
    whole = expected_windows(X.to_numpy(), window_length, rate)[first:]
    # Kept are the rows that the first row after the fit sees, and none of earlier ones.
    reach = (window_length - 1) * rate
    oldest = max(0, n_fitted - reach) if n_fitted - reach < first <= n_fitted else first
    for t, (window, true) in enumerate(zip(np.asarray(got), whole, strict=True), start=first):
        lags = range(reach, -1, -rate)
        there = np.array([first <= n_fitted and t - lag >= oldest for lag in lags])
        there |= np.array([t - lag >= first for lag in lags])
        np.testing.assert_array_equal(window, np.where(there[:, None], true, np.nan))


@every_name
@settings(deadline=None, max_examples=20)
@given(split=splits())
def test_without_times_rows_have_no_history(kind, split):
    window_length, rate, n_fitted = split
    X = frame_of(kind)
    window = sliding(window_length, sampling_rate=rate)
    with pytest.warns(UserWarning, match="the index of X holds names, such as .*, which are no"):
        window.fit(X.iloc[:n_fitted])
    rest = expected_windows(X.to_numpy()[n_fitted:], window_length, rate)
    assert_windows(window.transform(X.iloc[n_fitted:]), rest)
    window.fit(X.to_numpy()[:n_fitted])
    assert_windows(window.transform(X.to_numpy()[n_fitted:]), rest)


@pytest.mark.parametrize("kind", ["dates", "a range", "strings", None])
@settings(deadline=None, max_examples=30)
@given(split=splits(), first=st.integers(0, N - 3))
def test_rows_that_are_said_to_continue_do_so_whatever_their_index(kind, split, first):
    window_length, rate, n_fitted = split
    rows = rows_of()
    X = rows if kind is None else frame_of(kind)
    window = SlidingWindow(window_length, sampling_rate=rate, continues=True)
    expected = expected_windows(rows, window_length, rate)
    assert_windows(window.fit_transform(X[:n_fitted]), expected[:n_fitted])
    assert_windows(window.transform(X[n_fitted:]), expected[n_fitted:])
    # Any rows are taken so, as often as there are some.
    others = X[first : first + 3]
    follow = np.concatenate([rows[:n_fitted], rows[first : first + 3]])
    assert_windows(
        window.transform(others), expected_windows(follow, window_length, rate)[n_fitted:]
    )


def test_a_refit_forgets_the_history_and_the_times_before():
    X = frame_of("dates")
    window = sliding(3).fit(X[:10])
    with pytest.warns(UserWarning, match="holds names, such as 'row 0'"):
        window.fit(frame_of("strings")[:10])
    assert_windows(window.transform(X[10:]), expected_windows(X.to_numpy()[10:], 3))
    window.fit(X[:10])
    assert_windows(window.transform(X[10:]), expected_windows(X.to_numpy(), 3)[10:])


def test_rows_before_the_fitted_ones_have_no_history():
    X = frame_of("months")
    window = sliding(3).fit(X[12:])
    assert_windows(window.transform(X[:12]), expected_windows(X.to_numpy()[:12], 3))


def test_rows_of_another_type_take_the_history_in_theirs():
    X = frame_of("a range")
    got = SlidingWindow(3).fit(X[:12]).transform(X[12:].astype(np.float32))
    assert got.dtype == np.float32
    expected = expected_windows(X.to_numpy().astype(np.float32), 3)[12:]
    assert_windows(got, expected)


@pytest.mark.parametrize(
    ("fitted", "other"),
    [
        ("dates", "dates in UTC"),
        ("dates", "months"),
        ("months", "weeks"),
        ("a range", "time differences"),
        ("time differences", "a range"),
        ("dates", "a range"),
    ],
)
def test_times_of_another_kind_continue_nothing(fitted, other):
    window = sliding(3).fit(frame_of(fitted)[:12])
    got = np.asarray(window.transform(frame_of(other)[12:]))
    assert np.isnan(got[0, :2]).all()
    assert not np.isnan(got[:, 2]).any()


@pytest.mark.parametrize("fitted", ["a range", "months"])
def test_the_usual_step_of_another_kind_of_times_is_not_compared(fitted):
    window = sliding(3).fit(frame_of(fitted)[:12])
    X = frame_of("dates")[12:]
    assert_windows(window.transform(X), expected_windows(X.to_numpy(), 3))


def test_times_of_another_zone_continue():
    X = frame_of("dates in UTC")
    window = SlidingWindow(3).fit(X[:12])
    got = window.transform(X[12:].tz_convert("Asia/Tokyo"))
    assert_windows(got, expected_windows(X.to_numpy(), 3)[12:])


@pytest.mark.parametrize("kind", ["dates with jitter", "hours of summer time", "time differences"])
@pytest.mark.parametrize("units", [("s", "ns"), ("ns", "s"), ("us", "ms")])
def test_times_may_be_kept_in_another_unit(kind, units):
    X, index = frame_of(kind), INDEXES[kind]
    fitted, later = X[:12].set_axis(index[:12].as_unit(units[0])), X[12:].drop(index[17])
    window = SlidingWindow(3).fit(fitted)
    expected = expected_windows(np.delete(X.to_numpy(), 17, axis=0), 3, anew={17})[12:]
    assert_windows(window.transform(later.set_axis(later.index.as_unit(units[1]))), expected)
