"""xarray (https://xarray.dev): a `DataArray` of sequences in place of an array, and variables of a
`Dataset` as series for forecasters."""

import numpy as np
import pandas as pd
import pytest
import xarray

from skrnn import GRUForecaster, GRURegressor
from tests.integration.data import X, y

pytestmark = pytest.mark.integration


def test_a_data_array_of_sequences_is_read_as_an_array():
    sequences = xarray.DataArray(X, dims=("sequence", "time", "feature"))
    model = GRURegressor(epochs=2, random_state=0)
    from_array = model.fit(X, y).predict(X)
    from_xarray = model.fit(sequences, xarray.DataArray(y)).predict(sequences)
    np.testing.assert_array_equal(from_xarray, from_array)


def test_a_dataset_becomes_a_panel_of_series():
    places, hours = ["north", "south"], pd.date_range("2024", periods=60, freq="h")
    values = np.sin(np.arange(60) / 4) + np.array([[0.0], [5.0]])
    dataset = xarray.Dataset(
        {"wind": (("place", "time"), values)}, coords={"place": places, "time": hours}
    )
    y = dataset.to_dataframe(dim_order=["place", "time"])
    forecasts = GRUForecaster(epochs=2, random_state=0).fit(y, fh=[1, 2]).predict()
    back = forecasts.to_xarray()["wind"]
    assert back.sizes == {"place": 2, "time": 2}
    assert back.sel(place="south").to_series().tolist() == forecasts.loc["south", "wind"].tolist()
