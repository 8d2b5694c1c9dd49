"""Standardization of numbers whose squares leave float64, compared with exact fractions."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skrnn import SequenceScaler
from skrnn.preprocessing.scaling import AffineScaling

SIZES = st.integers(-300, 300)
VALUES = st.lists(st.integers(-999, 999), min_size=2, max_size=8)


def exact(values, weights):
    """Return mean and standard deviation by exact arithmetic."""
    values, weights = ([Fraction(float(v)) for v in part] for part in (values, weights))
    total = sum(weights)
    mean = sum(w * v for w, v in zip(weights, values, strict=True)) / total
    variance = sum(w * (v - mean) ** 2 for w, v in zip(weights, values, strict=True)) / total
    # The root of a fraction far beyond float64, by way of one of an integer with 40 digits.
    if variance == 0:
        return float(mean), 0.0
    shift = 2 * (140 - (variance.numerator.bit_length() - variance.denominator.bit_length()) // 2)
    root = math.isqrt(int(variance * Fraction(2) ** shift))
    return float(mean), float(Fraction(root) / Fraction(2) ** (shift // 2))


def assert_exact(scaling, values, weights):
    mean, deviation = exact(values, weights)
    size = np.abs(values).max()
    assert scaling.center[0] == pytest.approx(mean, rel=1e-12, abs=1e-14 * size)
    if deviation > 1e-12 * size:
        assert scaling.scale[0] == pytest.approx(deviation, rel=1e-9)


@settings(deadline=None)
@given(digits=VALUES, size=SIZES, seed=st.integers(0, 99))
def test_mean_and_deviation_are_exact_at_every_size(digits, size, seed):
    values = np.array(digits) * 10.0**size
    weights = np.random.default_rng(seed).uniform(0.1, 3, len(values))
    assert_exact(AffineScaling.fit(values[:, None], weights), values, weights)


@settings(deadline=None)
@given(parts=st.lists(st.tuples(VALUES, st.integers(-300, 300)), min_size=2, max_size=4))
def test_blocks_of_different_size_are_measured_as_one_table(parts):
    blocks = [np.array(digits) * 10.0**size for digits, size in parts]
    values = np.concatenate(blocks)
    scaling = AffineScaling.fit_blocks((part[:, None], np.ones(len(part))) for part in blocks)
    assert_exact(scaling, values, np.ones(len(values)))


@pytest.mark.parametrize("value", [1e-300, 1e-200, 1e200, 1e300])
def test_a_constant_of_any_size_is_centered_exactly(value):
    column = np.full((7, 1), value)
    scaling = AffineScaling.fit(column, np.linspace(0.1, 0.7, 7))
    assert scaling.center[0] == value
    assert scaling.scale[0] == 1.0
    assert (scaling.transform(column) == 0.0).all()


@pytest.mark.parametrize("method", ["standard", "minmax", "robust"])
@pytest.mark.parametrize("per", ["feature", "sequence"])
@pytest.mark.parametrize("exponent", [-900, 900])
def test_the_scaler_gives_the_same_at_every_size(method, per, exponent):
    X = np.random.default_rng(0).normal(size=(4, 6, 2))
    usual = SequenceScaler(method=method, per=per).fit_transform(X)
    scaler = SequenceScaler(method=method, per=per).fit(np.ldexp(X, exponent))
    np.testing.assert_array_equal(scaler.transform(np.ldexp(X, exponent)), usual)


@pytest.mark.parametrize(("dtype", "largest"), [(np.float32, "3.4e+38"), (np.float64, "1.8e+308")])
def test_the_scaler_refuses_what_it_would_make_infinite(dtype, largest):
    X = np.random.default_rng(0).normal(size=(4, 6, 2)).astype(dtype)
    scaler = SequenceScaler().fit(0.01 * X)
    odd = X.copy()
    odd[2, 3, 1] = np.finfo(dtype).max
    with pytest.raises(ValueError, match="sequence 2 has it first; once scaled, it is") as caught:
        scaler.transform(odd)
    assert largest in str(caught.value)
    with pytest.raises(ValueError, match="sequence 2 has it first"):
        SequenceScaler().fit(100 * X).inverse_transform(odd)


def test_the_scaler_refuses_a_range_beyond_float64():
    X = np.array([[[1.7e308], [-1.7e308]]])
    with pytest.raises(ValueError, match="differ by more than float64"):
        SequenceScaler(method="minmax").fit(X)


@pytest.mark.parametrize("size", [1e-300, 1e300])
def test_weights_count_by_their_ratio_at_every_size(size):
    X = np.random.default_rng(0).normal(size=(4, 6, 2))
    weights = np.array([1.0, 2.0, 0.0, 5.0])
    usual = SequenceScaler().fit(X, sample_weight=weights)
    odd = SequenceScaler().fit(X, sample_weight=weights * size)
    np.testing.assert_allclose(odd.center_, usual.center_, rtol=1e-12)
    np.testing.assert_allclose(odd.scale_, usual.scale_, rtol=1e-12)
