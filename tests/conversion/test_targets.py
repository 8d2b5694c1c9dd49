"""y and sample_weight of every library, and of every dtype, or refused by name."""

import dask.dataframe as dd
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn import config_context
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import cross_val_score

from skrnn import SequenceScaler
from tests.conftest import make
from tests.conversion.libraries import HAS_TORCH, TENSORS, as_torch

X = np.random.default_rng(0).normal(size=(6, 4, 1))
NUMBERS = np.array([3.0, 1.0, 4.0, 1.0, 5.0, 9.0])
DAYS = pd.Series(pd.date_range("2024-03-01", periods=6))
HALVES = pd.cut(range(6), 2)


def small(kind, **parameters):
    return make(f"GRU{kind}", units=2, epochs=1, **parameters)


# ------------------------------------------------------------------ numbers


def as_arrow(values):
    return pa.array(values)


def as_dask(values):
    return dd.from_pandas(pd.Series(values), npartitions=2)


NUMBER_FORMS = {
    "list": list,
    "nullable": lambda values: pd.Series(values, dtype="Float64"),
    "nullable integers": lambda values: pd.Series(values, dtype="Int64"),
    "arrow dtype": lambda values: pd.Series(values).astype("double[pyarrow]"),
    "objects": lambda values: values.astype(object),
    "polars": pl.Series,
    "arrow": as_arrow,
    **TENSORS,
    "numbers of tensors": lambda values: list(TENSORS["jax"](values)),
    **({"numbers of torch": lambda values: list(as_torch(values))} if HAS_TORCH else {}),
    "dask": as_dask,
    "nothing masked": np.ma.array,
    "another byte order": lambda values: values.astype(">f8"),
}


@pytest.fixture(scope="module")
def of_arrays():
    """Return what is predicted after a fit on arrays, without and with weights."""
    return tuple(
        small("Regressor").fit(X, NUMBERS, weights).predict(X) for weights in (None, NUMBERS)
    )


@pytest.mark.parametrize("form", NUMBER_FORMS)
def test_numbers_of_every_library_are_learned_alike(form, of_arrays):
    given = NUMBER_FORMS[form](NUMBERS)
    model = small("Regressor").fit(X, given)
    np.testing.assert_array_equal(model.predict(X), of_arrays[0])
    expected = r2_score(NUMBERS, of_arrays[0], sample_weight=NUMBERS)
    assert model.score(X, given, sample_weight=given) == pytest.approx(expected, abs=1e-12)
    weighted = small("Regressor").fit(X, NUMBERS, sample_weight=given).predict(X)
    np.testing.assert_array_equal(weighted, of_arrays[1])


NO_TARGETS = {
    "masked": (np.ma.masked_equal(NUMBERS, 9.0), "contains NaN"),
    "missing": (pd.Series([1, None] * 3, dtype="Int64"), "contains NaN"),
    "dates": (DAYS, "holds dates, such as 2024-03-01"),
    "time differences": (DAYS - DAYS[0], "holds time differences, .* divide them by a unit"),
    "texts": (["1", "2"] * 3, "holds texts, such as '1'"),
    "a dict": ({"a": 1.0}, "(is a dict; give a list|not 'dict')"),
}


@pytest.mark.parametrize("case", NO_TARGETS)
def test_values_that_are_not_numbers_are_refused_as_targets_and_as_weights(case):
    given, message = NO_TARGETS[case]
    model = small("Regressor")
    with pytest.raises((ValueError, TypeError), match=f"y {message}"):
        model.fit(X, given)
    fitted = small("Regressor").fit(X, NUMBERS)
    before = dict(vars(fitted))
    for act in (fitted.partial_fit, fitted.score):
        with pytest.raises((ValueError, TypeError), match=f"y {message}"):
            act(X, given)
    with pytest.raises((ValueError, TypeError), match=f"y {message}"):
        model.fit(X, NUMBERS, X_val=X, y_val=given)
    for act in (fitted.fit, fitted.score, SequenceScaler().fit):
        with pytest.raises((ValueError, TypeError), match=message):
            act(X, NUMBERS, sample_weight=given)
    assert vars(fitted) == before
    assert not hasattr(model, "weights_")


def test_a_column_of_targets_is_refused_by_name():
    y = pd.DataFrame({"load": NUMBERS, "when": DAYS})
    with pytest.raises(ValueError, match="column 'when' of y holds dates"):
        small("Regressor").fit(X, y)


def test_texts_as_targets_of_a_regressor_point_to_a_classifier():
    with pytest.raises(ValueError, match=r"y holds texts, such as 'up'.* take a classifier"):
        small("Regressor").fit(X, ["up", "down"] * 3)


# ------------------------------------------------------------------ labels

ALTERNATING = [True, False] * 3
LABELS = {
    "objects of booleans": (pd.Series([*ALTERNATING, None]).dropna(), [False, True], "b"),
    "objects of integers": (np.array([1, 0] * 3, dtype=object), [0, 1], "i"),
    "nullable booleans": (pd.Series(ALTERNATING, dtype="boolean"), [False, True], "b"),
    "nullable integers": (pd.Series([1, 0] * 3, dtype="Int64"), [0, 1], "i"),
    "categories of integers": (pd.Series([7, 5] * 3, dtype="category"), [5, 7], "i"),
    "categories of texts": (pd.Categorical(["a", "b"] * 3), ["a", "b"], "O"),
    "texts of a string dtype": (pd.Series(["a", "b"] * 3, dtype="string"), ["a", "b"], "O"),
    "a list of texts": (["a", "b"] * 3, ["a", "b"], "U"),
    "texts called nan and None": (["nan", "None"] * 3, ["None", "nan"], "U"),
    "intervals": (HALVES, list(HALVES.categories), "O"),
    "a Series of intervals": (pd.Series(HALVES), list(HALVES.categories), "O"),
    "polars": (pl.Series(["a", "b"] * 3), ["a", "b"], "OU"),
    "polars categories": (pl.Series(["a", "b"] * 3, dtype=pl.Categorical), ["a", "b"], "OU"),
}


