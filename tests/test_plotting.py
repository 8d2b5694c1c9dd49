"""A display plots forecasts of the chosen series, losses of a fit, or predictions of a series."""

import re
import sys
from copy import deepcopy

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

mpl.use("Agg")  # no window is opened

import matplotlib.pyplot as plt
from sklearn.exceptions import NotFittedError

from skrnn import ForecastDisplay, LossCurveDisplay, PredictionDisplay, SequenceForecaster
from tests.conftest import make

SMALL = {"network": "dense", "epochs": 1, "window_length": 4, "horizon": 3, "random_state": 0}
STEPS = [1, 2, 3]


def values(n_times, n_columns=None, seed=0):
    shape = n_times if n_columns is None else (n_times, n_columns)
    return 100 + np.random.default_rng(seed).normal(size=shape)


def monthly(n_times=30, name="sales"):
    index = pd.period_range("2020-01", periods=n_times, freq="M", name="month")
    return pd.Series(values(n_times), index=index, name=name)


def panel():
    """Return two columns of four series, in two levels of names."""
    times = pd.RangeIndex(20)
    keys = [("north", "a"), ("north", "b"), ("south", "a"), ("south", "b")]
    parts = {
        key: pd.DataFrame(values(20, 2, number), times, ["sold", "returned"])
        for number, key in enumerate(keys)
    }
    return pd.concat(parts, names=["region", "shop", "time"])


class Repeats:
    """A forecaster that knows no interval, and says what X says."""

    def predict(self, fh=None, X=None):
        said = np.zeros(len(fh)) if X is None else X["price"].to_numpy()
        return pd.Series(said, index=monthly().index[-1] + np.asarray(fh))


@pytest.fixture(scope="module")
def fitted():
    return SequenceForecaster(**SMALL).fit(monthly()[:-3], fh=STEPS)


@pytest.fixture
def model(fitted):
    """Return a copy: sktime keeps the latest fh that was asked for."""
    return deepcopy(fitted)


@pytest.fixture(scope="module")
def of_panel():
    return SequenceForecaster(**SMALL).fit(panel(), fh=STEPS)


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def dates_of(line):
    return list(pd.DatetimeIndex(line.get_xdata()).strftime("%Y-%m-%d"))


def x_of(line):
    return np.asarray(line.get_xdata())


def y_of(line):
    return np.asarray(line.get_ydata())


def ends_of(band):
    """Return the lower and the upper end of a band at each of its times, by x."""
    corners = pd.DataFrame(band.get_paths()[0].vertices, columns=["x", "y"])
    at_times = corners.groupby("x")["y"]
    return at_times.min().to_numpy(), at_times.max().to_numpy()


# ------------------------------------------------------------------ what is drawn


def test_the_lines_are_the_series_its_forecast_and_what_came_later(model):
    y = monthly()
    display = ForecastDisplay.from_forecaster(model, y[:-3], y_test=y[-3:])
    np.testing.assert_array_equal(y_of(display.line_), model.predict())
    np.testing.assert_array_equal(y_of(display.actual_line_), y[-3:])
    np.testing.assert_array_equal(y_of(display.history_line_), y[-27:-3])
    assert display.forecast.equals(model.predict())
    assert display.ax_.lines[:] == [display.history_line_, display.actual_line_, display.line_]


@pytest.mark.parametrize("coverage", [0.8, [0.9, 0.5], (0.5, 0.8, 0.95)])
def test_the_bands_are_the_intervals_widest_first(model, coverage):
    display = ForecastDisplay.from_forecaster(model, monthly()[:-3], coverage=coverage)
    wanted = sorted(np.atleast_1d(coverage), reverse=True)
    assert display.coverages == wanted
    assert len(display.bands_) == len(wanted)
    for band, level in zip(display.bands_, wanted, strict=True):
        expected = model.predict_interval(coverage=level)
        lower, upper = ends_of(band)
        np.testing.assert_allclose(lower, expected.iloc[:, 0])
        np.testing.assert_allclose(upper, expected.iloc[:, 1])


def test_no_coverage_draws_no_band_and_asks_for_no_interval():
    display = ForecastDisplay.from_forecaster(Repeats(), monthly(), STEPS, coverage=None)
    assert display.bands_ == []
    assert display.intervals is None
    assert display.actual_line_ is None


