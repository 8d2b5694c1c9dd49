"""Gaps in the times of rows: what is one, what windows do there, and what is warned of."""

from itertools import pairwise

import numpy as np
import pandas as pd
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
    expected_windows,
    frame_of,
    rows_of,
    sliding,
    splits,
)

# ------------------------------------------------------------------ gaps


@pytest.mark.parametrize("on_gap", ["restart", "ignore", "raise"])
@pytest.mark.parametrize("kind", [kind for kind in INDEXES if kind != "years"])
@settings(deadline=None, max_examples=10)
@given(split=splits(13), dropped=st.sets(st.integers(1, N - 2), max_size=4))
def test_a_gap_after_the_fit_does_what_on_gap_says(kind, on_gap, split, dropped):
    window_length, rate, n_fitted = split
    kept = np.array([row for row in range(N) if row < n_fitted or row not in dropped])
    anew = {t for t, (a, b) in enumerate(pairwise(kept), start=1) if b - a > 1}
    X = frame_of(kind).iloc[kept]
    window = sliding(window_length, sampling_rate=rate, on_gap=on_gap).fit(X.iloc[:n_fitted])
    if on_gap == "raise" and any(first > n_fitted - (window_length > 1) for first in anew):
        with pytest.raises(ValueError, match=r"gap\(s\), the first before row"):
            window.transform(X.iloc[n_fitted:])
        return
    expected = expected_windows(
        X.to_numpy(), window_length, rate, anew if on_gap == "restart" else ()
    )
    assert_windows(window.transform(X.iloc[n_fitted:]), expected[n_fitted:])


@pytest.mark.parametrize("on_gap", ["restart", "ignore", "raise"])
@settings(deadline=None, max_examples=60)
@given(window_length=LENGTHS, rate=RATES, dropped=st.sets(st.integers(1, 12), max_size=4))
def test_a_gap_in_the_fitted_rows_does_what_on_gap_says(on_gap, window_length, rate, dropped):
    kept = np.array([row for row in range(40) if row not in dropped])
    anew = {t for t, (a, b) in enumerate(pairwise(kept), start=1) if b - a > 1}
    X = pd.DataFrame(rows_of(40)[kept], index=pd.date_range("2024", periods=40, freq="h")[kept])
    window = SlidingWindow(window_length, sampling_rate=rate, on_gap=on_gap)
    if on_gap == "raise" and anew:
        with pytest.raises(ValueError, match=rf"{len(anew)} gap\(s\).* before row {min(anew)}: "):
            window.fit(X)
        return
    anew = anew if on_gap == "restart" else ()
    assert_windows(
        window.fit_transform(X), expected_windows(X.to_numpy(), window_length, rate, anew)
    )


@pytest.mark.parametrize("kind", INDEXES)
def test_regular_times_have_no_gap(kind):
    X = frame_of(kind)
    assert_windows(
        SlidingWindow(4, on_gap="raise").fit_transform(X), expected_windows(X.to_numpy(), 4)
    )


@pytest.mark.parametrize(
    "kind", ["month starts", "month ends without a frequency", "quarters", "years", "months"]
)
@pytest.mark.parametrize("in_fit", [False, True])
def test_a_missing_month_is_a_gap(kind, in_fit):
    X = frame_of(kind).drop(INDEXES[kind][15])
    n_fitted = N - 1 if in_fit else 12
    window = SlidingWindow(4).fit(X[:n_fitted])
    expected = expected_windows(X.to_numpy(), 4, anew={15})
    assert_windows(window.transform(X[:12]), expected[:12])
    if in_fit:
        assert_windows(window.transform(X), expected)
    else:
        assert_windows(window.transform(X[12:]), expected[12:])


def test_a_missing_business_day_is_a_gap_and_a_weekend_is_none():
    X = frame_of("business days")
    window = SlidingWindow(3).fit(X[:10])
    assert_windows(
        window.transform(X[10:].drop(X.index[17])),
        expected_windows(np.delete(X.to_numpy(), 17, axis=0), 3, anew={17})[10:],
    )


@settings(deadline=None)
@given(usual=st.integers(10, 1000), late=st.integers(1, 30))
def test_a_step_a_tenth_longer_than_the_usual_one_is_no_gap_and_a_longer_one_is(usual, late):
    times = np.concatenate([np.arange(12), 11 + np.arange(1, 5)]) * usual
    times[12:] += round(usual * late / 100)
    is_gap = 10 * (times[12] - times[11]) > 11 * usual
    for index in (pd.Index(times), pd.to_timedelta(times, unit="s")):
        X = pd.DataFrame(rows_of(16), index=index)
        expected = expected_windows(X.to_numpy(), 3, anew={12} if is_gap else ())
        assert_windows(sliding(3).fit_transform(X), expected)
        assert_windows(sliding(3).fit(X[:12]).transform(X[12:]), expected[12:])


def test_a_gap_in_the_history_is_a_gap_for_rows_after_it():
    X = frame_of("dates").drop(INDEXES["dates"][[9, 10, 18]])  # gaps before rows 9 and 16
    expected = expected_windows(X.to_numpy(), 6, anew={9, 16})
    window = SlidingWindow(6).fit(X[:12])
    assert_windows(window.transform(X[12:]), expected[12:])
    assert_windows(window.transform(X[11:]), expected[11:])
    assert_windows(window.transform(X[10:]), expected[10:])


