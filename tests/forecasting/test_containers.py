"""Containers of y and X that every method refuses, by name, and the dtypes that it accepts."""

import functools

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sktime.forecasting.base import ForecastingHorizon

from skrnn.forecasting.containers import Container
from tests.forecasting.series import DAYS, N, make, panel, prices, refuses, wave


@functools.cache
def on_series():
    return make().fit(wave(), X=prices(), fh=[1, 2])


@functools.cache
def on_panel():
    return make().fit(panel(a=wave(), b=wave(seed=1)), X=panel(a=prices(), b=prices()), fh=[1, 2])


def later(n=4):
    return wave(n, start=N), prices(n, start=N)


# ------------------------------------------------------------------ keys and times


@pytest.mark.parametrize("key", [None, np.nan])
def test_a_series_without_a_key_is_refused_at_every_entrance(key):
    names = ["shop", "day"]
    match = (
        r"40 rows of y have no name of their series: the level 'shop' of the index is missing "
        r"\(None or NaN\), first in row 40; name these series, or drop them with y\[y.index"
    )
    y = pd.concat({"a": wave().to_frame(), key: wave().to_frame()}, names=names)
    refuses(make().fit, y, fh=[1], match=match)
    refuses(make().pretrain, y, match=match)
    more, X = (pd.concat({"a": p, key: p}, names=names) for p in map(pd.DataFrame, later()))
    match = "4 rows of {} have no name of their series: the level 'shop' .* in row 4"
    model = on_panel()
    refuses(model.update, more, X=X, match=match.format("y"))
    refuses(model.backtest, more, X=X, match=match.format("y"))
    refuses(model.predict, X=X, match=match.format("X"))


def test_a_series_without_a_key_in_a_hierarchy_or_in_polars():
    y = panel(a=wave(), b=wave(seed=1))
    deep = pd.concat({"north": y, None: y}, names=["region", "shop", "day"])
    refuses(make().fit, deep, fh=[1], match="80 rows of y have .* the level 'region' of the")
    frame = pl.DataFrame(
        {
            "__index__shop": ["a"] * N + [None] * N,
            "__index__day": [*range(N), *range(N)],
            "load": np.arange(2.0 * N),
        }
    )
    refuses(make().fit, frame, fh=[1], match="40 rows of y have no name of their series")


def test_times_of_X_are_checked_as_those_of_y():
    model = on_series()
    repeated = "{}has several rows for 2024-02-1.*; give one row for each time"
    falling = r"the times of {} fall: 2024.* comes after 2024.*with {}.sort_index\(\)"
    missing = "1 rows of {} have no time, the first of them row 2"

    def spoilt(frame, how):
        if how == "repeated":
            return pd.concat([frame[:3], frame[2:]])
        if how == "falling":
            return frame[::-1]
        return frame.set_axis(frame.index.where(np.arange(len(frame)) != 2))

    for how, says in (("repeated", repeated), ("falling", falling), ("missing", missing)):
        y, X = later()
        of_y, of_X = (
            says.format(name + " " if how == "repeated" else name, name) for name in ("y", "X")
        )
        refuses(model.predict, X=spoilt(X, how), match=of_X)
        refuses(model.update, y, X=spoilt(X, how), match=of_X)
        refuses(model.update, spoilt(y, how), X=spoilt(X, how), match=f"{of_y}|{of_X}")
        refuses(model.backtest, y, X=spoilt(X, how), match=of_X)
        refuses(make().fit, y, X=spoilt(X, how), match=of_X)
        refuses(make().fit, spoilt(y, how), match=of_y)
        both = panel(a=X, b=spoilt(X, how))
        says = of_X.replace("row 2", "row 6").replace("X has", "X of the series 'b' of y has")
        refuses(on_panel().predict, X=both, match=says)
        refuses(make().fit, panel(a=y, b=y), X=both, fh=[1], match=says)


def test_unsorted_panels_are_taken_where_their_times_rise():
    parts = {"b": wave(), "a": wave(seed=1)}
    y, other = panel(**parts), panel(**dict(sorted(parts.items())))
    mixed = y.sort_index(level="day", sort_remaining=False)
    one, two = (make().fit(each, fh=[1]).predict() for each in (y, mixed))
    pd.testing.assert_frame_equal(one.sort_index(), two.sort_index())
    assert other.index.is_monotonic_increasing
    assert not mixed.index.is_monotonic_increasing


