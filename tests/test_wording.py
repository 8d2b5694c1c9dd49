"""Messages name types with the right article."""

import numpy as np
import pandas as pd
import pytest

from skrnn import GRURegressor, LSTMRegressor, SequenceGenerator, Stream
from skrnn._wording import type_name


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (7, "an int"),
        ("text", "a str"),
        (1.5, "a float"),
        (None, "a NoneType"),
        (object(), "an object"),
        (np.zeros(1), "an ndarray"),
        (np.uint8(1), "a uint8"),
        (pd.Index([1]), "an Index"),
        (pd.Series([1]), "a Series"),
        (GRURegressor(), "a GRURegressor"),
        (LSTMRegressor(), "an LSTMRegressor"),
    ],
)
def test_a_type_is_named_with_its_article(value, name):
    assert type_name(value) == name


def test_errors_have_the_right_article():
    with pytest.raises(TypeError, match="sequence 0 of X is 7, an int, and no sequence of tokens"):
        SequenceGenerator().fit([7])
    with pytest.raises(TypeError, match="Stream was given an int; it takes"):
        Stream(7)
