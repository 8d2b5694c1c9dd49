"""Every form of X is read as the same sequences; what cannot be read says why."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse
from sklearn.base import BaseEstimator

from skrnn.sequences import InputFormat, Sequences, SequenceShape, check_shape, read_sequences


class Reader(BaseEstimator):
    """Record the columns of what is read."""


def read(X, *, reset=True, **params):
    return read_sequences(Reader(), X, InputFormat(**params), reset=reset)


def lists(sequences):
    """Return the steps of each sequence as nested Python lists."""
    return [
        sequences.steps[start : start + length].tolist()
        for start, length in zip(sequences.starts, sequences.lengths, strict=True)
    ]


#: pandas 2 has no others.
NANOSECOND_DATES = st.dates(date(1678, 1, 1), date(2261, 12, 1))
NUMBERS = st.floats(-100, 100, width=32)
CUBES = arrays(
    np.float64, st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 3)), elements=NUMBERS
)


@st.composite
def ragged(draw, elements=NUMBERS):
    """Draw a list of arrays (n_steps_i, n_features)."""
    n_features = draw(st.integers(1, 3))
    lengths = draw(st.lists(st.integers(1, 5), min_size=1, max_size=5))
    return [draw(arrays(np.float64, (length, n_features), elements=elements)) for length in lengths]


@st.composite
def overlapping(draw, elements=NUMBERS):
    """Draw sequences that share steps of one table, as windows do."""
    n_steps = draw(st.integers(1, 8))
    steps = draw(arrays(np.float64, (n_steps, 2), elements=elements))
    spans = draw(
        st.lists(
            st.integers(0, n_steps - 1).flatmap(
                lambda start: st.tuples(st.just(start), st.integers(1, n_steps - start))
            ),
            min_size=1,
            max_size=5,
        )
    )
    starts, lengths = np.array(spans).T
    return Sequences(steps, starts, lengths)


# ------------------------------------------------------------------ reading


@settings(deadline=None)
@given(cube=CUBES, dtype=st.sampled_from([np.float64, np.float32, np.int64, np.uint8, bool]))
def test_a_cube_is_read_step_by_step_in_both_layouts(cube, dtype):
    cube = np.abs(cube).astype(dtype)
    expected = cube.astype(float).tolist()
    assert lists(read(cube)) == expected
    assert lists(read(cube.tolist())) == expected
    assert lists(read(np.asfortranarray(cube))) == expected
    assert lists(read(cube.transpose(0, 2, 1), layout="channels_first")) == expected


@settings(deadline=None)
@given(cube=CUBES)
def test_a_table_is_read_in_both_layouts(cube):
    n_samples, n_steps, n_channels = cube.shape
    last = cube.reshape(n_samples, -1)
    first = np.array(
        [[row[t, c] for c in range(n_channels) for t in range(n_steps)] for row in cube]
    )
    expected = cube.tolist()
    for table in (last, pd.DataFrame(last), last.tolist()):
        assert lists(read(table, n_channels=n_channels)) == expected
    for table in (first, pd.DataFrame(first)):
        assert lists(read(table, n_channels=n_channels, layout="channels_first")) == expected


@settings(deadline=None)
@given(table=arrays(np.float64, st.tuples(st.integers(1, 4), st.integers(1, 6)), elements=NUMBERS))
def test_a_table_is_univariate_by_default(table):
    assert lists(read(table)) == [[[value] for value in row] for row in table.tolist()]


@settings(deadline=None)
@given(sequences=ragged(), start=NANOSECOND_DATES, labels=st.randoms(use_true_random=False))
def test_lists_and_panels_hold_the_same_sequences(sequences, start, labels):
    expected = [sequence.tolist() for sequence in sequences]
    names = [f"c{column}" for column in range(sequences[0].shape[1])]
    frames = [pd.DataFrame(sequence, columns=names) for sequence in sequences]
    objects = np.empty(len(sequences), dtype=object)
    objects[:] = sequences
    keys = labels.sample(range(100), len(sequences))
    days = [frame.set_axis(pd.date_range(start, periods=len(frame))) for frame in frames]
    panel = pd.concat(days, keys=keys)
    for X in (sequences, tuple(sequences), objects, frames, panel):
        got = read(X)
        assert lists(got) == expected
        assert got.longest == max(map(len, sequences))
        assert got.n_steps == (got.longest if len(set(map(len, sequences))) == 1 else None)
        assert got.n_features == len(names)
        assert len(got) == len(sequences)


@settings(deadline=None)
@given(cube=CUBES)
def test_an_array_of_the_right_type_is_not_copied(cube):
    assert np.shares_memory(read(cube).steps, cube)
    assert read(cube.astype(np.float32)).steps.dtype == np.float32


def test_names_and_width_are_recorded_at_fit_and_compared_afterwards():
    reader = Reader()
    table = pd.DataFrame(np.ones((3, 2)), columns=["a", "b"])
    read_sequences(reader, table, InputFormat(), reset=True)
    assert reader.n_features_in_ == 2
    assert reader.feature_names_in_.tolist() == ["a", "b"]
    with pytest.raises(ValueError, match="feature names should match"):
        read_sequences(reader, table[["b", "a"]], InputFormat(), reset=False)
    wide = table.assign(c=0.0)
    with pytest.raises(ValueError, match="Feature names unseen at fit time:\n- c"):
        read_sequences(reader, wide, InputFormat(), reset=False)


@pytest.mark.parametrize("form", [lambda cube: cube, list, lambda cube: cube[:, :, 0]])
def test_the_width_is_that_of_a_step_or_of_a_table(form):
    reader = Reader()
    read_sequences(reader, form(np.ones((2, 3, 3))), InputFormat(), reset=True)
    assert reader.n_features_in_ == 3
    with pytest.raises(ValueError, match="X has 4 features, but Reader is expecting 3 features"):
        read_sequences(reader, form(np.ones((2, 4, 4))), InputFormat(), reset=False)


# ------------------------------------------------------------------ what sequences do


@settings(deadline=None)
@given(sequences=overlapping(), data=st.data())
def test_a_batch_is_padded_on_the_right(sequences, data):
    rows = np.array(data.draw(st.lists(st.integers(0, len(sequences) - 1), min_size=1)))
    n_steps = int(sequences.lengths[rows].max()) + data.draw(st.integers(0, 3))
    values, real = sequences.gather(rows, n_steps)
    assert values.shape == (len(rows), n_steps, 2)
    for row, got, steps in zip(rows, values, real, strict=True):
        length = sequences.lengths[row]
        assert steps.tolist() == [True] * length + [False] * (n_steps - length)
        assert got[:length].tolist() == lists(sequences)[row]


@settings(deadline=None)
@given(sequences=overlapping(), data=st.data())
def test_rows_are_taken_in_order_over_the_same_table(sequences, data):
    rows = np.array(data.draw(st.lists(st.integers(0, len(sequences) - 1), min_size=1)))
    taken = sequences.take(rows)
    assert lists(taken) == [lists(sequences)[row] for row in rows]
    assert taken.steps is sequences.steps


@settings(deadline=None)
@given(sequences=overlapping(), data=st.data())
def test_a_step_weighs_what_the_sequences_that_hold_it_weigh(sequences, data):
    weight = st.sampled_from([0.0, 0.1, 0.3, 1.0, 7.0])
    weights = np.array(
        data.draw(st.lists(weight, min_size=len(sequences), max_size=len(sequences)))
    )
    expected = np.zeros(len(sequences.steps))
    for start, length, weight in zip(sequences.starts, sequences.lengths, weights, strict=True):
        for step in range(start, start + length):
            expected[step] += weight
    got = sequences.step_weights(weights)
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12)


@settings(deadline=None)
@given(seed=st.integers(0, 10**6), silent=st.sets(st.integers(0, 7), min_size=1))
def test_a_step_of_sequences_that_weigh_nothing_weighs_nothing(seed, silent):
    weights = np.random.default_rng(seed).lognormal(sigma=3, size=8)
    weights[list(silent)] = 0
    got = read(np.ones((8, 3))).step_weights(weights)
    np.testing.assert_array_equal(got == 0, np.repeat(weights == 0, 3))


def without_missing(sequences):
    """Leave out missing steps, one sequence at a time."""
    kept = []
    for steps in lists(sequences):
        observed = [step for step in steps if not np.isnan(step).all()]
        kept.append(observed or steps[-1:])
    return kept


@settings(deadline=None)
@given(sequences=overlapping(elements=NUMBERS | st.just(np.nan)))
def test_missing_steps_are_left_out_of_each_sequence(sequences):
    before = sequences.steps.copy()
    got = lists(sequences.without_missing_steps())
    for steps, expected in zip(got, without_missing(sequences), strict=True):
        np.testing.assert_array_equal(steps, expected)
    np.testing.assert_array_equal(sequences.steps, before)


@settings(deadline=None)
@given(sequences=overlapping(), data=st.data())
def test_the_first_sequence_with_a_marked_value_is_found(sequences, data):
    row = data.draw(st.integers(0, len(sequences) - 1))
    step = int(sequences.starts[row] + data.draw(st.integers(0, sequences.lengths[row] - 1)))
    marked = np.zeros(len(sequences.steps), dtype=bool)
    marked[step] = True
    spans = zip(sequences.starts, sequences.starts + sequences.lengths, strict=True)
    holds = [start <= step < end for start, end in spans]
    assert sequences.first_with(marked) == holds.index(True)


# ------------------------------------------------------------------ what is refused


def series(length, width=1):
    return np.arange(length * width, dtype=float).reshape(length, width)


def panel(instances, times, names=None):
    index = pd.MultiIndex.from_arrays([instances, times], names=names)
    return pd.DataFrame({"a": np.arange(len(instances), dtype=float)}, index=index)


REFUSED = {
    "nothing": ([], {}, ["got 1D array", "Reshape"]),
    "no rows": (np.empty((0, 3)), {}, [r"0 sample\(s\) \(shape=\(0, 3\)\)", "1 is required"]),
    "no columns": (np.empty((2, 0)), {}, [r"0 feature\(s\) \(shape=\(2, 0\)\)", "1 is required"]),
    "a cube of no rows": (np.empty((0, 3, 2)), {}, [r"shape=\(0, 3, 2\)", "1 is required"]),
    "a cube of no steps": (np.empty((2, 0, 3)), {}, [r"\(2, 0, 3\)", "no steps or no features"]),
    "a cube of no features": (np.empty((2, 3, 0)), {}, [r"\(2, 3, 0\)", "no steps or no features"]),
    "one dimension": (np.arange(5.0), {}, ["got 1D array", "Reshape"]),
    "four dimensions": (np.zeros((2, 3, 4, 5)), {}, ["4", r"n_samples, n_steps, n_features"]),
    "a scalar": (3.0, {}, ["scalar", "Reshape"]),
    "uneven lists": ([[1.0, 2.0], [3.0]], {}, ["differ in length", "list of arrays of shape"]),
    "uneven nested lists": (
        [[[1.0], [2.0]], [[3.0]]],
        {},
        ["differ in length", "list of arrays of shape"],
    ),
    "flat sequences": (
        [np.arange(3.0), np.arange(2.0)],
        {},
        [r"sequence 0 of X has 1 dimension", r"\(n_steps, 1\)"],
    ),
    "a flat sequence among others": (
        [series(3), np.arange(2.0)],
        {},
        [r"sequence 1 of X has 1 dimension", r"\(n_steps, 1\)"],
    ),
    "series": ([pd.Series([1.0, 2.0])], {}, ["sequence 0 of X has 1 dimension", r"\(n_steps, 1\)"]),
    "an empty sequence": ([series(3), series(0)], {}, ["sequence 1 of X is empty", r"\(0, 1\)"]),
    "uneven widths": (
        [series(3, 1), series(3, 2)],
        {},
        [r"have \[1, 2\] features", "all must have the same number"],
    ),
    "columns in another order": (
        [pd.DataFrame({"a": [1.0], "b": [2.0]}), pd.DataFrame({"b": [1.0], "a": [2.0]})],
        {},
        ["sequence 1 of X has the columns", "same order"],
    ),
    "columns left over": (
        np.ones((2, 7)),
        {"n_channels": 2},
        ["X has 7 columns", "not a multiple of n_channels=2"],
    ),
    "NaN": (
        [series(2), np.full((2, 1), np.nan)],
        {},
        ["contains NaN", "sequence 1 has it", 'missing="mask"', "impute"],
    ),
    "NaN in a table": (np.array([[1, 2], [3, np.nan]]), {}, ["contains NaN", "sequence 1 has it"]),
    "infinity": (
        [series(2), np.array([[0], [np.inf]])],
        {},
        ["contains infinity", "sequence 1 has it", "replace"],
    ),
    "infinity with missing steps": (
        [np.full((2, 1), np.nan), np.full((2, 1), -np.inf)],
        {"missing": "mask"},
        ["contains infinity", "sequence 1 has it", "replace"],
    ),
    "complex numbers": (np.ones((2, 3)) * 1j, {}, ["Complex data not supported"]),
    "a list of complex numbers": ([series(2) * 1j], {}, ["Complex data not supported"]),
    "text": (np.array([["a", "b"]], dtype=object), {}, ["X holds texts, such as 'a', where"]),
    "a list of text": (
        [np.array([["a"], ["b"]])],
        {},
        ["sequence 0 of X holds texts, such as 'a'"],
    ),
    "three levels": (
        panel([0, 0], [1, 2]).set_index(pd.Index([5, 6]), append=True),
        {},
        ["index of 3 levels", "two: instance and time"],
    ),
    "an empty panel": (panel([], []), {}, ["panel with 0 rows", "at least one step"]),
    "scattered instances": (
        panel([0, 1, 0], [1, 1, 2]),
        {},
        ["not next to each other", "sort_index"],
    ),
    "falling times": (
        panel(["x", "y", "y"], [1, 7, 3]),
        {},
        ["instance y", "do not rise at 3", "sort the panel"],
    ),
    "repeated times": (
        panel(["x", "x"], [4, 4]),
        {},
        ["instance x", "do not rise at 4", "remove duplicates"],
    ),
    "NaN in a panel": (
        panel([8, 9], [1, 1]).where(lambda frame: frame == 0),
        {},
        ["contains NaN", "sequence 1 has it"],
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_says_what_was_given_and_what_to_do(case):
    X, params, says = REFUSED[case]
    with pytest.raises(ValueError) as caught:  # noqa: PT011  (each case has its own words)
        read(X, **params)
    for words in says:
        assert caught.match(words)


def test_sparse_data_is_refused_by_its_type():
    with pytest.raises(
        TypeError, match=r"Sparse data was passed for X, but dense data is required"
    ):
        read(sparse.csr_array(np.eye(3)))


@pytest.mark.parametrize("missing", [np.nan, [np.nan, 1.0]])
def test_missing_values_are_read_where_they_are_masked(missing):
    table = np.array([[1.0, 2.0], [3.0, 4.0]])
    table[1] = missing
    got = read(table, missing="mask")
    np.testing.assert_array_equal(got.steps[:, 0], table.ravel())


def test_sequences_must_have_the_features_and_the_length_of_the_fit():
    cube = read(np.ones((2, 12, 3)))
    uneven = replace(cube, lengths=np.array([12, 5]))
    for sequences in (cube, uneven):
        check_shape(Reader(), sequences, SequenceShape(None, 3))
    check_shape(Reader(), cube, SequenceShape(12, 3))
    with pytest.raises(
        ValueError, match=r"12 steps but Reader was fitted with 24; window the data"
    ):
        check_shape(Reader(), cube, SequenceShape(24, 3))
    with pytest.raises(ValueError, match=r"5 to 12 steps but Reader was fitted with 24; window"):
        check_shape(Reader(), uneven, SequenceShape(24, 3))
    with pytest.raises(ValueError, match=r"3 features a step but Reader was fitted with 2; give"):
        check_shape(Reader(), cube, SequenceShape(12, 2))
