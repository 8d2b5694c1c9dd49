"""Sliding windows in scikit-learn: errors, names, output, copies, and its suite."""

from unittest import SkipTest

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

from skrnn import SlidingWindow
from tests.preprocessing.indexed import (
    LENGTHS,
    RATES,
    N,
    assert_windows,
    expected_windows,
    frame_of,
    rows_of,
    sliding,
)

#: The two checks that have to fail: a window depends on the rows before its own, so that rows
#: in another order, or a part of them, have other windows.
ROWS_BY_THEMSELVES = ("check_methods_sample_order_invariance", "check_methods_subset_invariance")


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
