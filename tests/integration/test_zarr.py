"""Zarr (https://zarr.dev): arrays in files in place of arrays in memory."""

import numpy as np
import pytest
import zarr

from skrnn import GRURegressor, make_windows
from tests.integration.data import X, y

pytestmark = pytest.mark.integration


def test_an_array_in_a_file_is_read_as_one_in_memory(tmp_path):
    stored = zarr.create_array(tmp_path / "X.zarr", data=X, chunks=(16, 8, 2))
    model = GRURegressor(epochs=2, random_state=0)
    in_memory = model.fit(X, y).predict(X)
    from_file = model.fit(stored, y).predict(zarr.open_array(tmp_path / "X.zarr", mode="r"))
    np.testing.assert_array_equal(from_file, in_memory)


def test_windows_of_rows_in_a_file_are_read_in_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr("skrnn.engine.batches.RESIDENT_BYTES", 0)
    monkeypatch.setattr("skrnn.sequences.stored_rows.BLOCK_BYTES", 2**9)
    series = np.random.default_rng(0).normal(size=(300, 2))
    zarr.create_array(tmp_path / "rows.zarr", data=series, chunks=(32, 2))
    stored = zarr.open_array(tmp_path / "rows.zarr", mode="r")
    windows, target = make_windows(series, 0, window_length=8)
    on_disk, from_file = make_windows(stored, 0, window_length=8)
    np.testing.assert_array_equal(from_file, target)
    np.testing.assert_array_equal(np.asarray(on_disk), np.asarray(windows))
    model = GRURegressor(epochs=2, shuffle=False, random_state=0)
    in_memory = model.fit(windows, target).predict(windows)
    np.testing.assert_allclose(model.fit(on_disk, target).predict(on_disk), in_memory, rtol=1e-5)
