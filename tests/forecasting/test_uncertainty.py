"""Quantiles of forecasts, how they are corrected by errors, and how far they cover."""

import numpy as np
import pytest
import scipy.special
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from skrnn.forecasting.uncertainty import (
    LEVELS,
    Correction,
    at_levels,
    quantiles_of,
    uncrossed,
    widened,
)
from skrnn.networks.wrappers.forecast import ForecastHead
from tests.forecasting.parts import GAUSSIAN, POINT, SEEDS, STUDENT, normal, rank_of, some


def test_levels_are_symmetric_and_rise():
    assert (np.diff(LEVELS) > 0).all()
    np.testing.assert_allclose(LEVELS + LEVELS[::-1], 1)
    assert LEVELS[len(LEVELS) // 2] == 0.5


def test_densities_have_the_quantiles_of_scipy():
    location, scale = normal(3, 4, 2, 1), np.exp(normal(3, 4, 2, 1, seed=1))
    freedom = 2 + np.exp(normal(3, 4, 2, 1, seed=2))
    got = quantiles_of(GAUSSIAN, np.concatenate([location, scale], axis=-1))
    np.testing.assert_allclose(got, scipy.stats.norm.ppf(LEVELS, location, scale), atol=1e-12)
    got = quantiles_of(STUDENT, np.concatenate([location, scale, freedom], axis=-1))
    expected = scipy.stats.t.ppf(LEVELS, freedom, location, scale)
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-9)
    points = quantiles_of(POINT, location)
    np.testing.assert_array_equal(points, np.broadcast_to(location, points.shape))


RISING = st.lists(st.sampled_from(LEVELS.tolist()), max_size=6, unique=True).map(
    lambda levels: tuple(sorted({*levels, 0.5}))
)


@some(40)
@given(levels=RISING, seed=SEEDS)
def test_learned_quantiles_are_kept_and_others_rise_between_them(levels, seed):
    head = ForecastHead("quantile", levels)
    learned = np.sort(normal(3, 2, 1, len(levels), seed=seed), axis=-1)
    got = quantiles_of(head, learned)
    assert got.shape == (3, 2, 1, len(LEVELS))
    assert (np.diff(got) >= -1e-9).all()
    places = [LEVELS.tolist().index(level) for level in levels]
    np.testing.assert_allclose(got[..., places], learned, atol=1e-12)
    mean, deviation = 3.0, 2.0
    exact = scipy.stats.norm.ppf(levels, mean, deviation)[None, None, None]
    if len(levels) > 1:  # between normal quantiles lie normal quantiles
        expected = scipy.stats.norm.ppf(LEVELS, mean, deviation)
        np.testing.assert_allclose(quantiles_of(head, exact)[0, 0, 0], expected, atol=1e-9)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=5))
def test_any_level_is_interpolated_up_to_the_outermost(levels):
    quantiles = scipy.stats.norm.ppf(LEVELS, -1.0, 3.0)[None, None]
    expected = scipy.stats.norm.ppf(np.clip(levels, LEVELS[0], LEVELS[-1]), -1.0, 3.0)
    got = at_levels(quantiles, np.array(levels))
    np.testing.assert_allclose(got[0, 0], expected, atol=1e-9)
    held = at_levels(np.cumsum(np.abs(normal(2, len(LEVELS))), axis=-1), LEVELS)
    np.testing.assert_allclose(held, np.cumsum(np.abs(normal(2, len(LEVELS))), axis=-1))


def test_the_spread_of_a_random_walk_grows_with_the_square_root():
    medians = normal(4, 10, 2)
    steps = np.exp(normal(4, 1, 2, seed=1))
    quantiles = medians[..., None] + (steps * np.ones((4, 10, 2)))[
        ..., None
    ] * scipy.stats.norm.ppf(LEVELS)
    got = widened(quantiles, 1)
    for step in range(10):
        scale = steps[:, 0] * np.sqrt(step + 1)
        expected = scipy.stats.norm.ppf(LEVELS, medians[:, step, :, None], scale[..., None])
        np.testing.assert_allclose(got[:, step], expected, atol=1e-9)


@some(30)
@given(n_ahead=st.integers(1, 9), horizon=st.integers(1, 10), seed=SEEDS)
def test_the_spread_at_the_end_of_each_block_adds_to_the_later_ones(n_ahead, horizon, seed):
    quantiles = np.sort(normal(2, n_ahead, 1, len(LEVELS), seed=seed), axis=-1)
    got, middle = widened(quantiles, horizon), len(LEVELS) // 2
    for step in range(n_ahead):
        ends = [
            end for end in range(horizon - 1, n_ahead, horizon) if end < step // horizon * horizon
        ]
        for level in range(len(LEVELS)):
            parts = quantiles[:, [*ends, step], 0, level] - quantiles[:, [*ends, step], 0, middle]
            distance = np.sqrt((parts**2).sum(axis=1)) * (1 if level > middle else -1)
            expected = quantiles[:, step, 0, middle] + distance
            np.testing.assert_allclose(got[:, step, 0, level], expected, atol=1e-9)
    first = min(horizon, n_ahead)
    np.testing.assert_allclose(got[:, :first], quantiles[:, :first], atol=1e-12)


