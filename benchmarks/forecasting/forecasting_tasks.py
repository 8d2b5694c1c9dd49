"""The four forecasting tasks, their measures, their baselines and figures published on them.

M4 hourly, NN5 daily and the airline passengers are series with one test part at their ends
(`Task`); ETTh1 is a multivariate series, forecast from every row of its test part (`Rolling`).
The ``validation`` of either is the same task before the test set, for hyperparameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.linalg import solve

from skrnn.datasets import load_airline

Floats = NDArray[np.float64]

#: Lookbacks and penalties that `choose` tries; ETTh1 has a lookback of its own.
LOOKBACKS = {"M4 hourly": (168, 336, 504), "NN5 daily": (56, 112, 224), "airline": (12, 24)}
PENALTIES = 10.0 ** np.arange(-7, 3)

#: sMAPE and MASE of the M4 competition's Naive2 on the hourly series, the divisors of OWA.
NAIVE2 = (18.383, 2.395)

HORIZONS = (96, 192, 336, 720)
#: MSE and MAE at each of HORIZONS, lookback 96; the DLinear row is from the iTransformer paper.
ETTH1_FIGURES = {
    "SegRNN (Lin 2023)": ((0.368, 0.395), (0.408, 0.419), (0.444, 0.440), (0.446, 0.457)),
    "iTransformer (Liu 2024)": ((0.386, 0.405), (0.441, 0.436), (0.487, 0.458), (0.503, 0.491)),
    "DLinear (Zeng 2023)": ((0.386, 0.400), (0.437, 0.432), (0.481, 0.459), (0.519, 0.516)),
}
NN5_FIGURES = {"TBATS": 0.858, "Theta": 0.885, "WaveNet": 0.916, "DeepAR": 0.919}

#: Published figures by task, by method and first author of the source, by measure; none for the
#: split of the airline passengers.
PUBLISHED: dict[str, dict[str, dict[str, float]]] = {
    "M4 hourly": {
        "Doornik, the best (Makridakis 2020)": {"sMAPE": 8.913, "MASE": 0.801, "OWA": 0.410},
        "ES-RNN (Smyl 2020)": {"sMAPE": 9.328, "MASE": 0.893, "OWA": 0.440},
        "seasonal naive (Makridakis 2020)": {"sMAPE": 13.912, "MASE": 1.193, "OWA": 0.627},
        "organizers' RNN (Makridakis 2020)": {"sMAPE": 14.698, "MASE": 3.048, "OWA": 1.036},
    },
    "NN5 daily": {f"{name} (Godahewa 2021)": {"MASE": mase} for name, mase in NN5_FIGURES.items()},
    "airline": {},
    "ETTh1 720 -> 96": {"SegRNN (Lin 2023)": {"MSE": 0.351}},
}
PUBLISHED |= {
    f"ETTh1 96 -> {ahead}": {k: {"MSE": v[i][0], "MAE": v[i][1]} for k, v in ETTH1_FIGURES.items()}
    for i, ahead in enumerate(HORIZONS)
}


@dataclass(frozen=True)
class Task:
    """Series whose last ``horizon`` points are to be forecast from those before.

    Parameters
    ----------
    name : str
        Key of `PUBLISHED`, where a figure is published.
    series : list of arrays of shape (n_points,)
        The whole series, NaN where a value is missing.
    horizon, seasonality : int
        Numbers of points.
    naive2 : pair of floats, optional
        sMAPE and MASE of the method that OWA is relative to; without it there is no OWA.
    """

    name: str
    series: list[Floats]
    horizon: int
    seasonality: int
    naive2: tuple[float, float] | None = None

    @property
    def train(self) -> list[Floats]:
        """Training part of each series."""
        return [series[: -self.horizon] for series in self.series]

    @property
    def test(self) -> list[Floats]:
        """Test part of each series."""
        return [series[-self.horizon :] for series in self.series]

    def validation(self) -> Task:
        """Return the task of forecasting the last ``horizon`` training points."""
        return replace(self, series=self.train)


@dataclass(frozen=True)
class Rolling:
    """A series of several channels, forecast from every row in its test part.

    Parameters
    ----------
    name : str
        Key of `PUBLISHED`, where a figure is published.
    values : array of shape (n_rows, n_channels)
        The whole series, standardized by mean and standard deviation of its training rows.
    lookback, horizon, seasonality : int
        Numbers of rows.
    n_train : int
        The number of training rows, the first ones.
    test : slice
        The rows that are forecast. Windows may reach back into the rows before.
    """

    name: str
    values: Floats
    lookback: int
    horizon: int
    seasonality: int
    n_train: int
    test: slice

    @property
    def train(self) -> Floats:
        """The training rows."""
        return self.values[: self.n_train]

    def windows(self) -> tuple[Floats, Floats]:
        """Return all windows and their targets, (n, lookback or horizon, n_channels)."""
        rows = self.values[self.test.start - self.lookback : self.test.stop]
        both = sliding_window_view(rows, self.lookback + self.horizon, axis=0).swapaxes(1, 2)
        return both[:, : self.lookback], both[:, self.lookback :]

    def validation(self) -> Rolling:
        """Return the task of forecasting the rows between training and test part."""
        return replace(self, test=slice(self.n_train, self.test.start))


def m4_hourly(folder: Path) -> Task:
    """Return the 414 hourly series of the M4 competition: two days ahead."""
    parts = [pd.read_csv(folder / f"m4/Hourly-{p}.csv.gz", index_col=0) for p in ("train", "test")]
    joined = pd.concat(parts, axis=1, join="inner").to_numpy(float)
    # A shorter training series ends in empty cells.
    return Task("M4 hourly", [row[~np.isnan(row)] for row in joined], 48, 24, NAIVE2)


def nn5(folder: Path) -> Task:
    """Return the 111 daily series of the NN5 competition, with their gaps: eight weeks ahead."""
    with np.load(folder / "nn5/nn5.npz") as file:
        series = [file[name] for name in sorted(file)]
    # The file's NaN are R's NA, which warn in arithmetic.
    return Task("NN5 daily", [np.where(np.isnan(s), np.nan, s) for s in series], 56, 7)


def airline() -> Task:
    """Return the airline passengers: three years ahead."""
    return Task("airline", [np.asarray(load_airline(), float)], 36, 12)


def etth1(folder: Path, lookback: int, horizon: int) -> Rolling:
    """Return the electricity transformer's series, split as is usual: 12, 4 and 4 months."""
    values = pd.read_csv(folder / "ETTh1.csv.gz", index_col="date").to_numpy(float)[:14400]
    train = values[:8640]
    values = (values - train.mean(axis=0)) / train.std(axis=0)
    parts = 8640, slice(11520, 14400)
    return Rolling(f"ETTh1 {lookback} -> {horizon}", values, lookback, horizon, 24, *parts)


