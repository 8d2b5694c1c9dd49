"""skrub (https://skrub-data.org): `TableVectorizer` before a sliding window, for tables with dates,
categories and numbers."""

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from skrub import TableVectorizer

from skrnn import GRURegressor, SlidingWindow
from tests.integration.data import RANDOM

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]  # of skrub's own


def test_a_table_of_mixed_columns_is_vectorized_and_windowed():
    hours = pd.date_range("2024", periods=200, freq="h")
    table = pd.DataFrame(
        {
            "when": hours,
            "load": np.sin(np.arange(200) / 4),
            "weather": RANDOM.choice(["dry", "rain"], 200),
        }
    )
    model = make_pipeline(
        TableVectorizer(), SlidingWindow(window_length=6), GRURegressor(random_state=0)
    )
    ahead = table["load"].shift(-1)[:-1]
    scores = cross_val_score(model, table[:-1], ahead, cv=TimeSeriesSplit(2))
    assert scores.min() > 0.9