@pytest.mark.parametrize("row", [0, 3])
def test_an_infinite_value_of_X_is_refused_wherever_it_stands(row):
    y, X = later()
    X.iloc[row, 0] = np.inf
    model = on_series()
    match = r"X holds an infinite value for y; mark it as missing \(NaN\)"
    refuses(model.predict, X=X, match=match)  # the last row lies beyond the horizon
    refuses(model.update, y, X=X, match=match)
    refuses(model.backtest, y, X=X, match=match)


# ------------------------------------------------------------------ the form of the fit


def test_rows_of_another_form_than_in_fit_are_refused():
    single, many = on_series(), on_panel()
    y, X = later()
    both, ahead = panel(a=y, b=y), panel(a=X, b=X)
    levels = r"a panel whose index has the levels \['shop', 'day'\]"
    to_single = f"is {levels}, and y of the fit is a single series; give {{}} in the same form"
    to_many = f"is a single series, and y of the fit is {levels}"
    refuses(single.update, both, X=ahead, match=to_single.format("y"))
    refuses(single.backtest, both, X=ahead, match=to_single.format("y"))
    refuses(single.predict, X=ahead, match=to_single.format("X"))
    refuses(many.update, y, X=X, match=to_many)
    refuses(many.backtest, y, X=X, match=to_many)
    refuses(many.predict, X=X, match="X " + to_many)
    other = both.rename_axis(["store", "day"])
    match = rf"the levels \['store', 'day'\], and y of the fit is {levels}"
    refuses(many.update, other, X=ahead, match=match)
    refuses(many.predict, X=ahead.rename_axis(["store", "day"]), match=match)
    deep = pd.concat({"north": both}, names=["region"])
    refuses(many.update, deep, X=pd.concat({"north": ahead}), match=r"'region', 'shop', 'day'")


def test_levels_without_a_name_and_times_of_another_name_go_together():
    container = Container(("shop", "day"), ("load",))
    for names in (["shop", "day"], [None, "day"], ["shop", "time"], [None, None]):
        container.check_levels(panel(names=names, a=wave()), "y")
    Container((None, None), ("load",)).check_levels(panel(a=wave()), "y")
    with pytest.raises(ValueError, match="in the same form"):
        container.check_levels(panel(names=["day", "shop"], a=wave()), "y")


def test_columns_of_y_are_taken_by_name():
    y = pd.DataFrame({"u": wave(50), "v": 5 + wave(50, seed=1)})
    model = make().fit(y[:N], fh=[1, 2])
    expected = model.clone().fit(y[:N], fh=[1, 2]).update(y[N:], update_params=False)
    swapped = model.clone().fit(y[:N], fh=[1, 2]).update(y.loc[:, ::-1][N:], update_params=False)
    assert list(swapped.predict()) == ["u", "v"]
    pd.testing.assert_frame_equal(swapped.predict(), expected.predict())
    pd.testing.assert_frame_equal(swapped.predict_interval(), expected.predict_interval())
    pd.testing.assert_frame_equal(model.backtest(y[N:]), model.backtest(y.loc[:, ::-1][N:]))
    other = y[N:].rename(columns={"v": "w"})
    match = r"y has the columns \['u', 'w'\], and that of the fit had \['u', 'v'\]"
    refuses(model.update, other, match=match)
    refuses(model.backtest, other, match=match)


def test_the_only_column_may_lose_its_name_but_not_change_it():
    model = make().fit(wave(), fh=[1])
    match = r"y has the columns \['returned'\], and that of the fit had \['load'\]"
    refuses(model.update, wave(4, start=N).rename("returned"), match=match)
    model.update(wave(4, start=N).rename(None), update_params=False)
    assert model.predict().index[0] == DAYS[N + 4]


def test_columns_after_pretraining_are_taken_by_name():
    y = pd.DataFrame({"u": wave(), "v": 5 + wave(seed=1)})
    model = make().pretrain(panel(a=y, b=y + 1))
    one, two = (model.fit(part, fh=[1]).predict() for part in (y, y[["v", "u"]]))
    pd.testing.assert_frame_equal(one, two)
    refuses(model.fit, y.rename(columns={"v": "w"}), match=r"columns \['u', 'w'\]")
    unnamed = model.fit(y.set_axis(range(2), axis=1), fh=[1])
    np.testing.assert_array_equal(unnamed.predict(), one)
    assert list(unnamed.predict()) == [0, 1]
    alone = make().pretrain(panel(a=wave(), b=wave(seed=1)))
    assert alone.fit(wave().rename("another"), fh=[1]).predict().name == "another"