def smape(actual: Floats, forecast: Floats) -> float:
    """Return the mean of 200 |f - y| / (|f| + |y|) where y is known; 0 where both are 0."""
    size = np.abs(actual) + np.abs(forecast)
    errors = 200 * np.abs(forecast - actual) / np.where(size == 0, 1, size)
    return float(errors[~np.isnan(actual)].mean())


def mase(actual: Floats, forecast: Floats, train: Floats, seasonality: int) -> float:
    """Return the mean absolute error by that of the seasonal naive forecast in training.

    A missing value, and a difference to one, is left out of either mean. The Monash archive
    scores NN5 with its gaps filled by the median of the weekday, which adds about .01.
    """
    scale = np.nanmean(np.abs(train[seasonality:] - train[:-seasonality]))
    return float(np.abs(forecast - actual)[~np.isnan(actual)].mean() / scale)


def coverage(actual: Sequence[Floats], lower: Sequence[Floats], upper: Sequence[Floats]) -> float:
    """Return the share of the known points that lie in their interval, ends included."""
    y, low, high = (np.concatenate([*part]) for part in (actual, lower, upper))
    known = ~np.isnan(y)
    return float(np.mean((low <= y)[known] & (y <= high)[known]))


def score(task: Task | Rolling, forecasts: Sequence[Floats] | Floats) -> dict[str, float]:
    """Return the measures of a task's forecasts, the one to choose by last.

    Forecasts are the ``horizon`` values of each series, or what ``windows`` of a `Rolling`
    returns second, of which MAE and MSE are over all windows, steps and channels. sMAPE and MASE
    are means over the series; OWA is their mean ratio to Naive2, if the task has it.
    """
    actual = task.windows()[1] if isinstance(task, Rolling) else np.array(task.test)
    if np.shape(forecasts) != actual.shape:
        raise ValueError(
            f"forecasts have the shape {np.shape(forecasts)}; expected {actual.shape}."
        )
    if isinstance(task, Rolling):
        errors = np.asarray(forecasts) - actual
        return {"MAE": float(np.abs(errors).mean()), "MSE": float(np.square(errors).mean())}
    pairs = list(zip(actual, forecasts, task.train, strict=True))
    figures = {
        "sMAPE": float(np.mean([smape(y, f) for y, f, _ in pairs])),
        "MASE": float(np.mean([mase(y, f, train, task.seasonality) for y, f, train in pairs])),
    }
    if task.naive2 is not None:
        figures["OWA"] = float(np.mean(np.array([*figures.values()]) / task.naive2))
    return figures


