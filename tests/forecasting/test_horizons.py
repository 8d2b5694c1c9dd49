"""Forecasts asked for by time are those asked for by steps, wherever a horizon is taken."""

import functools
import inspect

import numpy as np
import pandas as pd
import pytest
from pandas.tseries import offsets
from sktime.forecasting.base import ForecastingHorizon

import skrnn
from skrnn.forecasting.time_grid import MOST_STEPS

N = 36
STEPS = [-5, 0, 1, 2, 7]


def make(**params):
    small = {"units": 2, "epochs": 1, "window_length": 4, "horizon": 3, "random_state": 0}
    # Without seasons, which follow from the frequency, so that programs are shared.
    small |= {"differences": None, "early_stopping": False}
    return skrnn.GRUForecaster(**{**small, **params})


def series(index):
    return pd.Series(np.sin(np.arange(len(index)) / 3), index=index, name="y")


def panel(index, level="time"):
    parts = {"a": series(index), "b": series(index) * 2}
    return pd.concat({k: part.to_frame() for k, part in parts.items()}, names=["key", level])


def at(times, steps=STEPS):
    """Return the times at some steps after the first N."""
    return times[np.array(steps) + N - 1]


def absolute(times):
    return ForecastingHorizon(times, is_relative=False)


def assert_same(model, times):
    """Assert that all methods forecast the same by time and by steps, at the times asked for."""
    fh = absolute(at(times))
    for method in ("predict", "predict_quantiles", "predict_interval", "predict_var"):
        by_steps = getattr(model, method)(fh=STEPS)
        by_time = getattr(model, method)(fh=fh)
        np.testing.assert_array_equal(by_time, by_steps)
        got = by_time.index
        if isinstance(got, pd.MultiIndex):
            got = got[got.get_level_values(0) == got[0][0]].get_level_values(-1)
        pd.testing.assert_index_equal(got, fh.to_pandas(), check_names=False, exact="equiv")
        assert np.isfinite(by_time).all(axis=None)


# ------------------------------------------------------------------ all frequencies


def made_offsets():
    """Return every offset of pandas of which a range of dates can be made, by its text."""
    special = [
        offsets.FY5253(startingMonth=1, weekday=4, variation="nearest"),
        offsets.FY5253Quarter(
            startingMonth=1, weekday=4, variation="nearest", qtr_with_extra_week=1
        ),
        offsets.Week(weekday=2),
        offsets.CustomBusinessDay(holidays=["2001-01-04"]),
        offsets.CustomBusinessDay(weekmask="Mon Tue Thu"),
        offsets.Easter(),
        *(
            offsets.DateOffset(**{unit: n})
            for unit, n in [("months", 1), ("days", 2), ("hours", 5)]
        ),
    ]
    bases = (offsets.BaseOffset, offsets.Tick, offsets.Easter, offsets.FY5253)
    bases += (offsets.FY5253Quarter,)  # which need more than a number
    for name in sorted(vars(offsets)):
        kind = getattr(offsets, name)
        if inspect.isclass(kind) and issubclass(kind, offsets.BaseOffset) and kind not in bases:
            special += [kind(), kind(3)] if kind is not offsets.DateOffset else [kind()]
    return {repr(one): one for one in special}


OFFSETS = made_offsets()


@pytest.mark.parametrize("name", OFFSETS)
def test_dates_of_every_frequency_are_forecast_by_time(name):
    unit = "ns" if isinstance(OFFSETS[name], offsets.Nano) else "us"
    times = pd.date_range("2001-01-01 09:00", periods=N + 7, freq=OFFSETS[name], unit=unit)
    model = make().fit(series(times[:N]), fh=[1])
    by_steps = model.predict(fh=STEPS)
    pd.testing.assert_index_equal(by_steps.index, at(times), check_names=False)
    pd.testing.assert_series_equal(model.predict(fh=absolute(at(times))), by_steps)
    assert model.cutoff[0] == times[N - 1]


@pytest.mark.parametrize("freq", ["D", "h", "M", "2M", "W-WED", "Q", "Y", "36h"])
def test_periods_are_forecast_by_time(freq):
    times = pd.period_range("2001-01-03", periods=N + 7, freq=freq)
    assert_same(make().fit(series(times[:N]), fh=absolute(at(times))), times)


