"""Streams of pipelines: windows step by step, gaps in time, transformers of rows, clear errors."""

import copy
import pickle
import warnings
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, RobustScaler, StandardScaler

from skrnn import (
    GRURegressor,
    SequenceClassifier,
    SequenceRegressor,
    SequenceScaler,
    SlidingWindow,
    Stream,
    networks,
)
from tests.saved_models import growth

SMALL = {"epochs": 1, "random_state": 0}
N = 40
TIMES = {
    "days": pd.date_range("2024-03-01", periods=2 * N, freq="D", tz="Europe/Berlin"),
    "months": pd.date_range("2020", periods=2 * N, freq="MS"),
    "business days": pd.date_range("2024", periods=2 * N, freq="B"),
    "hours": pd.date_range("2024", periods=2 * N, freq="h"),
    "quarters": pd.period_range("2001", periods=2 * N, freq="Q"),
    "durations": pd.timedelta_range("1h", periods=2 * N, freq="2h"),
    "numbers": pd.RangeIndex(2 * N),
}
WINDOWS = {
    "restart": SlidingWindow(4, incomplete="ignore"),
    "every second row": SlidingWindow(3, sampling_rate=2, incomplete="ignore"),
    "ignore": SlidingWindow(4, on_gap="ignore", incomplete="ignore"),
    "one row": SlidingWindow(1),
}
GRU = networks.GRU(units=2)
MODELS = {
    "GRU": SequenceRegressor(network=GRU, **SMALL),
    "TCN": SequenceRegressor(network=networks.TCN(filters=2, n_blocks=2), **SMALL),
    "missing values": SequenceRegressor(network=GRU, missing="mask", **SMALL),
    "classes": SequenceClassifier(network=GRU, **SMALL),
}


def frame(times, seed=0, gaps=False):
    values = np.random.default_rng(seed).normal(size=(len(times), 2))
    rows = pd.DataFrame(values, index=times, columns=["flow", "level"])
    if gaps:
        rows.iloc[::5, 0] = np.nan
        rows.iloc[3::7] = np.nan
    return rows


def scaler():
    return StandardScaler().set_output(transform="pandas")


@cache
def fitted(times, window, model):
    rows = frame(TIMES[times], gaps=model == "missing values")[:N]
    y = rows["level"].ffill().fillna(0).to_numpy()
    pipeline = make_pipeline(scaler(), copy.copy(WINDOWS[window]), copy.copy(MODELS[model]))
    return pipeline.fit(rows, y > 0 if model == "classes" else y)


def stepped(stream, rows):
    return np.array([stream.step(row) for _, row in rows.iterrows()])


@given(
    times=st.sampled_from(sorted(TIMES)),
    window=st.sampled_from(sorted(WINDOWS)),
    model=st.sampled_from(sorted(MODELS)),
    first=st.sampled_from([0, 10, N - 2, N, N + 1, N + 7]),
    left_out=st.sets(st.integers(0, 2 * N), max_size=6),
    length=st.integers(1, 16),
)
@settings(max_examples=60, deadline=None)
def test_a_stream_of_a_pipeline_equals_predict_on_the_same_rows(
    times, window, model, first, left_out, length
):
    pipeline = fitted(times, window, model)
    kept = [row for row in range(first, first + length) if row not in left_out]
    rows = frame(TIMES[times], gaps=model == "missing values").iloc[kept or [first]]
    method = "predict_proba" if model == "classes" else "predict"
    expected = getattr(pipeline, method)(rows)
    found = stepped(Stream(pipeline, method=method), rows)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_pipeline_of_readme_goes_on_after_the_fitted_rows():
    rows, y = growth()
    model = make_pipeline(
        scaler(), SlidingWindow(12), GRURegressor(units=8, epochs=2, batch_size=8, random_state=0)
    ).fit(rows[:-43], y[:-42])
    later = rows[-43:].drop(rows.index[-20])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # windows after the gap are short
        expected = model.predict(later)
    stream = Stream(model)
    named = [stream.step({"growth": x}, time) for time, x in later["growth"].items()]
    np.testing.assert_allclose(named, expected, atol=1e-6)


def test_parallel_series_of_one_pipeline():
    pipeline = fitted("hours", "every second row", "GRU")
    given = np.random.default_rng(1).normal(size=(3, 12, 2))
    streams = Stream(pipeline, n_streams=3)
    with pytest.warns(UserWarning, match="valid feature names"):  # arrays have none
        expected = np.stack([pipeline.predict(rows) for rows in given], axis=1)
    for number in range(12):
        np.testing.assert_allclose(streams.step(given[:, number]), expected[number], atol=1e-5)
    streams.reset([1])
    again = [streams.step(given[:, number]) for number in range(12)]
    np.testing.assert_allclose(np.array(again)[:, 1], expected[:, 1], atol=1e-5)


