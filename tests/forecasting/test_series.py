"""Series as they are read, split, merged and prolonged."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skrnn.forecasting.calendar import (
    regular,
)
from skrnn.forecasting.series import instances, read_series
from tests.forecasting.parts import normal, some

KINDS = {
    "dates": pd.date_range("2024-01-01", periods=30, freq="D", name="when"),
    "undated": pd.DatetimeIndex(pd.date_range("2024-01-01", periods=30, name="when"), freq=None),
    "business days": pd.date_range("2024-01-01", periods=30, freq="B", name="when"),
    "months": pd.date_range("2024-01-01", periods=30, freq="MS", name="when"),
    "periods": pd.period_range("2024-01", periods=30, freq="M", name="when"),
    "numbers": pd.RangeIndex(5, 35, name="when"),
}


def one_series(y, X=None, **keywords):
    (series,) = read_series(y, X, () if X is None else tuple(X.columns), **keywords)
    return series


def assert_same(one, other):
    pd.testing.assert_index_equal(one.index, other.index, check_names=False)
    np.testing.assert_array_equal(one.values, other.values)
    np.testing.assert_array_equal(one.covariates, other.covariates)
    assert one.key == other.key


@some(60)
@given(
    kind=st.sampled_from(sorted(KINDS)),
    cut=st.integers(2, 28),
    overlap=st.integers(0, 3),
    ahead=st.integers(0, 4),
    lacking=st.sets(st.integers(1, 28), max_size=4),
    with_X=st.booleans(),
)
def test_a_series_split_anywhere_and_merged_is_the_whole(
    kind, cut, overlap, ahead, lacking, with_X
):
    index = KINDS[kind]
    frame = pd.DataFrame({"a": np.arange(30.0), "b": normal(30)}, index=index)
    frame.iloc[sorted(lacking), 0] = np.nan
    X = pd.DataFrame({"u": normal(30, seed=1), "v": normal(30, seed=2)}, index=index)
    last = 30 - ahead
    begin = max(0, min(cut, last - 2) - overlap)

    def part(first, end, reach):
        return one_series(frame[first:end], X[first:reach] if with_X else None)

    whole = part(0, last, 30)
    earlier, later = part(0, begin + overlap + 2, last), part(begin, last, 30)
    assert_same(earlier.merged(later), whole)
    assert_same(later.merged(earlier), whole)


@some(60)
@given(
    kind=st.sampled_from(["dates", "undated", "periods", "numbers"]),
    first=st.sets(st.integers(0, 14), min_size=1),
    second=st.sets(st.integers(8, 29), min_size=1),
)
def test_newer_values_rule_and_gaps_are_missing(kind, first, second):
    first |= set(range(7))  # tells the frequency
    index = KINDS[kind]
    parts = [sorted(first), sorted(second)]
    known = {}
    for number, rows in enumerate(parts):
        y = pd.DataFrame({"a": number * 100.0 + np.array(rows)}, index=index[rows])
        X = pd.DataFrame({"u": number * 100.0 - np.array(rows)}, index=index[rows])
        old, known[()] = known.get(()), one_series(y, X, known=known)
    new = known[()]
    merged = old.merged(new)
    begin, end = min(first), max(first | second)
    expected = [100.0 + n if n in second else n if n in first else np.nan for n in range(end + 1)]
    np.testing.assert_array_equal(merged.values[:, 0], expected[begin:])
    signs = [100.0 - n if n in second else -n if n in first else np.nan for n in range(end + 1)]
    np.testing.assert_array_equal(merged.covariates[:, 0], signs[begin:])
    pd.testing.assert_index_equal(merged.index, regular(index[begin : end + 1]), exact="equiv")


def test_what_is_known_in_advance_stays_known():
    index = KINDS["dates"]
    X = pd.DataFrame({"u": np.arange(12.0)}, index=index[:12])
    y = pd.DataFrame({"a": np.arange(12.0)}, index=index[:12])
    old = one_series(y[:8], X)
    new = one_series(y[8:10], X[8:10])
    merged = old.merged(new)
    assert len(merged) == 10
    np.testing.assert_array_equal(merged.covariates[:, 0], np.arange(12.0))
    np.testing.assert_array_equal(
        one_series(y[:8], X[:8]).merged(one_series(y[8:9], X[8:])).covariates, X
    )


def test_a_series_ends_at_a_time_and_keeps_its_covariates():
    index = KINDS["periods"]
    y = pd.DataFrame({"a": np.arange(10.0), "b": 1.0}, index=index[:10])
    one = one_series(y, pd.DataFrame({"u": np.arange(12.0)}, index=index[:12]))
    until = one.first(7)
    assert until.index.equals(index[:7])
    np.testing.assert_array_equal(until.values, y[:7])
    np.testing.assert_array_equal(until.covariates, one.covariates)
    assert len(one.first(10)) == 10
    first, second = one.channels()
    np.testing.assert_array_equal(np.hstack([first.values, second.values]), one.values)
    assert (first.channel, second.channel) == (0, 1)
    assert first.covariates is one.covariates


def test_covariates_are_those_at_the_times_of_the_series():
    index = KINDS["dates"]
    weekly = index[::7]
    y = pd.DataFrame({"a": np.arange(4.0)}, index=weekly[:4])
    X = pd.DataFrame({"u": np.arange(30.0), "w": 1.0}, index=index)
    one = one_series(y, X[["u"]])
    np.testing.assert_array_equal(one.covariates[:, 0], [0, 7, 14, 21, 28])
    early = one_series(pd.DataFrame({"a": [1.0, 2, 3]}, index=index[4:7]), X[["u"]])
    np.testing.assert_array_equal(early.covariates[:, 0], np.arange(4.0, 30.0))
    gappy = one_series(y.iloc[[0, 1, 3]], X.drop(index[14])[["u"]])
    np.testing.assert_array_equal(gappy.covariates[:, 0], [0, 7, np.nan, 21, 28])


def panel(lengths, first=0):
    """Return a panel of series a, b, ... of these lengths with two columns."""
    frames = {
        key: pd.DataFrame(
            {"y": number + np.arange(float(n)), "z": normal(n, seed=number)},
            index=pd.RangeIndex(first, first + n, name="time"),
        )
        for number, (key, n) in enumerate(zip("abcdef", lengths, strict=False))
    }
    return pd.concat(frames, names=["series"])


def test_a_panel_is_read_series_by_series():
    y, X = panel([5, 3, 4]), panel([7, 3, 4]).rename(columns={"y": "u", "z": "v"})
    series = read_series(y, X, ("v",))
    assert [one.key for one in series] == [("a",), ("b",), ("c",)]
    for one, key in zip(series, "abc", strict=True):
        np.testing.assert_array_equal(one.values, y.loc[key])
        np.testing.assert_array_equal(one.covariates, X.loc[key, ["v"]])
        assert one.index.equals(y.loc[key].index)
    deep = pd.concat({"north": y, "south": y}, names=["region"])
    keys = [key for key, _ in instances(deep)]
    assert keys == [(region, key) for region in ("north", "south") for key in "abc"]
    assert [key for key, _ in instances(y.loc["a"])] == [()]


@pytest.mark.parametrize("n_series", [1, 2])
def test_later_changes_to_y_do_not_reach_the_series(n_series):
    y = panel([5, 3])
    y = y.loc["a"] if n_series == 1 else y
    before = y.to_numpy().copy()
    series = read_series(y, None, ())
    y.iloc[:] = 0.0
    np.testing.assert_array_equal(np.concatenate([one.values for one in series]), before)


def test_series_without_training_data_are_refused():
    y = panel([4, 3])
    nothing = y.copy()
    nothing.loc["b"] = np.nan
    with pytest.raises(
        ValueError, match="the series 'b' of y has no observed value in its 3 times"
    ):
        read_series(nothing, None, ())
    assert len(read_series(nothing, None, (), may_be_empty=True)) == 2
    y.iloc[1, 0] = np.inf
    with pytest.raises(ValueError, match="the series 'a' of y holds an infinite value"):
        read_series(y, None, ())
    y, X = panel([4, 3]), panel([4]).rename(columns={"y": "u"})
    with pytest.raises(ValueError, match="X has no rows for the series 'b' of y"):
        read_series(y, X, ("u",))
    alone = y.loc["a"]
    with pytest.raises(ValueError, match="X lacks 2 of the 4 times of y, the first 2"):
        read_series(alone, X.loc["a"][:2], ("u",))