@pytest.mark.parametrize("index", [pd.RangeIndex(-4, N + 3), pd.Index(np.arange(5, N + 12))])
def test_integers_are_forecast_by_time(index):
    assert_same(make().fit(series(index[:N]), fh=absolute(at(index))), index)


# ------------------------------------------------------------------ clocks, zones, units

CHANGES = {
    "Europe/Berlin": ["2024-03-31 01:00", "2024-10-27 01:00"],
    "America/New_York": ["2024-03-10 07:00", "2024-11-03 06:00"],
    "Australia/Lord_Howe": ["2024-10-05 15:30", "2024-04-06 15:00"],
}


@functools.cache
def zoned(zone, change, freq):
    """Return a forecaster whose series ends before a change of the clocks, and the times."""
    step = pd.Timedelta(1, freq)
    instant = pd.Timestamp(CHANGES[zone][change], tz="UTC").floor("h").tz_convert(zone)
    begin = instant - (N + 1) * step
    if freq == "D":
        begin = begin.tz_localize(None).normalize().tz_localize(zone)
    times = pd.date_range(begin, periods=N + 7, freq=freq)
    assert len({time.utcoffset() for time in at(times)}) == 2
    return make().fit(series(times[:N]), fh=absolute(at(times))), times


@pytest.mark.parametrize("freq", ["h", "D"])
@pytest.mark.parametrize("change", [0, 1])
@pytest.mark.parametrize("zone", CHANGES)
def test_forecasts_over_a_change_of_the_clocks(zone, change, freq):
    assert_same(*zoned(zone, change, freq))


@pytest.mark.parametrize("other", ["UTC", "America/New_York", "Asia/Tokyo"])
@pytest.mark.parametrize("freq", ["h", "D"])
def test_the_same_instants_in_another_zone_keep_it(freq, other):
    model, times = zoned("Europe/Berlin", 1, freq)
    assert_same(model, times.tz_convert(other))


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("freq", ["h", "D"])
def test_the_same_instants_in_another_unit_keep_it(freq, unit):
    model, times = zoned("America/New_York", 0, freq)
    assert_same(model, times.as_unit(unit))


@pytest.mark.parametrize("other", ["UTC", "Asia/Tokyo"])
def test_rows_in_another_zone_or_unit_update_the_series(other):
    _, times = zoned("Europe/Berlin", 0, "h")
    y = series(times)
    expected = make().fit(y[:N]).update(y[N:], update_params=False).predict(fh=[1, 2])
    later = y[N:].set_axis(times[N:].tz_convert(other).as_unit("ns"))
    got = make().fit(y[:N]).update(later, update_params=False).predict(fh=[1, 2])
    np.testing.assert_array_equal(got, expected)
    assert list(got.index) == list(expected.index)
    assert str(got.index.tz) == "Europe/Berlin"


# ------------------------------------------------------------------ durations


@functools.cache
def daily():
    times = pd.date_range("2024-01-01", periods=N + 7, freq="D")
    return make().fit(series(times[:N]), fh=[1]), times


DURATIONS = {
    "index": pd.to_timedelta([1, 3], unit="D"),
    **{unit: pd.to_timedelta([1, 3], unit="D").as_unit(unit) for unit in ("s", "ms", "us", "ns")},
    "timedeltas": [pd.Timedelta(days=1), pd.Timedelta(days=3)],
    "numpy": [np.timedelta64(1, "D"), np.timedelta64(72, "h")],
    "array": np.array([1, 3], dtype="timedelta64[D]"),
    "offsets": [offsets.Day(1), offsets.Hour(72)],
    "horizon": ForecastingHorizon(pd.to_timedelta([1, 3], unit="D")),
}


@pytest.mark.parametrize("name", DURATIONS)
def test_durations_are_steps(name):
    fh, (model, times) = DURATIONS[name], daily()
    expected = model.predict(fh=[1, 3])
    pd.testing.assert_series_equal(model.predict(fh=fh), expected)
    later = model.clone().fit(series(times), fh=fh)
    pd.testing.assert_series_equal(later.predict(), later.predict(fh=[1, 3]))
    y = series(times)
    pd.testing.assert_frame_equal(model.backtest(y, fh=fh), model.backtest(y, fh=[1, 3]))
    default = make(horizon=None)
    assert default.clone().fit(y, fh=fh).network_.encoder.network.layout.horizon == 3
    pretrained = default.clone().pretrain(panel(times), fh=fh)
    assert pretrained.network_.encoder.network.layout.horizon == 3


