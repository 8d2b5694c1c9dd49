"""Steps of a stream: by name in any order, never what the network cannot take, clear errors."""

import collections
import copy

import numpy as np
import pandas as pd
import polars as pl
import pytest

from skrnn import (
    GRUClassifier,
    GRURegressor,
    SequenceAnomalyDetector,
    SequenceGenerator,
    SequenceRegressor,
    Stream,
    networks,
)
from skrnn.estimators.anomaly.scoring import of_sequences

SMALL = {"epochs": 1, "random_state": 0}
X = np.random.default_rng(0).normal(size=(10, 6, 2))
FRAMES = [pd.DataFrame(x, columns=["b", "a"]) for x in X]
STEP = {"a": 5.0, "b": 1.0}
Named = collections.namedtuple("Named", ["a", "b"])

_fitted = {}


def fitted(kind):
    if kind not in _fitted:
        _fitted[kind] = {
            "named": lambda: GRURegressor(units=2, **SMALL).fit(
                [*FRAMES[:-1], FRAMES[-1][:3]], X[:, -1, 0]
            ),
            "unnamed": lambda: GRURegressor(units=2, **SMALL).fit(X, X[:, -1, 0]),
            "classifier": lambda: GRUClassifier(
                units=2, bidirectional=False, conv_strides=1, **SMALL
            ).fit(X, X[:, -1, 0] > 0),
            "masked": lambda: GRURegressor(units=2, missing="mask", **SMALL).fit(X, X[:, -1, 0]),
            "tcn": lambda: SequenceRegressor(
                network=networks.TCN(filters=2, n_blocks=1), missing="mask", **SMALL
            ).fit(X, X[:, -1, 0]),
            "detector": lambda: SequenceAnomalyDetector(network=networks.GRU(units=2), **SMALL).fit(
                X
            ),
            "letters": lambda: SequenceGenerator(**SMALL).fit("abcab" * 9),
            "items": lambda: SequenceGenerator(**SMALL).fit([[("a", 1), ("b", 2)] * 5] * 2),
        }[kind]()
    return _fitted[kind]


# ------------------------------------------------------------------ names

BY_NAME = {
    "dict": STEP,
    "dict in another order": {"b": 1.0, "a": 5.0},
    "Series": pd.Series(STEP),
    "Series in another order": pd.Series(STEP)[["b", "a"]],
    "row of a frame": pd.DataFrame([STEP]),
    "named tuple": Named(**STEP),
    "polars": pl.DataFrame([STEP]),
}


@pytest.mark.parametrize("form", BY_NAME)
def test_a_step_with_names_is_read_by_them(form):
    expected = fitted("named").predict([pd.DataFrame([STEP])[["b", "a"]]])[0]
    assert Stream(fitted("named")).step(BY_NAME[form]) == pytest.approx(expected, abs=1e-6)
    assert Stream(fitted("named")).step([1.0, 5.0]) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame, dict])
def test_rows_with_names_are_streams_side_by_side(kind):
    table = {"a": np.array([5.0, 6.0, 7.0]), "b": np.array([1.0, 2.0, 3.0])}
    together = Stream(fitted("named"), 3).step(kind(table))
    ordered = Stream(fitted("named"), 3).step(np.stack([table["b"], table["a"]], axis=1))
    np.testing.assert_array_equal(together, ordered)


WRONG_NAMES = {
    "missing": ({"a": 1.0}, r"\['b'\] missing, none unknown"),
    "unknown": (STEP | {"c": 1.0}, r"none missing, \['c'\] unknown"),
    "another": (pd.Series({"a": 1.0, "c": 2.0}), r"\['b'\] missing, \['c'\] unknown"),
    "twice": (pd.DataFrame([[1.0, 2.0, 3.0]], columns=["a", "b", "b"]), "each of them once"),
}


@pytest.mark.parametrize("case", WRONG_NAMES)
def test_other_names_are_refused_and_the_state_stays(case):
    step, message = WRONG_NAMES[case]
    stream, other = Stream(fitted("named")), Stream(fitted("named"))
    with pytest.raises(ValueError, match=message):
        stream.step(step)
    assert stream.step(STEP) == other.step(STEP)


