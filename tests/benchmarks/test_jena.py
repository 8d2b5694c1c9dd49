"""A search over scaler, window and network on the hourly Jena file, where it is at hand.

The file is no part of the project: without ../shared/data there is nothing to test.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrnn import GRURegressor, SlidingWindow

FILE = Path(__file__).resolve().parents[3] / "shared" / "data" / "jena_hourly.csv.gz"
FOLDS = TimeSeriesSplit(3)

pytestmark = pytest.mark.skipif(not FILE.exists(), reason=f"there is no {FILE}")


@pytest.fixture(scope="module")
def jena():
    """Return 3,000 hourly rows, among them a gap, and the temperature 24 rows later."""
    X = pd.read_csv(FILE, index_col="Date Time", parse_dates=True, nrows=60_000)
    first = int(np.argmax(np.diff(X.index) > np.timedelta64(12, "h"))) - 1000
    y = X["T (degC)"].shift(-24)
    rows = slice(first, first + 3000)
    return X[rows], y[rows]


def model(**params):
    return make_pipeline(
        StandardScaler().set_output(transform="pandas"),
        SlidingWindow(24),
        GRURegressor(units=4, epochs=2, batch_size=128, purge=23, random_state=0, **params),
    )


@pytest.mark.long
def test_a_search_over_all_three_steps_is_the_same_with_two_workers(jena):
    X, y = jena
    grid = {
        "standardscaler__with_std": [True, False],
        "slidingwindow__window_length": [12, 24],
        "gruregressor__learning_rate": [0.003, 0.01],
    }
    searches = [
        GridSearchCV(
            model(scale_input=False),  # or the scaler would make no difference
            grid,
            cv=FOLDS,
            n_jobs=n_jobs,
            scoring="neg_mean_absolute_error",
        )
        for n_jobs in (1, 2)
    ]
    scores = [search.fit(X, y).cv_results_["mean_test_score"] for search in searches]
    np.testing.assert_array_equal(*scores)
    assert len(np.unique(scores[0])) == 8


def test_the_first_rows_of_a_fold_are_predicted_with_real_history(jena):
    X, y = jena
    for train, test in FOLDS.split(X):
        fitted = clone(model()).fit(X.iloc[train], y.iloc[train])
        whole = fitted.predict(X.iloc[: test[-1] + 1])
        np.testing.assert_allclose(fitted.predict(X.iloc[test]), whole[test], rtol=1e-6)
        windows = fitted[:-1].transform(X.iloc[test])
        assert windows.lengths[0] == 24
        np.testing.assert_allclose(windows[0], fitted[0].transform(X)[test[0] - 23 : test[0] + 1])


def test_the_file_has_gaps_that_can_be_refused(jena):
    X, y = jena
    with pytest.raises(ValueError, match="the usual step is 0 days 01:00:00"):
        model().set_params(slidingwindow__on_gap="raise").fit(X, y)
