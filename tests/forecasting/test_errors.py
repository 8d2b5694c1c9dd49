"""Errors of forecasters with their messages, and the unusual series that they accept."""

import functools
import re

import numpy as np
import pandas as pd
import pytest
from sktime.exceptions import NotFittedError
from sktime.forecasting.base import ForecastingHorizon

import skrnn

N = 40
SMALL = {
    "units": 2,
    "epochs": 1,
    "window_length": 6,
    "horizon": 3,
    "batch_size": 8,
    "random_state": 0,
}


def make(**params):
    return skrnn.GRUForecaster(**{**SMALL, **params})


def months(n=N, start="2000-01"):
    return pd.period_range(start, periods=n, freq="M")


def series(index=None, seed=0):
    index = months() if index is None else index
    noise = np.random.default_rng(seed).normal(size=len(index))
    return pd.Series(60 + np.cumsum(noise), index=index, name="y")


def covariates(n=N, seed=1):
    values = np.random.default_rng(seed).normal(size=(n, 3))
    return pd.DataFrame(values, index=months(n), columns=["known", "past", "static"]).assign(
        static=2.0
    )


def panel(**parts):
    return pd.concat(
        {key: pd.DataFrame(part) for key, part in parts.items()}, names=["instance", "time"]
    )


ROLES = {"past_covariates": ["past"], "static_covariates": ["static"]}


def with_covariates():
    return make(**ROLES).fit(series(), X=covariates())


@functools.cache
def expected():
    """Return what a forecaster with covariates says of the next four times."""
    return with_covariates().predict(fh=[1, 4], X=covariates(44)[N:])


def refuses(method, *args, match, error=ValueError, **kwargs):
    """Assert that a method raises, says why, and leaves no trace."""
    model = method.__self__
    before = dict(vars(model))
    with pytest.raises(error, match=match):
        method(*args, **kwargs)
    after = vars(model)
    assert set(after) == set(before)
    assert all(after[name] is before[name] for name in before)


# ------------------------------------------------------------------ parameters


@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        ("window_length", 0, "an int >= 1"),
        ("window_length", 2.5, "an int >= 1"),
        ("horizon", 0, "an int >= 1 or None"),
        ("strategy", "multi", "'direct', 'recursive', 'seq2seq'"),
        ("normalization", "standard", "'series', 'window', 'last', 'global' or None"),
        ("normalization", True, "'series', 'window', 'last', 'global' or None"),
        ("differences", 0, "an int >= 1 or a tuple"),
        ("differences", (), "an int >= 1 or a tuple"),
        ("differences", (1, -12), "an int >= 1 or a tuple"),
        ("segment_length", 0, "an int >= 1 or None"),
        ("time_features", "hour_of_day", "a tuple"),
        ("time_features", ("hour",), "'hour_of_day'"),
        ("time_features", (1,), "a number of steps > 1"),
        ("channel_independent", "yes", "a bool"),
        ("past_covariates", "known", "a list of column names of X"),
        ("static_covariates", [["a"]], "a list of column names of X"),
        ("loss", "pinball", "'quantile', 'gaussian', 'student_t'"),
        ("quantiles", (0.1, 0.9), "0.5 among them"),
        ("quantiles", (0.5, 0.1), "rising levels"),
        ("quantiles", (0.0, 0.5), r"in \(0, 1\)"),
        ("quantiles", (0.5, 0.5, 0.9), "rising levels"),
        ("quantiles", 0.5, "a tuple of two or more rising levels"),
        ("calibration", 0.0, r"a float in \(0, 1\) or None"),
        ("calibration", 1.0, r"a float in \(0, 1\) or None"),
        ("update_epochs", -1, "an int >= 0"),
        ("units", 0, "an int >= 1"),
    ],
)
def test_parameters_outside_their_domain(name, value, accepted):
    model = make(**{name: value})
    given = re.escape(f"{name}={value!r} was given to GRUForecaster, which accepts ")
    for method, y in (
        (model.fit, series()),
        (model.pretrain, panel(a=series(), b=series(seed=1))),
    ):
        refuses(method, y, match=f"^{given}.*{accepted}")


def test_differences_and_segments_fit_into_the_window():
    model = make(differences=(1, 12))
    refuses(model.fit, series(), match=r"differences=\(1, 12\) look back 13 steps.*longer window")
    model = make(segment_length=4)
    refuses(model.fit, series(), match="segment_length=4 does not divide window_length=6; give a")
    assert np.isfinite(make(differences=6).fit(series()).predict(fh=[1])).all()


@pytest.mark.parametrize("horizon", [N, N + 1, 1000])
def test_a_horizon_as_long_as_the_series(horizon):
    match = f"horizon={horizon} needs a series of more than {horizon} times.*longest of y has {N}"
    refuses(make(horizon=horizon).fit, series(), match=match)