def test_names_need_a_fit_with_names():
    with pytest.raises(TypeError, match="fitted on features without names"):
        Stream(fitted("unnamed")).step(STEP)
    row = pd.DataFrame(X[0], columns=["p", "q"]).iloc[0]
    assert Stream(fitted("unnamed")).step(row) == Stream(fitted("unnamed")).step(X[0, 0])


def test_a_series_without_names_is_read_in_order():
    step = pd.Series([1.0, 5.0])
    assert Stream(fitted("named")).step(step) == Stream(fitted("named")).step([1.0, 5.0])


# ------------------------------------------------------------------ limits


@pytest.mark.parametrize("kind", ["unnamed", "classifier", "masked", "tcn", "detector"])
@pytest.mark.parametrize("value", [1e300, -1e300])
def test_a_step_beyond_float32_is_refused_and_the_state_stays(kind, value):
    stream, other = Stream(fitted(kind)), Stream(fitted(kind))
    for steps in (stream, other):
        steps.step(X[0, 0])
    with pytest.raises(ValueError, match=r"the step contains -?1e\+300; once scaled, it is beyond"):
        stream.step([0.0, value])
    for step in X[0, 1:]:
        assert stream.step(step) == other.step(step)


def test_a_step_that_the_network_overflows_on_is_refused_and_the_state_stays():
    model = copy.copy(fitted("tcn"))
    model.weights_ = tuple(300 * abs(w) if w.ndim == 3 else w for w in model.weights_)
    stream, other = Stream(model), Stream(model)
    for steps in (stream, other):
        steps.step(X[0, 0])
    with pytest.raises(
        ValueError, match=r"the step contains 2e\+37, which is too far from the fit"
    ):
        stream.step([1.0, 2e37])
    for step in X[0, 1:]:
        assert stream.step(step) == other.step(step)


def test_a_network_that_left_what_is_finite_is_not_streamed_in_silence():
    model = copy.copy(fitted("unnamed"))
    model.weights_ = (*model.weights_[:-1], np.full_like(model.weights_[-1], np.inf))
    with pytest.raises(FloatingPointError, match=r"no longer finite.*reset the stream"):
        Stream(model).step([0.0, 0.0])


@pytest.mark.parametrize("params", [{}, {"memory": 5}, {"smoothing": 3}])
def test_a_detector_sees_outliers_after_the_worst_of_all(params):
    detector = SequenceAnomalyDetector(network=networks.GRU(units=2), **SMALL, **params).fit(X)
    scoring = detector._scoring.moving(1)
    usual, outlier, worst = np.array([1.0]), np.array([1e4]), np.array([1e100])
    for scores in (usual, usual, worst):
        first = scoring(scores)
    assert first[0] > 1e90
    for _ in range(5):
        calm = scoring(usual)
    assert calm[0] < 5
    assert scoring(outlier)[0] > 50 * calm[0]


def test_a_stream_of_a_detector_scores_on_after_a_step_that_was_refused():
    stream = Stream(fitted("detector"))
    stream.step([0.0, 0.0])
    with pytest.raises(ValueError, match="beyond float32"):
        stream.step([1e300, 1e300])
    assert stream.step([0.0, 0.0]) < 5
    assert stream.step([1e6, 1e6]) > 1e4


def test_a_sequence_with_an_infinite_score_at_a_step_has_the_worst():
    scores = np.array([1.0, 1e100, np.nan, 1.0])
    found = of_sequences(scores, np.array([3, 1]))
    assert found[0] == pytest.approx(1e100 / np.sqrt(2))
    assert found[1] == 1.0


# ------------------------------------------------------------------ messages


@pytest.mark.parametrize("n_streams", [2.5, 0, -1, True, "2"])
def test_a_number_of_streams_is_an_int(n_streams):
    with pytest.raises(ValueError, match="given to Stream, which accepts an int >= 1 or None"):
        Stream(fitted("unnamed"), n_streams)


