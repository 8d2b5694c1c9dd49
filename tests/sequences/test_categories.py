"""Categorical features of sequences: which they are, and their codes in every form of X."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skrnn import GRURegressor, SlidingWindow
from skrnn.parameters import plain
from skrnn.sequences import InputFormat, read_sequences
from skrnn.sequences.categories import Categories

SKIES = np.array(["rain", "clear", "snow", "clear", "rain", "rain", "snow", "clear"])
TEMPERATURES = np.arange(8.0)
CODES = np.array([2, 1, 3, 1, 2, 2, 3, 1.0])
TABLE = np.column_stack([CODES, TEMPERATURES])


def frame(skies=SKIES):
    return pd.DataFrame({"sky": skies, "temperature": TEMPERATURES})


def objects():
    return np.column_stack([SKIES.astype(object), TEMPERATURES])


def learned(X, selection="from_dtype", **how):
    """Return categories, and the table of X with their codes."""
    model, input_format = GRURegressor(), InputFormat(**{"missing": "mask", **how})
    found, coded = Categories.learn(plain(selection), model, X, input_format)
    return found, read_sequences(model, coded, input_format, reset=True).steps


def panel(rows):
    index = pd.MultiIndex.from_product([["a", "b"], range(4)])
    return rows.set_index(index)


BY_DTYPE = {
    "panel": panel(frame()),
    "panel of a categorical dtype": panel(frame(pd.Categorical(SKIES))),
    "panel of strings": panel(frame().astype({"sky": "string"})),
    "frames": [frame()[:3], frame()[3:]],
    "polars": [pl.DataFrame(frame()[:4]), pl.DataFrame(frame()[4:])],
    "polars categories": [
        pl.DataFrame(part).with_columns(pl.col("sky").cast(kind))
        for part, kind in (
            (frame()[:4], pl.Categorical),
            (frame()[4:], pl.Enum(sorted(set(SKIES.tolist())))),
        )
    ],
}
BY_POSITION = {
    "arrays": ([objects()[:3], objects()[3:]], {}),
    "cube": (objects().reshape(2, 4, 2), {}),
    "nested lists": (objects().reshape(2, 4, 2).tolist(), {}),
    "features first": (
        objects().reshape(2, 4, 2).swapaxes(1, 2),
        {"layout": "channels_first"},
    ),
    "flattened": (objects().reshape(2, 8), {"n_channels": 2}),
    "flattened frame": (pd.DataFrame(objects().reshape(2, 8)), {"n_channels": 2}),
    "flattened, features first": (
        objects().reshape(2, 4, 2).swapaxes(1, 2).reshape(2, 8),
        {"n_channels": 2, "layout": "channels_first"},
    ),
}


@pytest.mark.parametrize("form", BY_DTYPE)
def test_columns_of_texts_and_categories_are_found_by_their_dtype(form):
    categories, table = learned(BY_DTYPE[form])
    assert categories.columns == (0,)
    assert categories.values[0].tolist() == ["clear", "rain", "snow"]
    np.testing.assert_array_equal(table, TABLE)
    for selection in (["sky"], [0], (np.int64(0),), np.array([True, False])):
        np.testing.assert_array_equal(learned(BY_DTYPE[form], selection)[1], TABLE)


@pytest.mark.parametrize("form", BY_POSITION)
def test_features_of_arrays_are_chosen_by_position(form):
    X, how = BY_POSITION[form]
    for selection in ([0], [True, False]):
        categories, table = learned(X, selection, **how)
        assert categories.columns == (0,)
        np.testing.assert_array_equal(table, TABLE)


@pytest.mark.parametrize("form", [*BY_DTYPE, *BY_POSITION])
def test_later_sequences_have_the_codes_of_the_fit(form):
    how, selection = {}, "from_dtype"
    if form in BY_POSITION:
        (X, how), selection = BY_POSITION[form], [0]
    else:
        X = BY_DTYPE[form]
    input_format = InputFormat(**how)
    model = GRURegressor()
    categories, coded = Categories.learn(plain(selection), model, X, input_format)
    read_sequences(model, coded, input_format, reset=True)
    again = categories.encode(model, X, input_format)
    found = read_sequences(model, again, input_format, reset=False)
    np.testing.assert_array_equal(found.steps, TABLE)


def test_numbers_are_never_categories_by_themselves():
    numbers = frame().assign(sky=CODES, is_open=True, few=pd.array([1, 2] * 4, dtype="Int64"))
    mixed = numbers.assign(sky=CODES.astype(object))
    for X in (panel(numbers), panel(mixed), [numbers], TABLE.reshape(2, 4, 2), [TABLE]):
        categories, table = learned(X)
        assert categories.columns == ()
        np.testing.assert_array_equal(table[:, :2], TABLE)


def test_none_leaves_texts_refused():
    with pytest.raises(ValueError, match="column 'sky' of X holds texts"):
        learned(panel(frame()), None)


@settings(max_examples=30, deadline=None)
@given(
    values=st.lists(st.sampled_from(["a", "b", "c", None]), min_size=1, max_size=12),
    order=st.permutations(["a", "b", "c", "never"]),
    is_ordered=st.booleans(),
)
def test_the_order_of_the_categories_of_a_dtype_does_not_matter(values, order, is_ordered):
    column = pd.Categorical(values, categories=order, ordered=is_ordered)
    X = [pd.DataFrame({"x": 0.0, "kind": column})]
    categories, table = learned(X)
    assert categories.values[0].tolist() == ["a", "b", "c", "never"]
    codes = [np.nan if value is None else "abc".index(value) + 1 for value in values]
    np.testing.assert_array_equal(table[:, 1], codes)


@settings(max_examples=30, deadline=None)
@given(
    fitted=st.lists(st.sampled_from(range(5)), min_size=1, max_size=9),
    later=st.lists(st.sampled_from([*range(9), None]), min_size=1, max_size=9),
    as_texts=st.booleans(),
)
def test_unknown_categories_have_code_zero_and_missing_ones_none(fitted, later, as_texts):
    def column(values):
        kind = str if as_texts else float
        held = [None if value is None else kind(value) for value in values]
        return [pd.DataFrame({"kind": pd.Series(held, dtype=object), "x": 0.0})]

    model = GRURegressor()
    categories, _ = Categories.learn(("kind",), model, column(fitted), InputFormat())
    coded = categories.encode(model, column(later), InputFormat())[0]["kind"]
    known = sorted(set(fitted))
    expected = [
        np.nan if value is None else known.index(value) + 1 if value in known else 0
        for value in later
    ]
    np.testing.assert_array_equal(coded, expected)


def test_categories_of_windows_are_chosen_by_name():
    rows = frame().assign(sky=CODES * 10)
    windows = SlidingWindow(3).fit_transform(rows)
    model = GRURegressor()
    categories, coded = Categories.learn(("sky",), model, windows, InputFormat())
    np.testing.assert_array_equal(coded.series, TABLE)
    assert categories.values[0].tolist() == [10, 20, 30]
    np.testing.assert_array_equal(
        categories.encode(model, windows[2:], InputFormat()).series, TABLE
    )


def test_other_values_than_texts_and_numbers_are_compared_as_texts():
    rows = frame(pd.cut(TEMPERATURES, [-1, 3, 9]))
    categories, table = learned([rows])
    assert categories.values[0].tolist() == ["(-1, 3]", "(3, 9]"]
    np.testing.assert_array_equal(table[:, 0], np.repeat([1.0, 2.0], 4))


def test_truth_values_and_integers_are_numbers_of_categories():
    rows = frame(np.array([True, False] * 4))
    categories, table = learned([rows], ["sky"])
    assert categories.values[0].tolist() == [False, True]
    np.testing.assert_array_equal(table[:, 0], [2.0, 1.0] * 4)


@pytest.mark.parametrize(
    ("X", "selection", "message"),
    [
        ([frame()], [2], r"has 2, and the features of a step are 0 to 1; give names"),
        ([frame()], ["wind"], r"names 'wind', and the features are \['sky', 'temperature'\]"),
        ([objects()], ["sky"], "has names, and the features of X have none"),
        ([frame()], [True], "has 1 elements, and a step has 2 features"),
        ([frame([1, "a"] * 4)], ["sky"], "column 'sky' of X holds values of different kinds"),
        ([frame(), frame()[["temperature", "sky"]]], ["sky"], "sequence 1 of X has the columns"),
    ],
)
def test_an_error_says_which_features_there_are(X, selection, message):
    with pytest.raises(ValueError, match=message):
        learned(X, selection)


@pytest.mark.parametrize(
    ("later", "message"),
    [
        ([frame(CODES)], "column 'sky' of X holds numbers, .* were texts, such as 'clear'"),
        ([frame()[["temperature", "sky"]]], "feature names should match"),
        ([TABLE[:, :1]], "X has 1 features a step"),
        (TABLE.reshape(1, 8, 2), "feature 0 of X holds numbers"),
    ],
)
def test_sequences_of_another_kind_than_those_of_the_fit_are_refused(later, message):
    model = GRURegressor()
    categories, coded = Categories.learn("from_dtype", model, [frame()], InputFormat())
    read_sequences(model, coded, InputFormat(), reset=True)
    with pytest.raises(ValueError, match=message):
        categories.encode(model, later, InputFormat())
