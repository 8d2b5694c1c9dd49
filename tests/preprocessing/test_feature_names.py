"""Feature names of transformers, of columns and of the steps of windows."""

import numpy as np
import pandas as pd
import pytest

from skrnn import SequenceScaler, SlidingWindow

TABLE = pd.DataFrame({"a": np.arange(6.0), "b": np.arange(6.0)})
FITTED = [
    (transformer().fit(X), names)
    for X in (TABLE, TABLE.to_numpy())
    for transformer, names in (
        (SequenceScaler, ["a", "b"]),
        (lambda: SlidingWindow(2), ["a_lag_1", "b_lag_1", "a_lag_0", "b_lag_0"]),
    )
]


@pytest.mark.parametrize(("transformer", "names"), FITTED)
@pytest.mark.parametrize("form", [list, tuple, np.array, pd.Index])
def test_names_in_any_form(transformer, names, form):
    assert transformer.get_feature_names_out(form(["a", "b"])).tolist() == names


@pytest.mark.parametrize(("transformer", "names"), FITTED)
@pytest.mark.parametrize("given", ["ab", b"ab", 5, {"a"}, np.ndarray, [["a"]], TABLE])
def test_anything_but_a_list_of_names(transformer, names, given):
    with pytest.raises(ValueError, match=r"(?s)input_features=.* give a list of the names"):
        transformer.get_feature_names_out(given)
