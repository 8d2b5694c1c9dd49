"""Every method that reads sequences, targets or texts accepts those of every library."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from skrnn import (
    GRUClassifier,
    GRURegressor,
    SequenceAnomalyDetector,
    SequenceGenerator,
    SequenceLabeler,
    SequenceScaler,
    SequenceTranslator,
    SlidingWindow,
    TokenSequences,
    make_windows,
    networks,
)
from tests.conversion.libraries import TENSORS

GENERATOR = np.random.default_rng(0)
#: 32-bit floats, which every library holds exactly.
RAGGED = [GENERATOR.normal(size=(3 + n % 2, 2)).astype("f4").astype(float) for n in range(4)]
TEXTS = ["a lovely film", "a dull film"]
SMALL = {"network": networks.GRU(units=2), "epochs": 1, "random_state": 0}


def as_polars(array):
    return pl.DataFrame(array, schema=["a", "b"])


def as_arrow(values):
    return pa.array(values)


def same(first, second):
    """Compare arrays, or lists of arrays of different length."""
    for one, other in zip(first, second, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


# ------------------------------------------------------------------ labels at every step

STEPS = [[0, 1, 0], [0, 1, 1, 0], [1, 1, 1], [0, 0, 1, 0]]
STEP_FORMS = {
    "lists": STEPS,
    "tuples": tuple(map(tuple, STEPS)),
    "a Series of lists": pd.Series(STEPS),
    "nullable": [pd.Series(part, dtype="Int64") for part in STEPS],
    "polars": [pl.Series(part) for part in STEPS],
    "a polars Series of lists": pl.Series(STEPS),
    "arrow": [as_arrow(part) for part in STEPS],
    **{
        name: [tensor(np.array(part, dtype=float)) for part in STEPS]
        for name, tensor in TENSORS.items()
    },
    "objects": [np.array(part, dtype=object) for part in STEPS],
}


@pytest.fixture(scope="module")
def labeled():
    """Return the predictions of a labeler that was fitted on arrays of labels."""
    return SequenceLabeler(**SMALL).fit(RAGGED, list(map(np.array, STEPS))).predict_proba(RAGGED)


@pytest.mark.parametrize("form", STEP_FORMS)
def test_labels_at_steps_of_different_length_are_read_in_every_form(form, labeled):
    model = SequenceLabeler(**SMALL).fit(RAGGED, STEP_FORMS[form])
    same(model.predict_proba(RAGGED), labeled)
    assert model.classes_.tolist() == [0, 1]
    assert 0 <= model.score(RAGGED, STEP_FORMS[form]) <= 1


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([[0, 1, None], *STEPS[1:]], "Input sequence 0 of y contains NaN; each step needs one"),
        ([["a", "b", np.nan], *[["a"] * len(p) for p in STEPS[1:]]], "contains NaN"),
        ([np.ma.masked_equal(part, 1) for part in STEPS], "contains NaN"),
        ([pd.Series(p, dtype="Int64").replace(1, pd.NA) for p in STEPS], "contains NaN"),
        ([*STEPS[:3], ["a", "b", "a", "b"]], "some parts of y hold numbers, and others do not"),
        ([list(pd.date_range("2024", periods=len(p))) for p in STEPS], "sequence 0 of y holds da"),
        ([[0, 1], *STEPS[1:]], "sequence 0 of X has 3 steps, and its part of y 2"),
        ({0: STEPS}, "y is a dict"),
    ],
)
def test_labels_at_steps_that_are_missing_or_none_are_refused(y, message):
    with pytest.raises((ValueError, TypeError), match=message):
        SequenceLabeler(**SMALL).fit(RAGGED, y)


def test_columns_of_labels_are_compared_for_every_frame():
    parts = [pd.DataFrame({"door": part, "window": part}) for part in STEPS]
    swapped = [*parts[:3], parts[3][["window", "door"]]]
    with pytest.raises(ValueError, match=r"sequence 3 of y has the columns \['window', 'door'\]"):
        SequenceLabeler(**SMALL).fit(RAGGED, swapped)


# ------------------------------------------------------------------ other estimators


@pytest.mark.parametrize("container", [as_polars, *TENSORS.values()])
def test_a_detector_reads_sequences_of_every_library(container):
    X = [container(array) for array in RAGGED]
    expected = SequenceAnomalyDetector(**SMALL).fit(RAGGED)
    model = SequenceAnomalyDetector(**SMALL).fit(X)
    same(model.step_scores(X), expected.step_scores(RAGGED))
    np.testing.assert_allclose(model.score_samples(X), expected.score_samples(RAGGED), rtol=1e-6)


@pytest.mark.parametrize("container", [as_polars, *TENSORS.values()])
def test_a_scaler_returns_a_list_for_sequences_of_every_library(container):
    X = [container(array) for array in RAGGED]
    expected = SequenceScaler().fit(RAGGED)
    scaler = SequenceScaler().fit(X)
    np.testing.assert_allclose(scaler.center_, expected.center_, rtol=1e-6)  # JAX has float32
    same(scaler.transform(X), expected.transform(RAGGED))
    series = pd.Series(RAGGED)
    same(expected.fit_transform(series), expected.transform(RAGGED))


@pytest.mark.parametrize(
    "texts",
    [pl.Series(TEXTS), as_arrow(TEXTS), pd.Series(TEXTS, dtype="string"), np.array(TEXTS)],
)
def test_texts_are_read_from_every_column(texts):
    tokens = TokenSequences().fit(texts)
    assert tokens.vocabulary_ == TokenSequences().fit(TEXTS).vocabulary_
    np.testing.assert_array_equal(tokens.transform(texts), tokens.transform(TEXTS))
    model = SequenceTranslator(**SMALL, embedding_dim=2, max_length=2).fit(texts, texts)
    assert sorted(model.target_vocabulary_) == sorted(set("".join(TEXTS)))
    assert SequenceGenerator(**SMALL).fit(texts).input_type_ == "characters"


@pytest.mark.parametrize(
    "numbers", [[[2, 3, 4], [5]], pd.Series([[2, 3, 4], [5]]), pl.Series([[2, 3, 4], [5]])]
)
def test_numbers_of_tokens_are_read_from_every_column(numbers):
    settings = {"units": 2, "epochs": 1, "embedding_dim": 2, "random_state": 0}
    expected = GRUClassifier(**settings).fit([np.array([2, 3, 4]), np.array([5])], [0, 1])
    model = GRUClassifier(**settings).fit(numbers, [0, 1])
    np.testing.assert_array_equal(model.predict_proba(numbers), expected.predict_proba(numbers))


def test_labels_of_tokens_in_lists_come_back_in_lists():
    tokens = [[2], [3, 4, 5]]
    model = SequenceLabeler(**SMALL, embedding_dim=2).fit(tokens, [[0], [1, 0, 1]])
    expected = model.predict([np.array(part) for part in tokens])
    assert [len(part) for part in expected] == [1, 3]
    for X in (tokens, pd.Series(tokens), np.array(tokens, dtype=object)):
        same(model.predict(X), expected)


@pytest.mark.parametrize("container", [as_polars, *TENSORS.values()])
def test_a_translator_reads_numbers_of_every_library(container):
    settings = SMALL | {"embedding_dim": 2, "max_length": 3}
    X = [container(array) for array in RAGGED]
    y = [array[:2] for array in RAGGED]
    expected = SequenceTranslator(**settings).fit(RAGGED, y).predict(RAGGED)
    model = SequenceTranslator(**settings).fit(X, [container(array) for array in y])
    np.testing.assert_allclose(model.predict(X), expected, rtol=1e-5)


def test_a_generator_reads_rolls_of_every_library_and_compares_their_keys():
    rolls = [np.eye(2)[[0, 1, 0]], np.eye(2)[[1, 1, 0]]]
    expected = SequenceGenerator(**SMALL).fit(rolls).score(rolls)
    for container in (as_polars, *TENSORS.values()):
        given = [container(roll) for roll in rolls]
        assert SequenceGenerator(**SMALL).fit(given).score(given) == pytest.approx(expected)
    with pytest.raises(ValueError, match=r"sequence 1 of X has the columns \['b', 'a'\]"):
        SequenceGenerator(**SMALL).fit([as_polars(rolls[0]), as_polars(rolls[1])[["b", "a"]]])
    with pytest.raises(ValueError, match="holds other values than 0 and 1"):
        SequenceGenerator(**SMALL).fit([np.ma.masked_equal(rolls[0], 1.0)])


# ------------------------------------------------------------------ windows

SERIES = pd.DataFrame(
    {
        "load": pd.array([1, 2, None, 4, 5], dtype="Int64"),
        "flow": pd.array([0.5] * 5, dtype="Float64"),
        "open": pd.array([True, False, None, True, True], dtype="boolean"),
    }
)


def test_targets_of_nullable_columns_are_floats_with_nan():
    windows, y = make_windows(SERIES, window_length=2)
    assert y.dtype == np.float64
    np.testing.assert_array_equal(y, [[np.nan, 0.5, np.nan], [4.0, 0.5, 1.0], [5.0, 0.5, 1.0]])
    for targets in ("load", SERIES["load"], pl.Series([1, 2, None, 4, 5])):
        np.testing.assert_array_equal(
            make_windows(SERIES, targets, window_length=2)[1], [np.nan, 4.0, 5.0]
        )
    with pytest.raises(ValueError, match="Input y contains NaN"):
        GRURegressor(units=2, epochs=1, missing="mask").fit(windows, y)
    filled = SERIES[["load", "flow"]].fillna(3)
    assert make_windows(filled, "load", window_length=2)[1].tolist() == [3, 4, 5]


def test_labels_stay_labels_as_targets_of_windows():
    names = pd.Series(list("abcab"), dtype="category")
    assert make_windows(SERIES, names, window_length=2)[1].tolist() == ["c", "a", "b"]
    _, y = make_windows(SERIES, SERIES["open"].fillna(False), window_length=2)
    assert y.tolist() == [False, True, True]
    assert y.dtype == bool


@pytest.mark.parametrize(
    "rows",
    [
        pl.DataFrame({"a": [1.0, None, 3.0], "b": [4.0, 5.0, 6.0]}),
        pd.DataFrame({"a": [1.0, None, 3.0], "b": [4.0, 5.0, 6.0]}, dtype="Float64"),
        np.ma.array([[1.0, 4.0], [-9.0, 5.0], [3.0, 6.0]], mask=[[0, 0], [1, 0], [0, 0]]),
    ],
)
def test_windows_of_every_library_have_nan_where_a_value_is_missing(rows):
    expected = np.array([[1.0, 4.0], [np.nan, 5.0], [3.0, 6.0]])
    np.testing.assert_array_equal(make_windows(rows, window_length=2)[0].series, expected)
    np.testing.assert_array_equal(SlidingWindow(2).fit_transform(rows).series, expected)


def test_windows_of_texts_are_refused_by_name():
    rows = pd.DataFrame({"load": [1.0, 2.0, 3.0], "city": ["Rome", "Oslo", "Rome"]})
    with pytest.raises(ValueError, match="column 'city' of data holds texts, such as 'Rome'"):
        make_windows(rows, window_length=2)
    with pytest.raises(ValueError, match="column 'city' of X holds texts, such as 'Rome'"):
        SlidingWindow(2).fit(rows)