def test_one_duration_is_one_step_and_offsets_of_the_series_are_counted():
    model, _ = daily()
    for fh in (pd.Timedelta(days=2), offsets.Day(2)):
        pd.testing.assert_series_equal(model.predict(fh=fh), model.predict(fh=[2]))
    months = pd.date_range("2020-01-01", periods=N, freq="2ME")
    model = make().fit(series(months))
    asked = [offsets.MonthEnd(2), offsets.MonthEnd(6)]
    pd.testing.assert_series_equal(model.predict(fh=asked), model.predict(fh=[1, 3]))
    for wrong in (offsets.MonthEnd(3), offsets.MonthBegin(2)):
        with pytest.raises(ValueError, match=r"has offsets that are not steps of y.*'2ME'"):
            model.predict(fh=[wrong])


# ------------------------------------------------------------------ every entrance


def test_a_panel_and_a_hierarchy_are_forecast_by_time():
    for times in (
        pd.date_range("2024-03-30", periods=N + 7, freq="h", tz="Europe/Berlin"),
        pd.date_range("2024-01-01", periods=N + 7, freq="B"),
        pd.period_range("2020-01", periods=N + 7, freq="W"),
    ):
        y = panel(times[:N])
        assert_same(make().fit(y, fh=absolute(at(times))), times)
        deep = pd.concat({"x": y, "z": y}, names=["region"])
        model = make().fit(deep)
        by_time = model.predict(fh=absolute(at(times)))
        np.testing.assert_array_equal(by_time, model.predict(fh=STEPS))
        assert by_time.index.nlevels == 3


@pytest.mark.filterwarnings("ignore:the series of y end at different dates:UserWarning")
def test_series_that_end_apart_count_from_their_own_ends():
    times = pd.date_range("2024-01-01", periods=N + 9, freq="B")
    parts = {"a": series(times[:N]).to_frame(), "b": series(times[2 : N + 4]).to_frame()}
    model = make().fit(pd.concat(parts))
    got = model.predict(fh=absolute(times[[N + 5, N + 8]]))
    np.testing.assert_array_equal(got.loc["a"], model.predict(fh=[6, 9]).loc["a"])
    np.testing.assert_array_equal(got.loc["b"], model.predict(fh=[2, 5]).loc["b"])


def test_times_tell_fit_and_pretrain_the_horizon():
    times = pd.date_range("2024-01-01", periods=N + 7, freq="B")
    fh = absolute(times[[N + 1, N + 4]])
    model = make(horizon=None).fit(series(times[:N]), fh=fh)
    assert model.network_.encoder.network.layout.horizon == 5
    pretrained = make(horizon=None).pretrain(panel(times[:N]), fh=fh)
    assert pretrained.network_.encoder.network.layout.horizon == 5
    pretrained.fit(series(times[:N]), fh=fh)
    pd.testing.assert_series_equal(pretrained.predict(), pretrained.predict(fh=[2, 5]))


@pytest.mark.parametrize("freq", ["h", "BME"])
def test_times_that_are_remembered_come_nearer_with_an_update(freq):
    times = pd.date_range("2024-03-30", periods=N + 7, freq=freq, tz="Europe/Berlin")
    y = series(times)
    model = make().fit(y[:N], fh=absolute(times[[N + 2, N + 5]]))
    for row in range(N, N + 2):
        model.update(y[row : row + 1], update_params=False)
    pd.testing.assert_series_equal(model.predict(), model.predict(fh=[1, 4]))


@pytest.mark.parametrize("freq", ["h", "BME"])
@pytest.mark.parametrize("fh", [None, [1, 2]])
def test_residuals_are_those_of_forecasts_by_step(fh, freq):
    times = pd.date_range("2024-03-30", periods=N, freq=freq, tz="Europe/Berlin")
    y = series(times)
    model = make().fit(y, fh=fh)
    remembered = model._fh
    got = model.predict_residuals(y)
    expected = y - model.clone().fit(y).predict(fh=range(1 - N, 1))
    pd.testing.assert_series_equal(got, expected, check_freq=False)
    assert model._fh is remembered


