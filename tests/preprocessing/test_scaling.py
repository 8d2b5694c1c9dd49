"""Standardization equals scikit-learn's, and is blind to what is missing or weighs nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.preprocessing import StandardScaler

from skrnn.preprocessing.scaling import AffineScaling

VALUES = st.floats(-1e6, 1e6, width=32) | st.just(np.nan)
TABLES = st.tuples(st.integers(1, 12), st.integers(1, 4)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=VALUES)
)


def weights_for(table, seed):
    return np.random.default_rng(seed).uniform(0.1, 3, len(table))


@settings(deadline=None)
@given(table=TABLES, seed=st.integers(0, 99))
def test_standardizing_equals_scikit_learn_with_weights_and_missing_values(table, seed):
    weights = weights_for(table, seed)
    ours = AffineScaling.fit(table, weights)
    for column, values in enumerate(table.T):
        observed = ~np.isnan(values)
        seen = values[observed]
        if len(set(seen)) < 2:
            assert ours.scale[column] == 1
            assert ours.center[column] == pytest.approx(seen[0] if len(seen) else 0)
            continue
        theirs = StandardScaler().fit(seen[:, None], sample_weight=weights[observed])
        np.testing.assert_allclose(ours.center[column], theirs.mean_[0], rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(ours.scale[column], theirs.scale_[0], rtol=1e-6)


@settings(deadline=None)
@given(table=TABLES, seed=st.integers(0, 99))
def test_scaling_and_back_gives_the_values(table, seed):
    scaling = AffineScaling.fit(table, weights_for(table, seed))
    back = scaling.inverse_transform(scaling.transform(table))
    np.testing.assert_allclose(back, table, rtol=1e-9, atol=1e-6)


@settings(deadline=None)
@given(table=TABLES, seed=st.integers(0, 99))
def test_a_weight_of_two_is_a_row_twice_and_one_of_zero_is_no_row(table, seed):
    times = np.random.default_rng(seed).integers(0, 4, len(table))
    weighted = AffineScaling.fit(table, times.astype(float))
    repeated = np.repeat(table, times, axis=0)
    counted = AffineScaling.fit(repeated, np.ones(len(repeated)))
    np.testing.assert_allclose(weighted.center, counted.center, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(weighted.scale, counted.scale, rtol=1e-6)


@pytest.mark.parametrize("value", [0.0, 0.1, -7.0, 1e-30, 123456.789, 1e20])
@pytest.mark.parametrize("n_rows", [1, 3, 100_001])
def test_a_constant_column_is_centered_and_not_blown_up(value, n_rows):
    column = np.full((n_rows, 1), value)
    for weights in (np.ones(n_rows), weights_for(column, 0)):
        scaling = AffineScaling.fit(column, weights)
        assert scaling.scale[0] == 1
        assert np.abs(scaling.transform(column)).max() <= 1e-12 * abs(value)


@pytest.mark.parametrize("size", [1e-20, 1.0, 1e20])
def test_a_column_that_varies_has_unit_variance_whatever_its_unit(size):
    values = size * np.random.default_rng(0).normal(5, 1, (50, 1))
    scaled = AffineScaling.fit(values, np.ones(50)).transform(values)
    assert scaled.mean() == pytest.approx(0, abs=1e-9)
    assert scaled.std() == pytest.approx(1)


def test_single_precision_is_measured_in_double():
    values = (1e4 + np.random.default_rng(0).normal(size=(100_000, 1))).astype(np.float32)
    scaling = AffineScaling.fit(values, np.ones(len(values)))
    assert scaling.center[0] == pytest.approx(values.astype(np.float64).mean(), rel=1e-12)
    assert scaling.scale[0] == pytest.approx(values.astype(np.float64).std(), rel=1e-9)
    assert scaling.transform(values).dtype == np.float64


def test_the_last_axis_holds_the_columns():
    table = np.random.default_rng(0).normal(size=(24, 3)) * [1, 10, 100]
    scaling = AffineScaling.fit(table, np.ones(24))
    cube = scaling.transform(table.reshape(4, 6, 3))
    np.testing.assert_array_equal(cube.reshape(24, 3), scaling.transform(table))


@settings(deadline=None)
@given(table=TABLES)
def test_the_identity_changes_nothing(table):
    identity = AffineScaling.identity(table.shape[1])
    np.testing.assert_array_equal(identity.transform(table), table)
    np.testing.assert_array_equal(identity.inverse_transform(table), table)


def test_fitting_leaves_the_values_as_they_were():
    table = np.array([[1.0, np.nan], [3.0, 4.0]])
    table.flags.writeable = False
    scaling = AffineScaling.fit(table, np.ones(2))
    np.testing.assert_array_equal(scaling.transform(table), [[-1, np.nan], [1, 0]])