def filled(series: Floats, seasonality: int) -> Floats:
    """Fill missing values with those a season before, the first ones from a season after."""
    rows = np.append(series, np.full(-len(series) % seasonality, np.nan)).reshape(-1, seasonality)
    return pd.DataFrame(rows).ffill().bfill().to_numpy().ravel()[: len(series)]


def repeat(windows: Floats, period: int, horizon: int) -> Floats:
    """Return the last ``period`` values of each window, repeated over the horizon."""
    return windows[:, -period:][:, np.arange(horizon) % period]


def seasonal_naive(task: Task | Rolling) -> Floats:
    """Return the forecasts that repeat the last season."""
    if isinstance(task, Rolling):
        return repeat(task.windows()[0], task.seasonality, task.horizon)
    last = [filled(train, task.seasonality)[-task.seasonality :] for train in task.train]
    return repeat(np.array(last), task.seasonality, task.horizon)


class Setting(NamedTuple):
    """Hyperparameters from `choose`; the last ``period`` values, repeated, are the base."""

    lookback: int
    period: int
    penalty: float


def moments(task: Task | Rolling, lookback: int, period: int) -> tuple[Floats, Floats]:
    """Return the products of inputs with inputs and with targets, summed over training windows.

    For a `Task` a window counts by its mean absolute deviation, or by a tenth of that of the
    whole series where this is more, as if it had been divided by it.
    """
    gram, cross = np.zeros((lookback, lookback)), np.zeros((lookback, task.horizon))
    for series in task.train if isinstance(task, Task) else list(task.train.T):
        values = filled(series, task.seasonality)
        both = sliding_window_view(values, lookback + task.horizon)
        windows, y = both[:, :lookback], both[:, lookback:]
        inputs, targets = windows - windows[:, -1:], y - repeat(windows, period, task.horizon)
        if isinstance(task, Task):
            deviations = np.abs(windows - windows.mean(axis=1, keepdims=True)).mean(axis=1)
            floor = np.abs(values - values.mean()).mean() / 10
            scale = np.maximum(deviations, floor)[:, None]
            inputs, targets = inputs / scale, targets / scale
        gram += inputs.T @ inputs
        cross += inputs.T @ targets
    return gram, cross


def apply(task: Task | Rolling, gram: Floats, cross: Floats, setting: Setting) -> Floats:
    """Return the forecasts of the ridge regression that has these `moments`."""
    lookback, period, penalty = setting
    ridge = penalty * np.trace(gram) / lookback * np.eye(lookback)
    weights: Floats = solve(gram + ridge, cross, assume_a="pos")

    def forecast(windows: Floats) -> Floats:
        return repeat(windows, period, task.horizon) + (windows - windows[:, -1:]) @ weights

    if isinstance(task, Task):
        return forecast(np.array([filled(s, task.seasonality)[-lookback:] for s in task.train]))
    return np.stack([forecast(channel) for channel in task.windows()[0].transpose(2, 0, 1)], axis=2)


def choose(task: Task | Rolling) -> Setting:
    """Return the setting of `linear_direct` that is best on the validation part."""
    validation = task.validation()
    lookbacks = LOOKBACKS[task.name] if isinstance(task, Task) else (task.lookback,)
    errors = {}
    for lookback, period in product(lookbacks, (1, task.seasonality)):
        sums = moments(validation, lookback, period)
        for setting in (Setting(lookback, period, float(penalty)) for penalty in PENALTIES):
            errors[setting] = [*score(validation, apply(validation, *sums, setting)).values()][-1]
    return min(errors, key=errors.__getitem__)


def linear_direct(task: Task | Rolling, setting: Setting | None = None) -> Floats:
    """Return the forecasts of one linear map for all series, channels and steps of the horizon.

    It maps a window minus its last value to the horizon minus a base, without intercept, in the
    way of NLinear (Zeng et al. 2023, doi:10.1609/aaai.v37i9.26317), by a ridge regression in
    closed form. The setting is that of `choose` unless given.
    """
    setting = choose(task) if setting is None else setting
    return apply(task, *moments(task, setting.lookback, setting.period), setting)