def test_a_wider_band_is_paler(model):
    display = ForecastDisplay.from_forecaster(model, monthly()[:-3])
    outer, inner = (band.get_facecolor()[0, :3].sum() for band in display.bands_)
    assert outer > inner


def test_other_steps_than_those_of_the_fit(model):
    display = ForecastDisplay.from_forecaster(model, monthly()[:-3], fh=[2, 5])
    np.testing.assert_array_equal(y_of(display.line_), model.predict([2, 5]))
    assert dates_of(display.line_) == ["2022-05-01", "2022-08-01"]


def test_one_step_can_be_seen(model):
    display = ForecastDisplay.from_forecaster(model, monthly()[:-3], fh=1)
    assert display.line_.get_marker() == "o"
    assert all(band.get_linewidth()[0] > 1 for band in display.bands_)


def test_covariates_reach_the_forecaster():
    X = pd.DataFrame({"price": [1.0, 2.0, 4.0]})
    display = ForecastDisplay.from_forecaster(Repeats(), monthly(), STEPS, X, coverage=None)
    np.testing.assert_array_equal(y_of(display.line_), X["price"])


@pytest.mark.parametrize(("n_last", "n_drawn"), [(None, 24), (5, 5), (1000, 27)])
def test_how_much_of_the_series_is_drawn(model, n_last, n_drawn):
    display = ForecastDisplay.from_forecaster(model, monthly()[:-3], n_last=n_last)
    np.testing.assert_array_equal(y_of(display.history_line_), monthly()[:-3][-n_drawn:])


def test_a_long_forecast_stands_behind_more_of_the_series(model):
    display = ForecastDisplay.from_forecaster(model, monthly()[:-3], fh=range(1, 8))
    assert len(y_of(display.history_line_)) == 27  # of 28 wanted


def test_missing_values_leave_a_gap_in_the_line():
    y = monthly()
    y.iloc[20:22] = np.nan
    display = ForecastDisplay(y, y[-3:]).plot()
    np.testing.assert_array_equal(np.isnan(y_of(display.history_line_)), y.isna())


# ------------------------------------------------------------------ times


def test_periods_are_drawn_where_they_begin(model):
    display = ForecastDisplay.from_forecaster(model, monthly()[:-3])
    assert dates_of(display.line_) == ["2022-04-01", "2022-05-01", "2022-06-01"]
    assert dates_of(display.history_line_)[-1] == "2022-03-01"


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_dates(zone):
    index = pd.date_range("2024-01-01", periods=30, freq="h", tz=zone)
    y = pd.Series(values(30), index=index)
    display = ForecastDisplay(y[:-3], y[-3:]).plot()
    assert list(pd.DatetimeIndex(x_of(display.line_)).hour) == [3, 4, 5]
    assert display.ax_.get_xlabel() == "time"


def test_integers():
    y = pd.Series(values(30))
    model = SequenceForecaster(**SMALL).fit(y, fh=STEPS)
    display = ForecastDisplay.from_forecaster(model, y)
    np.testing.assert_array_equal(x_of(display.line_), [30, 31, 32])
    assert display.ax_.get_xlabel() == "step"
    ticks = display.ax_.get_xticks()
    np.testing.assert_array_equal(ticks, np.round(ticks))


# ------------------------------------------------------------------ which series


def test_one_column_of_several():
    y = pd.DataFrame(values(30, 2), columns=["sold", "returned"])
    model = SequenceForecaster(**SMALL).fit(y, fh=STEPS)
    display = ForecastDisplay.from_forecaster(model, y, column="returned", coverage=0.9)
    np.testing.assert_array_equal(y_of(display.line_), model.predict()["returned"])
    np.testing.assert_array_equal(y_of(display.history_line_), y["returned"][-24:])
    lower, upper = ends_of(display.bands_[0])
    expected = model.predict_interval(coverage=0.9)["returned"]
    np.testing.assert_allclose(lower, expected[0.9, "lower"])
    np.testing.assert_allclose(upper, expected[0.9, "upper"])
    assert display.ax_.get_ylabel() == "returned"


