"""Few windows give a warning, and diverging training an error with applicable advice."""

import numpy as np
import pytest

import skrnn
from tests.forecasting.series import make, panel, refuses, wave


def warned(n_complete, n_windows, window_length, longest, advice):
    return (
        f"^only {n_complete} of the {n_windows} training windows of GRUForecaster are complete: "
        f"window_length={window_length}, and the longest series has {longest} times for "
        f"training. Steps missing from a window count as not observed. {advice} longer series.$"
    )


@pytest.mark.parametrize(
    ("n", "params", "n_complete", "n_windows", "advice"),
    [
        (2, {"window_length": 24}, 0, 1, "Give"),
        (2, {"window_length": 1}, 1, 1, "Give"),
        (20, {"window_length": 24}, 0, 19, "Set window_length=10 or less, or give"),
        (20, {"window_length": 19}, 1, 19, "Set window_length=10 or less, or give"),
        (
            16,
            {"window_length": 15, "segment_length": 3},
            1,
            15,
            "Set window_length=6 or less, or give",
        ),
        (20, {"window_length": 19, "differences": 12}, 1, 19, "Give"),
    ],
)
def test_a_fit_on_few_complete_windows_warns_once(n, params, n_complete, n_windows, advice):
    model = make(horizon=1, **params)
    match = warned(n_complete, n_windows, params["window_length"], n, advice)
    with pytest.warns(UserWarning, match=match) as caught:
        model.fit(wave(n), fh=[1])
    (warning,) = (one for one in caught if one.category is UserWarning)
    assert warning.filename == __file__  # it points to the line of the fit
    assert np.isfinite(model.predict()).all()


@pytest.mark.filterwarnings("ignore:the series of y end at different dates:UserWarning")
def test_the_windows_of_all_series_are_counted():
    y = panel(a=wave(6), b=wave(5))
    with pytest.warns(
        UserWarning, match=warned(0, 9, 8, 6, "Set window_length=3 or less, or give")
    ):
        make(window_length=8, horizon=1).fit(y, fh=[1])
    with pytest.warns(
        UserWarning, match=warned(0, 9, 8, 6, "Set window_length=3 or less, or give")
    ):
        make(window_length=8, horizon=1).pretrain(y)
    make(window_length=8, horizon=1).fit(panel(a=wave(6), b=wave(40)), fh=[1])  # enough of another


def test_advice_names_parameters_that_the_estimator_has():
    huge = 1e30 * wave()
    settings = {"units": 2, "epochs": 5, "learning_rate": 1e30}
    diverged = "the loss became .*; try a smaller learning_rate or a smaller global_clipnorm, .*"
    for normalization, advice in (
        (None, 'Set normalization="window"'),
        ("window", "Divide y by a power of ten"),
    ):
        model = make(**{**settings, "normalization": normalization, "loss": "mse"})
        refuses(model.fit, huge, fh=[1], error=FloatingPointError, match=diverged + advice)
    X, y = np.ones((6, 3, 1)), np.arange(6.0)
    model = skrnn.GRURegressor(scale_target=False, **settings)
    with pytest.raises(
        FloatingPointError, match=r"outliers in the data\. Set scale_target=True\.$"
    ):
        model.fit(X, y)
    with pytest.raises(FloatingPointError, match=r"outliers in the data\.$"):
        model.set_params(scale_target=True).fit(X, y)