def test_names_of_cycles_need_dates():
    model = make(time_features=("month_of_year",))
    match = "'month_of_year', which needs dates, and the index of y is a RangeIndex.*such as 24"
    refuses(model.fit, series(pd.RangeIndex(N)), match=match, error=TypeError)


@pytest.mark.parametrize("share", [0.97, 0.99])
def test_a_calibration_that_leaves_nothing_to_learn_from(share):
    model = make(calibration=share)
    refuses(model.fit, series(), match=f"no training window.*calibration={share}")


# ------------------------------------------------------------------ methods out of turn


def test_methods_before_a_fit():
    model = make()
    for method in (model.predict, model.predict_interval, model.predict_quantiles):
        refuses(method, [1], error=NotFittedError, match="has not been fitted")
    refuses(model.update, series(), error=NotFittedError, match="has not been fitted")
    refuses(model.to_keras, error=NotFittedError, match="has not been fitted")


def test_steps_have_to_be_given_once():
    model = make().fit(series())
    refuses(model.predict, match="`fh` must be passed either to `fit` or `predict`")
    assert list(model.predict(fh=[2]).index.astype(str)) == ["2003-06"]


@pytest.mark.parametrize(("step", "n_before"), [(-N, 1), (-N - 11, 12)])
def test_steps_before_the_first_time(step, n_before):
    model = make().fit(series())
    match = f"fh reaches back to {n_before} times before the first one of y"
    refuses(model.predict, [step, 1], match=match)
    assert np.isfinite(model.predict(fh=[1 - N, 1])).all()


# ------------------------------------------------------------------ covariates


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"past_covariates": ["wind"]}, r"past_covariates names \['wind'\], and X has the columns"),
        ({"static_covariates": ["wind"]}, r"static_covariates names \['wind'\].*'known', 'past'"),
        (
            {"past_covariates": ["past"], "static_covariates": ["past"]},
            r"\['past'\] is in past_covariates and in static_covariates",
        ),
        (
            {"static_covariates": ["past"]},
            r"static_covariates=\['past'\] have to be constant within a series, and vary",
        ),
    ],
)
def test_roles_that_X_cannot_play(params, match):
    refuses(make(**params).fit, series(), X=covariates(), match=match)


def test_roles_without_X():
    match = (
        r"past_covariates names the columns \['past'\] of X, and no X was given; give X with "
        "them, or set past_covariates=None"
    )
    refuses(make(past_covariates=["past"]).fit, series(), match=match)


def test_a_static_column_that_varies_within_one_series_of_a_panel():
    y = panel(a=series(), b=series(seed=1))
    varying = covariates()
    varying.iloc[3, 2] = 7
    X = panel(a=covariates(), b=varying)
    refuses(make(**ROLES).fit, y, X=X, match=r"constant within a series, and vary in that of.*'b'")
    other = covariates().assign(static=5.0)
    forecast = (
        make(**ROLES)
        .fit(y, X=panel(a=covariates(), b=other))
        .predict(fh=[1], X=panel(a=covariates(44)[N:], b=covariates(44)[N:]))
    )
    assert np.isfinite(forecast).all(axis=None)


@pytest.mark.parametrize("n_known", [0, 1, 3])
def test_steps_beyond_what_X_covers(n_known):
    model, X = with_covariates(), covariates(44)
    match = (
        ("X" if n_known else "X was not given for y, so it")
        + f" lacks {4 - n_known} of the 4 times up to the last one of fh, the first "
        f"{months(44)[N + n_known]}; give "
        r"\['known'\] for each time after the last one of y.* past_covariates"
    )
    refuses(model.predict, [4], X=X[N : N + n_known] if n_known else None, match=match)
    pd.testing.assert_series_equal(model.predict(fh=[1, 4], X=X[N:]), expected())


def test_columns_of_X_that_changed():
    model, X = with_covariates(), covariates(44)
    for method, args in ((model.predict, ([1],)), (model.update, (series(months(44))[N:],))):
        match = r"X has the columns \['past', 'static'\].*\['known'\] are missing"
        refuses(method, *args, X=X[N:].drop(columns="known"), match=match)
        refuses(method, *args, X=X[N:].assign(wind=1.0), match=r"\['wind'\] are new")
    match = r"no X was given, and the fit had one with the columns \['past', 'known', 'static'\]"
    refuses(model.update, series(months(44))[N:], match=match)
    without = make().fit(series())
    match = r"X has the columns \['known', .* and the fit had no X; leave X out, or fit with it"
    refuses(without.predict, [1], X=X[N:], match=match)


