"""Series that interleave in one table: each has its own windows, all have one time."""

import statistics

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skrnn import SlidingWindow, Windows, make_windows
from tests.conftest import make, unlabeled

ORIGIN = pd.Timestamp("2024-01-01")


def table_of(times, keys):
    """Return a long table, whose values are the numbers of its rows."""
    return pd.DataFrame(
        {
            "when": ORIGIN + pd.to_timedelta(np.asarray(times), unit="min"),
            "id": list(keys),
            "value": np.arange(float(len(times))),
        }
    )


@st.composite
def tables(draw):
    """Draw series of several clocks, with gaps, that interleave in any way."""
    n_groups = draw(st.integers(1, 4))
    series = []
    for key in range(n_groups):
        step = draw(st.sampled_from([60, 60, 10]))
        lags = draw(st.lists(st.sampled_from([step, step, step, 5 * step]), min_size=4, max_size=9))
        first = draw(st.integers(0, 90))
        series.append([(first + sum(lags[:n]), f"g{key}") for n in range(len(lags) + 1)])
    in_time = draw(st.booleans())
    if in_time:
        rows = sorted(row for part in series for row in part)
    else:
        turns = draw(st.permutations([g for g, part in enumerate(series) for _ in part]))
        waiting = [iter(part) for part in series]
        rows = [next(waiting[group]) for group in turns]
    return table_of(*zip(*rows, strict=True))


def rows_of(table):
    minutes = (table["when"] - ORIGIN) / pd.Timedelta("1min")
    return list(zip(minutes, table["id"], table["value"], strict=True))


def usual_steps(rows):
    """Return the median step of each group, and that of all for those with one step or none."""
    steps = {}
    for time, key, _ in rows:
        steps.setdefault(key, []).append(time)
    lags = {key: list(np.diff(times)) for key, times in steps.items()}
    every = statistics.median([lag for part in lags.values() for lag in part])
    return {key: statistics.median(part) if len(part) > 1 else every for key, part in lags.items()}


def windows_of(rows, history, usual, *, length, rate, on_gap):
    """Return the window of each row, one row at a time."""
    windows = []
    for number, (_, key, _) in enumerate(rows):
        own = [row for row in rows[: number + 1] if row[1] == key]
        before = [row for row in history if row[1] == key and row[0] < own[0][0]]
        past = [*before, *own][::-1]
        reach = 1
        while reach < len(past):
            late = past[reach - 1][0] - past[reach][0] > 1.1 * usual[key]
            if late and on_gap == "restart":
                break
            reach += 1
        windows.append([row[2] for row in past[:reach][::rate][:length]][::-1])
    return windows


def values_of(windows):
    return [window[:, 0].tolist() for window in windows]


@settings(deadline=None, max_examples=60)
@pytest.mark.filterwarnings("ignore:the times have")
@given(
    table=tables(),
    length=st.integers(1, 3),
    rate=st.integers(1, 2),
    on_gap=st.sampled_from(["restart", "ignore"]),
    share=st.floats(0.3, 0.9),
)
def test_each_row_has_the_window_of_its_own_series(table, length, rate, on_gap, share):
    window = SlidingWindow(
        length, sampling_rate=rate, on_gap=on_gap, time="when", groups="id", incomplete="ignore"
    )
    shape = {"length": length, "rate": rate, "on_gap": on_gap}
    rows = rows_of(table)
    expected = windows_of(rows, [], usual_steps(rows), **shape)
    for form in (table, pl.from_pandas(table), table.set_index(["id", "when"])):
        assert values_of(window.fit_transform(form)) == expected

    n_fitted = max(int(share * len(table)), 1)
    fitted, later = rows[:n_fitted], rows[n_fitted:]
    counts = [sum(row[1] == key for row in fitted) for key in {row[1] for row in fitted}]
    span = (length - 1) * rate + 1
    if max(counts) < max(span, 2):
        return
    usual = usual_steps(fitted)
    every = statistics.median(
        [lag for key in usual for lag in np.diff([time for time, own, _ in fitted if own == key])]
    )
    usual |= {key: every for _, key, _ in later if key not in usual}
    kept = [
        row
        for key in {row[1] for row in fitted}
        for row in [own for own in fitted if own[1] == key][::-1][: span - 1][::-1]
    ]
    window.fit(table[:n_fitted])
    expected = windows_of(later, kept, usual, **shape)
    assert values_of(window.transform(table[n_fitted:])) == expected