def test_a_stream_is_copied_pickled_and_reset():
    pipeline, rows = fitted("months", "restart", "GRU"), frame(TIMES["months"])[N:]
    stream = Stream(pipeline)
    first = stepped(stream, rows[:5])
    others = [copy.deepcopy(stream), pickle.loads(pickle.dumps(stream))]
    expected = stepped(stream, rows[5:9])
    for other in others:
        np.testing.assert_array_equal(stepped(other, rows[5:9]), expected)
    stream.reset()
    np.testing.assert_array_equal(stepped(stream, rows[:5]), first)


@pytest.mark.parametrize("row", [[np.nan, 1.0], [np.inf, 1.0], [1.0], {"flow": 1.0}])
@pytest.mark.parametrize("skipped", [1, 4])
def test_a_refused_step_leaves_the_state_as_it_was(row, skipped):
    pipeline, rows = fitted("days", "restart", "GRU"), frame(TIMES["days"])[N:]
    stream, whole = Stream(pipeline), rows[:6].iloc[[0, 1, 2, 2 + skipped - 1, 5]][-5:]
    whole = whole[~whole.index.duplicated()]
    for time, x in whole.iterrows():
        with pytest.raises(ValueError, match=r"NaN|infinity|shape|missing"):
            stream.step(row, time)
        found = stream.step(x)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        assert found == pytest.approx(pipeline.predict(whole)[-1], abs=1e-5)


def test_a_partial_fit_is_taken_over_by_update():
    rows = frame(TIMES["hours"])
    before, after = (
        make_pipeline(SlidingWindow(3), SequenceRegressor(network=GRU, epochs=n, random_state=0))
        for n in (1, 3)
    )
    for model in (before, after):
        model.fit(rows[:N], rows["level"][:N])
    stream = Stream(before)
    stepped(stream, rows[N : N + 5])
    stream.update(after)
    later = rows[N : N + 10]
    np.testing.assert_allclose(stepped(stream, later[5:])[3:], after.predict(later)[8:], atol=1e-5)
    with pytest.raises(ValueError, match="window_length"):
        stream.update(make_pipeline(SlidingWindow(4), after[-1]).fit(rows[:N], rows["level"][:N]))
    with pytest.raises(ValueError, match="make a new Stream"):
        stream.update(after[-1])


# ------------------------------------------------------------------ transformers

LOGS = FunctionTransformer(np.log1p, feature_names_out="one-to-one")
ROWWISE = {
    "principal components": [PCA(2)],
    "columns by name": [
        ColumnTransformer(
            [("one", MinMaxScaler(), ["level"]), ("other", SimpleImputer(), ["flow"])]
        ).set_output(transform="pandas")
    ],
    "logarithms": [LOGS.set_output(transform="pandas"), scaler()],
    "centered only": [StandardScaler(with_std=False), RobustScaler(with_centering=False)],
    "scaled only": [StandardScaler(with_mean=False), RobustScaler(with_scaling=False)],
    "nothing": ["passthrough"],
}


@pytest.mark.parametrize("before", ROWWISE.values(), ids=ROWWISE)
def test_transformers_of_rows_run_row_by_row(before):
    rows = frame(TIMES["numbers"]).abs()
    window = SlidingWindow(3, continues=True)
    pipeline = make_pipeline(*before, window, SequenceScaler(), MODELS["GRU"])
    pipeline.fit(rows[:N], rows["level"][:N])
    found = stepped(Stream(pipeline), rows[N : N + 6])
    np.testing.assert_allclose(found, pipeline.predict(rows[N : N + 6]), atol=1e-5)


def test_sequences_are_scaled_step_by_step_without_a_window():
    X = np.random.default_rng(0).normal(size=(12, 6, 2))
    pipeline = make_pipeline(SequenceScaler(method="minmax"), GRURegressor(units=2, **SMALL))
    pipeline.fit([*X[:-1], X[-1][:4]], X[:, -1, 0])
    stream = Stream(pipeline)
    each = [stream.step(x) for x in X[0]]
    expected = pipeline.predict([X[0][: n + 1] for n in range(6)])
    np.testing.assert_allclose(each, expected, atol=1e-5)


def differences(X):
    return X - np.roll(X, 1, axis=0)


def needs_two_rows(X):
    if len(X) < 2:
        raise ValueError("two rows or more")
    return X


REFUSED = {
    "differences": ([FunctionTransformer(differences)], "depending on the rows around it"),
    "two rows": ([FunctionTransformer(needs_two_rows)], "a row by itself .two rows or more"),
}


