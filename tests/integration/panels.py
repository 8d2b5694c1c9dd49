"""A long table of series, and a pretrained forecaster, for tests that forecast its parts."""

import copy
from functools import partial

import numpy as np
import pandas as pd

from skrnn import GRUForecaster

MONTHS = pd.date_range("2020-01", periods=48, freq="MS")
STORES = [f"store {number}" for number in range(6)]


def long_table():
    """Return a table with a row for each store and month."""
    return pd.DataFrame(
        {
            "store": np.repeat(STORES, len(MONTHS)),
            "month": np.tile(MONTHS, len(STORES)),
            "sales": np.tile(np.sin(np.arange(48) / 2), 6) + np.repeat(np.arange(6.0), 48),
        }
    )


def panel(table):
    """Return a long table as a panel of series."""
    return table.set_index(["store", "month"])


def forecast(forecaster, table):
    """Return forecasts of the series of a table, by a forecaster that was trained before."""
    return copy.deepcopy(forecaster).fit(panel(table), fh=[1, 2, 3]).predict().reset_index()


def forecast_by_a_trained_one():
    """Return a function from a long table to forecasts, of a network trained on three stores."""
    sample = panel(long_table()).loc[STORES[:3]]
    return partial(forecast, GRUForecaster(epochs=2, random_state=0).pretrain(sample, fh=[1, 2, 3]))