@pytest.mark.parametrize(
    ("step", "what"),
    [
        (["a", 1.0], "holds texts, such as 'a'"),
        (["0.5", "1.0"], "holds texts, such as '0.5'"),
        (np.array(["2024-01-01"] * 2, "M8[ns]"), "holds dates, such as 2024"),
        ([1j, 1.0], "holds complex numbers"),
        ([None, {}], "is .None, {}.; give one number for each feature"),
        ([[1.0], [1.0, 2.0]], "give one number for each feature"),
        (None, "is None; give"),
        ([pd.NA, 1.0], "holds NaN"),
        (np.ma.masked_array([1.0, 1.0], [True, False]), "holds NaN"),
    ],
)
def test_a_step_is_read_as_the_sequences_of_a_fit_are(step, what):
    with pytest.raises(ValueError, match=f"(?s)step.*{what}"):
        Stream(fitted("unnamed")).step(step)


def test_a_step_that_is_no_number_is_shown():
    with pytest.raises(TypeError, match=r"the step holds NotImplemented, of type Not.* numeric"):
        Stream(fitted("unnamed")).step(NotImplemented)


MISSING = {
    "masked array": np.ma.masked_equal([-9.0, 1.0], -9.0),
    "list with None": [None, 1.0],
    "list with NA": [pd.NA, 1.0],
    "nullable Series": pd.Series([pd.NA, 1.0], dtype="Float64"),
}


@pytest.mark.parametrize("form", MISSING)
def test_what_is_missing_in_a_step_is_nan_in_every_form(form):
    expected = Stream(fitted("masked")).step([np.nan, 1.0])
    assert Stream(fitted("masked")).step(MISSING[form]) == expected
    with pytest.raises(ValueError, match="the step holds NaN"):
        Stream(fitted("unnamed")).step(MISSING[form])


def test_what_is_missing_under_a_name_is_nan():
    masked = np.ma.masked_equal([-9.0, 2.0], -9.0)
    model = GRURegressor(units=2, missing="mask", **SMALL).fit(FRAMES, X[:, -1, 0])
    expected = Stream(model, 2).step([[1.0, np.nan], [3.0, 2.0]])
    for step in (
        {"a": masked, "b": [1.0, 3.0]},
        pd.DataFrame({"a": [pd.NA, 2.0], "b": [1.0, 3.0]}, dtype="Float64"),
        pl.DataFrame({"a": [None, 2.0], "b": [1.0, 3.0]}),
    ):
        np.testing.assert_array_equal(Stream(model, 2).step(step), expected)


@pytest.mark.parametrize(
    "values", [(pd.Timestamp("2024"), 1.0), ([1.0], [1.0, 2.0]), (np.datetime64("2024"), 1.0)]
)
def test_named_features_of_a_step_are_a_number_each(values):
    names = Stream(fitted("named")).estimator.feature_names_in_
    with pytest.raises(ValueError, match=r"step .*(give one number for each|holds dates)"):
        Stream(fitted("named")).step(dict(zip(names, values, strict=True)))


@pytest.mark.parametrize("streams", [2, -3, [0, 5], "a", 0.5, [True], {}])
def test_streams_that_are_not_there_cannot_be_reset(streams):
    stream, other = (Stream(fitted("unnamed"), 2) for _ in range(2))
    x = np.ones((2, 2))
    assert not np.array_equal(stream.step(x), stream.step(x))
    other.step(x)
    other.step(x)
    with pytest.raises(ValueError, match=r"streams=.* go from 0 to 1; give one of them"):
        stream.reset(streams)
    np.testing.assert_array_equal(stream.step(x), other.step(x))


@pytest.mark.parametrize(
    ("kind", "step", "what"),
    [
        ("letters", ["a"], "has to be a character"),
        ("letters", "ab", "has to be a character"),
        ("items", [("a", 1)], "has to be a hashable token"),
    ],
)
def test_a_step_of_a_generator_is_one_token(kind, step, what):
    stream, other = Stream(fitted(kind)), Stream(fitted(kind))
    with pytest.raises(TypeError, match=what):
        stream.step(step)
    token = "a" if kind == "letters" else ("a", 1)
    np.testing.assert_array_equal(stream.step(token), other.step(token))


def test_steps_of_several_generators_are_a_list():
    with pytest.raises(TypeError, match="give a list of 2, one for each stream"):
        Stream(fitted("letters"), 2).step(5)
