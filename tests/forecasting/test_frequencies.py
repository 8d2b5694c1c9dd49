"""Forecasts continue the times of the series, whatever their frequency."""

import numpy as np
import pandas as pd
import pytest
from sktime.forecasting.base import ForecastingHorizon

from tests.forecasting.walks import SETTINGS, make, same, series, values_for

pytestmark = [
    # sktime announces it for its own forecasters, also those it makes inside.
    pytest.mark.filterwarnings("ignore:The default of config ``remember_data``:FutureWarning"),
]


# ------------------------------------------------------------------ times


FREQUENCIES = ["YS", "YE", "QS", "QE", "MS", "ME", "W", "W-WED", "D", "2D", "B", "h", "15min", "s"]
PERIODS = ["Y", "Q", "M", "2M", "W", "D", "h", "15min", "min"]


def assert_continued(given, times):
    """Assert that forecasts of a series at the first 40 times stand at the three after them."""
    y = series(index=given)
    fh = ForecastingHorizon(times[[41, 42]], is_relative=False)
    model = make().fit(y, fh=fh)
    forecast = model.predict(fh=[1, 2, 3])
    pd.testing.assert_index_equal(forecast.index, times[40:43], check_names=False)
    assert np.isfinite(forecast).all()
    same(model.predict(fh=fh), forecast.iloc[1:])
    inside = model.predict(fh=ForecastingHorizon(times[[0, 39, 40]], is_relative=False))
    pd.testing.assert_index_equal(inside.index, times[[0, 39, 40]], check_names=False)
    assert inside.iloc[-1] == pytest.approx(forecast.iloc[0])
    assert np.isfinite(inside).all()


@pytest.mark.parametrize("has_freq", [True, False])
@pytest.mark.parametrize("freq", FREQUENCIES)
def test_dates_go_on(freq, has_freq):
    times = pd.date_range("2001-03-05", periods=43, freq=freq)
    given = times[:40]
    assert_continued(given if has_freq else pd.DatetimeIndex(given, freq=None), times)


@pytest.mark.parametrize("freq", PERIODS)
def test_periods_go_on(freq):
    times = pd.period_range("2001-03-05", periods=43, freq=freq)
    assert_continued(times[:40], times)


@pytest.mark.parametrize("first", [0, 5, -7])
def test_numbers_go_on(first):
    times = pd.Index(np.arange(first, first + 43))
    assert_continued(times[:40], times)
    assert_continued(pd.RangeIndex(first, first + 40), times)


@pytest.mark.parametrize("freq", ["h", "D"])
def test_dates_go_on_over_a_change_of_the_clock(freq):
    times = pd.date_range("2024-02-20", periods=43, freq=freq, tz="Europe/Berlin")
    if freq == "h":
        times = pd.date_range("2024-03-29 12:00", periods=43, freq=freq, tz="Europe/Berlin")
    forecast = make().fit(series(index=times[:40])).predict(fh=[1, 2, 3])
    pd.testing.assert_index_equal(forecast.index, times[40:], check_names=False)


def test_a_holiday_does_not_turn_business_days_into_all_days():
    times = pd.date_range("2024-01-01", periods=60, freq="B")
    y = series(index=times.delete([10, 25, 26]))
    forecast = make().fit(y).predict(fh=[1, 2])
    assert list(forecast.index) == list(pd.date_range(times[-1], periods=3, freq="B")[1:])


@pytest.mark.parametrize(("freq", "lacking"), [("MS", 2), ("QS", 1), ("YS", 3), ("D", 5), ("h", 7)])
def test_a_gap_does_not_change_the_frequency(freq, lacking):
    times = pd.date_range("2018-01-01", periods=12, freq=freq)
    y = series(index=times[:10].delete(lacking))
    forecast = make(window_length=3).fit(y).predict(fh=[1, 2])
    assert list(forecast.index) == list(times[10:])


def test_dates_are_periods():
    y = series()
    dates = y.set_axis(y.index.to_timestamp())
    a, b = (make().fit(one).predict(fh=[1, 2, 5]) for one in (y, dates))
    np.testing.assert_array_equal(a, b)
    assert list(b.index) == list(a.index.to_timestamp())


def test_a_series_and_its_name_come_back():
    y = series()
    assert make().fit(y).predict(fh=[1]).name == "y"
    assert make().fit(y.to_frame("load")).predict(fh=[1]).columns.tolist() == ["load"]
    wide = make(**SETTINGS["channels"]).fit(values_for("channels"))
    assert wide.predict(fh=[1]).columns.tolist() == ["load", "wind"]


# ------------------------------------------------------------------ what was once wrong


@pytest.mark.filterwarnings("ignore:the series of y end at different dates:UserWarning")
def test_a_sparse_or_single_time_has_the_frequency_of_its_panel():
    days = pd.date_range("2024-01-01", periods=48, freq="D")
    parts = {"whole": days, "sparse": days[::2], "new": days[-1:]}
    y = pd.concat(
        {key: pd.DataFrame({"y": np.sin(np.arange(len(d)))}, index=d) for key, d in parts.items()},
        names=["shop", "day"],
    )
    forecast = make().fit(y, fh=[1, 2]).predict()
    for key, dates in parts.items():
        expected = dates[-1] + pd.to_timedelta([1, 2], unit="D")
        assert list(forecast.loc[key].index) == list(expected)
