"""Fitted state of series: units, tables and errors; and blocks that roll forward."""

import math
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import scipy.special
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from skrnn.engine.fitted_network import FittedNetwork
from skrnn.forecasting import fitted
from skrnn.forecasting.covariates import Ahead, Roles
from skrnn.forecasting.fitted import Parts, SeriesEncoder, measure_errors
from skrnn.forecasting.rolling import roll
from skrnn.forecasting.series_scaling import SeriesScaling
from skrnn.forecasting.tables import WindowTable, filled
from skrnn.forecasting.uncertainty import (
    LEVELS,
)
from skrnn.networks.wrappers.forecast import WindowLayout
from skrnn.preprocessing.scaling import AffineScaling
from tests.forecasting.parts import (
    GAUSSIAN,
    HEADS,
    POINT,
    SEEDS,
    Toy,
    network_of,
    normal,
    numbered,
    rank_of,
    some,
    spec_of,
    with_gaps,
)

# ------------------------------------------------------------------ rolling


@some(30)
@given(
    n_ahead=st.integers(1, 9),
    horizon=st.integers(1, 4),
    length=st.integers(1, 5),
    name=st.sampled_from(sorted(HEADS)),
    origins=st.lists(st.integers(0, 11), min_size=1, max_size=5),
    seed=SEEDS,
)
def test_blocks_roll_forward_on_those_before(n_ahead, horizon, length, name, origins, seed):
    head = HEADS[name]
    layout = WindowLayout(length, horizon, n_targets=2, n_past=1, n_known=1)
    values = with_gaps(normal(12, 2, seed=seed), 0.2, seed)
    both = normal(12 + n_ahead + horizon, 2, seed=seed + 1)
    known = both[:, [1]]
    one = numbered(values, covariates=both[:12])
    ahead = Ahead(pd.RangeIndex(12, len(both)), both[12:])
    identity = SeriesScaling.identity(2)
    table = WindowTable.of([one], [identity], [ahead], layout, AffineScaling.identity(2), (), 1)
    origins = np.array(origins)
    starts = table.starts(np.zeros_like(origins), origins)
    before = table.steps.copy()
    toy = Toy(layout, head)
    with pytest.MonkeyPatch.context() as patch:
        if seed % 2:  # windows in parts give the same
            patch.setattr("skrnn.forecasting.rolling.MOST_NUMBERS", 1)
        got = roll(toy, table, head, starts, n_ahead)
    assert got.shape == (len(origins), n_ahead, 2, head.n_parameters)
    np.testing.assert_array_equal(table.steps, before)
    for origin, forecasts in zip(origins, got, strict=True):
        rows = before[: length + origin + 1].copy()
        made = []
        while len(made) < n_ahead:
            future = np.zeros((horizon, 6), dtype=np.float32)
            future[:, 5] = known[len(rows) - length :][:horizon, 0]
            window = np.concatenate([rows[-length:], future])
            block = toy.forecast(window).reshape(horizon, 2, -1)
            made.extend(block)
            future[:, :2] = block[..., head.center]
            future[:, 2:4] = 1
            rows = np.concatenate([rows, future])
        np.testing.assert_allclose(forecasts, made[:n_ahead], rtol=1e-4, atol=1e-4)


# ------------------------------------------------------------------ what is learned


@given(
    lengths=st.lists(st.integers(1, 60), min_size=1, max_size=5),
    validation=st.none() | st.floats(0.01, 0.99),
    calibration=st.none() | st.floats(0.01, 0.99),
)
def test_the_latest_parts_are_split_off(lengths, validation, calibration):
    parts = Parts.of(lengths, validation, calibration)
    assert parts.ends.tolist() == lengths
    for n, learned, validated in zip(lengths, parts.learned, parts.validated, strict=True):
        calibrated_on = 0 if calibration is None else max(1, math.ceil(calibration * n))
        validated_on = 0 if validation is None else max(1, math.ceil(validation * validated))
        assert validated == max(0, n - calibrated_on)
        assert learned == max(0, validated - validated_on)


def learned_of(layout, head=POINT, **settings):
    network = network_of(layout, head, **settings)
    none = AffineScaling.identity(0)
    return SeriesEncoder(network, Roles(), none, None, None, ())


def measured(learned, weights, *args):
    """Return the errors that are measured of forecasts of a network."""
    network = learned.network
    fitted = FittedNetwork(spec_of(network), learned, network.head, weights=weights)
    return measure_errors(fitted, *args).encoder.correction


def test_each_series_has_its_own_units_unless_all_share_them():
    learned = learned_of(WindowLayout(3, 2, 1))
    one = numbered([1.0, np.nan, 5.0])
    (scaling,) = learned.scalings_of([one])
    assert (scaling.affine.center.item(), scaling.affine.scale.item()) == (3.0, 2.0)
    (shared,) = replace(learned, common=AffineScaling.identity(1)).scalings_of([one])
    assert (shared.affine.center.item(), shared.affine.scale.item()) == (0.0, 1.0)


