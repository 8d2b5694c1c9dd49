"""A sample of many items has one of each part, and no period."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skrnn.preprocessing.subsets import LEAST_BLOCKS, stratified_sample


@given(n=st.integers(1, 500), most=st.integers(1, 200))
def test_each_of_equal_parts_has_one(n, most):
    sample = stratified_sample(n, most)
    size = min(n, most)
    bounds = np.floor(np.linspace(0, n, size + 1) + 1e-9)
    assert len(sample) == size
    assert (sample >= bounds[:-1]).all()
    assert (sample < bounds[1:]).all()
    np.testing.assert_array_equal(sample, stratified_sample(n, most))


@given(n=st.integers(0, 500))
def test_few_items_are_all_taken(n):
    np.testing.assert_array_equal(stratified_sample(n, 500), np.arange(n))


@pytest.mark.parametrize("period", [7, 24, 168])
def test_it_has_all_phases_of_a_season_about_equally(period):
    sample = stratified_sample(2000 * period)
    counts = np.bincount(sample % period, minlength=period)
    assert counts.min() > 0
    assert np.std(counts) < 2 * np.sqrt(2000 / period)


@given(sizes=st.lists(st.integers(1, 9), min_size=1, max_size=120), most=st.integers(1, 60))
def test_of_many_blocks_some_are_read(sizes, most):
    blocks = np.repeat(np.arange(0, 3 * len(sizes), 3), sizes)
    sample = stratified_sample(len(blocks), most, blocks)
    n_read = max(LEAST_BLOCKS, np.ceil(len(sizes) * most / len(blocks)))
    assert 1 <= len(sample) <= most
    assert (np.diff(sample) > 0).all()
    assert len(np.unique(blocks[sample])) <= n_read
    if len(sizes) <= LEAST_BLOCKS:
        np.testing.assert_array_equal(sample, stratified_sample(len(blocks), most))


@given(n_blocks=st.integers(33, 200), size=st.integers(10, 50), seed=st.integers(0, 9))
def test_equal_blocks_in_any_order_give_a_full_sample(n_blocks, size, seed):
    blocks = np.random.default_rng(seed).permutation(np.repeat(np.arange(n_blocks), size))
    most = len(blocks) // 10
    sample = stratified_sample(len(blocks), most, blocks)
    assert most // 2 <= len(sample) <= most
    assert len(np.unique(blocks[sample])) >= 16


@pytest.mark.parametrize("large", [0, 500, 1000])
def test_a_large_block_among_small_ones_has_its_share(large):
    sizes = np.ones(1001, dtype=int)
    sizes[large] = 100_000
    blocks = np.repeat(np.arange(1001), sizes)
    sample = stratified_sample(len(blocks), 2000, blocks)
    assert 1800 < len(sample) <= 2000
    assert np.mean(blocks[sample] == large) > 0.98
