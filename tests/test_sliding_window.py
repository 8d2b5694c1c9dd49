"""A window for each row, with the history that its row has and never one of later rows."""

import pickle
from itertools import pairwise
from unittest import SkipTest

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

from skrnn import SlidingWindow, Windows

#: The two checks that have to fail: a window depends on the rows before its own, so that rows
#: in another order, or a part of them, have other windows.
ROWS_BY_THEMSELVES = ("check_methods_sample_order_invariance", "check_methods_subset_invariance")

N = 24
LENGTHS = st.integers(1, 5)
RATES = st.integers(1, 3)


def sliding(window_length, **params):
    """Return a window that takes rows whose history was not passed without a word."""
    return SlidingWindow(window_length, incomplete="ignore", **params)


def rows_of(n_rows=N, n_features=2, seed=0):
    return np.random.default_rng(seed).normal(size=(n_rows, n_features))


def expected_windows(rows, window_length, sampling_rate=1, anew=()):
    """Return the window of each row, NaN where there is no step.

    Rows ``anew`` are those before which the series is interrupted.
    """
    windows = np.full((len(rows), window_length, rows.shape[1]), np.nan)
    for t in range(len(rows)):
        for back in range(window_length):
            row = t - back * sampling_rate
            if row < 0 or any(row < first <= t for first in anew):
                break
            windows[t, window_length - 1 - back] = rows[row]
    return windows


def assert_windows(got, expected):
    assert isinstance(got, Windows)
    np.testing.assert_array_equal(np.asarray(got), expected)


#: One index of each kind that tells times, N long and without gaps.
INDEXES = {
    "dates": pd.date_range("2024-01-31 17:00", periods=N, freq="h"),
    "dates without a frequency": pd.DatetimeIndex(
        pd.date_range("2024-01-01", periods=N, freq="15min").to_numpy()
    ),
    "dates with jitter": pd.date_range("2024-01-01", periods=N, freq="h")
    + pd.to_timedelta(np.arange(N) * 7 % 4, unit="min"),
    "dates in seconds": pd.date_range("2024-01-01", periods=N, freq="D", unit="s"),
    "dates in UTC": pd.date_range("2024-01-01", periods=N, freq="h", tz="UTC"),
    "hours of summer time": pd.date_range(
        "2024-03-30 18:00", periods=N, freq="h", tz="Europe/Berlin"
    ),
    "days of summer time": pd.date_range("2024-03-20", periods=N, freq="D", tz="Europe/Berlin"),
    "days of winter time without a frequency": pd.DatetimeIndex(
        pd.date_range("2024-10-20", periods=N, freq="D", tz="Europe/Berlin").tolist()
    ),
    "month starts": pd.date_range("2023-01-01", periods=N, freq="MS"),
    "month ends without a frequency": pd.DatetimeIndex(
        pd.date_range("2023-01-01", periods=N, freq="ME").to_numpy()
    ),
    "quarters": pd.date_range("2015-01-01", periods=N, freq="QS"),
    "years": pd.date_range("1999-01-01", periods=N, freq="YS"),
    "business days": pd.bdate_range("2024-01-01", periods=N),
    "business days without a frequency": pd.DatetimeIndex(
        pd.bdate_range("2024-01-01", periods=N).to_numpy()
    ),
    "months": pd.period_range("2023-01", periods=N, freq="M"),
    "weeks": pd.period_range("2023-01", periods=N, freq="W"),
    "time differences": pd.timedelta_range("3h", periods=N, freq="10min"),
    "a range": pd.RangeIndex(5, 5 + 3 * N, 3),
    "integers": pd.Index(np.arange(N) - 7),
    "small integers": pd.Index(np.arange(N), dtype="uint8"),
    "nullable integers": pd.Index(np.arange(N), dtype="Int64"),
    "floats": pd.Index(np.arange(N) * 0.1),
}

