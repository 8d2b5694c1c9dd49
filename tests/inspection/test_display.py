"""A display plots bars of channels, a curve over time, or a heat map of both."""

import sys

import matplotlib as mpl
import numpy as np
import pytest
from sklearn.utils import Bunch

mpl.use("Agg")  # no window is opened

import matplotlib.pyplot as plt

from skrnn.inspection import ImportanceDisplay

EDGES = np.array([0, 3, 6, 10])


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def result(by, n_repeats=4, edges=EDGES):
    """Return importances of two channels, three segments of time, or both."""
    shape = {"channel": (2,), "covariate": (2,), "time": (3,), "both": (2, 3)}[by]
    importances = np.random.default_rng(0).normal(1.0, 0.3, size=(*shape, n_repeats))
    return Bunch(
        importances=importances,
        importances_mean=importances.mean(axis=-1),
        importances_std=importances.std(axis=-1),
        feature_names=["wind", "sun"],
        segment_edges=edges if by in ("time", "both") else None,
        by=by,
    )


@pytest.mark.parametrize("by", ["channel", "covariate"])
def test_bars_are_the_channels_in_order_of_importance(by):
    one = result(by)
    display = ImportanceDisplay(one).plot()
    order = np.argsort(one.importances_mean)
    widths = [bar.get_width() for bar in display.artist_]
    np.testing.assert_allclose(widths, one.importances_mean[order])
    names = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert names == [one.feature_names[number] for number in order]
    [deviations] = display.artist_.errorbar.lines[2]
    ends = np.array([np.asarray(line)[:, 0] for line in deviations.get_segments()])
    np.testing.assert_allclose(np.diff(ends)[:, 0], 2 * one.importances_std[order])
    label = {"channel": "decrease of the score", "covariate": "increase of the error"}[by]
    assert display.ax_.get_xlabel() == label


def test_the_curve_is_over_the_steps_before_the_end():
    one = result("time")
    display = ImportanceDisplay(one).plot()
    values, edges, baseline = display.artist_.get_data()
    np.testing.assert_array_equal(values, one.importances_mean)
    np.testing.assert_array_equal(edges, [10, 7, 4, 0])
    assert baseline is None
    assert display.ax_.get_xlim() == (10, 0)
    assert display.ax_.get_xlabel() == "steps before the end"
    high, _, low = display.band_.get_data()
    np.testing.assert_allclose(high - low, 2 * one.importances_std)


def test_time_of_different_lengths_is_in_percent():
    display = ImportanceDisplay(result("time", edges=np.array([0.0, 0.25, 0.5, 1.0]))).plot()
    assert display.ax_.get_xlim() == (0, 100)
    assert display.ax_.get_xlabel() == "position in the sequence (%)"


def test_the_heat_map_has_a_row_for_each_channel_the_first_at_the_top():
    one = result("both")
    display = ImportanceDisplay(one).plot()
    np.testing.assert_array_equal(display.artist_.get_array(), one.importances_mean)
    bottom, top = display.ax_.get_ylim()
    assert bottom > top
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == ["wind", "sun"]
    assert display.figure_.axes[1].get_ylabel() == "decrease of the score"


@pytest.mark.parametrize("by", ["channel", "time"])
def test_a_single_repeat_has_no_deviation(by):
    display = ImportanceDisplay(result(by, n_repeats=1)).plot()
    assert display.band_ is None
    assert getattr(display.artist_, "errorbar", None) is None


@pytest.mark.parametrize("by", ["channel", "time", "both"])
def test_axes_and_arguments_are_those_given(by):
    _, ax = plt.subplots()
    alpha = {"alpha": 0.5}
    display = ImportanceDisplay(result(by)).plot(ax, plot_kwargs=alpha)
    assert display.ax_ is ax
    first = display.artist_[0] if by == "channel" else display.artist_
    assert first.get_alpha() == 0.5


def test_from_estimator_computes_and_plots():
    X = np.random.default_rng(0).normal(size=(6, 8, 3))

    def last_of_second(estimator, X, y):
        return np.corrcoef(X[:, -1, 1], y)[0, 1]

    settings = {"scoring": last_of_second, "random_state": 0, "n_repeats": 2}
    display = ImportanceDisplay.from_estimator(None, X, X[:, -1, 1], by="both", **settings)
    assert display.result.importances.shape == (3, 8, 2)
    assert divmod(display.artist_.get_array().argmax(), 8) == (1, 7)


def test_without_matplotlib_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r'plot needs matplotlib; .* pip install "skrnn\[plot\]"'):
        ImportanceDisplay(result("time")).plot()
    with pytest.raises(ImportError, match="from_estimator needs matplotlib"):
        ImportanceDisplay.from_estimator(None, None)
