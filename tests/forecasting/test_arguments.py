"""Arguments of forecasters that are refused with a clear error, and equivalent ones."""

import functools

import numpy as np
import pandas as pd
import pytest

from tests.forecasting.series import make, panel, refuses, wave


@functools.cache
def fitted():
    return make(horizon=2).fit(wave(30), fh=[1, 2])


@pytest.mark.parametrize("levels", [[], "a", 0.0, 1.0, 5, -0.5, [0.5, 2.0], [None], None, {0.5}])
def test_invalid_probabilities(levels):
    model = fitted()
    refuses(model.predict_interval, coverage=levels, match="coverage=.* accepts a float in")
    if levels is not None:
        refuses(model.predict_quantiles, alpha=levels, match="alpha=.* accepts a float in")


@pytest.mark.parametrize("form", [list, tuple, np.array, pd.Series, pd.Index])
def test_probabilities_in_any_form_are_those_of_a_list(form):
    model = fitted()
    given = [0.25, 0.75]
    expected = model.predict_quantiles(alpha=given)
    pd.testing.assert_frame_equal(model.predict_quantiles(alpha=form(given)), expected)
    expected = model.predict_interval(coverage=given)
    pd.testing.assert_frame_equal(model.predict_interval(coverage=form(given)), expected)


def test_quantiles_without_levels_are_those_of_an_interval_of_nine_tenths():
    model = fitted()
    expected = model.predict_interval(coverage=0.9).to_numpy()
    np.testing.assert_allclose(model.predict_quantiles().to_numpy(), expected)


@pytest.mark.parametrize("step_length", [0, -1, 2.5, None, "a", True])
def test_a_step_between_cutoffs_that_is_none(step_length):
    refuses(fitted().backtest, wave(), step_length=step_length, match="step_length=.* an int >= 1")


def test_a_step_longer_than_the_series_leaves_one_cutoff():
    model = fitted()
    found = model.backtest(wave(), start="2024-01-20", step_length=10**6)
    assert found.index.unique("cutoff").tolist() == [pd.Timestamp("2024-01-20")]
    whole = model.backtest(wave(), start="2024-01-20")
    np.testing.assert_allclose(found, whole[:2], rtol=1e-5)


@pytest.mark.parametrize("start", ["much", "2024-13-40"])
def test_a_first_cutoff_that_is_no_time(start):
    match = f"start='{start}' was given, which is not a time of y"
    refuses(fitted().backtest, wave(), start=start, match=match)


@pytest.mark.parametrize("start", [20, 10**30, [1, 2], np.ndarray, pd.Period("2024-01-01", "D")])
def test_a_first_cutoff_of_another_kind(start):
    refuses(fitted().backtest, wave(), start=start, error=TypeError, match="start has .* and y has")


@pytest.mark.parametrize("index", ["periods", "integers"])
def test_a_text_is_no_time_of_any_index(index):
    times = {"periods": pd.period_range("2020-01", periods=30, freq="M"), "integers": range(30)}
    y = wave(30).set_axis(times[index])
    model = make(horizon=2).fit(y, fh=[1])
    refuses(model.backtest, y, start="much", match="start='much' .* which is not a time of y")


@pytest.mark.parametrize("given", [np.ndarray, pd.Series, pd.DataFrame])
def test_a_class_is_no_series(given):
    new, known = make(), fitted()
    updates = known.update, known.update_predict_single, known.update_predict
    for method in (new.fit, *updates, known.backtest):
        refuses(method, given, error=TypeError, match=f"y is the class {given.__name__}")


def test_an_array_of_fields_has_the_forecasts_of_its_columns():
    columns = wave(30).to_numpy(), 2 * wave(30, seed=1).to_numpy()
    fields = np.rec.fromarrays(columns, names="a,b")
    expected = make(horizon=2).fit(np.stack(columns, axis=1)).predict(fh=[1, 2])
    np.testing.assert_array_equal(make(horizon=2).fit(fields).predict(fh=[1, 2]), expected)
    refuses(make().fit, np.zeros(30, dtype="V4"), error=TypeError, match="holds no numbers")
    refuses(make().fit, np.array(["a"] * 30), match="y holds texts")


def test_an_array_of_another_byte_order_or_of_objects_is_one_of_numbers():
    values = wave(30).to_numpy()
    expected = make(horizon=2).fit(values).predict(fh=[1, 2])
    for dtype in (">f8", object):
        found = make(horizon=2).fit(values.astype(dtype)).predict(fh=[1, 2])
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", [None, "load"])
@pytest.mark.parametrize("dtype", ["f8", ">f8"])
def test_forecasts_have_the_name_of_the_series(name, dtype):
    y = wave(30).astype(dtype).rename(name)
    assert make(horizon=2).fit(y, fh=[1, 2]).predict().name == name


def test_two_columns_of_one_name():
    y = pd.concat([wave(30), wave(30)], axis=1)
    for given in (y, panel(a=y, b=y)):
        refuses(make().fit, given, match="several columns of y are called 'load'")
    match = "several columns of X are called 'load'"
    refuses(make().fit, wave(30), X=y, match=match)


@pytest.mark.parametrize(
    "y", [np.empty((6, 0, 2)), np.empty((6, 5, 0)), np.empty((6, 0)), wave().to_frame()[[]]]
)
def test_a_series_without_values(y):
    refuses(make().fit, y, match=r"y holds no values: its shape is \(")