#: Indexes that tell no times.
NAMES = {
    "strings": pd.Index([f"row {row}" for row in range(N)]),
    "letters that fall": pd.Index(list("zyxwvutsrqponmlkjihgfedc")),
    "booleans": pd.Index(np.arange(N) % 2 == 0),
    "strings that repeat": pd.Index(["row"] * N),
}

every_index = pytest.mark.parametrize("kind", INDEXES)
every_name = pytest.mark.parametrize("kind", NAMES)


def frame_of(kind, rows=None):
    rows = rows_of() if rows is None else rows
    return pd.DataFrame(rows, index=(INDEXES | NAMES)[kind], columns=["load", "wind"])


@st.composite
def splits(draw, last=N - 1):
    """Draw a window, and how many rows are fitted: as many as it reaches over, or more.

    There are six at least, of which the usual step of each kind of index can be told.
    """
    window_length, rate = draw(LENGTHS), draw(RATES)
    return window_length, rate, draw(st.integers(max(6, (window_length - 1) * rate + 1), last))


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
    fewer = window.fit(frame_of(kind, rows)).transform(frame_of(kind, rows)[: row + 1])
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
    assert_windows(window.fit_transform(X[:n_fitted]), expected[:n_fitted])
    assert_windows(window.transform(X[n_fitted:]), expected[n_fitted:])
    assert_windows(window.transform(X[:n_fitted]), expected[:n_fitted])
    assert_windows(window.fit(X).transform(X), expected)


@every_index
@settings(deadline=None, max_examples=15)
@given(split=splits(), first=st.integers(0, N - 1))
def test_rows_that_overlap_the_fitted_ones_have_no_row_twice_and_none_from_later(
    kind, split, first
):
    window_length, rate, n_fitted = split
    X = frame_of(kind)
    got = sliding(window_length, sampling_rate=rate).fit(X[:n_fitted]).transform(X[first:])
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
        window.fit(X[:n_fitted])
    rest = expected_windows(X.to_numpy()[n_fitted:], window_length, rate)
    assert_windows(window.transform(X[n_fitted:]), rest)
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
    window = sliding(window_length, sampling_rate=rate, on_gap=on_gap).fit(X[:n_fitted])
    if on_gap == "raise" and any(first > n_fitted - (window_length > 1) for first in anew):
        with pytest.raises(ValueError, match=r"gap\(s\), the first before row"):
            window.transform(X[n_fitted:])
        return
    expected = expected_windows(
        X.to_numpy(), window_length, rate, anew if on_gap == "restart" else ()
    )
    assert_windows(window.transform(X[n_fitted:]), expected[n_fitted:])


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


# ------------------------------------------------------------------ what is refused

