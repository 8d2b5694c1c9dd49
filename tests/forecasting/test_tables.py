"""Tables of windows equal those written by hand, and their windows those of a loop."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skrnn.forecasting.covariates import Ahead
from skrnn.forecasting.rolling import roll
from skrnn.forecasting.series import Series
from skrnn.forecasting.series_scaling import SeriesScaling
from skrnn.forecasting.tables import WindowTable, WindowTargets, filled
from skrnn.networks.wrappers.forecast import WindowLayout
from skrnn.preprocessing.scaling import AffineScaling
from tests.forecasting.parts import (
    POINT,
    SEEDS,
    Toy,
    normal,
    nothing_ahead,
    numbered,
    some,
    with_gaps,
)


def table_of(series, layout, ahead=None):
    """Return a table of series without covariates or cycles, in their own units."""
    scalings = [SeriesScaling.identity(layout.n_targets)] * len(series)
    none = AffineScaling.identity(0)
    arguments = series, scalings, ahead or nothing_ahead(series), layout, none, (), 1
    return WindowTable.of(*arguments, with_margins=True)


def test_missing_values_are_filled_from_a_season_before():
    nan = np.nan
    values = np.array([nan, 2, nan, 4, nan, nan, nan, 8], dtype=np.float32)[:, None]
    before = values.copy()
    np.testing.assert_array_equal(filled(values, 1)[:, 0], [0, 2, 2, 4, 4, 4, 4, 8])
    np.testing.assert_array_equal(filled(values, 3)[:, 0], [0, 2, 2, 4, 2, 2, 4, 8])
    np.testing.assert_array_equal(values, before)
    np.testing.assert_array_equal(filled(values, 20)[:, 0], filled(values, 1)[:, 0])
    assert filled(values[-1:], 3) is not None


@some(40)
@given(n=st.integers(1, 15), season=st.integers(1, 6), row=st.integers(0, 14), seed=SEEDS)
def test_filling_keeps_what_was_observed_and_sees_nothing_later(n, season, row, seed):
    values = with_gaps(normal(n, 2, seed=seed), 0.4, seed)
    values[seed % n, 0] = np.nan
    got = filled(values, season)
    assert not np.isnan(got).any()
    observed = ~np.isnan(values)
    np.testing.assert_array_equal(got[observed], values[observed])
    for time in range(n):
        for column in range(2):
            if np.isnan(values[time, column]):
                source = time - season if time >= season else time - 1
                assert got[time, column] == (got[source, column] if source >= 0 else 0)
    changed = values.copy()
    changed[row + 1 :] = 1e6
    np.testing.assert_array_equal(filled(changed, season)[: row + 1], got[: row + 1])


def test_a_table_is_the_one_written_by_hand():
    layout = WindowLayout(3, 2, n_targets=1, n_past=1, n_known=3, n_static=1, n_channels=2)
    nan = np.nan
    one = numbered(
        [10.0, nan, 14.0, 16.0],
        covariates=np.array([[1.0, 5, 9], [2, 6, 9], [nan, 7, 9], [4, 8, 9]]),
        first=7,
    )
    other = numbered([1.0, 2.0], covariates=np.array([[0.0, 1, 3], [1, 2, 3]]), channel=1)
    ahead = [
        Ahead(pd.RangeIndex(11, 13), np.array([[nan, 0, 9], [nan, nan, 9]])),
        Ahead(pd.RangeIndex(2, 2), np.empty((0, 3))),
    ]
    halves = AffineScaling(np.array([12.0]), np.array([2.0]))
    scalings = [SeriesScaling.of(halves), SeriesScaling.identity(1)]
    covariates = AffineScaling(np.array([1.0, 2, 3]), np.array([1.0, 2, 3]))
    table = WindowTable.of([one, other], scalings, ahead, layout, covariates, (4,), 2)
    wave = {0: (0, 1), 1: (1, 0), 2: (0, -1), 3: (-1, 0)}  # sine and cosine of a step of four
    expected = [
        # value, observed, past, known, sine, cosine, static, channel
        *([[0, 0, 0, 0, 0, 0, 2, 0]] * 3),
        [-1, 1, 0, 1.5, *wave[3], 2, 0],
        [-1, 0, 1, 2, *wave[0], 2, 0],  # missing, and no season before: the value before
        [1, 1, 0, 2.5, *wave[1], 2, 0],  # a covariate that is missing is at its mean
        [2, 1, 3, 3, *wave[2], 2, 0],
        [0, 0, 0, -1, *wave[3], 2, 0],
        [0, 0, 0, 0, *wave[0], 2, 0],
        *([[0, 0, 0, 0, 0, 0, 0, 1]] * 3),
        [1, 1, -1, -0.5, *wave[0], 0, 1],
        [2, 1, 0, 0, *wave[1], 0, 1],
    ]
    np.testing.assert_allclose(table.steps, expected, atol=1e-6)
    truth = [*[nan] * 3, -1, nan, 1, 2, nan, nan, *[nan] * 3, 1, 2]
    np.testing.assert_array_equal(table.truth[:, 0], truth)
    assert table.firsts.tolist() == [3, 12]
    assert table.n_times.tolist() == [4, 2]
    assert table.steps.dtype == table.truth.dtype == np.float32


def test_cycles_of_steps_do_not_depend_on_where_a_series_begins():
    layout = WindowLayout(2, 1, n_targets=1, n_known=2)
    months = pd.period_range("2001-01", periods=20, freq="M")

    def waves(index):
        one = Series((), index, np.ones((len(index), 1)), np.empty((len(index), 0)))
        none = AffineScaling.identity(0)
        arguments = [SeriesScaling.identity(1)], nothing_ahead([one]), layout, none, (6.0,), 1
        return WindowTable.of([one], *arguments).steps[2:, 2:]

    for index in (months, pd.RangeIndex(20)):
        np.testing.assert_allclose(waves(index)[3:], waves(index[3:]), atol=1e-6)


@st.composite
def ranges(draw):
    """Draw series with gaps, a layout, and where targets begin and end in each series."""
    lengths = draw(st.lists(st.integers(1, 14), min_size=1, max_size=4))
    seed, share = draw(SEEDS), draw(st.sampled_from([0.0, 0.3, 0.8]))
    n_targets = draw(st.integers(1, 2))
    series = []
    for number, n in enumerate(lengths):
        values = normal(n, n_targets, seed=seed + number)
        values[np.random.default_rng(seed + number).random(values.shape) < share] = np.nan
        series.append(numbered(values))
    layout = WindowLayout(draw(st.integers(1, 6)), draw(st.integers(1, 5)), n_targets)
    ends = np.array([draw(st.integers(0, n)) for n in lengths])
    begins = np.array([draw(st.integers(0, int(end))) for end in ends])
    return series, layout, begins, ends


@some(150)
@given(drawn=ranges(), only_after=st.booleans())
def test_origins_are_those_of_a_loop(drawn, only_after):
    series, layout, begins, ends = drawn
    length, horizon = layout.window_length, layout.horizon
    expected = []
    for number, (one, begin, end) in enumerate(zip(series, begins, ends, strict=True)):
        observed = ~np.isnan(one.values).all(axis=1)
        for origin in range(len(one)):
            window = [t for t in range(origin - length + 1, origin + 1) if t >= 0]
            targets = [t for t in range(origin + 1, origin + 1 + horizon) if t < end]
            complete = len(window) == length or end - length < 2 * horizon
            wanted = any(observed[t] and t >= begin for t in targets)
            early = only_after and origin + 1 < begin
            if complete and wanted and observed[window].any() and not early:
                expected.append((number, origin))
    table = table_of(series, layout)
    got = table.origins(begins, ends, only_after=only_after)
    assert list(zip(*(part.tolist() for part in got), strict=True)) == expected
    for number, origin, start in zip(*got, table.starts(*got), strict=True):
        rows = table.truth[start : start + length]
        window = np.full((length, layout.n_targets), np.nan)
        values = series[number].values[max(0, origin + 1 - length) : origin + 1]
        window[length - len(values) :] = values
        np.testing.assert_array_equal(rows, window.astype(np.float32))


@pytest.mark.parametrize("n_times", range(7, 40))
def test_each_step_of_the_horizon_has_targets_to_learn_from(n_times):
    layout = WindowLayout(8, 6, n_targets=1)
    table = table_of([numbered(np.arange(float(n_times)))], layout)
    ends = table.n_times
    examples = table.examples(*table.origins(np.zeros_like(ends), ends), ends)
    targets = examples.targets[np.arange(len(examples))]
    assert np.isfinite(targets).any(axis=0).all()


@some(60)
@given(drawn=ranges())
def test_targets_are_slices_up_to_the_end(drawn):
    series, layout, _, ends = drawn
    table = table_of(series, layout)
    numbers = np.repeat(np.arange(len(series)), [len(one) for one in series])
    origins = np.concatenate([np.arange(len(one)) for one in series])
    begins = table.firsts[numbers] + origins + 1
    targets = WindowTargets(table.truth, begins - 3, 3, ends[numbers] - origins - 1, layout.horizon)
    rows = np.random.default_rng(0).permutation(len(numbers))
    for row, got in zip(rows, targets[rows], strict=True):
        values = series[numbers[row]].values[: ends[numbers[row]]]
        expected = np.full((layout.horizon, layout.n_targets), np.nan)
        after = values[origins[row] + 1 : origins[row] + 1 + layout.horizon]
        expected[: len(after)] = after
        np.testing.assert_array_equal(got, expected.ravel().astype(np.float32))


@some(40)
@given(drawn=ranges(), column=st.integers(0, 2**16))
def test_examples_hold_the_window_and_what_comes_after_it(drawn, column):
    series, layout, begins, ends = drawn
    table = table_of(series, layout)
    steps = np.concatenate([table.steps, np.zeros((layout.horizon, layout.n_columns))])
    numbers, origins = table.origins(np.zeros_like(begins), ends)
    if len(numbers) == 0:
        return
    examples = table.examples(numbers, origins, ends)
    x, lengths = examples.inputs.batch(np.arange(len(numbers)), layout.n_steps)
    assert (lengths == layout.n_steps).all()
    for start, got in zip(table.starts(numbers, origins), x, strict=True):
        np.testing.assert_array_equal(got, steps[start : start + layout.n_steps])
    row = column % len(numbers)
    after = series[numbers[row]].values[origins[row] + 1 : ends[numbers[row]]]
    target = examples.targets[np.array([row])].reshape(layout.horizon, -1)
    np.testing.assert_array_equal(target[: len(after)], after[: layout.horizon].astype(np.float32))
    assert np.isnan(target[len(after) :]).all()
    assert (examples.weights == 1).all()


@some(40)
@given(origin=st.integers(2, 18), season=st.integers(1, 4), seed=SEEDS)
def test_nothing_after_its_origin_reaches_a_window(origin, season, seed):
    layout = WindowLayout(4, 3, n_targets=2)
    values = with_gaps(normal(20, 2, seed=seed), 0.3, seed)
    values[origin] = 1.0
    changed = values.copy()
    changed[origin + 1 :] = np.where(np.isnan(values[origin + 1 :]), 1e3, np.nan)
    identity, none = [SeriesScaling.identity(2)], AffineScaling.identity(0)
    first, second = (
        WindowTable.of([one], identity, nothing_ahead([one]), layout, none, (), season)
        for one in (numbered(values), numbered(changed))
    )
    n_rows = layout.window_length + origin + 1
    np.testing.assert_array_equal(first.steps[:n_rows], second.steps[:n_rows])
    numbers, origins = np.zeros(3, dtype=int), np.arange(origin - 2, origin + 1)
    rolled = [
        roll(Toy(layout, POINT), table, POINT, table.starts(numbers, origins), 2)
        for table in (first, second)
    ]
    np.testing.assert_array_equal(*rolled)
    assert (rolled[0] != 0).any()


def test_missing_values_that_become_infinite_once_filled_in_are_refused():
    values = np.array([-1e38] * 4 + [3e38] * 5 + [np.nan, 0.0, 0.0], dtype=np.float64)
    one, layout = numbered(values), WindowLayout(4, 2, n_targets=1)
    identity, none = [SeriesScaling.identity(1)], AffineScaling.identity(0)
    arguments = [one], identity, nothing_ahead([one]), layout, none, (), 4
    with (
        np.errstate(over="ignore"),
        pytest.raises(ValueError, match="missing values that cannot be filled in"),
    ):
        WindowTable.of(*arguments, with_level=True)
