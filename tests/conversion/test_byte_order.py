"""Labels in another byte order, which pandas stores but cannot look up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from skrnn import GRUForecaster, GRURegressor, SlidingWindow, make_windows

N = 24
INTEGERS = np.arange(10, 10 + N)
VALUES = np.random.default_rng(0).normal(size=(N, 2))


def foreign(values):
    return np.asarray(values).astype(np.asarray(values).dtype.newbyteorder(">"))


@pytest.mark.parametrize("kind", ["i8", "f8"])
def test_windows_of_groups_and_times_in_columns_are_those_of_native_columns(kind):
    groups = np.repeat([2, 1], N // 2).astype(kind)
    columns = {"value": VALUES[:, 0], "group": groups, "time": INTEGERS.astype(kind)}
    cut = SlidingWindow(4, groups="group", time="time")
    expected = cut.fit_transform(pd.DataFrame(columns))
    found = cut.fit_transform(pd.DataFrame({name: foreign(of) for name, of in columns.items()}))
    np.testing.assert_array_equal(np.asarray(found), np.asarray(expected))
    assert found.index.equals(expected.index)


@pytest.mark.parametrize("groups", [("group",), ("group", "other")])
def test_windows_of_groups_named_by_several_columns(groups):
    keys = np.repeat([2, 1], N // 2)
    columns = {"value": VALUES[:, 0], "group": keys, "other": keys[::-1], "time": INTEGERS}
    frame = pd.DataFrame(columns)
    cut = SlidingWindow(4, groups=groups, time="time", incomplete="ignore")
    found = cut.fit_transform(frame.astype(dict.fromkeys(("group", "other"), ">i8")))
    np.testing.assert_array_equal(found.lengths, cut.fit_transform(frame).lengths)


def test_windows_with_times_in_the_index():
    frame = pd.DataFrame(VALUES, index=INTEGERS, columns=["a", "b"]).drop([15, 16])
    expected = make_windows(frame, "a", window_length=3)
    found = make_windows(frame.set_axis(foreign(frame.index)), "a", window_length=3)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(np.asarray(one), np.asarray(other))


def test_the_order_of_y_beside_X_is_checked():
    X = pd.DataFrame(VALUES, index=INTEGERS)
    y = pd.Series(VALUES[:, 0], index=foreign(INTEGERS))
    GRURegressor(units=1, epochs=1).fit(X, y)
    with pytest.raises(ValueError, match="in another order"):
        GRURegressor(units=1, epochs=1).fit(X, y[::-1])


def test_forecasts_of_a_series():
    y = pd.Series(VALUES[:, 0], index=INTEGERS)
    model = GRUForecaster(window_length=3, units=1, epochs=1, random_state=0)
    expected = model.fit(y, fh=[1, 2]).predict()
    found = model.fit(y.set_axis(foreign(INTEGERS)), fh=foreign([1, 2])).predict()
    pd.testing.assert_series_equal(found, expected)