def test_columns_in_another_order():
    X = covariates(44)
    model = make(**ROLES).fit(series(), X=X[:N][["static", "known", "past"]])
    forecasts = [
        model.predict(fh=[1, 4], X=X[N:][names])
        for names in (["known", "past", "static"], ["past", "static", "known"])
    ]
    forecasts.append(with_covariates().predict(fh=[1, 4], X=X[N:][["past", "static", "known"]]))
    for forecast in forecasts[1:]:
        pd.testing.assert_series_equal(forecast, forecasts[0])


@pytest.mark.parametrize("names", [["known"], ["known", "past"], ["static", "known"]])
def test_what_is_known_up_to_now_may_be_left_out(names):
    X = covariates(44)[N:][names]
    pd.testing.assert_series_equal(with_covariates().predict(fh=[1, 4], X=X), expected())


def test_X_lacks_times_of_y():
    X = covariates()
    match = "indices of series 0 are not contained.*extra indices"  # sktime looks first
    refuses(make(**ROLES).fit, series(), X=X.drop(X.index[[5, 9]]), match=match)
    model = with_covariates()
    y = series(months(44))
    refuses(model.update, y[N:], X=covariates(44)[N + 1 :], match=match)


def test_X_lacks_a_series_of_y():
    y = panel(a=series(), b=series(seed=1))
    refuses(make().fit, y, X=panel(a=covariates()), match="X has no rows for the series 'b' of y")


def test_missing_values_of_X_are_taken():
    X = covariates(44)
    X.iloc[[0, 7, 39, 41], 0] = np.nan
    X.iloc[[3, 39], 1] = np.nan
    forecast = make(**ROLES).fit(series(), X=X[:N]).predict(fh=[1, 4], X=X[N:])
    assert np.isfinite(forecast).all()


# ------------------------------------------------------------------ series that are refused


def test_times_on_no_grid():
    days = pd.date_range("2024-01-01", periods=9, freq="D")
    y = series(days + pd.to_timedelta(np.arange(9) ** 2, unit="s"))
    match = "the 9 times of a series.*are not on a regular grid: the most common step.*resample it"
    refuses(make().fit, y, match=match)


def test_repeated_times():
    days = pd.date_range("2024-01-01", periods=9, freq="D")
    y = series(days[[0, 1, 2, 3, 3, 4, 5, 6, 7, 8]])
    refuses(make().fit, y, match="y has several rows for 2024-01-04.*one row for each time")


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinite_values(value):
    y = series()
    y.iloc[3] = value
    refuses(make().fit, y, match=r"y holds an infinite value; mark it as missing \(NaN\)")
    model = make().fit(series())
    newer = series(months(44))[N:]
    newer.iloc[1] = value
    refuses(model.update, newer, match="y holds an infinite value")
    together = panel(a=series(), b=y)
    refuses(make().fit, together, match="the series 'b' of y holds an infinite value")


def test_a_series_without_values():
    empty = series() * np.nan
    refuses(make().fit, empty, match="y has no observed value in its 40 times; leave it out")
    together = panel(a=series(), b=empty)
    refuses(make().fit, together, match="the series 'b' of y has no observed value")
    model = make().fit(series())
    model.update(series(months(44))[N:] * np.nan)
    assert np.isfinite(model.predict(fh=[1, 4])).all()
    assert model.predict(fh=[1]).index[0] == months(45)[-1]


def test_one_row():
    refuses(make(horizon=None).fit, series()[:1], match="no training window.*two observed")
    refuses(make().fit, series()[:1], match="horizon=3 needs a series of more than 3 times")
    model = make().pretrain(panel(a=series(), b=series(seed=1)))
    assert np.isfinite(model.fit(series()[:1]).predict(fh=[1, 4])).all()
    day = series(pd.DatetimeIndex(["2024-01-01"]))
    refuses(model.fit(day).predict, [1], match="y has one time.*and no frequency.*more rows")


def test_another_number_of_columns():
    one, two = series(), pd.DataFrame({"y": series(), "z": series(seed=1)})
    later = series(months(44))[N:]
    match = "y has 2 columns, and GRUForecaster learned 1; give the same columns"
    refuses(make().fit(one).update, pd.DataFrame({"y": later, "z": later}), match=match)
    model = make().pretrain(panel(a=one, b=series(seed=1)))
    refuses(model.fit, two, match=match)


def test_text_is_no_series():
    match = "y holds str values, and not numbers; convert numbers"
    refuses(make().fit, series().astype("str"), error=TypeError, match=match)


# ------------------------------------------------------------------ series that are taken


