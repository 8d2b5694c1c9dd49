"""A cutoff in fit: nothing later is read, in any series; series that end apart are warned of."""

import warnings

import numpy as np
import pandas as pd
import pytest

from tests.forecasting.series import DAYS, make, panel, prices, refuses, wave

pytestmark = [
    # sktime announces it for its own forecasters, also those it makes inside.
    pytest.mark.filterwarnings("ignore:The default of config ``remember_data``:FutureWarning"),
]


def shops(ends=(40, 30, 40)):
    """Return a panel of series of these lengths, from the same day on."""
    return panel(**{f"s{n}": wave(end, seed=n) for n, end in enumerate(ends)})


def until(data, time):
    """Return the rows up to a time."""
    return data[data.index.get_level_values(-1) <= time]


def as_periods(data):
    """Return a panel with periods in place of dates."""
    return data.rename(lambda day: day.to_period("D"), level=-1)


def assert_same_fit(model, other):
    for weight, same in zip(model.weights_, other.weights_, strict=True):
        np.testing.assert_array_equal(weight, same)
    pd.testing.assert_frame_equal(
        pd.DataFrame(model.predict_interval()), pd.DataFrame(other.predict_interval())
    )


@pytest.mark.parametrize("given", [DAYS[25], "2024-01-26", DAYS[25].to_pydatetime()])
@pytest.mark.parametrize("y", [wave(), shops()], ids=["series", "panel"])
def test_later_rows_are_not_read(y, given):
    changed = y + 1e3 * (y.index.get_level_values(-1) > DAYS[25]).reshape(-1, *[1] * (y.ndim - 1))
    cut = make().fit(changed, fh=[1, 2], cutoff=given)
    assert_same_fit(cut, make().fit(until(y, DAYS[25]), fh=[1, 2]))
    assert cut.cutoff[0] == DAYS[25]


def test_periods_and_integers_are_cut_too():
    y = as_periods(shops())
    cut = make().fit(y, fh=[1], cutoff=pd.Period("2024-01-26", "D"))
    assert_same_fit(cut, make().fit(until(y, pd.Period("2024-01-26", "D")), fh=[1]))
    y = wave().reset_index(drop=True)
    assert_same_fit(make().fit(y, fh=[1], cutoff=20), make().fit(y[:21], fh=[1]))


@pytest.mark.parametrize(
    ("index", "text", "n_times"),
    [
        (pd.date_range("2024-01-01", periods=60, freq="D"), "2024-01", 31),
        (pd.period_range("2020-01", periods=60, freq="M"), "2022", 36),
        (pd.date_range("2024-01-01", periods=60, freq="h"), "2024-01-01", 24),
    ],
)
def test_a_shortened_text_is_the_time_up_to_its_end(index, text, n_times):
    y = pd.Series(wave(40).to_numpy()[np.arange(60) % 40], index=index)
    cut = make().fit(y, fh=[1], cutoff=text)
    assert cut.cutoff[0] == index[n_times - 1] == y[:text].index[-1]


@pytest.mark.parametrize("given", [DAYS[25:26], DAYS[25].date()], ids=["index", "date"])
def test_an_index_of_one_time_and_a_day_are_cutoffs(given):
    assert make().fit(wave(), fh=[1], cutoff=given).cutoff[0] == DAYS[25]


def test_series_that_begin_later_are_left_out_with_a_warning():
    y = panel(early=wave(40), late=wave(10, start=30))
    with pytest.warns(UserWarning, match="1 series of y begin after .* the first of them 'late'"):
        model = make().fit(y, fh=[1], cutoff=DAYS[25])
    assert model.predict().index.get_level_values(0).tolist() == ["early"]


def test_covariates_after_the_cutoff_stay_known():
    y = wave()
    cut = make().fit(y, X=prices(60), fh=[1, 2], cutoff=DAYS[25])
    assert_same_fit(cut, make().fit(y[:26], X=prices(60), fh=[1, 2]))


@pytest.mark.parametrize("form", [lambda data: data, as_periods], ids=["dates", "periods"])
def test_series_that_end_apart_are_warned_of(form):
    y = form(shops())
    with pytest.warns(UserWarning, match="2024-01-30.* 's1'.* to 2024-02-09.* 's0'") as caught:
        apart = make().fit(y, fh=[1])
    ours = [one for one in caught if one.category is UserWarning]
    assert [one.filename for one in ours] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        last = y.index.get_level_values(-1).max()
        assert_same_fit(apart, make().fit(y, fh=[1], cutoff=str(last)))


def test_other_series_are_not_warned_of():
    counted = shops().groupby("shop").cumcount()
    numbered = shops().set_axis(
        pd.MultiIndex.from_arrays([shops().index.get_level_values(0), counted])
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        for y in (wave(), shops((40, 40)), shops().iloc[::-1].sort_index().loc[["s1"]], numbered):
            make().fit(y, fh=[1])


@pytest.mark.parametrize(
    ("y", "cutoff", "error", "match"),
    [
        (wave(), "2023-12-31", ValueError, "before the first time of y, 2024-01-01"),
        (wave(), "soon", ValueError, "cutoff='soon' was given, which is not a time of y"),
        (wave().reset_index(drop=True), "20", ValueError, "give one, such as 39"),
        (wave(), 20, TypeError, "cutoff has integers, and y has dates"),
        (wave(), DAYS[20].tz_localize("UTC"), TypeError, "cutoff has dates with a time zone"),
        (wave().to_numpy(), 20, TypeError, "y of type ndarray; give y as a Series or DataFrame"),
    ],
)
def test_other_cutoffs_are_refused(y, cutoff, error, match):
    refuses(make().fit, y, fh=[1], cutoff=cutoff, match=match, error=error)
