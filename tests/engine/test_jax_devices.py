"""Number of devices that share a batch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras.backend import backend

pytestmark = pytest.mark.skipif(backend() != "jax", reason="only JAX splits batches")
if backend() == "jax":
    import jax
    from jax import lax
    from jax import numpy as jnp

    from skrnn.engine.jax_devices import (
        PRODUCTS_PER_DEVICE,
        ROWS_PER_DEVICE,
        n_useful,
        products_in_loops,
    )


@given(
    st.integers(1, 16),
    st.integers(1, 4096),
    st.integers(0, 2**30),
)
def test_devices_get_equal_shares_that_are_worth_their_while(n_devices, n_rows, n_products):
    n = n_useful(n_devices, n_rows, n_products)
    assert 1 <= n <= n_devices
    assert n_rows % n == 0
    if n > 1:
        assert n_rows / n >= ROWS_PER_DEVICE
        assert n_products / n >= PRODUCTS_PER_DEVICE
    for more in range(n + 1, n_devices + 1):
        assert (
            n_rows % more
            or n_rows / more < ROWS_PER_DEVICE
            or n_products / more < PRODUCTS_PER_DEVICE
        )


@given(st.integers(1, 5), st.integers(1, 6), st.integers(1, 4), st.integers(1, 4))
def test_only_products_inside_loops_count(n_rows, n_steps, n_units, n_features):
    kernel, recurrent = np.ones((n_features, n_units)), np.ones((n_units, n_units))

    def network(x):
        inputs = x @ kernel  # outside of the loop

        @jax.jit
        def step(state, given):
            return given + state @ recurrent, None

        def both(state, given):  # a loop of two steps inside
            return lax.scan(step, state, jnp.stack([given, given]))[0], None

        return lax.scan(both, jnp.zeros((n_rows, n_units)), jnp.swapaxes(inputs, 0, 1))[0]

    traced = jax.make_jaxpr(network)(np.ones((n_rows, n_steps, n_features))).jaxpr
    assert products_in_loops(traced) == 2 * n_steps * n_rows * n_units**2