@pytest.mark.parametrize("n", [2, 3, 5, 6, 7])
def test_series_shorter_than_the_window(n):
    y = series()[:n]
    with pytest.warns(UserWarning, match=f"of the {n - 1} training windows .* are complete"):
        model = make(horizon=1, differences=None).fit(y)
    forecast = model.predict(fh=[1 - n, 0, 1, 8])
    assert np.isfinite(forecast).all()
    assert np.isfinite(model.predict_interval(fh=[1, 8])).all(axis=None)
    assert forecast.between(y.min() - 20, y.max() + 20).all()


def test_short_series_beside_long_ones():
    y = panel(a=series(), b=series(seed=1)[:1], c=series(seed=2)[:4])
    ends = r"from 2000-01 \(series 'b'\) to \S+ \(series 'a'\)"
    with pytest.warns(UserWarning, match=f"end at different dates, {ends}"):
        forecast = make().fit(y).predict(fh=[1, 5])
    assert forecast["y"].between(40, 80).all()


@pytest.mark.parametrize("value", [0.0, 7.3, -1e6, 0.1 + 0.2])
@pytest.mark.parametrize("normalization", ["window", "global"])
def test_constant_series(value, normalization):
    params = {"strategy": "recursive"} if normalization == "global" else {}
    y = pd.Series(value, index=months(), name="y")
    model = make(normalization=normalization, **params).fit(y)
    forecast = model.predict(fh=[-3, 1, 3, 7])
    assert forecast.to_numpy() == pytest.approx(value, abs=1 + 1e-3 * abs(value))
    quantiles = model.predict_quantiles(fh=[1, 3, 7]).to_numpy()
    assert quantiles == pytest.approx(value, abs=1 + 1e-3 * abs(value))


def test_lacking_times_are_missing_values():
    days = pd.date_range("2024-01-01", periods=30, freq="D")
    y = series(days).drop(days[[3, 4, 20]])
    forecast = make().fit(y).predict(fh=[1, 2])
    assert np.isfinite(forecast).all()
    assert list(forecast.index) == list(pd.date_range("2024-01-31", periods=2, freq="D"))


@pytest.mark.parametrize("dtype", ["int64", "int8", "Int64", "float32", "bool"])
def test_numbers_of_any_kind(dtype):
    y = (series() - 60).round().astype(int)
    y = (y > 0) if dtype == "bool" else y
    plain = make().fit(y.astype("float64")).predict(fh=[1, 4])
    forecast = make().fit(y.astype(dtype)).predict(fh=[1, 4])
    assert forecast.dtype == "float64"
    pd.testing.assert_series_equal(forecast, plain)


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_series_of_any_size(scale):
    plain, scaled = (make().fit(y).predict(fh=[1, 4]) for y in (series(), series() * scale))
    np.testing.assert_allclose(scaled / scale, plain, rtol=1e-4)


def test_a_fit_that_fails_leaves_the_one_before():
    model = make().fit(series())
    before = model.predict(fh=[1, 4])
    refuses(model.fit, series() * np.nan, match="no observed value")
    refuses(model.fit, series(), X=covariates(N - 1), match="not contained")
    refuses(model.fit, series().rename("z") * np.nan, match="no observed value")
    refuses(model.pretrain, panel(a=series(), b=series() * np.nan), match="no observed value")
    pd.testing.assert_series_equal(model.predict(fh=[1, 4]), before)


def test_the_cutoff_of_a_failed_update_stays():
    model = make().fit(series())
    newer = series(months(44))[N:]
    newer.iloc[0] = np.inf
    refuses(model.update, newer, match="infinite")
    assert model.cutoff[0] == months()[-1]
    fh = ForecastingHorizon(months(41)[-1:], is_relative=False)
    assert np.isfinite(model.predict(fh=fh)).all()


def test_infinite_covariates():
    X = covariates(44)
    X.iloc[5, 0] = np.inf
    model = make(**ROLES)
    refuses(model.fit, series(months(N)), X=X[:N], match="X holds an infinite value for y")


def test_the_values_to_validate_on_are_the_latest_observed_ones():
    y = series(months(N))
    y.iloc[-12:] = np.nan
    model = make(early_stopping=True, validation_fraction=0.2).fit(y, fh=[1])
    other = make(early_stopping=True, validation_fraction=0.2).fit(y[:-12], fh=[1])
    assert model.history_["val_loss"] == other.history_["val_loss"]


def test_integers_that_are_apart():
    y = pd.Series(np.arange(30.0), index=10 * np.arange(30))
    refuses(make().fit, y, fh=[1], match=r"10 apart.*reset_index")


def test_a_backtest_of_a_series_that_was_not_fitted():
    y = panel(a=series(months(N)), b=series(months(N)))
    model = make().fit(y, fh=[1, 2])
    other = panel(a=series(months(60))[N:], c=series(months(60))[N:])
    refuses(model.backtest, other, match="the series 'c' of y was not in fit")
    refuses(model.backtest, y, match="y has no cutoff from")
