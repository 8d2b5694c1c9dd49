"""Regular times, and cycles of the calendar."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from skrnn.forecasting.calendar import (
    CYCLES,
    cyclic_features,
    following,
    number_of_first,
    reaching,
    regular,
)

FREQUENCIES = ["D", "B", "W-SUN", "W-WED", "h", "15min", "36h", "MS", "ME", "QS", "QS-FEB", "QE"]
FREQUENCIES += ["YS", "YE", "BME", "BMS", "2D"]
UNITS = {"naive": {}, "zoned": {"tz": "Europe/Berlin"}, "seconds": {"unit": "s"}}
UNITS["milliseconds"] = {"unit": "ms"}


def dates(frequency, n, kind="naive"):
    keywords = dict(UNITS[kind])
    unit = keywords.pop("unit", None)
    index = pd.date_range("2024-02-27", periods=n, freq=frequency, name="when", **keywords)
    return index.as_unit(unit) if unit else index


@pytest.mark.parametrize("kind", UNITS)
@pytest.mark.parametrize("frequency", FREQUENCIES)
def test_lacking_dates_come_back_and_later_ones_follow(frequency, kind):
    whole = dates(frequency, 40, kind)
    parts = {
        "with a frequency": whole[:36],
        "without one": pd.DatetimeIndex(whole[:36], freq=None, name="when"),
        "with gaps": whole[:36].delete([3, 4, 20, 31]),
    }
    for part in parts.values():
        got = regular(part)
        pd.testing.assert_index_equal(got, whole[:36])
        assert got.dtype == whole.dtype
        pd.testing.assert_index_equal(following(got, 4), whole[36:])
        pd.testing.assert_index_equal(reaching(got, whole[-1]), whole)
    assert following(got, 4).dtype == whole.dtype


@pytest.mark.parametrize("frequency", ["D", "h", "MS", "ME", "QS", "QE", "YS", "YE", "W-SUN"])
def test_two_dates_tell_the_frequency(frequency):
    whole = dates(frequency, 3)
    got = regular(pd.DatetimeIndex(whole[:2], freq=None, name="when"))
    pd.testing.assert_index_equal(following(got, 1), whole[2:])


@pytest.mark.parametrize("frequency", ["D", "h", "M", "Q", "Y", "W"])
def test_lacking_periods_come_back_and_later_ones_follow(frequency):
    whole = pd.period_range("2020-01-05", periods=12, freq=frequency, name="when")
    got = regular(whole[:9].delete([2, 6]))
    pd.testing.assert_index_equal(got, whole[:9])
    pd.testing.assert_index_equal(following(got, 3), whole[9:])
    pd.testing.assert_index_equal(reaching(got, whole[-1]), whole)


@given(first=st.integers(-50, 50), lacking=st.sets(st.integers(1, 8)), dtype=st.booleans())
def test_lacking_integers_come_back_and_later_ones_follow(first, lacking, dtype):
    numbers = [first + n for n in range(10) if n not in lacking]
    assume(1 in np.diff(numbers))
    index = pd.Index(np.array(numbers, dtype=np.int32 if dtype else np.int64), name="when")
    got = regular(index)
    assert got.tolist() == list(range(first, first + 10))
    assert following(got, 2).tolist() == [first + 10, first + 11]
    assert reaching(got, first + 11).tolist() == list(range(first, first + 12))
    assert got.name == following(got, 2).name == reaching(got, first + 11).name == "when"


def test_a_frequency_is_taken_over_where_it_fits():
    days = pd.date_range("2024-01-01", periods=9, freq="D")
    every_other = pd.DatetimeIndex(days[::2], freq=None)
    assert len(regular(every_other)) == 5
    pd.testing.assert_index_equal(regular(every_other, like=days), days)
    one = pd.DatetimeIndex(days[:1], freq=None)
    assert regular(one).freq is None
    assert regular(one, like=days).freq == days.freq
    months = pd.date_range("2024-01-01", periods=3, freq="MS")
    pd.testing.assert_index_equal(regular(every_other, like=months), regular(every_other))


def test_times_that_are_not_regular_are_refused():
    uneven = pd.DatetimeIndex(["2024-01-01 00:00", "2024-01-01 01:00", "2024-01-01 01:07"])
    with pytest.raises(ValueError, match="are not on a regular grid: the most common step is"):
        regular(uneven)
    with pytest.raises(TypeError, match="index of y is an Index; forecasters take a PeriodIndex"):
        regular(pd.Index(["a", "b"]))
    with pytest.raises(TypeError, match="the index of y is an Index"):
        regular(pd.Index([0.0, 1.0]))
    with pytest.raises(ValueError, match="y has one time, 2024-01-01 00:00:00, and no frequency"):
        following(uneven[:1], 1)


POSITIONS = {
    "minute_of_hour": lambda t: t.minute / 60,
    "hour_of_day": lambda t: (t.hour + t.minute / 60) / 24,
    "day_of_week": lambda t: (t.weekday() + t.hour / 24) / 7,
    "day_of_month": lambda t: (t.day - 1) / ((t + pd.offsets.MonthEnd(0)).day),
    "day_of_year": lambda t: (t.timetuple().tm_yday - 1) / 365.25,
    "month_of_year": lambda t: (t.month - 1) / 12,
    "quarter_of_year": lambda t: ((t.month - 1) // 3) / 4,
}


@pytest.mark.parametrize("cycle", CYCLES)
def test_cycles_of_the_calendar_are_sines_and_cosines(cycle):
    times = pd.date_range("2023-11-30 07:00", periods=300, freq="613min")
    angles = np.array([2 * np.pi * POSITIONS[cycle](time) for time in times])
    expected = np.stack([np.sin(angles), np.cos(angles)], axis=1)
    np.testing.assert_allclose(cyclic_features(times, 5, [cycle]), expected, atol=1e-12)
    periods = times.to_period("min")
    np.testing.assert_allclose(cyclic_features(periods, 5, [cycle]), expected, atol=1e-12)


def test_cycles_repeat():
    hours = pd.date_range("2024-01-01", periods=1000, freq="h")
    months = pd.period_range("2001-01", periods=60, freq="M")
    for index, name, length in (
        (hours, "hour_of_day", 24),
        (hours, "day_of_week", 168),
        (months, "month_of_year", 12),
        (months, "quarter_of_year", 12),
    ):
        waves = cyclic_features(index, 0, [name])
        np.testing.assert_allclose(waves[length:], waves[:-length], atol=1e-12)
        assert len(np.unique(waves[:length].round(9), axis=0)) == (4 if "q" in name else length)


@given(first=st.integers(-99, 99), cycle=st.floats(1.5, 40))
def test_cycles_of_steps_count_from_the_first_number(first, cycle):
    index = pd.RangeIndex(30)
    waves = cyclic_features(index, first, [cycle, 7])
    assert waves.shape == (30, 4)
    angles = 2 * np.pi * np.array([(first + n) / cycle for n in range(30)])
    np.testing.assert_allclose(waves[:, 0], np.sin(angles), atol=1e-9)
    np.testing.assert_allclose(waves[:, 1], np.cos(angles), atol=1e-9)
    np.testing.assert_allclose(waves[7:, 2:], waves[:-7, 2:], atol=1e-9)
    later = cyclic_features(index[:20], first + 10, [cycle, 7])
    np.testing.assert_allclose(later, waves[10:], atol=1e-9)


@pytest.mark.parametrize("kind", ["naive", "zoned", "seconds"])
@pytest.mark.parametrize("frequency", [*FREQUENCIES, "3h", "2MS", "2W-SUN"])
def test_times_are_numbered_alike_wherever_a_series_begins(frequency, kind):
    # Before pandas 3, 900 years exceed the range of its default unit.
    n = 900 if frequency not in ("YS", "YE") else 200
    index = dates(frequency, n, kind)  # over a change to summer time
    numbers = [number_of_first(index[begin:]) for begin in range(0, n, 31)]
    assert numbers == list(range(numbers[0], numbers[0] + n, 31))


@pytest.mark.parametrize("frequency", ["D", "h", "M", "Q", "2M", "W"])
def test_periods_are_numbered_alike_wherever_a_series_begins(frequency):
    index = pd.period_range("1969-06-30", periods=50, freq=frequency)
    first = number_of_first(index)
    assert [number_of_first(index[n:]) for n in range(50)] == list(range(first, first + 50))


def test_no_cycles_are_no_columns_and_numbers_have_no_dates():
    assert cyclic_features(pd.RangeIndex(3), 0, []).shape == (3, 0)
    with pytest.raises(TypeError, match=r"'day_of_week', which needs dates, .* RangeIndex"):
        cyclic_features(pd.RangeIndex(3), 0, ["day_of_week"])