def test_a_training_table_is_filled_by_season_and_reaches_over_its_end():
    learned = learned_of(WindowLayout(5, 2, 1), differences=(1, 3))
    values = [1.0, 2, 3, 4, np.nan, 6]
    table = learned.training_table([numbered(values)], [SeriesScaling.identity(1)])
    np.testing.assert_array_equal(table.steps[5:, 0], [1, 2, 3, 4, 2, 6, 0, 0])
    assert len(table.steps) == len(table.truth) == 5 + 6 + 2
    assert np.isnan(table.truth[[9, 11, 12]]).all()
    plain = learned_of(WindowLayout(5, 2, 1))
    table = plain.training_table([numbered(values)], [SeriesScaling.identity(1)])
    np.testing.assert_array_equal(table.steps[5:11, 0], [1, 2, 3, 4, 4, 6])


class LastValue(Toy):
    """A program that repeats the last value of a window."""

    def forecast(self, window):
        last = window[self.layout.window_length - 1, self.layout.columns("values")]
        return np.tile(last, self.layout.horizon)


@pytest.mark.parametrize("n_ahead", [2, 5])
def test_errors_are_measured_on_the_windows_after_the_begin(n_ahead, monkeypatch):
    layout = WindowLayout(3, 2, n_targets=1)
    learned = learned_of(layout)
    toy = LastValue(layout, POINT)
    monkeypatch.setattr(fitted, "lease", contextmanager(lambda spec: iter([toy])))
    series = [numbered(with_gaps(normal(n, 1, seed=n), 0.2, n)) for n in (30, 24)]
    for one in series:
        one.values[:3] = 1.0
    begins, ends = np.array([15, 10]), np.array([28, 24])
    table = learned.training_table(series, [SeriesScaling.identity(1)] * 2)
    got = measured(learned, "weights", table, begins, ends, n_ahead)
    assert toy.weights == "weights"
    errors = [[] for _ in range(n_ahead)]
    for one, begin, end in zip(series, begins, ends, strict=True):
        values, shown = one.values[:, 0], filled(one.values, 1)[:, 0]
        for origin in range(begin - 1, end):
            window, after = values[origin - 2 : origin + 1], values[origin + 1 : end][:n_ahead]
            if np.isnan(window).all() or np.isnan(after[:2]).all():
                continue
            for step, value in enumerate(after):
                if not np.isnan(value):
                    errors[step].append(value - shown[origin])
    expected = [[sorted(e)[rank_of(level, len(e)) - 1] for level in LEVELS] for e in errors]
    np.testing.assert_allclose(got.shifts[:, 0], expected, atol=1e-5)
    assert learned.correction is None


def test_errors_are_measured_from_quantiles_that_widen(monkeypatch):
    layout = WindowLayout(3, 1, n_targets=1)
    learned = learned_of(layout, GAUSSIAN)

    class Density(LastValue):
        def forecast(self, window):
            return np.append(super().forecast(window), 2.0)

    toy = Density(layout, GAUSSIAN)
    monkeypatch.setattr(fitted, "lease", contextmanager(lambda spec: iter([toy])))
    values = np.arange(40.0)  # a step ahead is always one more
    table = learned.training_table([numbered(values)], [SeriesScaling.identity(1)])
    got = measured(learned, (), table, np.array([20]), np.array([40]), 4)
    for step in range(1, 5):
        expected = step - scipy.stats.norm.ppf(LEVELS, 0, 2 * np.sqrt(step))
        np.testing.assert_allclose(got.shifts[step - 1, 0], expected, atol=1e-5)


def test_errors_of_many_windows_are_measured_on_some_all_over(monkeypatch):
    layout = WindowLayout(3, 1, n_targets=1)
    learned = learned_of(layout)
    toy = LastValue(layout, POINT)
    monkeypatch.setattr(fitted, "lease", contextmanager(lambda spec: iter([toy])))
    monkeypatch.setattr(fitted, "MOST_MEASURED", 60)
    steps = np.concatenate([np.zeros(300), np.arange(300.0)])
    table = learned.training_table([numbered(steps)], [SeriesScaling.identity(1)])
    shifts = measured(learned, (), table, np.array([0]), np.array([600]), 1).shifts[0, 0]
    assert set(shifts.tolist()) == {0.0, 1.0}
    assert shifts[LEVELS < 0.45].max() == 0
    assert shifts[LEVELS > 0.55].min() == 1


def test_nothing_to_measure_errors_on_is_refused():
    learned = learned_of(WindowLayout(3, 2, 1))
    values = normal(12, 1)
    values[8:] = np.nan
    table = learned.training_table([numbered(values)], [SeriesScaling.identity(1)])
    with pytest.raises(ValueError, match=r"leaves no window .* has at most 3 observed times"):
        measured(learned, (), table, np.array([9]), np.array([12]), 2)