@pytest.mark.parametrize(("before", "match"), REFUSED.values(), ids=REFUSED)
def test_what_needs_other_rows_is_refused(before, match):
    rows = frame(TIMES["numbers"]).to_numpy()
    window = SlidingWindow(3, continues=True)
    pipeline = make_pipeline(*before, window, MODELS["GRU"]).fit(rows, rows[:, 0])
    with pytest.raises(ValueError, match=f"FunctionTransformer .*{match}.*before the pipeline"):
        Stream(pipeline)


def test_other_pipelines_are_refused_with_what_can_be_done():
    rows = frame(TIMES["numbers"])
    flat = make_pipeline(StandardScaler(), MODELS["GRU"]).fit(rows, rows["flow"])
    with pytest.raises(ValueError, match=r"StandardScaler transforms whole.*SequenceScaler"):
        Stream(flat)
    shops = rows.assign(shop="a")
    grouped = make_pipeline(SlidingWindow(3, groups="shop", time="time"), MODELS["GRU"])
    grouped.fit(shops.reset_index(names="time"), rows["flow"])
    with pytest.raises(ValueError, match=r"several series.*n_streams"):
        Stream(grouped)
    each = make_pipeline(SequenceScaler(per="sequence"), MODELS["GRU"])
    with pytest.raises(ValueError, match="per='feature'"):
        Stream(each.fit(rows.to_numpy()[:, :, None], rows["flow"]))
    with pytest.raises(TypeError, match=r"ends with a StandardScaler; it takes"):
        Stream(make_pipeline(StandardScaler()).fit(rows))


# ------------------------------------------------------------------ times


def test_times_are_checked():
    pipeline, rows = fitted("days", "restart", "GRU"), frame(TIMES["days"])[N:]
    stream = Stream(pipeline)
    stream.step(rows.iloc[1])
    for time, match in (
        (rows.index[1], "in order of time"),
        (rows.index[0], "in order of time"),
        (5, "the times of the fit are aware dates"),
        (pd.Timestamp("2024-05-01"), "the times of the fit are aware dates"),
        (pd.NaT, "the times of the fit"),
    ):
        with pytest.raises(ValueError, match=match):
            stream.step([1.0, 2.0], time)
    with pytest.raises(ValueError, match="the step has no time"):
        stream.step([1.0, 2.0])
    expected = pipeline.predict(rows[1:3])[-1]
    utc = rows.index[2].tz_convert("UTC").to_pydatetime()
    assert stream.step(rows.iloc[2].to_numpy(), utc) == pytest.approx(expected, abs=1e-5)


def test_a_gap_is_refused_where_predict_refuses_it():
    rows = frame(TIMES["business days"])
    window = SlidingWindow(3, on_gap="raise")
    pipeline = make_pipeline(window, MODELS["GRU"]).fit(rows[:N], rows["flow"][:N])
    stream = Stream(pipeline)
    stream.step(rows.iloc[N])
    with pytest.raises(ValueError, match=r"1 gap.*the usual step is B"):
        stream.step(rows.iloc[N + 2])
    expected = pipeline.predict(rows[N : N + 2])[-1]
    assert stream.step(rows.iloc[N + 1]) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(("first", "time"), [(N, False), (N + 2, True)])
def test_a_beginning_without_the_rows_before_it_is_told(first, time):
    rows = frame(TIMES["hours"])
    for incomplete in ("warn", "raise"):
        window = SlidingWindow(3, incomplete=incomplete)
        pipeline = make_pipeline(window, MODELS["GRU"]).fit(rows[:N], rows["flow"][:N])
        step = {"x": rows.iloc[first].to_numpy(), "time": rows.index[first] if time else None}
        match = "begins without the rows before"
        if incomplete == "raise":
            with pytest.raises(ValueError, match=match):
                Stream(pipeline).step(**step)
        else:
            with pytest.warns(UserWarning, match=match):
                Stream(pipeline).step(**step)


def test_a_column_of_times_is_read_from_a_named_row():
    rows = frame(TIMES["months"]).reset_index(names="month")
    window = SlidingWindow(3, time="month", incomplete="ignore")
    pipeline = make_pipeline(window, MODELS["GRU"]).fit(rows[:N], rows["flow"][:N])
    later = rows[N:].drop(N + 3)[:8]
    stream = Stream(pipeline)
    found = [stream.step(row) for row in later.to_dict("records")]
    np.testing.assert_allclose(found, pipeline.predict(later), atol=1e-5)


def test_a_network_without_times_refuses_one():
    X = np.random.default_rng(0).normal(size=(8, 5, 2))
    stream = Stream(GRURegressor(units=2, **SMALL).fit(X, X[:, 0, 0]))
    with pytest.raises(ValueError, match="leave it out"):
        stream.step(X[0, 0], pd.Timestamp("2024"))