@pytest.mark.parametrize("case", LABELS)
def test_labels_keep_what_they_are(case):
    y, classes, kinds = LABELS[case]
    model = small("Classifier").fit(X, y)
    assert model.classes_.tolist() == classes
    assert model.classes_.dtype.kind in kinds
    predicted = model.predict(X)
    assert set(predicted.tolist()) <= set(classes)
    right = [given == found for given, found in zip(list(y), predicted.tolist(), strict=True)]
    assert model.score(X, y) == pytest.approx(np.mean(right))
    assert small("Classifier").partial_fit(X, y, classes=y).classes_.tolist() == classes


NOTHING = {
    "a list of texts and NaN": ["up", np.nan, "down"] * 2,
    "a list of texts and None": ["up", None, "down"] * 2,
    "a list of integers and None": [1, None, 0] * 2,
    "a list with pd.NA": [True, pd.NA, False] * 2,
    "objects": np.array(["up", None, "down"] * 2, dtype=object),
    "a Series": pd.Series(["up", np.nan, "down"] * 2),
    "a string dtype": pd.Series(["up", None, "down"] * 2, dtype="string"),
    "nullable integers": pd.Series([1, None, 0] * 2, dtype="Int64"),
    "categories": pd.Series(["up", None, "down"] * 2, dtype="category"),
    "polars": pl.Series(["up", None, "down"] * 2),
    "polars booleans": pl.Series([True, None, False] * 2),
    "masked": np.ma.array([1, 2, 0] * 2, mask=[0, 1, 0] * 2),
    "masked texts": np.ma.array(["up", "?", "down"] * 2, mask=[0, 1, 0] * 2),
    "intervals": pd.cut([1, 9, 2] * 2, [0, 1, 2]),
}


@pytest.mark.parametrize("case", NOTHING)
def test_a_missing_label_is_no_class(case):
    model = small("Classifier")
    with pytest.raises(ValueError, match="Input y contains NaN; each sequence needs one"):
        model.fit(X, NOTHING[case])
    assert not hasattr(model, "classes_")
    with pytest.raises(ValueError, match="Input classes contains NaN"):
        model.partial_fit(X, [0, 1] * 3, classes=NOTHING[case])


NO_LABELS = {
    "a number and a text": (pd.Series([1, "a"] * 3), "of different kinds.* dtype object"),
    "a list of a number and a text": ([1, "a"] * 3, "of different kinds.* dtype object"),
    "dates": (DAYS, r"dates, dtype datetime64\[.s\], such as 2024-03-01.* astype\(str\)"),
    "periods": (DAYS.dt.to_period("D"), r"periods, dtype period\[D\]"),
    "bytes": ([b"a", b"b"] * 3, r"bytes, dtype \|S1"),
}


@pytest.mark.parametrize("case", NO_LABELS)
def test_values_that_are_not_labels_are_refused_with_their_dtype(case):
    y, message = NO_LABELS[case]
    with pytest.raises(ValueError, match=f"y holds .*{message}"):
        small("Classifier").fit(X, y)


def test_a_score_of_labels_of_another_kind_is_refused():
    model = small("Classifier").fit(X, [0, 1] * 3)
    with pytest.raises(ValueError, match="labels of dtype <U1, such as '0', and the fit had"):
        model.score(X, ["0", "1"] * 3)


def test_the_accuracy_is_that_of_scikit_learn():
    y, weights = [0, 1, 2] * 2, np.arange(6.0)
    model = small("Classifier").fit(X, y)
    expected = accuracy_score(y, model.predict(X), sample_weight=weights)
    assert model.score(X, y, sample_weight=weights) == pytest.approx(expected)


# ------------------------------------------------------------------ array API dispatch


if HAS_TORCH:

    def test_tensors_are_learned_under_array_api_dispatch():
        import torch

        inputs, numbers, labels = (torch.tensor(part) for part in (X, NUMBERS, NUMBERS > 2))
        with config_context(array_api_dispatch=True):
            regressor = small("Regressor").fit(inputs, numbers, sample_weight=numbers)
            classifier = small("Classifier").fit(inputs, labels)
            scores = (regressor.score(inputs, numbers, numbers), classifier.score(inputs, labels))
            predicted = regressor.predict(inputs)
            folds = cross_val_score(small("Regressor"), inputs, numbers, cv=3)
        expected = small("Regressor").fit(X, NUMBERS, NUMBERS)
        np.testing.assert_array_equal(predicted, expected.predict(X))
        assert scores[0] == pytest.approx(expected.score(X, NUMBERS, NUMBERS))
        assert scores[1] == small("Classifier").fit(X, NUMBERS > 2).score(X, NUMBERS > 2)
        np.testing.assert_allclose(folds, cross_val_score(small("Regressor"), X, NUMBERS, cv=3))