@settings(deadline=None, max_examples=60)
@pytest.mark.filterwarnings("ignore:the times have")
@given(
    table=tables(),
    length=st.integers(1, 3),
    rate=st.integers(1, 2),
    stride=st.integers(1, 3),
    delay=st.integers(0, 2),
    on_gap=st.sampled_from(["restart", "ignore"]),
)
def test_windows_with_their_targets_stay_in_one_series(table, length, rate, stride, delay, on_gap):
    rows, span = rows_of(table), (length - 1) * rate + 1
    usual, expected, wanted = usual_steps(rows), [], []
    for number, (_, key, _) in enumerate(rows):
        own = [row for row in rows if row[1] == key]
        place = own.index(rows[number])
        reached = own[max(0, place - span + 1) : place + delay + 1]
        lags = np.diff([time for time, _, _ in reached])
        fits = place >= span - 1 and place + delay < len(own)
        fits &= (place - span + 1) % stride == 0
        fits &= on_gap == "ignore" or not (lags > 1.1 * usual[key]).any()
        if fits:
            expected.append([row[2] for row in reached[:span:rate]])
            wanted.append(own[place + delay][2])
    shape = {"window_length": length, "sampling_rate": rate, "stride": stride, "delay": delay}
    params = {**shape, "time": "when", "groups": "id", "on_gap": on_gap}
    if not expected:
        with pytest.raises(ValueError, match="reaches over"):
            make_windows(table, **params)
        return
    windows, y = make_windows(table, **params)
    assert values_of(windows) == expected
    assert y.tolist() == wanted
    assert windows.index.tolist() == [int(window[-1]) for window in expected]
    np.testing.assert_array_equal(make_windows(pl.from_pandas(table), "value", **params)[1], wanted)


def interleaved(n_rows=30, half=30):
    """Return two series, one measured on the hour and one ``half`` minutes later."""
    times = [*(60 * np.arange(n_rows)), *(60 * np.arange(n_rows) + half)]
    table = table_of(times, ["a"] * n_rows + ["b"] * n_rows)
    rng = np.random.default_rng(0)
    return table.assign(value=rng.normal(size=len(table)), other=rng.normal(size=len(table)))


ORDERS = {
    "one series after the other": lambda table: table,
    "in order of time": lambda table: table.sort_values("when", kind="stable"),
    "day by day": lambda table: table.sort_values(
        "when", key=lambda when: when.dt.day, kind="stable"
    ),
}


def by_hand(table, windows, *, fraction, gap, reach):
    """Return the training windows and the validation windows, by their times alone.

    A training window shares no row with a validation window, and ends so long before
    them all that ``gap`` whole steps and the next one lie between.
    """
    hours = ((table["when"] - ORIGIN) / pd.Timedelta("1h")).to_numpy()
    keys = table["id"].to_numpy()
    ends = np.array([table.index.get_loc(label) for label in windows.index])
    n_held_out = int(np.ceil(fraction * len(windows)))
    held_out = sorted(range(len(windows)), key=lambda i: hours[ends[i]])[-n_held_out:]
    first = min(hours[ends[i]] for i in held_out)
    seen = {(keys[ends[i]], hours[ends[i]] - lag) for i in held_out for lag in range(reach + 1)}
    kept = [
        i
        for i in range(len(windows))
        if i not in held_out
        and hours[ends[i]] + gap + 1 <= first
        and not seen & {(keys[ends[i]], hours[ends[i]] - lag) for lag in range(reach + 1)}
    ]
    return kept, sorted(held_out)