@some(25)
@given(n=st.integers(1, 45), share=st.sampled_from([0.0, 0.4, 0.9]), seed=SEEDS)
def test_shifts_are_the_errors_at_the_conformal_rank(n, share, seed):
    quantiles = normal(n, 3, 2, len(LEVELS), seed=seed)
    truth = normal(n, 3, 2, seed=seed + 1)
    truth[np.random.default_rng(seed).random(truth.shape) < share] = np.nan
    shifts = Correction.measure(quantiles, truth).shifts
    assert shifts.shape == (3, 2, len(LEVELS))
    for target in range(2):
        before = np.zeros(len(LEVELS))
        for step in range(3):
            seen = [row for row in range(n) if not np.isnan(truth[row, step, target])]
            for number, level in enumerate(LEVELS):
                errors = sorted(
                    truth[r, step, target] - quantiles[r, step, target, number] for r in seen
                )
                if errors:
                    before[number] = errors[rank_of(level, len(errors)) - 1]
            np.testing.assert_array_equal(shifts[step, target], before)


@pytest.mark.parametrize("count", [19, 39, 99, 199, 999, 1999])
def test_ranks_are_exact_where_they_are_whole(count):
    errors = np.arange(1.0, count + 1)[:, None, None]
    shifts = Correction.measure(np.zeros((count, 1, 1, len(LEVELS))), errors).shifts[0, 0]
    assert shifts.tolist() == [rank_of(level, count) for level in LEVELS]


DRAWS = {
    "normal": lambda generator, shape: generator.normal(1, 2, shape),
    "heavy": lambda generator, shape: generator.standard_t(1.5, shape),
    "skewed": lambda generator, shape: generator.exponential(1, shape),
    "two peaks": lambda generator, shape: (
        generator.choice([-3, 3], shape) + generator.random(shape)
    ),
}


@pytest.mark.parametrize("bias", [0.0, 3.0])
@pytest.mark.parametrize("n", [19, 60])
@pytest.mark.parametrize("name", DRAWS)
def test_corrected_quantiles_cover_what_they_promise(name, n, bias):
    """Split-conformal: of exchangeable errors, a share of at least the level lies below.

    Where the point forecast is biased the quantiles beyond it are wider than need be, since
    intervals hold it; the others are as close as the number of errors allows.
    """
    n_trials = 2000
    draws = DRAWS[name](np.random.default_rng(0), (n + 1, n_trials))
    median = np.median(DRAWS[name](np.random.default_rng(1), 10**5))
    wrong = scipy.stats.norm.ppf(LEVELS, median + bias, 0.1)  # whatever was learned
    quantiles = np.broadcast_to(wrong, (n, 1, n_trials, len(LEVELS)))
    correction = Correction.measure(quantiles, draws[:n, None])
    new = correction.apply(quantiles[:1], np.array([1]))[0, 0]
    for number, level in enumerate(LEVELS):
        if not 1 / (n + 1) <= level <= 1 - 1 / (n + 1):
            continue  # too few errors for that level
        below = np.mean(draws[n] <= new[:, number])
        tolerance = 4 * np.sqrt(level * (1 - level) / n_trials)
        if level > 0.5:
            assert below >= level - tolerance
            assert below <= level + 1 / (n + 1) + tolerance or bias > 0
        elif level < 0.5:
            assert below <= level + tolerance
            assert below >= level - 1 / (n + 1) - tolerance


@some(30)
@given(n_ahead=st.integers(1, 4), seed=SEEDS)
def test_corrected_quantiles_never_cross_and_widen_beyond_what_was_measured(n_ahead, seed):
    correction = Correction(normal(n_ahead, 2, len(LEVELS), seed=seed))
    steps = np.array([1, n_ahead, n_ahead + 1, 4 * n_ahead, 9 * n_ahead])
    quantiles = np.sort(normal(3, len(steps), 2, len(LEVELS), seed=seed + 1), axis=-1)
    got = correction.apply(quantiles, steps)
    assert (np.diff(got) >= 0).all()
    middle = len(LEVELS) // 2
    shifted = quantiles.copy()
    for number, step in enumerate(steps):
        growth = np.sqrt(max(step / n_ahead, 1))
        shifted[:, number] += correction.shifts[min(step, n_ahead) - 1] * growth
    shifted[..., middle] = quantiles[..., middle]
    np.testing.assert_array_equal(got[..., middle], shifted[..., middle])
    np.testing.assert_allclose(got, uncrossed(shifted))
    none = Correction(np.zeros((n_ahead, 2, len(LEVELS))))
    np.testing.assert_array_equal(none.apply(quantiles, steps), quantiles)


@some(30)
@given(seed=SEEDS)
def test_uncrossing_moves_quantiles_outwards_once(seed):
    quantiles = normal(4, len(LEVELS), seed=seed)
    got, middle = uncrossed(quantiles), len(LEVELS) // 2
    for row in range(4):
        for level in range(len(LEVELS)):
            if level >= middle:
                assert got[row, level] == quantiles[row, middle : level + 1].max()
            else:
                assert got[row, level] == quantiles[row, level : middle + 1].min()
    np.testing.assert_array_equal(uncrossed(got), got)
