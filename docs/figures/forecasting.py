"""Draw the figures of docs/forecasting.md from the code, beside this file.

Run ``python docs/figures/forecasting.py`` after changing what they show; it takes about two
minutes.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from style import BLUE, ORANGE, VERMILION, subplots

from skrnn import ForecastDisplay, GRUForecaster
from skrnn.datasets import load_airline

FOLDER = Path(__file__).parent
STEPS = range(1, 25)


def airline():
    """Return the airline data, and its last two years apart."""
    y = load_airline()
    return y[:-24], y[-24:]


def forecaster(**params):
    """Return a forecaster that starts from no simple forecast."""
    settings = {"units": 16, "epochs": 30, "learning_rate": 0.01, "differences": None}
    return GRUForecaster(**{**settings, "random_state": 0, **params})


# ------------------------------------------------------------------ the first forecast


def draw_airline():
    """Draw the fan chart of the first forecast."""
    y_train, y_test = airline()
    model = GRUForecaster(random_state=0).fit(y_train, fh=STEPS)
    figure, axis = subplots(figsize=(9, 4))
    ForecastDisplay.from_forecaster(model, y_train, y_test=y_test, ax=axis)
    axis.set(title="Airline passengers, two years ahead", xlabel="", ylabel="thousands per month")
    figure.savefig(FOLDER / "airline.png")


# ------------------------------------------------------------------ scale and differences


def draw_units():
    """Draw forecasts of a series that grows, by the units in which the network sees it."""
    y_train, y_test = airline()
    rows = ("series", "window", "last")
    columns = (None, 12)
    figure, axes = subplots(len(columns), len(rows), figsize=(11, 5.2), sharex=True, sharey=True)
    for line, differences in zip(axes, columns, strict=True):
        for axis, normalization in zip(line, rows, strict=True):
            model = forecaster(normalization=normalization, differences=differences).fit(
                y_train, fh=STEPS
            )
            display = ForecastDisplay.from_forecaster(
                model, y_train, y_test=y_test, coverage=None, n_last=48, ax=axis
            )
            title = f'normalization="{normalization}", differences={differences}'
            axis.set_title(title, family="monospace", weight="normal", fontsize=9)
            axis.set(xlabel="", ylabel="")
            axis.get_legend().remove()
            for drawn in (display.line_, display.actual_line_):
                drawn.set_markersize(2)
    handles = [display.history_line_, display.actual_line_, display.line_]
    figure.legend(handles=handles, loc="outside upper center", ncols=3)
    figure.supylabel("airline passengers (thousands per month)", fontsize=10)
    figure.savefig(FOLDER / "units.png")


# ------------------------------------------------------------------ coverage


def shops(n_shops, n_days):
    """Return the sales of shops, day by day: a week's cycle and a drift that fades."""
    rng = np.random.default_rng(0)
    days = pd.date_range("2024-01-01", periods=n_days, freq="D")
    week = np.sin(2 * np.pi * np.arange(n_days) / 7)
    series = {}
    for number in range(n_shops):
        drift = np.zeros(n_days)
        for day in range(1, n_days):
            drift[day] = 0.8 * drift[day - 1] + rng.normal()
        sales = 100 + 5 * week + 3 * drift + rng.normal(size=n_days)
        series[f"shop {number}"] = pd.DataFrame({"sold": sales}, index=days)
    return pd.concat(series, names=["shop", "day"])


def covered(model, y, n_learned, n_steps, coverage, step_length=5):
    """Return the share of later values in the intervals, at each step ahead."""
    days = y.index.levels[-1]
    learned = y.index.get_level_values("day") < days[n_learned]
    model.fit(y[learned], fh=range(1, n_steps + 1))
    shares = []
    for cutoff in range(n_learned, len(days) - n_steps, step_length):
        bounds = model.predict_interval(coverage=coverage)["sold", coverage]
        truth = y["sold"].loc[bounds.index]
        inside = (bounds["lower"] <= truth) & (truth <= bounds["upper"])
        shares.append(inside.to_numpy().reshape(-1, n_steps).mean(axis=0))
        newer = days[cutoff : cutoff + step_length]
        model.update(y[y.index.isin(newer, level="day")], update_params=False)
    return np.mean(shares, axis=0)


def draw_coverage():
    """Draw the coverage of an overfitted network's intervals, by the source of their widths."""
    y, n_steps = shops(15, 440), 14
    settings = {"window_length": 28, "units": 32, "normalization": "series"}
    settings |= {"epochs": 60, "batch_size": 32, "early_stopping": False}  # so that it overfits
    kinds = {
        "errors on the training windows": ({"loss": "mae"}, VERMILION, "s--"),
        "learned quantiles": ({"loss": "quantile"}, ORANGE, "^-."),
        "learned quantiles, calibrated": ({"loss": "quantile", "calibration": 0.3}, BLUE, "o-"),
    }
    figure, axis = subplots(figsize=(8, 3.8))
    axis.axhline(0.9, color="0.15", linewidth=1)
    for label, (params, color, style) in kinds.items():
        shares = covered(forecaster(**settings, **params), y, 200, n_steps, 0.9)
        print(label, shares.round(3))
        axis.plot(range(1, n_steps + 1), shares, style, color=color, markersize=4, label=label)
    axis.annotate("nominal coverage", (n_steps, 0.9), (n_steps, 0.91), ha="right")
    axis.set(title="Coverage of 90 % intervals, overfitted network", ylim=(0.4, 1.0))
    axis.set(xlabel="days ahead", ylabel="share of values in the interval")
    axis.set_xticks(range(1, n_steps + 1))
    axis.legend(loc="lower left")
    figure.savefig(FOLDER / "coverage.png")


if __name__ == "__main__":
    draw_airline()
    draw_units()
    draw_coverage()
