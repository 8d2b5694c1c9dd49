"""Windows in pipelines, searches and other estimators."""

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skrnn import SlidingWindow, Windows
from tests.estimators.windowed import LENGTH, N, assert_same_weights, make, series_of, windows_of


def frame_and_target():
    index = pd.date_range("2024-03-30", periods=N, freq="h", tz="Europe/Berlin")
    frame = pd.DataFrame(series_of(), columns=["load", "wind"], index=index)
    return frame, frame["load"].shift(-1).ffill()


def pipeline(**params):
    """Return a pipeline of three steps; the network scales nothing, so that the first matters.

    It has no linear skip connection, like the networks of `by_hand`, which read lists.
    """
    return Pipeline(
        [
            ("scale", StandardScaler().set_output(transform="pandas")),
            ("window", SlidingWindow(LENGTH)),
            ("gru", make("GRURegressor", scale_input=False, linear_skip=False, **params)),
        ]
    )


def sequences_of(rows, window_length):
    """Return the rows that each row sees, itself last."""
    return [rows[max(0, t + 1 - window_length) : t + 1] for t in range(len(rows))]


def by_hand(frame, y, train, test, *, scale, window_length, **params):
    """Return the prediction of the test rows, each with the rows before it as history."""
    both = np.concatenate([train, test])
    rows = frame.to_numpy()[both]
    mean = rows[: len(train)].mean(axis=0) if scale else 0.0
    sequences = sequences_of((rows - mean) / rows[: len(train)].std(axis=0), window_length)
    model = make("GRURegressor", scale_input=False, linear_skip=False, **params)
    model.fit(sequences[: len(train)], y.to_numpy()[train])
    return model.predict(sequences[len(train) :])


def test_a_search_over_all_steps_of_a_pipeline():
    frame, y = frame_and_target()
    splits = TimeSeriesSplit(n_splits=2)
    grid = {
        "scale__with_mean": [True, False],
        "window__window_length": [1, 4],
        "gru__learning_rate": [0.01, 0.03],
    }
    search = GridSearchCV(pipeline(epochs=1), grid, cv=splits).fit(frame, y)
    for params, score in zip(
        search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True
    ):
        scores = [
            r2_score(
                y.iloc[test],
                by_hand(
                    frame,
                    y,
                    train,
                    test,
                    scale=params["scale__with_mean"],
                    window_length=params["window__window_length"],
                    learning_rate=params["gru__learning_rate"],
                    epochs=1,
                ),
            )
            for train, test in splits.split(frame)
        ]
        assert score == pytest.approx(np.mean(scores), rel=1e-3)
    assert len(set(search.cv_results_["mean_test_score"])) == 8
    assert search.predict(frame).shape == (N,)


def test_two_jobs_give_the_scores_of_one():
    frame, y = frame_and_target()
    alone, shared = (
        cross_val_score(pipeline(epochs=1), frame, y, cv=TimeSeriesSplit(2), n_jobs=n_jobs)
        for n_jobs in (1, 2)
    )
    np.testing.assert_allclose(shared, alone, rtol=1e-6)


def test_the_first_rows_of_a_test_fold_have_their_real_history():
    frame, y = frame_and_target()
    model = pipeline().fit(frame[:40], y[:40])
    scaled = model["scale"].transform(frame)
    whole = model["gru"].predict(SlidingWindow(LENGTH).fit_transform(scaled))
    np.testing.assert_allclose(model.predict(frame[40:]), whole[40:], rtol=1e-6)
    np.testing.assert_allclose(model.predict(frame[:40]), whole[:40], rtol=1e-6)
    alone = model["gru"].predict(SlidingWindow(LENGTH).fit_transform(scaled[40:]))
    assert (alone[: LENGTH - 1] != whole[40 : 40 + LENGTH - 1]).all()


def test_purged_rows_of_a_pipeline_remain_history():
    frame, y = frame_and_target()
    model = pipeline(purge=8).fit(frame[:40], y[:40])
    scaled = model["scale"].transform(frame).to_numpy()
    sequences = sequences_of(scaled, LENGTH)
    without = make("GRURegressor", scale_input=False).fit(sequences[:32], y[:32])
    assert_same_weights(model["gru"], without)
    expected = without.predict(sequences[40:])
    np.testing.assert_allclose(model.predict(frame[40:]), expected, rtol=1e-5)


@pytest.mark.parametrize("how", ["global", "pipeline"])
def test_pandas_output_set_for_all_breaks_no_pipeline(how):
    frame, y = frame_and_target()
    expected = pipeline(epochs=1).fit(frame[:40], y[:40]).predict(frame[40:])
    steps = [
        ("scale", StandardScaler()),
        ("window", SlidingWindow(LENGTH)),
        ("gru", make("GRURegressor", scale_input=False, epochs=1)),
    ]
    if how == "pipeline":
        model = Pipeline(steps).set_output(transform="pandas").fit(frame[:40], y[:40])
        np.testing.assert_allclose(model.predict(frame[40:]), expected, rtol=1e-6)
        return
    with config_context(transform_output="pandas"):
        model = Pipeline(steps).fit(frame[:40], y[:40])
        np.testing.assert_allclose(model.predict(frame[40:]), expected, rtol=1e-6)


def test_an_array_has_its_history_where_it_is_said_to_continue():
    rows, y = series_of(), series_of()[:, 1]
    model = Pipeline(
        [("window", SlidingWindow(LENGTH, continues=True)), ("gru", make("GRURegressor"))]
    ).fit(rows[:40], y[:40])
    expected = make("GRURegressor").fit(sequences_of(rows, LENGTH)[:40], y[:40])
    np.testing.assert_allclose(
        model.predict(rows[40:]), expected.predict(sequences_of(rows, LENGTH)[40:]), rtol=1e-5
    )


def test_windows_are_split_into_windows():
    windows, y = windows_of()
    seen = []

    class Watched(type(make("GRURegressor"))):
        def fit(self, X, y):
            seen.append(X)
            return super().fit(X, y)

    model = Watched(**make("GRURegressor", epochs=1).get_params())
    scores = cross_val_score(model, windows, y, cv=TimeSeriesSplit(2))
    expected = cross_val_score(
        make("GRURegressor", epochs=1), np.asarray(windows), y, cv=TimeSeriesSplit(2)
    )
    np.testing.assert_allclose(scores, expected, rtol=1e-4)
    assert all(isinstance(X, Windows) and X.series is windows.series for X in seen)


def test_other_estimators_take_windows_flat():
    frame, y = frame_and_target()
    model = Pipeline(
        [
            ("window", SlidingWindow(3)),
            ("flat", FunctionTransformer(lambda windows: np.nan_to_num(windows.flat()))),
            ("ridge", Ridge()),
        ]
    )
    lags = [frame.shift(lag).fillna(0.0).to_numpy() for lag in (2, 1, 0)]
    expected = Ridge().fit(np.hstack(lags)[:40], y[:40]).predict(np.hstack(lags)[40:])
    np.testing.assert_allclose(clone(model).fit(frame[:40], y[:40]).predict(frame[40:]), expected)