HOURS = frame_of("dates")
REFUSED = {
    "no steps": (SlidingWindow(0), HOURS, ["window_length=0 was given to SlidingWindow", ">= 1"]),
    "half a step": (SlidingWindow(2.5), HOURS, ["window_length=2.5", "an int >= 1"]),
    "no rate": (SlidingWindow(2, sampling_rate=0), HOURS, ["sampling_rate=0", "an int >= 1"]),
    "perhaps": (SlidingWindow(2, continues="maybe"), HOURS, ["continues='maybe'", "bool"]),
    "an unknown word": (
        SlidingWindow(2, on_gap="fill"),
        HOURS,
        ["on_gap='fill'", "'restart', 'ignore'(,| or) 'raise'"],
    ),
    "a window longer than the series": (
        SlidingWindow(9, sampling_rate=3),
        HOURS,
        ["window_length=9 with sampling_rate=3", "over 25 rows", "n_samples=24", "shorter window"],
    ),
    "one dimension": (SlidingWindow(2), np.arange(9.0), ["got 1D array", "Reshape"]),
    "infinity": (SlidingWindow(2), np.full((4, 1), np.inf), ["contains infinity"]),
    "no rows": (SlidingWindow(2), np.empty((0, 2)), [r"0 sample\(s\)"]),
    "repeated times": (
        SlidingWindow(2, on_gap="ignore"),
        HOURS.iloc[[0, 1, 1, 2]],
        ["has to rise", "row 2, 2024-01-31 18:00:00, is repeated", "remove repeated times"],
    ),
    "falling times": (
        SlidingWindow(2, on_gap="ignore", continues=True),
        HOURS.iloc[[0, 1, 3, 2]],
        ["has to rise", "row 3, 2024-01-31 19:00:00, is earlier", "sort_index", "not at random"],
    ),
    "missing times": (
        SlidingWindow(2),
        HOURS.set_axis([*HOURS.index[:-1], pd.NaT]),
        ["missing times", "drop those rows"],
    ),
    "a missing number": (
        SlidingWindow(2),
        HOURS.set_axis([*np.arange(N - 1.0), np.nan]),
        ["missing times", "drop those rows"],
    ),
    "several levels": (
        SlidingWindow(2),
        pd.concat({"a": HOURS, "b": HOURS}),
        ["index of 2 levels", "window each instance by itself"],
    ),
    "a gap": (
        SlidingWindow(2, on_gap="raise"),
        HOURS.iloc[[0, 1, 2, 3, 6, 7, 9]],
        [
            r"2 gap\(s\), the first before row 4: 2024-01-31 23:00:00 comes after "
            "2024-01-31 20:00:00",
            "the usual step is 0 days 01:00:00",
            '"restart" lets no window span a gap, "ignore" takes rows as they follow',
        ],
    ),
    "a gap of numbers": (
        SlidingWindow(2, on_gap="raise"),
        pd.DataFrame({"a": np.arange(4.0)}, index=[0.0, 0.5, 1.0, 4.0]),
        [r"1 gap\(s\), the first before row 3: 4.0 comes after 1.0", "the usual step is 0.5"],
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_what_was_given_and_what_to_do(case):
    window, X, says = REFUSED[case]
    for method in (window.fit, window.fit_transform):
        with pytest.raises(ValueError) as caught:  # noqa: PT011  (each case has its own words)
            method(X)
        for words in says:
            assert caught.match(words)


@pytest.mark.parametrize("rows", [[12, 13, 13], [12, 14, 13]])
@pytest.mark.parametrize("params", [{}, {"continues": True}, {"on_gap": "ignore"}])
def test_repeated_and_falling_times_are_refused_after_the_fit(rows, params):
    window = SlidingWindow(2, **params).fit(HOURS[:12])
    with pytest.raises(ValueError, match="has to rise, but row 2"):
        window.transform(HOURS.iloc[rows])


def test_a_gap_after_the_fit_names_the_row_of_what_was_given():
    window = SlidingWindow(3, on_gap="raise").fit(HOURS[:12])
    with pytest.raises(ValueError, match=r"1 gap\(s\), the first before row 2: 2024-02-01 13:00"):
        window.transform(HOURS.iloc[[12, 13, 20, 21]])


def test_a_gap_names_the_frequency_of_the_fit():
    X = frame_of("business days")
    window = SlidingWindow(2, on_gap="raise").fit(X[:12])
    with pytest.raises(ValueError, match="and the usual step is B;"):
        window.transform(X[13:])


def test_other_columns_than_in_the_fit_are_refused():
    window = SlidingWindow(2).fit(HOURS)
    with pytest.raises(ValueError, match="feature names should match"):
        window.transform(HOURS[["wind", "load"]])
    with pytest.raises(ValueError, match="X has 1 features, but SlidingWindow is expecting 2"):
        SlidingWindow(2).fit(HOURS.to_numpy()).transform(HOURS.to_numpy()[:, :1])


def test_without_a_fit_there_is_no_transform():
    with pytest.raises(NotFittedError):
        SlidingWindow(2).transform(HOURS)
    with pytest.raises(NotFittedError):
        SlidingWindow(2).get_feature_names_out()


# ------------------------------------------------------------------ names, output, scikit-learn


@settings(deadline=None)
@given(window_length=LENGTHS, rate=RATES)
def test_names_say_which_column_holds_what(window_length, rate):
    X = pd.DataFrame({"load": np.arange(20.0), "wind": 100 + np.arange(20.0)})
    window = SlidingWindow(window_length, sampling_rate=rate).fit(X)
    names = window.get_feature_names_out()
    flat = window.transform(X).flat()
    assert flat.shape == (20, len(names)) == (20, 2 * window_length)
    for name, column in zip(names, flat.T, strict=True):
        feature, lag = name.split("_lag_")
        np.testing.assert_array_equal(column, X[feature].shift(int(lag)))
    assert window.transform(X).feature_names == ("load", "wind")


def test_columns_without_names_are_numbered():
    window = SlidingWindow(2, sampling_rate=3).fit(rows_of())
    assert window.get_feature_names_out().tolist() == [
        "x0_lag_3",
        "x1_lag_3",
        "x0_lag_0",
        "x1_lag_0",
    ]
    assert window.get_feature_names_out(["a", "b"])[0] == "a_lag_3"
    assert window.transform(rows_of()).feature_names is None
    with pytest.raises(ValueError, match="input_features should have length equal"):
        window.get_feature_names_out(["a"])


@pytest.mark.parametrize("output", ["pandas", "polars", "default"])
def test_windows_stay_windows_whatever_output_is_set(output):
    X = frame_of("dates")
    expected = expected_windows(X.to_numpy(), 3)
    assert_windows(SlidingWindow(3).set_output(transform=output).fit_transform(X), expected)
    if output == "polars":
        return
    with config_context(transform_output=output):
        assert_windows(SlidingWindow(3).fit_transform(X), expected)
        assert_windows(SlidingWindow(3).fit(X).transform(X), expected)


@pytest.mark.parametrize("output", ["pandas", "default"])
def test_a_pipeline_that_sets_its_output_ends_in_windows(output):
    X = frame_of("dates")
    pipeline = make_pipeline(StandardScaler(), sliding(3)).set_output(transform=output)
    fitted = X.to_numpy()[:12]
    scaled = (X.to_numpy() - fitted.mean(axis=0)) / fitted.std(axis=0)
    expected = expected_windows(scaled, 3)
    pipeline.fit(X[:12])
    got = np.asarray(pipeline.transform(X[12:]))
    if output == "pandas":
        np.testing.assert_allclose(got, expected[12:], rtol=1e-12)
    else:  # the scaler's arrays have no index
        np.testing.assert_allclose(got, expected_windows(scaled[12:], 3), rtol=1e-12)
    assert pipeline.get_feature_names_out()[0] == "load_lag_2"


def test_a_clone_has_the_parameters_and_no_history():
    window = SlidingWindow(3, sampling_rate=2, continues=True, on_gap="ignore").fit(rows_of())
    other = clone(window)
    assert other.get_params() == {
        "window_length": 3,
        "sampling_rate": 2,
        "continues": True,
        "on_gap": "ignore",
        "gap_tolerance": 0.1,
        "time": None,
        "groups": None,
        "incomplete": "warn",
    }
    with pytest.raises(NotFittedError):
        other.transform(rows_of())


def name_of(check):
    return getattr(check, "func", check).__name__


def suite():
    return [check for _, check in estimator_checks_generator(sliding(3))]


@pytest.mark.parametrize("number", range(len(suite())), ids=[name_of(check) for check in suite()])
def test_scikit_learn_suite(number):
    check = suite()[number]
    if name_of(check) in ROWS_BY_THEMSELVES:
        with pytest.raises(AssertionError, match="is not invariant when applied to a"):
            check(sliding(3))
        return
    try:
        check(sliding(3))
    except SkipTest as reason:
        pytest.fail(f"{name_of(check)} skipped itself: {reason}")


def test_only_the_two_checks_named_are_expected_to_fail():
    names = [name_of(check) for check in suite()]
    assert len(names) >= 45
    assert [names.count(name) for name in ROWS_BY_THEMSELVES] == [1, 1]


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
