"""Texts of numbers, and names of files instead of texts, are recognized at fit."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline

import skrnn
from skrnn.sequences.token_reading import look_like_tokens

TEXTS = ["a lovely film", "a dull film indeed", "lovely", "dull"]
GOOD = [True, False, True, False]


@pytest.mark.parametrize("output", ["default", "pandas"])
def test_numbers_of_tokens_without_an_embedding_warn(output):
    tokens = skrnn.TokenSequences().set_output(transform=output)
    pipeline = make_pipeline(tokens, skrnn.GRUClassifier(units=2, epochs=1, random_state=0))
    with pytest.warns(UserWarning, match="GRUClassifier reads them as measurements; set embedding"):
        pipeline.fit(TEXTS, GOOD)
    pipeline.set_params(gruclassifier__embedding_dim=2)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        pipeline.fit(TEXTS, GOOD)


@pytest.mark.parametrize(
    ("X", "expected"),
    [
        (np.array([[2, 3, 0], [4, 2, 3]], np.int32), True),
        (pd.DataFrame(np.array([[2, 3, 0], [4, 2, 3]], np.int32)), True),
        (np.array([[2, 0, 3], [4, 2, 0]], np.int32), False),  # counts
        (np.array([[2, 3, 1], [4, 2, 3]], np.int32), False),
        (np.array([[1, 1, 0], [1, 0, 0]], np.int32), False),
        (np.array([[2, 3, 0], [4, 2, -3]], np.int32), False),
        (np.array([[2.0, 3, 0], [4, 2, 3]]), False),
        (np.empty((0, 3), np.int32), False),
        ([[2, 3, 0], [4, 2, 3]], False),
    ],
)
def test_tokens_are_known_by_their_padding(X, expected):
    assert look_like_tokens(X) is expected


def test_the_name_of_a_file_is_not_accepted_as_a_text(tmp_path):
    book = tmp_path / "book"
    book.write_text("abba cab")
    generator = skrnn.SequenceGenerator(epochs=1)
    for name in (str(book), "book.txt"):
        with pytest.raises(ValueError, match=r"is the name of a file.*read_text\(\)"):
            generator.fit(name)
    with pytest.raises(ValueError, match="holds names of files"):
        generator.fit([str(book), str(book)])
    assert not hasattr(generator, "weights_")


def test_a_token_that_no_network_tells_from_its_neighbor_is_refused():
    model = skrnn.GRURegressor(units=2, epochs=1, embedding_dim=2)
    with pytest.raises(ValueError, match=r"X holds 1.67772e\+07; the largest token id is"):
        model.fit(np.full((4, 3), 2**24 + 2), np.arange(4.0))
