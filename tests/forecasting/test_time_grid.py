"""Positions in the regular grid of a series, beside those of a walk through it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skrnn.forecasting.calendar import following, reaching, regular
from skrnn.forecasting.time_grid import (
    MOST_STEPS,
    alike,
    refuse_far,
    step_length,
    steps_over,
    steps_to,
    times_at,
)

DATES = ["D", "B", "W-WED", "h", "15min", "36h", "MS", "ME", "QS-FEB", "QE", "YS", "BME", "2D"]
DATES += ["bh", "SMS", "WOM-3FRI", "3B", "2W-SUN"]
PERIODS = ["D", "h", "M", "2M", "W-WED", "Q", "Y", "36h"]
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]  # the last by half an hour
CHANGES = {  # the two changes of the clocks, as instants
    "Europe/Berlin": ["2024-03-31 01:00", "2024-10-27 01:00"],
    "America/New_York": ["2024-03-10 07:00", "2024-11-03 06:00"],
    "Australia/Lord_Howe": ["2024-10-05 15:30", "2024-04-06 15:00"],
}


def grid_and_all(kind, n_past, n_ahead):
    """Return the times of a series, and the same with later ones."""
    if kind == "integers":
        whole = pd.RangeIndex(-3, n_past + n_ahead - 3)
    elif kind.startswith("periods"):
        whole = pd.period_range("2021-02-03", periods=n_past + n_ahead, freq=kind[8:])
    else:
        whole = pd.date_range("2021-02-03 10:00", periods=n_past + n_ahead, freq=kind)
    return whole[:n_past], whole


KINDS = ["integers", *DATES, *(f"periods {freq}" for freq in PERIODS)]


@settings(deadline=None, max_examples=25)
@pytest.mark.parametrize("kind", KINDS)
@given(n_past=st.integers(2, 30), n_ahead=st.integers(1, 30), data=st.data())
def test_times_have_the_positions_of_a_walk_through_the_grid(kind, n_past, n_ahead, data):
    grid, whole = grid_and_all(kind, n_past, n_ahead)
    some = data.draw(st.sets(st.integers(0, len(whole) - 1), min_size=1))
    steps = np.sort(np.array(list(some))) + 1 - n_past
    times = whole[steps + n_past - 1]
    np.testing.assert_array_equal(steps_to(grid, times), steps)
    pd.testing.assert_index_equal(times_at(grid, steps), times, exact="equiv")


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("other", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("freq", ["D", "B", "h", "MS"])
def test_the_unit_of_dates_does_not_matter(freq, unit, other):
    whole = pd.date_range("2024-01-01", periods=12, freq=freq)
    grid = whole[:8].as_unit(unit)
    asked = whole[[3, 9, 11]].as_unit(other)
    np.testing.assert_array_equal(steps_to(grid, asked), [-4, 2, 4])
    assert times_at(grid, np.array([-4, 2, 4])).unit == unit


@pytest.mark.parametrize("freq", ["h", "30min", "D", "B", "MS"])
@pytest.mark.parametrize("change", [0, 1])
@pytest.mark.parametrize("zone", ZONES)
def test_clocks_that_change_change_no_position(zone, change, freq):
    instant = pd.Timestamp(CHANGES[zone][change], tz="UTC").floor("h").tz_convert(zone)
    begin = instant - pd.Timedelta(hours=6)
    if freq not in ("h", "30min"):
        begin = (instant - pd.Timedelta(days=150)).tz_localize(None).normalize().tz_localize(zone)
    whole = pd.date_range(begin, periods=24 if freq in ("h", "30min") else 300, freq=freq)
    offsets = {time.utcoffset() for time in whole}
    assert len(offsets) == 2
    for n_past in (3, len(whole) // 2, len(whole) - 1):
        steps = np.arange(len(whole)) + 1 - n_past
        for asked in (zone, "UTC", "Asia/Tokyo"):
            times = whole.tz_convert(asked)
            np.testing.assert_array_equal(steps_to(whole[:n_past], times), steps)
        pd.testing.assert_index_equal(times_at(whole[:n_past], steps), whole)


def test_the_doubled_hour_is_two_steps_and_the_skipped_one_is_none():
    autumn = pd.date_range("2024-10-27 00:00", periods=6, freq="h", tz="Europe/Berlin")
    assert autumn.hour.tolist() == [0, 1, 2, 2, 3, 4]
    assert steps_to(autumn[:2], autumn[2:]).tolist() == [1, 2, 3, 4]
    spring = pd.date_range("2024-03-31 00:00", periods=4, freq="h", tz="Europe/Berlin")
    assert spring.hour.tolist() == [0, 1, 3, 4]
    assert steps_to(spring[:2], spring[2:]).tolist() == [1, 2]


@pytest.mark.parametrize(
    ("freq", "asked", "before", "after"),
    [
        ("B", "2024-03-30", "2024-03-29", "2024-04-01"),
        ("W-WED", "2025-02-25", "2025-02-19", "2025-02-26"),
        ("h", "2024-01-03 12:34", "2024-01-03 12:00", "2024-01-03 13:00"),
        ("2D", "2024-04-29", "2024-04-28", "2024-04-30"),
        ("MS", "2024-02-29", "2024-02-01", "2024-03-01"),
        ("bh", "2024-01-06 11:00", "2024-01-05 16:00", "2024-01-08 09:00"),
    ],
)
@pytest.mark.parametrize("ends", ["before", "after"])
def test_a_time_between_those_of_the_grid_is_refused_with_its_neighbors(
    freq, asked, before, after, ends
):
    end = pd.Timestamp(before) if ends == "before" else pd.Timestamp(after)
    grid = pd.date_range("2024-01-01", end, freq=freq)
    match = f"fh has {pd.Timestamp(asked)}, which is not a time of y: its frequency is '{freq}'"
    match += f", and the times around are {pd.Timestamp(before)} and {pd.Timestamp(after)}"
    with pytest.raises(ValueError, match=match):
        steps_to(grid, pd.DatetimeIndex([asked]))
    near = pd.DatetimeIndex([before, after])
    near = near[near >= grid[0]]
    assert np.diff(steps_to(grid, near)).tolist() == [1] * (len(near) - 1)


def test_a_time_finer_than_the_unit_of_the_grid_is_between():
    for freq in ("D", "h"):
        grid = pd.date_range("2024-01-01", periods=5, freq=freq).as_unit("s")
        late = pd.DatetimeIndex([grid[3].as_unit("ns") + pd.Timedelta(1, "ns")])
        with pytest.raises(ValueError, match="which is not a time of y"):
            steps_to(grid, late)


def test_periods_between_those_of_the_grid_are_refused():
    grid = pd.period_range("2024-01", periods=5, freq="2M")
    inside = pd.PeriodIndex([pd.Period("2024-12", freq="2M")])
    with pytest.raises(ValueError, match=r"2024-12, which .* '2M', .* 2024-11 and 2025-01"):
        steps_to(grid, inside)


def test_times_before_the_first_are_refused_where_they_are_looked_up():
    grid = pd.date_range("2024-01-01", periods=5, freq="D")
    with pytest.raises(ValueError, match="fh has 2023-12-31 00:00:00, before the first time of y"):
        steps_to(grid, pd.DatetimeIndex(["2023-12-31"]))


INDEXES = {
    "integers": pd.RangeIndex(5),
    "periods of the frequency 'M'": pd.period_range("2024-01", periods=5, freq="M"),
    "periods of the frequency 'D'": pd.period_range("2024-01", periods=5, freq="D"),
    "dates without a time zone": pd.date_range("2024-01-01", periods=5),
    "dates with a time zone": pd.date_range("2024-01-01", periods=5, tz="UTC"),
    "an Index of str": pd.Index(["a"]),
}


@pytest.mark.parametrize("given", INDEXES)
@pytest.mark.parametrize("wanted", [kind for kind in INDEXES if "str" not in kind])
def test_times_of_another_kind_are_refused_by_name(given, wanted):
    if given == wanted:
        assert alike(INDEXES[given], INDEXES[wanted], "fh").equals(INDEXES[given])
    else:
        with pytest.raises(TypeError, match=f"fh has {given}, and y has {wanted}; give {wanted}"):
            steps_to(INDEXES[wanted], INDEXES[given])


def test_missing_times_are_refused():
    grid = INDEXES["dates without a time zone"]
    with pytest.raises(ValueError, match=r"fh has a missing time \(NaT\)"):
        steps_to(grid, pd.DatetimeIndex(["2024-01-02", None]))
    with pytest.raises(ValueError, match="fh has a missing duration"):
        steps_over(grid, pd.TimedeltaIndex([None]))


# ------------------------------------------------------------------ durations


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize(
    ("grid", "step"),
    [
        (pd.date_range("2024-03-20", periods=9, freq="D", tz="Europe/Berlin"), "1D"),
        (pd.date_range("2024-03-30", periods=9, freq="36h", tz="Europe/Berlin"), "36h"),
        (pd.date_range("2024-03-20", periods=9, freq="2W-SUN"), "14D"),
        (pd.period_range("2024-03-20", periods=9, freq="h"), "1h"),
        (pd.period_range("2024-03-20", periods=9, freq="W"), "7D"),
    ],
)
def test_durations_are_divided_by_the_length_of_a_step(grid, step, unit):
    steps = np.array([-2, 0, 1, 5, 90])
    durations = pd.TimedeltaIndex(steps * pd.Timedelta(step)).as_unit(unit)
    np.testing.assert_array_equal(steps_over(grid, durations), steps)
    with pytest.raises(ValueError, match=r"fh has .*, which is not a whole number of steps of y"):
        steps_over(grid, durations + pd.Timedelta(1, "s"))


def test_durations_lead_to_a_time_where_steps_have_many_lengths():
    fridays = pd.date_range("2024-03-20", "2024-03-29", freq="B")
    assert steps_over(fridays, pd.to_timedelta([3, 4], unit="D")).tolist() == [1, 2]
    with pytest.raises(ValueError, match=r"fh has 2024-03-30 .* times around are 2024-03-29"):
        steps_over(fridays, pd.to_timedelta([1], unit="D"))
    months = pd.date_range("2024-01-01", periods=3, freq="MS", tz="Europe/Berlin")
    assert steps_over(months, pd.to_timedelta([31, 61], unit="D")).tolist() == [1, 2]


def test_durations_are_refused_where_times_have_none():
    for kind in ("integers", "periods of the frequency 'M'"):
        with pytest.raises(TypeError, match=f"fh has durations.* y has {kind}.*numbers of steps"):
            steps_over(INDEXES[kind], pd.to_timedelta([1], unit="D"))


def test_only_some_frequencies_have_steps_of_one_length():
    lengths = {"D": "1D", "3D": "3D", "W-MON": "7D", "2W": "14D", "90min": "90min"}
    for freq, length in lengths.items():
        assert step_length(pd.tseries.frequencies.to_offset(freq)) == pd.Timedelta(length)
    assert step_length(pd.offsets.Week()) == pd.Timedelta(days=7)
    for freq in ("B", "MS", "bh", "C", "WOM-1MON"):
        assert step_length(pd.tseries.frequencies.to_offset(freq)) is None
    assert step_length(None) is None


# ------------------------------------------------------------------ ends


def test_what_is_too_far_is_refused_before_a_grid_is_made():
    refuse_far(MOST_STEPS)
    with pytest.raises(ValueError, match=f"fh reaches 100001 steps .* at most {MOST_STEPS}"):
        refuse_far(MOST_STEPS + 1)
    far = pd.DatetimeIndex(np.array(["20000000-01-01"], dtype="M8[s]"))
    for n in (1, 5):
        days = pd.date_range("2024-01-01", periods=n, freq="D").as_unit("s")
        with pytest.raises(ValueError, match="and at most 100000 can be forecast"):
            steps_to(days, far)


def test_dates_end_where_their_unit_does():
    for freq in ("YS", "D"):
        years = pd.date_range("2260-01-01", periods=2, freq=freq, unit="ns")
        with pytest.raises(ValueError, match=r"range of dates in the unit 'ns'.*as_unit"):
            following(years, 5000)
        assert len(following(years.as_unit("s"), 5000)) == 5000


def test_clocks_that_skip_or_repeat_a_time_of_the_grid_are_named():
    for begin in ("2024-03-29 02:30", "2024-10-25 02:30"):
        grid = pd.date_range(begin, periods=2, freq="D", tz="Europe/Berlin")
        with pytest.raises(ValueError, match=r"time zone Europe/Berlin, and its clocks.*in UTC"):
            following(grid, 1)
        with pytest.raises(ValueError, match="clocks skip or repeat"):
            reaching(grid, grid[-1] + pd.Timedelta(days=9))


def test_a_series_over_a_change_of_the_clocks_is_regular_without_its_frequency():
    for freq, n in (("h", 200), ("D", 300)):
        whole = pd.date_range("2024-03-25", periods=n, freq=freq, tz="Europe/Berlin")
        got = regular(pd.DatetimeIndex(whole, freq=None))
        pd.testing.assert_index_equal(got, whole)
        assert got.freq == whole.freq