@pytest.mark.parametrize("half", [0, 30])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    ("length", "purge", "delay"), [(3, 0, None), (3, 5, None), (1, 0, None), (2, 0, 5), (4, 2, 1)]
)
def test_the_latest_of_all_groups_are_held_out_after_a_gap_in_time(
    order, half, length, purge, delay
):
    table = ORDERS[order](interleaved(half=half)).reset_index(drop=True)
    columns = {"time": "when", "groups": "id"}
    if delay is None:
        windows = SlidingWindow(length, **columns).fit_transform(table)
    else:
        windows, _ = make_windows(table, window_length=length, delay=delay, **columns)
    gap = max(purge, length - 1, (delay or 1) - 1)
    expected = by_hand(table, windows, fraction=0.2, gap=gap, reach=length - 1)
    model = make("GRURegressor", early_stopping=True, validation_fraction=0.2, purge=purge)
    kept, held_out = model._split(unlabeled(windows))
    assert kept.tolist() == expected[0]
    assert held_out.tolist() == expected[1]
    assert {table["id"][windows.index[i]] for i in held_out} == {"a", "b"}


@pytest.mark.parametrize("order", ORDERS)
def test_the_latest_hours_of_all_groups_are_purged(order):
    table = ORDERS[order](interleaved()).reset_index(drop=True)
    windows = SlidingWindow(3, time="when", groups="id").fit_transform(table)
    hours = ((table["when"] - ORIGIN) / pd.Timedelta("1h")).to_numpy()
    y = np.where(hours > hours.max() - 4, 1e9, table["other"])
    kept = hours <= hours.max() - 4
    assert np.bincount(table["id"][~kept] == "a").tolist() == [4, 4]
    model = make("GRURegressor", epochs=1, batch_size=8, purge=4).fit(windows, y)
    reference = make("GRURegressor", epochs=1, batch_size=8).fit(windows[kept], y[kept])
    for mine, theirs in zip(model.weights_, reference.weights_, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_a_fit_stops_early_on_the_latest_of_all_groups():
    table = ORDERS["in order of time"](interleaved()).reset_index(drop=True)
    windows = SlidingWindow(3, time="when", groups="id").fit_transform(table)
    y = table["other"].to_numpy()
    kept, held_out = by_hand(table, windows, fraction=0.2, gap=2, reach=2)
    params = {"epochs": 2, "batch_size": 8, "early_stopping": True}
    model = make("GRURegressor", validation_fraction=0.2, **params).fit(windows, y)
    reference = make("GRURegressor", **params).fit(
        windows[kept], y[kept], X_val=windows[held_out], y_val=y[held_out]
    )
    np.testing.assert_allclose(
        model.history_["val_loss"], reference.history_["val_loss"], rtol=1e-5
    )


def test_no_row_is_on_both_sides_where_a_series_skips_hours():
    # Series b has a row for every fourth hour: a window of it reaches over many hours.
    times = [*(60 * np.arange(40)), *(240 * np.arange(10) + 120)]
    table = table_of(times, ["a"] * 40 + ["b"] * 10)
    windows = SlidingWindow(3, time="when", groups="id").fit_transform(table)
    model = make("GRURegressor", early_stopping=True, validation_fraction=0.1)
    kept, held_out = model._split(unlabeled(windows))
    rows = [{row for i in part for row in windows[i][:, 0]} for part in (kept, held_out)]
    assert not rows[0] & rows[1]
    assert 49.0 in rows[1]


def test_targets_over_ignored_gaps_are_known_before_the_validation_set():
    times = [0, 60, 120, 180, 240, 300, 3000, 3060, 3120, 3180, 3240, 3300]
    table = table_of([*times, *(60 * np.arange(60))], ["a"] * 12 + ["b"] * 60)
    windows, _ = make_windows(
        table, window_length=2, delay=3, time="when", groups="id", on_gap="ignore"
    )
    hours = ((table["when"] - ORIGIN) / pd.Timedelta("1h")).to_numpy()
    model = make("GRURegressor", early_stopping=True, validation_fraction=0.1)
    kept, held_out = model._split(unlabeled(windows))
    rows = np.array([int(window[-1, 0]) for window in windows])
    first = hours[rows[held_out]].min()
    assert hours[rows[kept] + 3].max() <= first  # a target stands three rows further down


def test_months_of_several_series_are_steps_of_one_length():
    months = pd.date_range("2023-01-01", periods=12, freq="MS")
    table = pd.concat(
        [pd.DataFrame({"when": months, "id": key, "value": np.arange(12.0)}) for key in "ab"]
    )
    windows = SlidingWindow(3, time="when", groups="id").fit_transform(table)
    assert windows.times.tolist() == [*range(12), *range(12)]
    assert windows.lengths.tolist() == [1, 2, *[3] * 10] * 2


@pytest.mark.parametrize("keys", ["id", ("id",), ["id", "floor"]])
def test_groups_may_have_several_keys(keys):
    table = interleaved(12).assign(floor=[0, 1] * 12)
    windows = SlidingWindow(2, time="when", groups=keys).fit_transform(table)
    n_groups = 4 if len(keys) == 2 and keys != "id" else 2
    assert (windows.lengths == 1).sum() == n_groups
    assert windows.shape[2] == (2 if n_groups == 4 else 3)


def test_groups_that_stand_one_after_the_other_are_not_copied():
    table = interleaved(200)[["when", "id", "value"]]
    values = np.arange(400.0)[:, None]
    windows = SlidingWindow(3, time="when", groups="id").fit_transform(table.assign(value=values))
    assert np.shares_memory(windows[5:].series, windows.series)
    assert windows.series.shape == (400, 1)
    np.testing.assert_array_equal(windows.series, values)  # in the order of the table
    assert isinstance(windows, Windows)


def test_times_that_fall_or_repeat_in_a_group_are_refused():
    table = interleaved(6)
    for rows, says in (([0, 6, 7, 1, 7], "is repeated"), ([0, 6, 8, 1, 7], "is earlier")):
        with pytest.raises(ValueError, match=rf"row 4, .* of the group 'b', {says}"):
            SlidingWindow(2, time="when", groups="id").fit(table.iloc[rows])
    # Two groups may share a time.
    SlidingWindow(2, time="when", groups="id").fit(interleaved(6, half=0))
    with pytest.raises(ValueError, match='rows of several series need groups="column"'):
        SlidingWindow(2, time="when").fit(interleaved(6, half=0).drop(columns="id"))


def test_a_gap_in_a_group_is_refused_by_its_row_in_the_table():
    table = ORDERS["in order of time"](interleaved(12)).reset_index(drop=True)
    holed = table.drop([11, 13]).reset_index(drop=True)  # hours 5 and 6 of b
    window = SlidingWindow(2, time="when", groups="id", on_gap="raise")
    with pytest.raises(ValueError, match=r"time='when' has 1 gap\(s\), the first before row 13: "):
        window.fit(holed)
    with pytest.raises(ValueError, match=r"1 gap\(s\), the first before row 13: .*07:30:00 comes"):
        make_windows(holed, window_length=2, time="when", groups="id", on_gap="raise")


def test_a_group_of_the_fit_may_be_absent_and_a_new_one_may_come():
    table = ORDERS["in order of time"](interleaved(12)).reset_index(drop=True)
    window = SlidingWindow(3, time="when", groups="id").fit(table[:16])
    only = table[16:][table["id"][16:] == "b"]
    assert window.transform(only).lengths.tolist() == [3] * 4
    other = table[16:].assign(id=lambda T: T["id"].where(T["id"] == "a", "c"))
    with pytest.warns(UserWarning, match="2 of 8 windows lack steps"):
        assert window.transform(other).lengths.tolist() == [3, 1, 3, 2, 3, 3, 3, 3]


def test_rows_of_groups_that_are_said_to_continue_do_so_each_after_its_own():
    table = ORDERS["in order of time"](interleaved(12)).reset_index(drop=True)
    window = SlidingWindow(3, time="when", groups="id", continues=True).fit(table[:10])
    late = table[16:].reset_index(drop=True)
    windows = window.transform(late)
    assert windows.lengths.tolist() == [3] * 8
    np.testing.assert_array_equal(windows[0][:, 0], table["value"].iloc[[6, 8, 16]])
    np.testing.assert_array_equal(windows[1][:, 0], table["value"].iloc[[7, 9, 17]])


def test_no_group_is_as_long_as_a_window():
    with pytest.raises(ValueError, match="over 7 rows, and the series has n_samples=6"):
        SlidingWindow(7, time="when", groups="id").fit(interleaved(6))
    with pytest.raises(ValueError, match="reaches over 7 rows, and the series has 6"):
        make_windows(interleaved(6), window_length=5, delay=2, time="when", groups="id")