def test_a_horizon_of_the_user_stays_as_it_is():
    times = pd.date_range("2024-01-01", periods=N + 4, freq="D")
    fh = absolute(pd.DatetimeIndex(times[N::2], freq="2D"))
    relative = ForecastingHorizon([1, 2])
    model = make().fit(series(times[:N]), fh=relative)
    np.testing.assert_array_equal(model.predict(fh=fh), model.predict(fh=[1, 3]))
    assert fh.freq == "2D"
    assert relative.freq is None
    model.predict_proba(fh=fh)
    with pytest.raises(ValueError, match="fh counts steps of the frequency 'h', and y has 'D'"):
        model.predict(fh=ForecastingHorizon([1, 2], freq="h"))


# ------------------------------------------------------------------ what is refused

REFUSED = {
    "dates for integers": ("integers", "dates", TypeError, "fh has dates without.*y has integers"),
    "dates for periods": ("periods", "dates", TypeError, "fh has dates.*y has periods"),
    "integers for dates": ("dates", "integers", TypeError, "fh has integers.*y has dates"),
    "integers for periods": ("periods", "integers", TypeError, "fh has integers.*y has periods"),
    "periods for dates": ("dates", "periods", TypeError, "fh has periods.*y has dates without"),
    "periods for integers": ("integers", "periods", TypeError, "fh has periods.*y has integers"),
    "a zone": ("dates", "zoned", TypeError, "fh has dates with a.*y has dates without a time zone"),
    "no zone": ("zoned", "dates", TypeError, "fh has dates without.*y has dates with a time zone"),
    "other periods": ("periods", "months", TypeError, "frequency 'M', and y has periods.*'D'"),
    "between": (
        "dates",
        "noon",
        ValueError,
        "12:00:00, which is not a time of y.*'D'.*02-07.*02-08",
    ),
    "too far": ("dates", [10**9], ValueError, f"1000000000 steps.* at most {MOST_STEPS}"),
    "beyond integers": ("dates", [10**30], ValueError, "beyond 64 bits"),
    "too far back": ("dates", [-(10**9)], ValueError, "fh reaches back to 9999999"),
    "nothing": ("dates", [], ValueError, "fh is empty; give at least one step"),
    "a part of a step": ("dates", "hours", ValueError, "not a whole number of steps of y.*'D'"),
    "durations for integers": ("integers", "hours", TypeError, "fh has durations"),
}
TIMES = {
    "integers": pd.RangeIndex(N + 3),
    "dates": pd.date_range("2024-01-02", periods=N + 3, freq="D"),
    "zoned": pd.date_range("2024-01-02", periods=N + 3, freq="D", tz="UTC"),
    "periods": pd.period_range("2024-01-02", periods=N + 3, freq="D"),
    "months": pd.period_range("2024-01", periods=N + 3, freq="M"),
    "noon": pd.date_range("2024-01-02 12:00", periods=N + 3, freq="D"),
}


@functools.cache
def fitted(kind, many):
    return make().fit((panel if many else series)(TIMES[kind][:N]), fh=[1, 2])


def asked(wanted):
    if isinstance(wanted, list):
        return wanted
    return pd.to_timedelta([25], unit="h") if wanted == "hours" else absolute(TIMES[wanted][N:])


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_horizon_changes_nothing(name, many):
    kind, wanted, error, match = REFUSED[name]
    fh, model = asked(wanted), fitted(kind, many)
    expected, before = model.predict(fh=[1, 2]), dict(vars(model))
    for method in ("predict", "predict_quantiles", "predict_interval", "predict_var"):
        with pytest.raises(error, match=match):
            getattr(model, method)(fh=fh)
        assert all(vars(model)[key] is value for key, value in before.items())
    np.testing.assert_array_equal(model.predict(), expected)
    if name != "too far back":  # which a fit has no use for
        with pytest.raises(error, match=match):
            make().fit((panel if many else series)(TIMES[kind][:N]), fh=fh)


@pytest.mark.parametrize(
    ("fh", "match"),
    [
        ([], "fh is empty"),
        ([0, 1], "has to be steps after each cutoff"),
        (absolute(TIMES["dates"][N:]), "has to be steps after each cutoff"),
        ([10**9], f"at most {MOST_STEPS}"),
        (pd.to_timedelta([25], unit="h"), "not a whole number of steps"),
    ],
)
def test_a_backtest_refuses_what_is_not_ahead(fh, match):
    y = series(TIMES["dates"])
    with pytest.raises(ValueError, match=match):
        fitted("dates", many=False).backtest(y, fh=fh)


