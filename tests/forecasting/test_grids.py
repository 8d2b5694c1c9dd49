"""Grids that are nearly all gaps, and panels of several frequencies, are refused."""

import numpy as np
import pandas as pd
import pytest

from skrnn.forecasting.grids import refuse_gap
from tests.forecasting.series import DAYS, N, make, panel, prices, refuses, wave

MINUTES = pd.date_range("2020-01-01", periods=39, freq="min")
LATE = pd.DatetimeIndex(["2050-01-01"])


def numbers(index):
    return pd.Series(np.sin(np.arange(float(len(index)))), index=index, name="load")


# ------------------------------------------------------------------ gaps


def test_one_mistyped_time_is_refused_at_every_entrance():
    y = numbers(MINUTES.append(LATE))
    match = (
        r"the 40 times of y leave a gap from 2020-01-01 00:38:00 to 2050-01-01 00:00:00, so that "
        r"a regular grid of about 15\d{6} rows would be nearly empty; correct these times"
    )
    refuses(make().fit, y, fh=[1], match=match)
    together = panel(a=y, b=numbers(MINUTES))
    named = match.replace("of y", "of the series 'a' of y")
    refuses(make().fit, together, fh=[1], match=named)
    refuses(make().pretrain, together, match=named)
    model = make().fit(y[:-1], fh=[1])
    for method in (model.update, model.backtest):
        refuses(method, y[-1:], match=match)
    X = y.rename("price").to_frame()
    match = match.replace("times of y", "times of X of y")
    refuses(make().fit, y[:-1], X=X, fh=[1], match=match)


@pytest.mark.parametrize(
    "index",
    [
        pd.PeriodIndex([*pd.period_range("2020-01-01", periods=20, freq="min"), "2050-01-01"]),
        pd.Index([*range(20), 10**9]),
        pd.DatetimeIndex([*DAYS[:8], "2050-01-01"]),
    ],
)
def test_gaps_of_any_kind_of_time(index):
    refuses(make().fit, numbers(index), fh=[1], match="leave a gap from .* to (2050|1000000000)")


@pytest.mark.parametrize(
    "index",
    [
        DAYS[::5],  # a grid of its own
        DAYS[[0, 1, 2, 3, 59]],
        DAYS[:2].append(DAYS[:2] + pd.Timedelta("900D")),  # few rows, whatever their share
        pd.DatetimeIndex(["2000-01-01", "2000-02-01", "2000-03-01", "2008-01-01"]),
        pd.DatetimeIndex(["2020-01-01", "2050-01-01"]),  # one step
        pd.DatetimeIndex(np.concatenate([DAYS + pd.Timedelta(f"{365 * n}D") for n in range(9)])),
        pd.Index([0, 1, 2, 900]),
    ],
)
def test_sensible_sparse_series_are_taken(index):
    refuse_gap(index, "y")
    assert refuse_gap(index[-1:], "y", like=index) is None


def test_a_hundred_missing_rows_for_each_one_are_the_most():
    index = pd.Index([*range(20), 1998])
    refuse_gap(index, "y")
    refuse_gap(index, "y", like=pd.RangeIndex(30))
    further = pd.Index([*range(20), 2100])
    with pytest.raises(ValueError, match="the 21 times of y leave a gap from 19 to 2100"):
        refuse_gap(further, "y")
    scattered = pd.Index([*range(20), *range(1000, 9000, 1000)])  # no gap holds most of them
    refuse_gap(scattered, "y")


# ------------------------------------------------------------------ frequencies


@pytest.mark.parametrize(
    ("one", "other"),
    [("h", "D"), ("20min", "h"), ("W-SUN", "W-WED"), ("MS", "ME"), ("D", "MS"), ("2D", "3D")],
)
def test_a_panel_of_several_frequencies_names_two_series(one, other):
    for first, second in ((one, other), (other, one)):
        parts = {
            "long": numbers(pd.date_range("2024", periods=N, freq=first)),
            "short": numbers(pd.date_range("2024", periods=30, freq=second)),
        }
        match = (
            "the series 'short' of y and the series 'long' of y have different frequencies, "
            f"'{second}' and '{first}', and one network learns steps of one frequency"
        )
        refuses(make().fit, panel(**parts), fh=[1], match=match)
        refuses(make().pretrain, panel(**parts), match=match)


def test_a_panel_of_numbered_rows_with_several_steps():
    parts = {"long": numbers(pd.RangeIndex(N)), "short": numbers(pd.RangeIndex(0, 100, 10))}
    refuses(make().fit, panel(**parts), fh=[1], match="frequencies, 10 steps and 1 step, and")


def test_a_new_series_of_another_frequency_in_an_update():
    model = make().fit(panel(a=wave(), b=wave(seed=1)), fh=[1])
    weekly = numbers(pd.date_range("2024", periods=8, freq="W"))
    match = "the series 'c' of y and the series 'a' of y have different frequencies, 'W-SUN'"
    refuses(model.update, panel(c=weekly), match=match)


@pytest.mark.filterwarnings("ignore:the series of y end at different dates:UserWarning")
def test_series_with_gaps_and_few_rows_have_the_frequency_of_the_longest():
    shut = DAYS[:N][DAYS[:N].dayofweek < 5]  # not open at weekends
    parts = {
        "a": wave(),
        "b": wave().loc[shut],
        "c": wave()[:15:7],
        "d": wave()[:1],
        "e": wave()[::7].reindex(DAYS[:36]),  # once a week, and said to be daily
        "f": wave()[::2],
    }
    forecast = make().fit(panel(**parts), fh=[1]).predict()
    ends = [part.index[-1] for part in parts.values()]
    assert list(forecast.index.get_level_values(1)) == [end + pd.Timedelta("1D") for end in ends]
    assert np.isfinite(forecast).all(axis=None)


def test_a_gap_in_known_covariates_that_is_sensible():
    X = prices(44).drop(DAYS[41:43])
    model = make().fit(wave(), X=X, fh=[1])
    assert np.isfinite(model.predict(fh=[1])).all()