# ------------------------------------------------------------------ what is no number


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (["a"] * N, "str"),
        (pd.Categorical(["a"] * N), "category"),
        (DAYS[:N], "datetime64"),
        ([*["a"] * 3, *range(N - 3)], "object"),
        (np.ones(N) * 1j, "complex128"),
    ],
)
def test_a_column_without_numbers_is_named(values, dtype):
    y = pd.DataFrame({"load": wave()})
    spoilt = y.assign(kind=values)
    says = f"the column 'kind' of {{}} holds {dtype}.* values, and not numbers; convert"
    refuses(make().fit, spoilt, fh=[1], error=TypeError, match=says.format("y"))
    refuses(make().fit, panel(a=spoilt), fh=[1], error=TypeError, match=says.format("y"))
    X = prices().assign(kind=values)
    model = make(categorical_covariates=None)
    refuses(model.fit, y, X=X, fh=[1], error=TypeError, match=says.format("X") + ".*get_dummies")
    X = later()[1].assign(price=values[:4])
    match = f"the column 'price' of X holds {dtype}"
    refuses(on_series().predict, X=X, error=TypeError, match=match)
    refuses(on_series().update, later()[0], X=X, error=TypeError, match=match)


@pytest.mark.parametrize("y", [wave(0), wave(0).to_frame(), panel(a=wave())[:0], np.empty((0, 1))])
def test_a_series_without_rows(y):
    refuses(make().fit, y, fh=[1], match="y has no rows; give a series of two times or more")


def test_a_list_without_series_is_distinguished_from_a_tuple():
    refuses(make().fit, [], fh=[1], match="y is an empty list; give a Series or DataFrame")
    refuses(make().fit, wave(), X=[], fh=[1], match="X is an empty list")
    for values in ((), (wave(),)):
        says = "{} is of type tuple; give a Series or DataFrame"
        refuses(make().fit, values, fh=[1], error=TypeError, match=says.format("y"))
        refuses(make().pretrain, values, error=TypeError, match=says.format("y"))
        refuses(make().fit, wave(), X=values, fh=[1], error=TypeError, match=says.format("X"))


# ------------------------------------------------------------------ dtypes of numbers

TYPES = ["Float64", "Int64", "boolean", "double[pyarrow]", "int64[pyarrow]", "bool[pyarrow]"]


@pytest.mark.parametrize("dtype", TYPES)
def test_missing_values_of_any_dtype_are_the_same_forecasts(dtype):
    numbers = (10 * wave(44)).round()
    numbers = numbers > 0 if "bool" in dtype else numbers
    plain = numbers.astype("float64")
    plain.iloc[[5, 41]] = np.nan
    y, X = plain.astype(dtype), plain.rename("price").to_frame().astype(dtype)
    assert str(y.dtype) == dtype
    assert y.isna().sum() == 2
    found = []
    for target, known in ((plain, plain.rename("price").to_frame()), (y, X)):
        model = make().fit(target[:N], X=known[:N], fh=[1, 4])
        single = model.predict(X=known[N:])
        tested = model.backtest(target[N:], X=known[N:], fh=[1, 2])
        after = model.update(target[N:42], X=known[N:42]).predict(fh=[1, 2], X=known[42:])
        both = make().fit(panel(a=target, b=target), fh=[1]).predict()
        found.append([single, tested, after, both])
    for expected, got in zip(*found, strict=True):
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("shape", [(N,), (N, 2), (2, 1, N)])
def test_masked_values_are_not_observed(shape):
    values = np.random.default_rng(0).normal(size=shape)
    values.flat[5] = -9999.0
    hidden = np.ma.masked_equal(values, -9999.0)
    holes = hidden.filled(np.nan)
    one, two = (make().fit(y, fh=[1]).predict() for y in (hidden, holes))
    np.testing.assert_array_equal(one, two)


def test_dates_of_pyarrow_are_dates():
    arrow = DAYS.astype("timestamp[us][pyarrow]")
    y, X = wave(), prices(44)
    plain = make().fit(y, X=X[:N], fh=[1, 2]).predict(X=X[N:])
    model = make().fit(y.set_axis(arrow[:N]), X=X[:N].set_axis(arrow[:N]), fh=[1, 2])
    found = model.predict(X=X[N:].set_axis(arrow[N:44]))
    found.index = found.index.as_unit(plain.index.unit)
    pd.testing.assert_series_equal(found, plain)
    both = panel(a=y, b=wave(seed=1))
    of_arrow = both.set_axis(both.index.set_levels(arrow[:N], level="day"))
    one, two = (make().fit(each, fh=[1, 2]).predict() for each in (both, of_arrow))
    np.testing.assert_array_equal(one, two)
    fh = ForecastingHorizon(DAYS[N : N + 1], is_relative=False)
    assert np.isfinite(make().fit(y.set_axis(arrow[:N])).predict(fh=fh)).all()
