"""Zarr (https://zarr.dev): arrays in files in place of arrays in memory."""

import numpy as np
import pytest
import zarr

from skrnn import GRURegressor
from tests.integration.data import X, y

pytestmark = pytest.mark.integration


def test_an_array_in_a_file_is_read_as_one_in_memory(tmp_path):
    stored = zarr.create_array(tmp_path / "X.zarr", data=X, chunks=(16, 8, 2))
    model = GRURegressor(epochs=2, random_state=0)
    in_memory = model.fit(X, y).predict(X)
    from_file = model.fit(stored, y).predict(zarr.open_array(tmp_path / "X.zarr", mode="r"))
    np.testing.assert_array_equal(from_file, in_memory)
