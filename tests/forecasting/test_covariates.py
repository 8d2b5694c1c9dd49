"""The roles of the columns of X, and covariates ahead."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from skrnn.forecasting.covariates import Ahead, Roles
from skrnn.forecasting.series import Series
from tests.forecasting.parts import normal

NAMED = pd.DataFrame({"a": [1.0, 2, 3], "b": [5.0, 5, 5], "c": [0.0, 1, 0], "d": [7.0, 7, 7]})


def test_columns_of_X_have_roles():
    roles = Roles.of(NAMED, ["c"], ["d", "b"])
    assert roles == Roles(past=("c",), known=("a",), static=("d", "b"))
    assert roles.names == ("c", "a", "d", "b")
    assert Roles.of(NAMED, None, None).known == ("a", "b", "c", "d")
    assert Roles.of(None, None, None).names == ()


@pytest.mark.parametrize(
    ("past", "static", "says"),
    [
        (["x"], None, r"past_covariates names \['x'\], and X has the columns \['a', 'b'"),
        (None, ["x"], r"static_covariates names \['x'\]"),
        (["b"], ["b"], r"\['b'\] is in past_covariates and in static_covariates"),
        (None, ["a"], r"static_covariates=\['a'\] have to be constant within a series"),
    ],
)
def test_roles_that_X_cannot_have_are_refused(past, static, says):
    with pytest.raises(ValueError, match=says):
        Roles.of(NAMED, past, static)


def test_a_static_column_may_differ_between_series():
    X = pd.concat({"p": NAMED, "q": NAMED + 1}, names=["series", "time"])
    assert Roles.of(X, None, ["b", "d"]).static == ("b", "d")
    X.iloc[4, 1] = 99.0
    with pytest.raises(ValueError, match="vary in that of the series 'q' of y"):
        Roles.of(X, None, ["b", "d"])
    with pytest.raises(ValueError, match=r"the columns \['a'\] of X, and no X was given"):
        Roles.of(None, ["a"], None)


def test_later_X_has_the_columns_of_the_fit():
    roles = Roles(past=("c",), known=("a",), static=("b",))
    roles.check(NAMED[["a", "b", "c"]])
    roles.check(NAMED[["c", "b", "a"]])
    roles.check(NAMED[["a"]], ahead=True)
    roles.check(NAMED[["a", "c"]], ahead=True)
    with pytest.raises(ValueError, match=r"\['c'\] are missing\.$"):
        roles.check(NAMED[["a", "b"]])
    with pytest.raises(ValueError, match=r"\['a'\] are missing; past_covariates may be left out"):
        roles.check(NAMED[["c"]], ahead=True)
    with pytest.raises(ValueError, match=r"\['d'\] are new"):
        roles.check(NAMED)
    with pytest.raises(ValueError, match=r"\['d'\] are new"):
        roles.check(NAMED, ahead=True)
    with pytest.raises(ValueError, match=r"no X was given, .* the columns \['c', 'a', 'b'\]"):
        roles.check(None)
    Roles().check(None)


def test_columns_are_measured_over_rows_and_static_ones_over_series():
    roles = Roles(known=("u", "v"), static=("s",))
    series = []
    for number, n in enumerate([9, 2, 5]):
        covariates = normal(n, 3, seed=number)
        covariates[:, 2] = number**2
        series.append(Series((number,), pd.RangeIndex(n), np.zeros((n, 1)), covariates))
    series[0].covariates[3, 0] = np.nan
    rows = np.concatenate([one.covariates[:, :2] for one in series])
    scaling = roles.measure(series)
    np.testing.assert_allclose(scaling.center, [*np.nanmean(rows, axis=0), np.mean([0, 1, 4])])
    np.testing.assert_allclose(scaling.scale, [*np.nanstd(rows, axis=0), np.std([0, 1, 4])])
    alone = replace(roles, static=())
    trimmed = [replace(one, covariates=one.covariates[:, :2]) for one in series]
    np.testing.assert_allclose(alone.measure(trimmed).center, np.nanmean(rows, axis=0))


def test_covariates_ahead_come_from_X_and_else_from_the_fit():
    def extended(one, X, roles, times):
        given = {} if X is None else {one.key: X}
        (ahead,) = Ahead.of_each([one], roles, len(times), given, len(times))
        assert list(ahead.index) == list(times)
        return ahead.covariates

    roles = Roles(past=("p",), known=("u", "v"), static=("s",))
    index = pd.RangeIndex(4)
    stored = np.column_stack([np.arange(6.0), 10 + np.arange(6.0), 20 + np.arange(6.0), [3.0] * 6])
    one = Series((), index, np.zeros((4, 1)), stored)
    ahead = pd.RangeIndex(4, 9)
    X = pd.DataFrame(
        {"v": 120.0 + np.arange(5, 11), "u": 110.0 + np.arange(5, 11)}, index=range(5, 11)
    )
    rows = extended(one, X, roles, ahead)
    np.testing.assert_array_equal(rows[:, 1], [14, 115, 116, 117, 118])
    np.testing.assert_array_equal(rows[:, 2], [24, 125, 126, 127, 128])
    np.testing.assert_array_equal(rows[:, 3], [3.0] * 5)
    assert np.isnan(rows[2:, 0]).all()
    np.testing.assert_array_equal(extended(one, None, roles, ahead[:2])[:, 1:3], stored[4:, 1:3])
    with pytest.raises(
        ValueError,
        match="X was not given for y, so it lacks 1 of the 3 times up to the last",
    ):
        extended(one, None, roles, ahead[:3])
    with pytest.raises(ValueError, match=r"lacks 2 of the 5 .* the first 6"):
        extended(one, X.drop([6, 8]), roles, ahead)
    past_only = Roles(past=("p", "u", "v"), static=("s",))
    rows = extended(one, None, past_only, ahead)
    assert np.isnan(rows[2:, :3]).all()
    np.testing.assert_array_equal(rows[:, 3], [3.0] * 5)
    assert extended(one, None, roles, ahead[:0]).shape == (0, 4)
    (unknown,) = Ahead.of_each([one], roles, 5, None, 2)
    unknown = unknown.covariates  # the last three are not wanted
    np.testing.assert_array_equal(unknown[:2], extended(one, None, roles, ahead[:2]))
    assert np.isnan(unknown[2:, :3]).all()