def test_one_series_of_several(of_panel):
    key = ("south", "a")
    y = panel()
    display = ForecastDisplay.from_forecaster(
        of_panel, y, y_test=y, instance=key, column="sold", coverage=0.9
    )
    expected = of_panel.predict_interval(coverage=0.9).loc[key]["sold"]
    np.testing.assert_array_equal(y_of(display.line_), of_panel.predict().loc[key]["sold"])
    np.testing.assert_array_equal(y_of(display.history_line_), y.loc[key]["sold"])
    np.testing.assert_array_equal(y_of(display.actual_line_), y.loc[key]["sold"])
    np.testing.assert_allclose(ends_of(display.bands_[0])[0], expected[0.9, "lower"])
    assert display.ax_.get_title() == "south, a"


def test_series_with_names_of_one_level():
    y = panel()[["sold"]].loc["north"]
    model = SequenceForecaster(**SMALL).fit(y, fh=STEPS)
    display = ForecastDisplay.from_forecaster(model, y, instance="b")
    np.testing.assert_array_equal(y_of(display.line_), model.predict().loc["b"]["sold"])
    assert display.ax_.get_title() == "b"


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"column": "sold"}, "y holds 4 series; name one as instance=, such as ('north', 'a')"),
        (
            {"column": "sold", "instance": "north"},
            "y holds 4 series, and instance='north' is none of them",
        ),
        ({"instance": ("north", "a")}, "the columns ['sold', 'returned']; name one as column="),
        (
            {"instance": ("north", "a"), "column": "lost"},
            "column='lost' is none of the columns of y, ['sold', 'returned']",
        ),
    ],
)
def test_a_choice_that_is_needed_or_unknown_is_an_error(of_panel, chosen, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        ForecastDisplay.from_forecaster(of_panel, panel(), **chosen)


def test_an_instance_of_one_series_is_an_error(model):
    with pytest.raises(ValueError, match="instance='a' was given, and y is one series"):
        ForecastDisplay.from_forecaster(model, monthly()[:-3], instance="a")


def test_arrays_are_refused(model):
    with pytest.raises(TypeError, match="y is an ndarray; give a pandas Series or DataFrame"):
        ForecastDisplay.from_forecaster(model, monthly()[:-3].to_numpy())


# ------------------------------------------------------------------ matplotlib


def test_it_draws_in_given_axes(model):
    figure, axes = plt.subplots(1, 2)
    display = ForecastDisplay.from_forecaster(model, monthly()[:-3], ax=axes[1])
    assert display.ax_ is axes[1]
    assert display.figure_ is figure
    assert not axes[0].lines
    assert plt.get_fignums() == [figure.number]


def test_it_can_be_drawn_again(model):
    display = ForecastDisplay.from_forecaster(model, monthly()[:-3])
    first = display.ax_
    assert display.plot() is display
    assert display.ax_ is not first
    np.testing.assert_array_equal(y_of(display.line_), model.predict())


def test_axes_and_lines_have_names(model):
    y = monthly()
    display = ForecastDisplay.from_forecaster(model, y[:-3], y_test=y[-3:])
    assert display.ax_.get_xlabel() == "month"
    assert display.ax_.get_ylabel() == "sales"
    assert [text.get_text() for text in display.ax_.get_legend().get_texts()] == [
        "observed",
        "observed later",
        "forecast",
        "90 % interval",
        "50 % interval",
    ]
    nameless = ForecastDisplay(monthly(name=None), monthly(name=None)[-3:]).plot()
    assert nameless.ax_.get_ylabel() == "y"


def test_styles_are_passed_on(model):
    display = ForecastDisplay.from_forecaster(
        model, monthly()[:-3], line_kwargs={"linestyle": ":"}, band_kwargs={"alpha": 0.5}
    )
    assert display.line_.get_linestyle() == ":"
    assert [band.get_alpha() for band in display.bands_] == [0.5, 0.5]


def test_it_can_be_written_to_a_file(model, tmp_path):
    display = ForecastDisplay.from_forecaster(model, monthly()[:-3], y_test=monthly()[-3:])
    display.figure_.savefig(tmp_path / "fan.png")
    assert (tmp_path / "fan.png").stat().st_size > 1000


def test_without_matplotlib_the_error_says_what_to_install(model, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    display = ForecastDisplay(monthly(), monthly()[-3:])
    with pytest.raises(ImportError, match=r'plot needs matplotlib; .* pip install "skrnn\[plot\]"'):
        display.plot()
    with pytest.raises(ImportError, match="from_forecaster needs matplotlib"):
        ForecastDisplay.from_forecaster(model, monthly())


# ------------------------------------------------------------------ losses of a fit


@pytest.fixture(scope="module")
def waves():
    """Return windows of a wave, and their next values at months."""
    wave = np.sin(np.arange(40) / 3)
    X = np.lib.stride_tricks.sliding_window_view(wave, 8)[:-1, :, None]
    return X, pd.Series(wave[8:], index=pd.period_range("2020-01", periods=32, freq="M"))


@pytest.fixture(scope="module")
def validated(waves):
    X, y = waves
    model = make("GRURegressor", epochs=3, metrics=["r2"], early_stopping=False)
    return model.fit(X, y, X_val=X, y_val=y)


def test_the_curves_are_the_losses_of_each_epoch(validated):
    display = LossCurveDisplay.from_estimator(validated)
    for line, name in zip(display.line_, ["loss", "val_loss"], strict=True):
        np.testing.assert_array_equal(x_of(line), [1, 2, 3])
        np.testing.assert_array_equal(y_of(line), validated.history_[name])
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("epoch", "loss")
    assert display.figure_ is display.ax_.figure


def test_the_curve_of_a_metric_on_given_axes(validated):
    _, ax = plt.subplots()
    display = LossCurveDisplay.from_estimator(
        validated, names=["r2"], ax=ax, line_kwargs={"color": "red"}
    )
    [line] = display.line_
    assert display.ax_ is ax
    assert line.get_color() == "red"
    np.testing.assert_array_equal(y_of(line), validated.history_["r2"])
    assert ax.get_ylabel() == "value"


def test_the_losses_of_a_forecaster(model):
    lines = LossCurveDisplay.from_estimator(model).line_
    for line, values in zip(lines, model.history_.values(), strict=True):
        np.testing.assert_array_equal(y_of(line), values)
        assert line.get_marker() == "o"  # one epoch can be seen


def test_curves_that_are_not_there_are_refused(validated):
    with pytest.raises(ValueError, match=r"the history has \['loss', 'val_loss', 'r2'\]"):
        LossCurveDisplay.from_estimator(validated, names=["mae"])
    with pytest.raises(NotFittedError):
        LossCurveDisplay.from_estimator(make("GRURegressor"))


# ------------------------------------------------------------------ predictions


def test_the_lines_are_targets_and_predictions_at_their_times(validated, waves):
    X, y = waves
    display = PredictionDisplay.from_estimator(validated, X, y, n_last=12)
    np.testing.assert_array_equal(y_of(display.line_), validated.predict(X)[-12:])
    np.testing.assert_array_equal(y_of(display.true_line_), y[-12:])
    assert dates_of(display.line_)[-1] == "2022-08-01"
    assert display.figure_ is display.ax_.figure


def test_predictions_of_a_column_of_a_sequence_and_of_classes(waves):
    X, _ = waves
    several = np.column_stack([X[:, 0, 0], X[:, -1, 0]])
    model = make("GRURegressor", epochs=1).fit(X, several)
    display = PredictionDisplay.from_estimator(model, X, several, column=1)
    np.testing.assert_array_equal(y_of(display.line_), model.predict(X)[:, 1])
    labels = np.where(X[..., 0] > 0, "up", "down")
    labeler = make("SequenceLabeler", epochs=1).fit(X, labels)
    display = PredictionDisplay.from_estimator(labeler, X, labels, sequence=2)
    assert list(y_of(display.line_)) == list(labeler.predict(X)[2])
    assert display.line_.get_drawstyle() == "steps-mid"
    for given, name in (((model, X, several), "column="), ((labeler, X, labels), "sequence=")):
        with pytest.raises(ValueError, match=name):
            PredictionDisplay.from_estimator(*given)
    with pytest.raises(ValueError, match="32 predictions"):
        PredictionDisplay.from_estimator(model, X, several[:5], column=1)