def test_rows_that_are_said_to_continue_have_gaps_of_their_own_and_of_their_history():
    X = frame_of("dates").drop(INDEXES["dates"][[9, 10, 18]])
    window = SlidingWindow(6, continues=True).fit(X[:12])
    expected = expected_windows(X.to_numpy(), 6, anew={9, 16})[12:]
    assert_windows(window.transform(X[12:]), expected)
    # Whatever the time between them and the fitted rows.
    assert_windows(window.transform(X[12:].shift(50, freq="h")), expected)


def test_rows_without_times_that_are_said_to_continue_have_the_gaps_of_their_history():
    X = frame_of("dates").drop(INDEXES["dates"][[9, 10]])
    window = SlidingWindow(6, continues=True).fit(X[:12])
    later = X[12:].set_axis([f"row {row}" for row in range(12, len(X))])
    assert_windows(window.transform(later), expected_windows(X.to_numpy(), 6, anew={9})[12:])


def test_a_series_far_from_the_fitted_one_starts_anew():
    index = pd.date_range("2024-01-01", periods=N, freq="D")
    X = frame_of("dates").set_axis(index)
    later = X.set_axis(index + pd.Timedelta(days=100))
    assert_windows(sliding(3).fit(X).transform(later), expected_windows(X.to_numpy(), 3))


def test_one_fitted_row_tells_no_usual_step():
    X = frame_of("dates without a frequency")
    window = SlidingWindow(1, on_gap="raise").fit(X[:1])
    assert_windows(window.transform(X.iloc[[1, 7, 20]]), X.to_numpy()[[1, 7, 20], None])


def test_dates_long_ago_and_far_ahead():
    for start in ("1500-01-01", "2900-01-01"):
        index = pd.date_range(start, periods=N, freq="D", unit="s")
        X = frame_of("dates").set_axis(index)
        assert_windows(SlidingWindow(3).fit_transform(X), expected_windows(X.to_numpy(), 3))


@pytest.mark.parametrize("window_length", [1, 3])
def test_gaps_in_rows_that_are_said_to_continue_do_what_on_gap_says(window_length):
    X = frame_of("dates")
    window = SlidingWindow(window_length, continues=True, on_gap="raise").fit(X[:12])
    with pytest.raises(ValueError, match=r"1 gap\(s\), the first before row 2: "):
        window.transform(X.iloc[[12, 13, 20, 21]])


# ------------------------------------------------------------------ advice


def test_rows_drawn_at_random_are_warned_of():
    rows = np.sort(np.random.default_rng(0).choice(100, size=60, replace=False))
    X = pd.DataFrame(np.arange(100.0)[rows, None], index=rows)
    with pytest.warns(UserWarning, match=r"gaps, so that only \d+ of 60 windows are complete"):
        SlidingWindow(10).fit(X)


def test_a_gap_or_two_are_not_warned_of():
    X = pd.DataFrame(np.arange(60.0)[:, None], index=[*range(30), *range(40, 70)])
    SlidingWindow(10).fit(X)  # a warning would be an error


def test_a_series_is_a_column():
    series = pd.Series(np.arange(5.0), index=pd.date_range("2024", periods=5), name="load")
    window = SlidingWindow(2).fit(series)
    assert list(window.get_feature_names_out()) == ["load_lag_1", "load_lag_0"]
    np.testing.assert_array_equal(
        window.transform(series), SlidingWindow(2).fit_transform(series.to_frame())
    )


def test_a_regular_fit_takes_later_rows_that_jitter():
    X = frame_of("dates")
    window = SlidingWindow(3, on_gap="raise").fit(X[:12])
    late = X[12:18].set_axis(X.index[12:18] + pd.to_timedelta([0, 1, 359, 0, 0, 0], "s"))
    assert window.transform(late).lengths.tolist() == [3] * 6
    with pytest.raises(ValueError, match="1 gap"):
        window.transform(late.set_axis(X.index[12:18] + pd.to_timedelta([0, 0, 0, 0, 0, 361], "s")))


def test_days_of_a_calendar_with_holidays_have_no_gaps():
    days = pd.date_range("2024-01-02", periods=20, freq=pd.offsets.CDay(holidays=["2024-01-15"]))
    X = pd.DataFrame({"price": np.arange(20.0)}, index=days)
    assert SlidingWindow(5).fit_transform(X).lengths.tolist() == [1, 2, 3, 4] + [5] * 16


def test_parameters_set_after_the_fit_count_from_the_next_one():
    X = frame_of("dates")
    window = SlidingWindow(3).fit(X[:12]).set_params(window_length=5)
    assert window.transform(X[12:]).shape[1] == 3
    assert len(window.get_feature_names_out()) == 6
    assert window.fit(X[:12]).transform(X[12:]).lengths[0] == 5


def test_windows_are_no_rows():
    with pytest.raises(ValueError, match=r"X has 3 dimensions, \(4, 3, 2\); SlidingWindow takes"):
        SlidingWindow(2).fit(np.zeros((4, 3, 2)))