# ------------------------------------------------------------------ updates


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("kind", ["integers", "dates", "zoned", "periods"])
def test_rows_of_the_past_do_not_set_the_cutoff_back(kind, many):
    y = (panel if many else series)(TIMES[kind][:N])
    model = make().fit(y, fh=[1, 2])
    expected, cutoff = model.predict(), model.cutoff
    past = y[y.index.get_level_values(-1) < TIMES[kind][9]]
    model.update(past, update_params=False)
    assert model.cutoff.equals(cutoff)
    pd.testing.assert_index_equal(model.predict().index, expected.index)
    np.testing.assert_array_equal(model.predict(), expected)
    single = model.update_predict_single(past, update_params=False)
    np.testing.assert_array_equal(np.ravel(single), np.ravel(expected))


def test_a_new_fit_may_end_before_the_last_one():
    y = series(TIMES["dates"])
    model = make().fit(y)
    assert model.fit(y[:20]).cutoff[0] == TIMES["dates"][19]


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize(
    ("kind", "other"),
    [
        ("periods", "dates"),
        ("periods", "months"),
        ("dates", "periods"),
        ("dates", "zoned"),
        ("dates", "integers"),
        ("zoned", "dates"),
        ("integers", "dates"),
    ],
)
def test_rows_with_times_of_another_kind_are_refused(kind, other, many):
    shape = panel if many else series
    model = make().fit(shape(TIMES[kind][:N]), fh=[1, 2])
    expected, before = model.predict(), dict(vars(model))
    later = shape(TIMES[other][N:])
    for call in (model.update, model.backtest):
        with pytest.raises(TypeError, match=r"y has .*, and the y of the fit has "):
            call(later)
        assert all(vars(model)[key] is value for key, value in before.items())
    np.testing.assert_array_equal(model.predict(), expected)


@pytest.mark.parametrize("n", [None, 1, 3])
def test_an_array_is_no_update(n):
    y = np.sin(np.arange(N) / 3)
    model = make().fit(y)
    expected = model.predict(fh=[1, 2])
    later = y[:9] if n is None else np.stack([y[:9]] * n, axis=1)
    for method in (model.update, model.update_predict_single):
        with pytest.raises(ValueError, match=f"y is an array.* continues after {N - 1}"):
            method(later)
    np.testing.assert_array_equal(model.predict(fh=[1, 2]), expected)
    assert model.fit(y[:30]).cutoff[0] == 29


# ------------------------------------------------------------------ covariates and starts


def test_covariates_may_have_another_zone_or_unit():
    times = pd.date_range("2024-10-26 00:00", periods=N + 7, freq="h", tz="Europe/Berlin")
    y = series(times)
    X = pd.DataFrame({"known": np.arange(N + 7.0) % 5}, index=times)
    expected = make().fit(y[:N], X=X[:N]).predict(fh=[1, 5], X=X[N:])
    other = X.set_axis(times.tz_convert("UTC").as_unit("ns"))
    model = make().fit(y[:N], X=other[:N])
    pd.testing.assert_series_equal(model.predict(fh=[1, 5], X=other[N:]), expected)
    with pytest.raises(TypeError, match=r"X has dates without a time zone, and y has dates with a"):
        model.predict(fh=[1], X=X[N:].tz_localize(None))


def test_a_backtest_starts_at_a_time_of_the_kind_of_y():
    y, model = series(TIMES["zoned"]), fitted("zoned", many=False)
    start = TIMES["zoned"][N]
    expected = model.backtest(y, fh=[1, 2], start=start)
    assert expected.index.get_level_values("cutoff")[0] == start
    for same in (start.tz_convert("Asia/Tokyo"), str(start)):
        pd.testing.assert_frame_equal(model.backtest(y, fh=[1, 2], start=same), expected)
    for other in (start.tz_localize(None), 3, pd.Period("2024-01-09", freq="D")):
        with pytest.raises(TypeError, match=r"start has .*, and y has dates with a time zone"):
            model.backtest(y, fh=[1], start=other)
